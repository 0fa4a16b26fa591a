"""The order of results, by the sort keys of a query and then by id, and the window of them that a page shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from dci_common.registry.catalogue.attributes import Attribute
from dci_common.registry.model.views import AnyView, related_entries

SortValues = tuple[str | None, ...]


class SortKey(NamedTuple):
    """An attribute to sort by; a `related` one is that of the households or members, of which the least value counts.

    Records without a value come last, in either direction.
    """

    attribute: Attribute
    related: bool
    descending: bool

    def of_view(self, view: AnyView, today: date) -> str | None:
        """Return the value of a record's view."""
        holders = related_entries(view, today) if self.related else [view]
        return min((value for holder in holders for value in self.attribute.values(holder, today)), default=None)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a record stands in the order of the results: its value for each sort key, and its id."""

    values: SortValues
    id: str


class Window(NamedTuple):
    """The matches that are wanted: `size` of them, after the first `offset` that follow the position `after`.

    `total` is the number of all matches, which an earlier page counted; a window with a position has it. `whole` says
    that all matches are wanted at once.
    """

    offset: int
    size: int
    sort: tuple[SortKey, ...] = ()
    after: Position | None = None
    total: int | None = None
    whole: bool = False


def ordered(positions: Iterable[Position], keys: tuple[SortKey, ...]) -> list[Position]:
    """Sort positions by each key in turn, then by id in the first key's direction."""
    result = sorted(positions, key=lambda position: position.id, reverse=bool(keys) and keys[0].descending)
    for number in reversed(range(len(keys))):
        _sort_by(result, number, descending=keys[number].descending)
    return result


def positions_after(positions: list[Position], start: Position, keys: tuple[SortKey, ...]) -> list[Position]:
    """Return the positions that follow another one, which need not be among them, in the order of sort keys."""
    found = ordered({*positions, start}, keys)
    return found[found.index(start) + 1 :]


def _sort_by(positions: list[Position], number: int, *, descending: bool) -> None:
    def key(position: Position) -> tuple[bool, str]:
        value = position.values[number]
        return (value is None) is not descending, value or ""

    positions.sort(key=key, reverse=descending)
