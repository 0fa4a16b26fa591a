"""A registry of one person in a household, and files of rows that change a part of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dci_common.registry.model.records import Address, AnyRecord, Group, Identifier, Membership, Name, Person

UIN, NATIONAL_ID = (Identifier(identifier_type=type_, identifier_value="7") for type_ in ("UIN", "NATIONAL_ID"))
ANNA = Person(
    id="anna",
    identifiers=(UIN,),
    name=Name(given_name="Anna", surname="Okafor"),
    sex="female",
    birth_date="1990-01-31",
    phone_numbers=("+1 555 0100",),
    restricted=True,
)
HILL = Group(id="hill", name="Hill", poverty_score=2.5, addresses=(Address(locality="Hilltown"),))
MEMBER = Membership(person_id="anna", group_id="hill", roles=("head",), start="2020-01-01", end="2030-01-01")
ALL: tuple[AnyRecord, ...] = (ANNA, HILL, MEMBER)


def table(path: Path, *rows: str) -> Path:
    """Write a CSV file."""
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def lines(path: Path, **given: Any) -> Path:
    """Write a file of one record in JSON Lines: `person={...}`."""
    path.write_text(json.dumps(given) + "\n", encoding="utf-8")
    return path


def changed(record: Any, **fields: Any) -> Any:
    """Return a record with other fields."""
    return type(record).model_validate(record.model_dump() | fields)
