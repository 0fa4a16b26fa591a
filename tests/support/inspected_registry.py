"""The records that the commands which read a registry are tested on."""

from __future__ import annotations

from dci_common.registry.model.records import (
    AnyRecord,
    Group,
    Identifier,
    Membership,
    Name,
    Person,
)

UIN = Identifier(identifier_type="UIN", identifier_value="847951632")
WHEN = "2026-01-31T09:30:00Z"
ANNA = Person(
    id="anna",
    last_updated=WHEN,
    name=Name(given_name="Anna", surname="Đặng"),
    identifiers=(UIN,),
    birth_date="1990-01-31",
    emails=("Anna@example.org",),
    is_disabled=False,
)
BENO = Person(
    id="beno", last_updated=WHEN, name=Name(given_name="Beno"), phone_numbers=("+1 555 0100",), restricted=True
)
HILL = Group(id="hill", last_updated=WHEN, name="Hill", poverty_score=2.5, phone_numbers=("+1 555 0100",))
ANNA_ON_HILL = Membership(
    person_id="anna", group_id="hill", roles=("head", "principal_recipient"), start="2020-01-01"
)
BENO_ON_HILL = Membership(person_id="beno", group_id="hill", end="2024-01-01")
ALL: tuple[AnyRecord, ...] = (ANNA, BENO, HILL, ANNA_ON_HILL, BENO_ON_HILL)
