"""How staged records and memberships differ from the registry: a status for each that the registry has."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum, auto

from dci_common.registry.model.base import Kind

_RECORDS = "SELECT status, count(*) FROM records LEFT JOIN record_statuses USING (kind, id) GROUP BY status"
_MEMBERSHIPS = """
SELECT status, count(*) FROM memberships LEFT JOIN membership_statuses USING (group_id, person_id, start)
GROUP BY status
"""
_AFFECTED = """
INSERT OR IGNORE INTO record_statuses
SELECT 'PERSON', m.person_id, :new FROM record_statuses s JOIN memberships m
  ON s.kind = 'GROUP' AND m.group_id = s.id
WHERE s.status <> :same
UNION
SELECT 'GROUP', m.group_id, :new FROM record_statuses s JOIN memberships m
  ON s.kind = 'PERSON' AND m.person_id = s.id
WHERE s.status <> :same
"""


class DiffStatus(StrEnum):
    """How a staged record differs from the registry; a record that the registry does not have has no status."""

    SAME = auto()  # the registry has the same view
    CONTAINED = auto()  # the registry has the same record, with more memberships
    DIFFERENT = auto()  # the registry has another record, or an identifier of it belongs to a record that gives it up
    AFFECTED = auto()  # the registry does not have it, but has a record that it shares a new membership with


@dataclass(frozen=True, slots=True)
class DiffCounts:
    """How many staged records are new to the registry, differ from it, and are the same."""

    new: int
    changed: int
    same: int


class DiffStatuses:
    """The statuses of one staging, in its database."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def set_record(self, kind: Kind, id_: str, status: DiffStatus) -> None:
        """Set a record's status, unless it has one."""
        self._db.execute("INSERT OR IGNORE INTO record_statuses VALUES (?, ?, ?)", (kind, id_, status))

    def set_membership(self, group_id: str, person_id: str, start: str, status: DiffStatus) -> None:
        """Set the status of a membership that the registry has, same or different, unless it has one."""
        row = group_id, person_id, start, status
        self._db.execute("INSERT OR IGNORE INTO membership_statuses VALUES (?, ?, ?, ?)", row)

    def set_affected(self) -> None:
        """Set the status of records without one that share a membership with a record that is not the same."""
        self._db.execute(_AFFECTED, {"new": DiffStatus.AFFECTED, "same": DiffStatus.SAME})

    def of_record(self, kind: Kind, id_: str) -> DiffStatus | None:
        """Return a record's status."""
        query = "SELECT status FROM record_statuses WHERE kind = ? AND id = ?"
        row = self._db.execute(query, (kind, id_)).fetchone()
        return DiffStatus(row[0]) if row else None

    @property
    def records(self) -> DiffCounts:
        """The counts of the people and groups that are staged now."""
        return self._count(_RECORDS)

    @property
    def memberships(self) -> DiffCounts:
        """The counts of the memberships that are staged now."""
        return self._count(_MEMBERSHIPS)

    def _count(self, query: str) -> DiffCounts:
        counts: dict[str | None, int] = dict(self._db.execute(query))
        same = counts.get(DiffStatus.SAME, 0) + counts.get(DiffStatus.CONTAINED, 0)
        changed = counts.get(DiffStatus.DIFFERENT, 0)
        return DiffCounts(sum(counts.values()) - changed - same, changed, same)
