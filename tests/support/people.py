"""Identifiers of the demo registry's people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dci_common.registry.model.records import Person

Json = dict[str, Any]
EVERYBODY = ("birthdate", "gt", "1900-01-01")  # as an expression of a predicate


def uin(person: Person) -> str:
    """Return a demo person's UIN: the first of their identifiers."""
    return person.identifiers[0].identifier_value


def uins(records: list[Json]) -> list[str]:
    """Return the UIN of each SRPerson or Member, in order."""
    people = (record.get("demographic_info", record) for record in records)
    return [person["identifier"][0]["identifier_value"] for person in people]


def known(record: Json) -> Json:
    """Return a record without what is not known."""
    return {name: value for name, value in record.items() if value not in (None, [])}
