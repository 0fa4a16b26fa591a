"""Marks of staged records and memberships: how each of them stands in the registry."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum, auto

from dci_common.registry.model.base import Kind

_SCHEMA = """
CREATE TABLE marks (kind TEXT, id TEXT, mark TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID
"""
_MEMBERSHIPS_SCHEMA = """
CREATE TABLE membership_marks (group_id TEXT, person_id TEXT, mark TEXT, PRIMARY KEY (group_id, person_id))
WITHOUT ROWID
"""
_RECORDS = "SELECT mark, count(*) FROM records LEFT JOIN marks USING (kind, id) GROUP BY mark"
_MEMBERSHIPS = """
SELECT mark, count(*) FROM memberships LEFT JOIN membership_marks USING (group_id, person_id) GROUP BY mark
"""
_TOUCHING = """
INSERT OR IGNORE INTO marks
SELECT 'PERSON', m.person_id, :new FROM marks k JOIN memberships m ON k.kind = 'GROUP' AND m.group_id = k.id
WHERE k.mark <> :same
UNION
SELECT 'GROUP', m.group_id, :new FROM marks k JOIN memberships m ON k.kind = 'PERSON' AND m.person_id = k.id
WHERE k.mark <> :same
"""


class Mark(StrEnum):
    """How a record stands in the registry; one that is not there has no mark."""

    SAME = auto()  # all of its view is there, and nothing else
    WITHIN = auto()  # all of it is there, among more
    DIFFERENT = auto()  # it is there otherwise, or waits for an identifier that another gives up
    TOUCHING = auto()  # it is not there, but belongs together with somebody who is there without it


@dataclass(frozen=True, slots=True)
class Standing:
    """How many are not in the registry, how many are there otherwise, and how many as they are staged."""

    new: int
    changed: int
    same: int


class Marks:
    """The marks of one staging, in its database."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.execute(_SCHEMA)
        db.execute(_MEMBERSHIPS_SCHEMA)

    def set(self, kind: Kind, id_: str, mark: Mark) -> None:
        """Mark a record; the first mark holds."""
        self._db.execute("INSERT OR IGNORE INTO marks VALUES (?, ?, ?)", (kind, id_, mark))

    def set_membership(self, group_id: str, person_id: str, mark: Mark) -> None:
        """Mark a membership that is in the registry as the same or different; the first mark holds."""
        self._db.execute("INSERT OR IGNORE INTO membership_marks VALUES (?, ?, ?)", (group_id, person_id, mark))

    def set_touching(self) -> None:
        """Mark as touching what has no mark yet, but must have one."""
        self._db.execute(_TOUCHING, {"new": Mark.TOUCHING, "same": Mark.SAME})

    def get(self, kind: Kind, id_: str) -> Mark | None:
        """Return a record's mark."""
        row = self._db.execute("SELECT mark FROM marks WHERE kind = ? AND id = ?", (kind, id_)).fetchone()
        return Mark(row[0]) if row else None

    @property
    def records(self) -> Standing:
        """How the people and groups stand that are staged now."""
        return self._standing(_RECORDS)

    @property
    def memberships(self) -> Standing:
        """How the memberships stand that are staged now."""
        return self._standing(_MEMBERSHIPS)

    def _standing(self, query: str) -> Standing:
        counts: dict[str | None, int] = dict(self._db.execute(query))
        same = counts.get(Mark.SAME, 0) + counts.get(Mark.WITHIN, 0)
        changed = counts.get(Mark.DIFFERENT, 0)
        return Standing(sum(counts.values()) - changed - same, changed, same)
