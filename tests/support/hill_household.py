"""Two people and their household, as imports put and change them."""

from __future__ import annotations

from dci_common.registry.model.records import Group, Identifier, Membership, Name, Person


def uin(value: str) -> tuple[Identifier, ...]:
    """Return a person's only identifier."""
    return (Identifier(identifier_type="UIN", identifier_value=value),)


ANNA = Person(id="anna", name=Name(given_name="Anna"), identifiers=uin("1"))
BENO = Person(id="beno", name=Name(given_name="Beno"), phone_numbers=("+1 555 0100",))
HILL = Group(id="hill", name="Hill", poverty_score=2.5)
ANNA_ON_HILL = Membership(person_id="anna", group_id="hill", roles=("head",), start="2020-01-01")
BENO_ON_HILL = Membership(person_id="beno", group_id="hill")
ALL = (ANNA, BENO, HILL, ANNA_ON_HILL, BENO_ON_HILL)
