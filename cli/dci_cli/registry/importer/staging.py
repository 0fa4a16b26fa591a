"""Staging: what files hold, in a temporary database of their own, so that views are built of any number of records.

Records arrive in any order; what belongs together is joined when all are there. The database is SQLite's own
temporary file, which no other program can open and which is gone with the process, however that ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from pydantic_core import from_json, to_json

from dci_cli.registry.importer.diff_status import Mark, Marks
from dci_cli.registry.importer.rows import Staged
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AnyRecord, Group, Membership, Person
from dci_common.registry.model.views import View, group_view, member_entry, person_view, summary
from dci_common.registry.storage import keys
from dci_common.registry.write.writer import MAX_HOUSEHOLDS, MAX_MEMBERS

if TYPE_CHECKING:
    from dci_cli.registry.importer.rejects import Rejects

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA cache_size = -16384;
CREATE TABLE records (kind TEXT, id TEXT, body TEXT, source TEXT, line INTEGER, UNIQUE (kind, id));
CREATE TABLE identifiers (pk TEXT PRIMARY KEY, kind TEXT, id TEXT) WITHOUT ROWID;
CREATE TABLE memberships (group_id TEXT, person_id TEXT, body TEXT, source TEXT, line INTEGER,
                          UNIQUE (group_id, person_id));
CREATE INDEX of_person ON memberships (person_id);
CREATE TABLE summaries (group_id TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID;
BEGIN;
"""

# The plus keeps SQLite from an index, which would sort what is to come in the order of the files.
_GROUPS = """
SELECT g.id, g.body, m.body, p.body FROM records g
LEFT JOIN memberships m ON m.group_id = g.id
LEFT JOIN records p ON p.kind = 'PERSON' AND p.id = m.person_id
WHERE +g.kind = 'GROUP' ORDER BY g.rowid
"""
_PEOPLE = """
SELECT p.id, p.body, m.body, s.body FROM records p
LEFT JOIN memberships m ON m.person_id = p.id
LEFT JOIN summaries s ON s.group_id = m.group_id
WHERE +p.kind = 'PERSON' ORDER BY p.rowid
"""
_HOW_MANY = """
SELECT (SELECT count(*) FROM memberships WHERE group_id = ?), (SELECT count(*) FROM memberships WHERE person_id = ?)
"""
_WITH_SIDES = """
SELECT m.body, m.source, m.line FROM memberships m
LEFT JOIN records p ON p.kind = 'PERSON' AND p.id = m.person_id
LEFT JOIN records g ON g.kind = 'GROUP' AND g.id = m.group_id
"""
_MARKED = """
SELECT r.kind, r.body, r.source, r.line FROM records r
JOIN marks k ON k.kind = r.kind AND k.id = r.id AND k.mark = ? ORDER BY r.rowid
"""
_OF_MARKED = """
LEFT JOIN marks d ON d.kind = 'PERSON' AND d.id = p.id AND d.mark IN ('different', 'touching')
LEFT JOIN marks e ON e.kind = 'GROUP' AND e.id = g.id AND e.mark IN ('different', 'touching')
WHERE p.id NOT NULL AND g.id NOT NULL AND (d.id NOT NULL OR e.id NOT NULL) ORDER BY m.rowid
"""
_MODELS: dict[str, type[Person | Group]] = {Kind.PERSON: Person, Kind.GROUP: Group}


class Unstageable(Exception):
    """A record contradicts one that came before it; the message says which."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is staged."""

    people: int
    groups: int
    memberships: int


