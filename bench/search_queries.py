"""The queries of `bench/search.py`, and the people whom most of them find."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from dci_common.registry.model.records import Address, AnyRecord, Group, Identifier, Membership, Name, Person

PLANTED = 60
_PAGE = {"page_size": 20}
_GROUPS = {"reg_record_type": "Group"}
_FIRST_BIRTHDAY = date(1871, 3, 1)  # before all other birth dates

Criteria = dict[str, Any]


def predicate(*expressions: tuple[str, str, object], condition: str = "and", **criteria: Any) -> Criteria:  # noqa: ANN401
    """Return a query of comparisons that are joined by a condition; its page has 20 records if none is given."""
    members: Criteria = {"condition": condition} if len(expressions) > 1 else {}
    for number, (name, operator, value) in enumerate(expressions, 1):
        members[f"expression{number}"] = {
            "attribute_name": name,
            "operator": operator,
            "attribute_value": value,
        }
    return {"query_type": "predicate", "query": [members], "pagination": _PAGE, **criteria}


def _identified(type_: str, value: str) -> Criteria:
    return {"query_type": "idtype-value", "query": {"type": type_, "value": value}, "pagination": _PAGE}


# Each query, and whether an index finds exactly its matches; otherwise its cost grows with the registry.
QUERIES: dict[str, tuple[bool, Criteria]] = {
    "by id": (True, _identified("UIN", "PLANTED-7")),
    "phone": (True, _identified("MOBILE", "+99917000007")),
    "exact name": (True, predicate(("name", "eq", "Planted 7 Qqonemany"))),
    "name prefix": (True, predicate(("surname", "eq", "qqone*"))),
    "one birth day": (True, predicate(("birth_date", "eq", "1871-03-08"))),
    "birth month and sex": (
        True,
        predicate(("birth_date", "ge", "1871-03-01"), ("birth_date", "le", "1871-03-31"), ("sex", "eq", "female")),
    ),
    "age range and district": (True, predicate(("age", "ge", 18), ("age", "lt", 200), ("district", "eq", "QQ-1"))),
    "OR of two names": (True, predicate(("surname", "eq", "Qqonemany"), ("name", "eq", "Qq"), condition="or")),
    "NOT": (False, predicate(("sex", "eq", "male"), ("surname", "eq", "Qqother"), condition="not")),
    "groups by score and place": (
        True,
        predicate(("poverty_score", "lt", -85), ("district", "eq", "QQ-1"), **_GROUPS),
    ),
    "members of matching groups": (False, predicate(("poverty_score", "lt", -85), ("role", "eq", "head"))),
    "page 50 of a large match": (
        False,
        predicate(("birth_date", "ge", "1900-01-01"), pagination={"page_size": 20, "page_number": 50}),
    ),
}
# The cost of these is for each match.
MORE: dict[str, Criteria] = {
    "first page of a large match": predicate(("birth_date", "ge", "1980-01-01"), ("birth_date", "lt", "1990-01-01")),
    "2,000 in one page": predicate(("birth_date", "ge", "1900-01-01"), pagination={"page_size": 2000}),
}


def planted_people() -> Iterator[AnyRecord]:
    """Return sixty people in twenty households of one district, without values that other people have."""
    for number in range(PLANTED):
        yield Person(
            id=f"planted-{number}",
            identifiers=(Identifier(identifier_type="UIN", identifier_value=f"PLANTED-{number}"),),
            name=Name(given_name=f"Planted {number}", surname="Qqonemany" if number % 2 else "Qqother"),
            sex="female" if number % 2 else "male",
            birth_date=_FIRST_BIRTHDAY + timedelta(days=number),
            phone_numbers=(f"+999170{number:05}",),
            addresses=(Address(sub_region_code="QQ-1"),),
        )
    for number in range(PLANTED // 3):
        addresses = (Address(sub_region_code="QQ-1"),)
        yield Group(id=f"planted-{number}", poverty_score=number - 100, addresses=addresses)
        for member in range(3):
            roles = () if member else ("head",)
            yield Membership(person_id=f"planted-{3 * number + member}", group_id=f"planted-{number}", roles=roles)
