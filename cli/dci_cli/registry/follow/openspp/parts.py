"""The parts of a registrant, as the queries give them, and what is remarked about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from dci_cli.registry.follow.openspp.lists import Lists
from dci_cli.registry.follow.openspp.options import Options
from dci_cli.registry.follow.openspp.schema import Schema
from dci_cli.registry.follow.source import SourceWarning
from dci_common.registry.model.base import Kind

Row = tuple[Any, ...]
_MOST_ROWS = 50_000  # of one registrant in memory; a group has at most 2,000 members that are followed


@dataclass(slots=True)
class Remarks:
    """Collects what is left out or improbable of a registrant. A sentence holds no value of theirs."""

    source_id: int
    warnings: list[SourceWarning] = field(default_factory=list)
    contested: bool = False

    def add(self, name: str, what: str) -> None:
        """Add a remark about a column of OpenSPP's."""
        self.warnings.append(SourceWarning(self.source_id, name, what))


@dataclass(frozen=True, slots=True)
class Mapping:
    """What all records are made with. `types` are the names of the types of identifiers that are read."""

    schema: Schema
    lists: Lists
    options: Options
    types: dict[int, str]
    restricted: frozenset[int]
    labels: dict[str, dict[str, str]] = field(default_factory=dict)  # of the values of columns that are selections
    kinds: dict[str, Kind] = field(default_factory=dict)  # of the columns that people or groups alone have


class Children:
    """The rows of one table, in the order of their registrants, to be taken registrant by registrant."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows: Iterator[Row] = iter(rows)
        self._next = next(self._rows, None)

    def of(self, owner: int) -> list[Row]:
        """Return the rows of a registrant, at most some ten thousand; those of smaller ids are skipped."""
        row = self._next
        if row is None or row[0] > owner:
            return []
        found: list[Row] = []
        while row is not None and row[0] <= owner:
            if row[0] == owner and len(found) < _MOST_ROWS:
                found.append(row)
            row = next(self._rows, None)
        self._next = row
        return found


def newest(stamps: Iterable[str | None]) -> str:
    """Return the last of some moments; "" when none is known."""
    return max(filter(None, stamps), default="")
