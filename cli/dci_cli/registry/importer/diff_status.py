"""How staged records and memberships differ from the registry: a status for each that the registry has."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import TYPE_CHECKING

from dci_cli.registry.importer import staging_queries as queries
from dci_common.registry.model.base import Kind

if TYPE_CHECKING:
    from dci_cli.registry.importer.staged import Staged
    from dci_common.registry.model.records import AnyRecord


class DiffStatus(StrEnum):
    """How a staged record or membership differs from the registry; what is new has no status."""

    SAME = auto()  # the registry has it
    DIFFERENT = auto()  # the registry has it with other values, or a write of it was interrupted
    AFFECTED = (
        auto()
    )  # a new record that shares a membership with one of the registry, or claims an identifier of one


@dataclass(frozen=True, slots=True)
class DiffCounts:
    """How many staged records are new to the registry, differ from it, and are the same."""

    new: int
    changed: int
    same: int


class DiffStatuses:
    """The statuses of one staging, in its database, and what the registry has around the staged records."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def set(self, staged: Staged[AnyRecord], status: DiffStatus) -> None:
        """Set the status of a record or membership."""
        query = f"UPDATE {staged.table} SET status = ? WHERE rowid = ?"  # noqa: S608 - one of two names
        self._db.execute(query, (status, staged.number))

    def set_affected(self) -> None:
        """Set the status of new people and groups that share a membership with a record that has one."""
        self._db.execute(queries.SET_AFFECTED)

    def of_record(self, kind: Kind, id_: str) -> DiffStatus | None:
        """Return the status of a person or group; None for one that is new or not staged."""
        row = self._db.execute(queries.STATUS, (kind, id_)).fetchone()
        return DiffStatus(row[0]) if row and row[0] else None

    def add_known(self, kind: Kind, id_: str) -> None:
        """Note that the registry has a record that is not staged."""
        self._db.execute("INSERT OR IGNORE INTO known VALUES (?, ?)", (kind, id_))

    def is_known(self, kind: Kind, id_: str) -> bool:
        """Return whether the registry has a record that is not staged."""
        return self._db.execute(queries.IS_KNOWN, (kind, id_)).fetchone() is not None

    def add_homes(self, person_id: str, group_ids: Iterable[str]) -> None:
        """Note the groups of a person who changes."""
        rows = [(person_id, group_id) for group_id in group_ids]
        self._db.executemany("INSERT OR IGNORE INTO homes VALUES (?, ?)", rows)

    @property
    def records(self) -> DiffCounts:
        """The counts of the people and groups that are staged now."""
        return self._count(queries.RECORD_STATUSES)

    @property
    def memberships(self) -> DiffCounts:
        """The counts of the memberships that are staged now."""
        return self._count(queries.MEMBERSHIP_STATUSES)

    def _count(self, query: str) -> DiffCounts:
        counts: dict[str | None, int] = dict(self._db.execute(query))
        same, changed = counts.get(DiffStatus.SAME, 0), counts.get(DiffStatus.DIFFERENT, 0)
        return DiffCounts(sum(counts.values()) - changed - same, changed, same)
