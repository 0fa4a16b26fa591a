"""The attribute catalogue: everything that a query may ask about, in one table.

A new searchable attribute is a row here, a slot that nobody uses yet, and a backfill.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto
from typing import Any

from dci_common.registry import forms, keys
from dci_common.registry.model import Kind

RECORD_SLOT = "x01"  # every record is in this slot, so that it serves what no other slot does
EQUALITY = ("eq", "in")
ORDER = (*EQUALITY, "lt", "le", "gt", "ge")
STANDARD_IDENTIFIERS = ("UIN", "NIN", "BRN", "MRN", "DRN")
HOUSEHOLD_ID = "HOUSEHOLD_ID"


class Type(Enum):
    """How an attribute's values are written, and where it is found."""

    IDENTIFIER = auto()  # a lookup item with one owner
    HOUSEHOLD = auto()  # a group's identifier, asked of the group or of its members
    PHONE = auto()  # a lookup partition with any number of owners
    EMAIL = auto()
    DATE = auto()  # an index slot


@dataclass(frozen=True, slots=True)
class Attribute:
    """A row of the catalogue.

    `disclosed_by` names, for each kind of record that has the attribute, what a client must be allowed to see in
    order to ask. `slots` names the index slot that holds the attribute, if one does.
    """

    name: str
    type: Type
    disclosed_by: Mapping[Kind, Set[str]]
    operators: tuple[str, ...] = EQUALITY
    aliases: tuple[str, ...] = ()
    slots: Mapping[Kind, str] = field(default_factory=dict)

    def values(self, view: Mapping[str, Any], today: date) -> list[str]:
        """Return the attribute's values in a record's view, in the form in which they are matched."""
        match self.type:
            case Type.IDENTIFIER:
                return _identifiers(view, self.name)
            case Type.HOUSEHOLD:
                households = [home for home in view.get("households", ()) if keys.is_active(home, today)]
                return [value for record in (view, *households) for value in _identifiers(record, self.name)]
            case Type.PHONE:
                return [forms.phone(number) for number in view.get("phone_numbers", ())]
            case Type.EMAIL:
                return [forms.email(address) for address in view.get("emails", ())]
            case Type.DATE:
                return [view[self.name]] if self.name in view else []


BIRTH_DATE = Attribute(
    "birth_date",
    Type.DATE,
    {Kind.PERSON: {"birth_date"}},
    ORDER,
    ("birthdate", "dob", "date_of_birth"),
    {Kind.PERSON: "x02"},
)
ATTRIBUTES = (
    BIRTH_DATE,
    Attribute(
        "MOBILE",
        Type.PHONE,
        {Kind.PERSON: {"phone_number"}, Kind.GROUP: {"phone_number"}},
        aliases=("phone", "phone_number", "mobile_number"),
    ),
    Attribute("EMAIL", Type.EMAIL, {Kind.PERSON: {"email"}}),
    Attribute(HOUSEHOLD_ID, Type.HOUSEHOLD, {Kind.PERSON: {"household", "identifier"}, Kind.GROUP: {"identifier"}}),
)


class Catalogue:
    """The attributes of one registry: those of the table, and its own identifier types."""

    def __init__(self, identifier_types: Iterable[str]) -> None:
        types = {forms.identifier_type(type_) for type_ in (*STANDARD_IDENTIFIERS, *identifier_types)}
        disclosed_by = {kind: {"identifier"} for kind in Kind}
        identifiers = [Attribute(type_, Type.IDENTIFIER, disclosed_by) for type_ in sorted(types - {HOUSEHOLD_ID})]
        self._attributes = (*identifiers, *ATTRIBUTES)
        self._by_name = {
            forms.identifier_type(name): attribute
            for attribute in self._attributes
            for name in (attribute.name, *attribute.aliases)
        }

    def find(self, name: str) -> Attribute | None:
        """Return the attribute with this name or alias; case, and a prefix ending in a colon, do not count."""
        key = forms.identifier_type(name)
        return self._by_name.get(key) or self._by_name.get(key.rpartition(":")[2])

    def names(self, kind: Kind) -> list[str]:
        """Return the names of what may be asked of a kind of record."""
        return [attribute.name for attribute in self._attributes if kind in attribute.disclosed_by]


def _identifiers(record: Mapping[str, Any], type_: str) -> list[str]:
    return [
        identifier["identifier_value"]
        for identifier in record.get("identifiers", ())
        if forms.identifier_type(identifier["identifier_type"]) == type_
    ]
