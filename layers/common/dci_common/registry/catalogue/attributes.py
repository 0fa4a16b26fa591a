"""Attributes: what a record is asked about, where its value stands in a view, and in which index slot."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from dci_common.registry.catalogue.types import Type
from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind
from dci_common.registry.storage import keys

AnyView = Mapping[str, Any]
Reader = Callable[[AnyView, date], Sequence[object]]

EQUALITY = ("eq", "in")
ORDER = (*EQUALITY, "lt", "le", "gt", "ge")


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """A row of the catalogue.

    `of` are the kinds of record that have the attribute; a query about the other kind asks it of the members of a
    group, or of the households of a person. An attribute of neither is one of the membership itself. `disclosed_by`
    is what a client must be allowed to see in order to ask; `of_home` says that a person without a value has her
    household's. `slots` names the index slot that holds the value, if one does; `many` says that a record may have
    several values.
    """

    name: str
    type: Type = field(repr=False)
    of: Set[Kind] = field(repr=False)
    read: Reader = field(repr=False)
    disclosed_by: Set[str] = field(repr=False)
    aliases: tuple[str, ...] = field(default=(), repr=False)
    slots: Mapping[Kind, str] = field(default_factory=dict, repr=False)
    many: bool = field(default=False, repr=False)
    of_home: bool = field(default=False, repr=False)

    def needs(self, kind: Kind) -> Set[str]:
        """Return what a client must be allowed to see in order to ask it of a kind of record."""
        own = kind in self.of and not (self.of_home and kind is Kind.PERSON)
        return self.disclosed_by if own else self.disclosed_by | {"household"}

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators that it can be asked with."""
        return ORDER if self.type.value.ordered and not self.many else EQUALITY

    def values(self, view: AnyView, today: date) -> list[str]:
        """Return its values in a record's view, in the form in which they are matched."""
        return self.values_at(home_of(view) if self.of_home else view, today)

    def values_at(self, view: AnyView, today: date) -> list[str]:
        """Return what `values` does, given the view where they stand: for an attribute `of_home` that of the home."""
        match, values = self.type.match, []
        for raw in self.read(view, today):  # a comprehension takes longer: most attributes have one value
            if matched := match(raw if isinstance(raw, str) else _written(raw)):
                values.append(matched)  # noqa: PERF401
        return values


def home_of(view: AnyView) -> AnyView:
    """Return what says where a record is at home: itself, or for a person without an address the first household."""
    if "addresses" in view or "place" in view:
        return view
    for home in view.get("households", ()):
        if "end" not in home:
            return cast("AnyView", home)
    return {}


def _written(raw: object) -> str:
    return str(raw).lower() if isinstance(raw, bool) else repr(raw) if isinstance(raw, float) else str(raw)


def field_reader(name: str) -> Reader:
    """Read one field of a view."""
    return lambda view, _: (view[name],) if name in view else ()


def list_reader(name: str) -> Reader:
    """Read a field that is a list."""
    return lambda view, _: view.get(name, ())


def name_reader(*parts: str) -> Reader:
    """Read a person's name, of these parts; a group has one that is whole."""
    read_parts = _parts_reader(*parts)

    def read(view: AnyView, today: date) -> Sequence[object]:
        name = view.get("name", {})
        if isinstance(name, str):
            return [name] if len(parts) > 1 else []
        return read_parts(name, today)

    return read


def identifier_reader(type_: str) -> Reader:
    """Read the values of one identifier type, given in its matched form."""
    return lambda view, _: [
        identifier["identifier_value"]
        for identifier in view.get("identifiers", ())
        if normalize.identifier_type(identifier["identifier_type"]) == type_
    ]


def address_reader(*parts: str) -> Reader:
    """Read these parts, together, of the first address."""
    read_parts = _parts_reader(*parts)
    return lambda view, today: read_parts(view["addresses"][0], today) if view.get("addresses") else ()


def _parts_reader(*parts: str) -> Reader:
    """Read fields as one text, of those that are there."""
    if len(parts) == 1:
        return field_reader(*parts)

    def read(fields: AnyView, _: date) -> list[str]:
        return [" ".join(present)] if (present := [fields[part] for part in parts if part in fields]) else []

    return read


def read_location(view: AnyView, _: date) -> list[str]:
    """Read every level of the place where somebody lives."""
    levels = [
        address[part]
        for address in view.get("addresses", ())
        for part in ("locality", "sub_region_code", "region_code", "country_code")
        if part in address
    ]
    place = view.get("place")
    while place:
        if "name" in place:
            levels.append(place["name"])
        place = place.get("contained_in_place")
    return levels


def read_size(view: AnyView, today: date) -> list[int]:
    """Read how many people belong to a group today, from its member list or from its summary."""
    if "member_spans" in view:
        day = today.isoformat()
        return [sum(n for start, end, n in view["member_spans"] if start <= day < (end or keys.NEVER))]
    if "members" in view:
        return [sum(1 for member in view["members"] if is_shown(member, today))]
    return []


def is_shown(entry: AnyView, today: date) -> bool:
    """Tell whether a member or a household, as a view has it, is there for those who ask today."""
    return keys.is_active(entry, today) and not entry.get("restricted")
