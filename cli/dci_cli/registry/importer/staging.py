"""Staging: the records of the files in a temporary database, which builds the views of any number of records.

Records arrive in any order and are joined when all of them are there. The database is SQLite's own temporary file,
which no other program can open and which is deleted when the process ends, in whatever way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from pydantic_core import from_json, to_json

from dci_cli.registry.importer import staging_queries as queries
from dci_cli.registry.importer.diff_status import DiffStatuses
from dci_cli.registry.importer.staged import Staged, given_and_body, read_row
from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.periods import find_overlap, overlap_text, start_of
from dci_common.registry.model.records import AnyRecord, Group, Membership, Person
from dci_common.registry.model.stamp import stamp
from dci_common.registry.model.views import View, group_view, member_entry, person_view, summary
from dci_common.registry.storage import keys
from dci_common.registry.write.put_changes import MAX_HOUSEHOLDS, MAX_MEMBERS

if TYPE_CHECKING:
    from dci_cli.registry.files.rejects import Rejects

_KNOWN_HOUSEHOLDS = 64


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
        self.db = sqlite3.connect("", isolation_level=None)  # no name: a temporary file
        self.db.executescript(queries.SCHEMA)
        self.statuses = DiffStatuses(self.db)
        self._cursor = self.db.cursor()  # for what is done for each row
        self._counted, self._members = "", 0  # the group of the last membership, and how many it has

    def add(self, record: AnyRecord, source: str, line: int) -> None:
        """Stage a record. Raises StagingConflict when its id, an identifier or the membership is already staged."""
        match record:
            case Membership():
                self._add_membership(record, source, line)
            case Person():
                self._add_registrant(Kind.PERSON, record, source, line)
            case Group():
                self._add_registrant(Kind.GROUP, record, source, line)

    def views(self, now: str | None = None) -> Iterator[tuple[Kind, View]]:
        """Yield the view of every new record: the groups, then the people, each in the order of the files.

        Views contain the memberships whose two sides are staged and new: all others are written later. Records that
        give no `last_updated` get `now`. Records must not be added or dropped meanwhile.
        """
        self.db.execute("DELETE FROM summaries")
        for body, joined in self._joined(queries.GROUPS, from_json):
            members = [member_entry(stamp(person, now), membership) for membership, person in joined]
            group = group_view(stamp(body, now), members)
            self.db.execute("INSERT INTO summaries VALUES (?, ?)", (group["id"], to_json(summary(group)).decode()))
            yield Kind.GROUP, group
        # The people of a household mostly follow one another.
        for body, joined in self._joined(queries.PEOPLE, lru_cache(_KNOWN_HOUSEHOLDS)(from_json)):
            # A household's entry is its summary with the membership's own fields.
            households = [household | _own_fields(membership) for membership, household in joined]
            yield Kind.PERSON, person_view(stamp(body, now), households)

    def records(self, kind: Kind) -> Iterator[Staged[Person | Group]]:
        """Yield the people or the groups, in the order of the files."""
        return (read_row(kind, *row) for row in self.db.execute(queries.RECORDS, (kind,)))

    def memberships_of(self, person_id: str) -> list[Staged[Membership]]:
        """Return the memberships of a person, in the order of the files."""
        return list(self._memberships(queries.OF_PERSON, person_id))

    def dangling_memberships(self) -> list[Staged[Membership]]:
        """Return the memberships whose person or group neither the files nor the registry have."""
        return list(self._memberships(queries.DANGLING))

    def not_staged(self, kind: Kind) -> list[str]:
        """Return the ids of the people or groups that memberships name and that are not staged."""
        query = queries.PEOPLE_NOT_STAGED if kind is Kind.PERSON else queries.GROUPS_NOT_STAGED
        return [id_ for (id_,) in self.db.execute(query)]

    def changed_keys(self) -> Iterator[str]:
        """Yield the key of each record that the registry does not have as it is staged, or with all memberships."""
        return (keys.record_pk(Kind(kind), id_) for kind, id_ in self.db.execute(queries.CHANGED_KEYS))

    def find(self, kind: Kind, id_: str) -> Staged[Person | Group] | None:
        """Return a staged person or group; None when it is not staged."""
        row = self.db.execute(queries.RECORD, (kind, id_)).fetchone()
        return read_row(kind, *row) if row else None

    def set_merged(self, staged: Staged[AnyRecord], merged: AnyRecord) -> None:
        """Keep what a record is together with what the registry has of it."""
        query = f"UPDATE {staged.table} SET body = ? WHERE rowid = ?"  # noqa: S608
        self.db.execute(query, (merged.model_dump_json(exclude_defaults=True), staged.number))

    def reject(self, staged: Staged[AnyRecord], reason: str, rejects: Rejects) -> None:
        """Remove a record, and record the reason. The memberships of a person or group become dangling."""
        rejects.add(staged.source, staged.line, reason, staged.content)
        self.db.execute(f"DELETE FROM {staged.table} WHERE rowid = ?", (staged.number,))  # noqa: S608
        self._counted = ""

    def identifiers(self) -> Iterator[tuple[str, Kind, str]]:
        """Yield the key of every identifier, with the kind and id of its owner."""
        rows = self.db.execute("SELECT pk, kind, id FROM identifiers")
        return ((pk, Kind(kind), id_) for pk, kind, id_ in rows)

    def identifier_types(self) -> tuple[set[str], set[str]]:
        """Return the types of the identifiers of new records, normalized: those of restricted people are the second.

        The registry's writer adds those of other records, since a row need not say that its person is restricted.
        """
        types: tuple[set[str], set[str]] = set(), set()
        for type_, is_restricted in self.db.execute(queries.NEW_IDENTIFIER_TYPES):
            types[bool(is_restricted)].add(type_)
        return types

    @property
    def counts(self) -> Counts:
        """How much is staged."""
        of_kind = dict(self.db.execute("SELECT kind, count(*) FROM records GROUP BY kind"))
        (memberships,) = self.db.execute("SELECT count(*) FROM memberships").fetchone()
        return Counts(of_kind.get(Kind.PERSON, 0), of_kind.get(Kind.GROUP, 0), memberships)

    @property
    def new(self) -> int:
        """The number of people and groups that `views` yields."""
        (number,) = self.db.execute(queries.NEW).fetchone()
        return int(number)

    def close(self) -> None:
        """Delete the database."""
        self.db.close()

    def _add_registrant(self, kind: Kind, record: Person | Group, source: str, line: int) -> None:
        pks = list(
            dict.fromkeys(
                keys.identifier_pk(one.identifier_type, normalize.identifier(one.identifier_value))
                for one in record.identifiers
            )
        )
        cursor, id_ = self._cursor, record.id
        cursor.execute(queries.ADD_RECORD, (kind, id_, *given_and_body(record), source, line))
        is_new = bool(cursor.rowcount)
        if is_new and pks:
            cursor.executemany(queries.ADD_IDENTIFIER, [(pk, kind, id_) for pk in pks])
        if not is_new or (pks and cursor.rowcount < len(pks)):
            owner = self._other_owner(pks, [kind, id_])
            if is_new:
                cursor.execute("DELETE FROM records WHERE kind = ? AND id = ?", (kind, id_))
                cursor.executemany(queries.DROP_IDENTIFIER, [(pk, kind, id_) for pk in pks])
            raise StagingConflict(owner or f"The {kind.lower()} {id_} is in the files twice.")

    def _other_owner(self, pks: list[str], own: list[str]) -> str:
        """Say who else has the first of these identifiers that another record has; nothing if there is none."""
        found = self.db.execute(queries.OWNERS.format(",".join("?" * len(pks))), pks).fetchall() if pks else ()
        owners = {pk: owner for pk, *owner in found if owner != own}
        for pk in filter(owners.get, pks):
            kind, id_ = owners[pk]
            return f"An identifier of type {_type(pk)} already belongs to the {kind.lower()} {id_}."
        return ""

    def _add_membership(self, membership: Membership, source: str, line: int) -> None:
        person, group = membership.person_id, membership.group_id
        if group != self._counted:  # the members of a group mostly follow one another
            ((self._members,),) = self._cursor.execute(queries.COUNT_MEMBERS, (group,))
            self._counted = group
        ((households,),) = self._cursor.execute(queries.COUNT_HOUSEHOLDS, (person,))
        if self._members >= MAX_MEMBERS:
            raise StagingConflict(f"A group has at most {MAX_MEMBERS} members.")
        if households >= MAX_HOUSEHOLDS:
            raise StagingConflict(f"A person belongs to at most {MAX_HOUSEHOLDS} groups, past memberships included.")
        start = membership.start.isoformat() if membership.start else ""
        for (body,) in self.db.execute(queries.PERIODS, (group, person)).fetchall() if households else ():
            other = from_json(body)
            if start_of(other) == start:
                raise StagingConflict(
                    f"The membership of the person {person} in the group {group} is in the files twice."
                )
            if find_overlap(record_fields(membership), [other]):
                raise StagingConflict(overlap_text(membership, other))
        row = (group, person, start, *given_and_body(membership), source, line)
        self._cursor.execute("INSERT INTO memberships VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", row)
        self._members += 1

    def _memberships(self, query: str, *parameters: str) -> Iterator[Staged[Membership]]:
        return (read_row("", *row) for row in self.db.execute(query, parameters))

    def _joined(
        self, query: str, read_other: Callable[[str], View]
    ) -> Iterator[tuple[View, list[tuple[View, View]]]]:
        """Yield the body of each record with its pairs of membership and other side."""
        rows = self.db.execute(query)
        for _, of_record in groupby(rows, key=lambda row: row[0]):
            first, *others = of_record
            pairs = [(from_json(m), read_other(o)) for _, _, m, o in (first, *others) if m and o]
            yield from_json(first[1]), pairs


def _own_fields(membership: View) -> View:
    return {name: value for name, value in membership.items() if name not in {"person_id", "group_id"}}


def _type(identifier_pk: str) -> str:
    return identifier_pk.split("#", 2)[1]
