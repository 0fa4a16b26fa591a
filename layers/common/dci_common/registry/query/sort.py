"""The order of results: by the keys that were asked for, then by id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dci_common.registry.catalogue.attributes import Attribute
from dci_common.registry.model.base import Kind
from dci_common.registry.plan.filter import Facets, facet_values
from dci_common.registry.query.tree import related_entries
from dci_common.registry.storage.facets import HOUSEHOLD_FACETS

SortValues = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class SortKey:
    """An attribute to sort by. `joined` says that it is the households' or the members'; their least value counts.

    Records without a value come last, in either direction.
    """

    attribute: Attribute
    joined: bool
    descending: bool

    def is_in_facets(self, kind: Kind) -> bool:
        """Tell whether the index entries of a kind of record hold the value."""
        # Identifiers and the like have items of their own; a group's entry says nothing of its members.
        return not self.attribute.type.is_lookup and not (self.joined and kind is Kind.GROUP)

    def of_view(self, view: Mapping[str, Any], today: date) -> str | None:
        """Return the value of a record's view."""
        holders = related_entries(view, today) if self.joined else [view]
        return min((value for holder in holders for value in self.attribute.values(holder, today)), default=None)

    def of_facets(self, facets: Facets) -> str | None:
        """Return the value of an index entry."""
        holders = [facets[home] for home in HOUSEHOLD_FACETS if home in facets] if self.joined else [facets]
        values = (value for holder in holders for value in facet_values(holder, self.attribute.name))
        return min(values, default=None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands in the order of the results."""

    values: SortValues
    id: str


def ordered(places: Iterable[Place], keys: tuple[SortKey, ...]) -> list[Place]:
    """Sort places: by each key in turn, then by id in the first key's direction."""
    result = sorted(places, key=lambda place: place.id, reverse=bool(keys) and keys[0].descending)
    for number in reversed(range(len(keys))):
        _sort_by(result, number, descending=keys[number].descending)
    return result


def _sort_by(places: list[Place], number: int, *, descending: bool) -> None:
    def key(place: Place) -> tuple[bool, str]:
        value = place.values[number]
        return (value is None) is not descending, value or ""

    places.sort(key=key, reverse=descending)
