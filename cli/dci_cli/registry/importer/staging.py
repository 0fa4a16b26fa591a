"""Staging: the records of the files in a temporary database, which builds the views of any number of records.

Records arrive in any order and are joined when all of them are there. The database is SQLite's own temporary file,
which no other program can open and which is deleted when the process ends, in whatever way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from pydantic_core import from_json, to_json

from dci_cli.registry.importer import staging_queries as queries
from dci_cli.registry.importer.diff_status import DiffStatus, DiffStatuses
from dci_cli.registry.importer.rows import Staged
from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind
from dci_common.registry.model.periods import find_overlap, overlap_text, start_of
from dci_common.registry.model.records import AnyRecord, Group, Membership, Person
from dci_common.registry.model.views import View, group_view, member_entry, person_view, summary
from dci_common.registry.storage import keys
from dci_common.registry.write.writer import MAX_HOUSEHOLDS, MAX_MEMBERS

if TYPE_CHECKING:
    from dci_cli.registry.importer.rejects import Rejects

_MODELS: dict[str, type[Person | Group]] = {Kind.PERSON: Person, Kind.GROUP: Group}


class StagingConflict(Exception):
    """A record contradicts an earlier one; the message names it."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is staged."""

    people: int
    groups: int
    memberships: int


class Staging:
    """The staged records of an import. Two threads must not use it at the same time."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)  # no name: a temporary file
        self._db.executescript(queries.SCHEMA)
        self._types: tuple[set[str], set[str]] = set(), set()
        self.statuses = DiffStatuses(self._db)

    def add(self, record: AnyRecord, source: str, line: int) -> None:
        """Stage a record. Raises StagingConflict when its id, an identifier or the membership is already staged."""
        match record:
            case Membership():
                self._add_membership(record, source, line)
            case Person():
                self._add_registrant(Kind.PERSON, record, source, line)
            case Group():
                self._add_registrant(Kind.GROUP, record, source, line)

    def views(self) -> Iterator[tuple[Kind, View]]:
        """Yield the view of every record: the groups, then the people, each in the order of the files.

        Views contain the memberships whose two sides are staged. Records must not be added or dropped meanwhile.
        """
        self._db.execute("DELETE FROM summaries")
        for body, joined in self._joined(queries.GROUPS):
            group = group_view(body, [member_entry(person, membership) for membership, person in joined])
            self._db.execute("INSERT INTO summaries VALUES (?, ?)", (group["id"], to_json(summary(group)).decode()))
            yield Kind.GROUP, group
        for body, joined in self._joined(queries.PEOPLE):
            # A household's entry is its summary with the membership's own fields.
            households = [household | _own_fields(membership) for membership, household in joined]
            yield Kind.PERSON, person_view(body, households)

    def dangling_memberships(self) -> Iterator[Staged[Membership]]:
        """Yield the memberships whose person or group is not staged."""
        return self._memberships(queries.DANGLING_MEMBERSHIPS)

    def with_status(self, status: DiffStatus) -> Iterator[Staged[Person | Group]]:
        """Yield the people and groups with a status."""
        for kind, body, source, line in self._db.execute(queries.RECORDS_WITH_STATUS, (status,)):
            yield Staged(_MODELS[kind].model_validate_json(body), source, line)

    def memberships_to_change(self) -> Iterator[Staged[Membership]]:
        """Yield the memberships whose two sides are staged, and one of them is different or affected."""
        return self._memberships(queries.MEMBERSHIPS_TO_CHANGE)

    def changed_keys(self) -> Iterator[str]:
        """Yield the key of each record that the registry does not have as it is staged, or with all memberships."""
        return (keys.record_pk(Kind(kind), id_) for kind, id_ in self._db.execute(queries.CHANGED_KEYS))

    def find(self, kind: Kind, id_: str) -> Staged[Person | Group] | None:
        """Return a staged person or group; None when it is not staged."""
        query = "SELECT body, source, line FROM records WHERE kind = ? AND id = ?"
        row = self._db.execute(query, (kind, id_)).fetchone()
        return Staged(_MODELS[kind].model_validate_json(row[0]), row[1], row[2]) if row else None

    def drop(self, record: AnyRecord) -> None:
        """Remove a record; the memberships of a person or group become dangling."""
        if isinstance(record, Membership):
            key = record.group_id, record.person_id, _start(record)
            self._db.execute("DELETE FROM memberships WHERE group_id = ? AND person_id = ? AND start = ?", key)
        else:
            kind = Kind.PERSON if isinstance(record, Person) else Kind.GROUP
            self._db.execute("DELETE FROM records WHERE kind = ? AND id = ?", (kind, record.id))

    def reject(self, staged: Staged[AnyRecord], reason: str, rejects: Rejects) -> None:
        """Remove a record, and record the reason."""
        rejects.add(staged.source, staged.line, reason, staged.content)
        self.drop(staged.record)

    def identifiers(self) -> Iterator[tuple[str, Kind, str]]:
        """Yield the key of every identifier, with the kind and id of its owner."""
        rows = self._db.execute("SELECT pk, kind, id FROM identifiers")
        return ((pk, Kind(kind), id_) for pk, kind, id_ in rows)

    def identifier_types(self) -> tuple[set[str], set[str]]:
        """Return the types of all staged identifiers, normalized: those of restricted people are the second."""
        return self._types

    @property
    def counts(self) -> Counts:
        """How much is staged."""
        of_kind = dict(self._db.execute("SELECT kind, count(*) FROM records GROUP BY kind"))
        (memberships,) = self._db.execute("SELECT count(*) FROM memberships").fetchone()
        return Counts(of_kind.get(Kind.PERSON, 0), of_kind.get(Kind.GROUP, 0), memberships)

    def close(self) -> None:
        """Delete the database."""
        self._db.close()

    def _add_registrant(self, kind: Kind, record: Person | Group, source: str, line: int) -> None:
        pks = dict.fromkeys(
            keys.identifier_pk(one.identifier_type, normalize.identifier(one.identifier_value))
            for one in record.identifiers
        )
        for pk in pks:
            owner = self._db.execute("SELECT kind, id FROM identifiers WHERE pk = ?", (pk,)).fetchone()
            if owner and owner != (kind, record.id):
                raise StagingConflict(
                    f"An identifier of type {_type(pk)} already belongs to the {owner[0].lower()} {owner[1]}."
                )
        row = (kind, record.id, _body(record), source, line)
        if not self._db.execute("INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?)", row).rowcount:
            raise StagingConflict(f"The {kind.lower()} {record.id} is in the files twice.")
        self._db.executemany("INSERT INTO identifiers VALUES (?, ?, ?)", [(pk, kind, record.id) for pk in pks])
        self._types[isinstance(record, Person) and record.restricted].update(map(_type, pks))

    def _add_membership(self, membership: Membership, source: str, line: int) -> None:
        person, group = membership.person_id, membership.group_id
        members, households = self._db.execute(queries.MEMBERSHIP_COUNTS, (group, person)).fetchone()
        if members >= MAX_MEMBERS:
            raise StagingConflict(f"A group has at most {MAX_MEMBERS} members.")
        if households >= MAX_HOUSEHOLDS:
            raise StagingConflict(f"A person belongs to at most {MAX_HOUSEHOLDS} groups, past memberships included.")
        body, start = _body(membership), _start(membership)
        for (other,) in self._db.execute(queries.PERIODS, (group, person)).fetchall():
            if start_of(other := from_json(other)) == start:
                raise StagingConflict(
                    f"The membership of the person {person} in the group {group} is in the files twice."
                )
            if find_overlap(from_json(body), [other]):
                raise StagingConflict(overlap_text(membership, other))
        row = (group, person, start, body, source, line)
        self._db.execute("INSERT INTO memberships VALUES (?, ?, ?, ?, ?, ?)", row)

    def _memberships(self, query: str) -> Iterator[Staged[Membership]]:
        for body, source, line in self._db.execute(query):
            yield Staged(Membership.model_validate_json(body), source, line)

    def _joined(self, query: str) -> Iterator[tuple[View, list[tuple[View, View]]]]:
        """Yield the body of each record with its pairs of membership and other side."""
        rows = self._db.execute(query)
        for _, of_record in groupby(rows, key=lambda row: row[0]):
            first, *others = of_record
            pairs = [(from_json(m), from_json(o)) for _, _, m, o in (first, *others) if m and o]
            yield from_json(first[1]), pairs


def _own_fields(membership: View) -> View:
    return {name: value for name, value in membership.items() if name not in {"person_id", "group_id"}}


def _start(membership: Membership) -> str:
    return membership.start.isoformat() if membership.start else ""


def _body(record: AnyRecord) -> str:
    """Return a record as JSON, without its default values."""
    return record.model_dump_json(exclude_defaults=True)


def _type(identifier_pk: str) -> str:
    return identifier_pk.split("#", 2)[1]