class Staging:
    """Holds the records of an import. Not to be used by two threads at once."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)  # no name: a temporary file
        self._db.executescript(_SCHEMA)
        self._types: set[str] = set()
        self.marks = Marks(self._db)

    def add(self, record: AnyRecord, source: str, line: int) -> None:
        """Stage a record. Raises Unstageable when its id, an identifier or the membership came before."""
        match record:
            case Membership():
                self._add_membership(record, source, line)
            case Person():
                self._add_registrant(Kind.PERSON, record, source, line)
            case Group():
                self._add_registrant(Kind.GROUP, record, source, line)

    def views(self) -> Iterator[tuple[Kind, View]]:
        """Build the view of every record: the groups, then the people, each in the order of the files.

        Only memberships whose two sides are staged count. Nothing may be added or dropped meanwhile.
        """
        self._db.execute("DELETE FROM summaries")
        for body, joined in self._joined(_GROUPS):
            group = group_view(body, [member_entry(person, membership) for membership, person in joined])
            self._db.execute("INSERT INTO summaries VALUES (?, ?)", (group["id"], to_json(summary(group)).decode()))
            yield Kind.GROUP, group
        for body, joined in self._joined(_PEOPLE):
            # A summary with the membership's own fields over it is a household's entry.
            homes = [home | _only_membership(membership) for membership, home in joined]
            yield Kind.PERSON, person_view(body, homes)

    def strays(self) -> Iterator[Staged[Membership]]:
        """Yield the memberships of which a side is not staged."""
        return self._memberships("WHERE p.id IS NULL OR g.id IS NULL ORDER BY m.rowid")

    def marked(self, mark: Mark) -> Iterator[Staged[Person | Group]]:
        """Yield the people and groups with this mark."""
        for kind, body, source, line in self._db.execute(_MARKED, (mark,)):
            yield Staged(_MODELS[kind].model_validate_json(body), source, line)

    def memberships_of_marked(self) -> Iterator[Staged[Membership]]:
        """Yield the memberships, both sides staged, of which one is marked as different or touching."""
        return self._memberships(_OF_MARKED)

    def find(self, kind: Kind, id_: str) -> Staged[Person | Group] | None:
        """Return a staged person or group."""
        query = "SELECT body, source, line FROM records WHERE kind = ? AND id = ?"
        row = self._db.execute(query, (kind, id_)).fetchone()
        return Staged(_MODELS[kind].model_validate_json(row[0]), row[1], row[2]) if row else None

    def drop(self, record: AnyRecord) -> None:
        """Take a record out again; the memberships of a person or group become strays."""
        if isinstance(record, Membership):
            ids = record.group_id, record.person_id
            self._db.execute("DELETE FROM memberships WHERE group_id = ? AND person_id = ?", ids)
        else:
            kind = Kind.PERSON if isinstance(record, Person) else Kind.GROUP
            self._db.execute("DELETE FROM records WHERE kind = ? AND id = ?", (kind, record.id))

    def reject(self, one: Staged[AnyRecord], reason: str, rejects: Rejects) -> None:
        """Take a record out again, and tell why."""
        rejects.add(one.source, one.line, reason, one.told)
        self.drop(one.record)

    def identifiers(self) -> Iterator[tuple[str, Kind, str]]:
        """Yield every identifier's key, with the kind and id of its owner."""
        rows = self._db.execute("SELECT pk, kind, id FROM identifiers")
        return ((pk, Kind(kind), id_) for pk, kind, id_ in rows)

    def identifier_types(self) -> set[str]:
        """Return the types of all staged identifiers, in their matched form."""
        return set(self._types)

    @property
    def counts(self) -> Counts:
        """How much is staged."""
        of_kind = dict(self._db.execute("SELECT kind, count(*) FROM records GROUP BY kind"))
        (memberships,) = self._db.execute("SELECT count(*) FROM memberships").fetchone()
        return Counts(of_kind.get(Kind.PERSON, 0), of_kind.get(Kind.GROUP, 0), memberships)

    def close(self) -> None:
        """Forget everything."""
        self._db.close()

    def _add_registrant(self, kind: Kind, record: Person | Group, source: str, line: int) -> None:
        pks = [keys.identifier_pk(one.identifier_type, one.identifier_value) for one in record.identifiers]
        for pk in pks:
            owner = self._db.execute("SELECT kind, id FROM identifiers WHERE pk = ?", (pk,)).fetchone()
            if owner and owner != (kind, record.id):
                raise Unstageable(
                    f"An identifier of type {_type(pk)} is already that of the {owner[0].lower()} {owner[1]}."
                )
        row = (kind, record.id, _body(record), source, line)
        if not self._db.execute("INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?)", row).rowcount:
            raise Unstageable(f"The {kind.lower()} {record.id} came before.")
        self._db.executemany("INSERT INTO identifiers VALUES (?, ?, ?)", [(pk, kind, record.id) for pk in pks])
        self._types.update(map(_type, pks))

    def _add_membership(self, membership: Membership, source: str, line: int) -> None:
        person, group = membership.person_id, membership.group_id
        members, households = self._db.execute(_HOW_MANY, (group, person)).fetchone()
        if members >= MAX_MEMBERS:
            raise Unstageable(f"A group holds at most {MAX_MEMBERS} members.")
        if households >= MAX_HOUSEHOLDS:
            raise Unstageable(f"A person belongs to at most {MAX_HOUSEHOLDS} groups, over or not.")
        row = (group, person, _body(membership), source, line)
        if not self._db.execute("INSERT OR IGNORE INTO memberships VALUES (?, ?, ?, ?, ?)", row).rowcount:
            raise Unstageable(f"The membership of the person {person} in the group {group} came before.")

    def _memberships(self, which: str) -> Iterator[Staged[Membership]]:
        for body, source, line in self._db.execute(_WITH_SIDES + which):
            yield Staged(Membership.model_validate_json(body), source, line)

    def _joined(self, query: str) -> Iterator[tuple[View, list[tuple[View, View]]]]:
        """Yield each record's body with its (membership, other side) pairs."""
        rows = self._db.execute(query)
        for _, of_one in groupby(rows, key=lambda row: row[0]):
            first, *others = of_one
            pairs = [(from_json(m), from_json(o)) for _, _, m, o in (first, *others) if m and o]
            yield from_json(first[1]), pairs


def _only_membership(membership: View) -> View:
    return {name: value for name, value in membership.items() if name not in {"person_id", "group_id"}}


def _body(record: AnyRecord) -> str:
    """Write what `model.plain` returns, in one step."""
    return record.model_dump_json(exclude_defaults=True)


def _type(identifier_pk: str) -> str:
    return identifier_pk.split("#", 2)[1]
