"""A source in memory that the registry follows: what a test writes, and when it was written as the source says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from dci_cli.registry.follow.source import Identity, SourceRecord, SourceUnavailable, SourceWarning
from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Identifier, Membership, Person

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    """A registrant of the source, with the members of a group. `written` is None where the source does not know."""

    record: Person | Group
    written: datetime | None
    members: tuple[Membership, ...] = ()
    warnings: tuple[SourceWarning, ...] = ()

    @property
    def kind(self) -> Kind:
        return Kind.PERSON if isinstance(self.record, Person) else Kind.GROUP


@dataclass
class MemorySource:
    """The rows by their ids, in a database that may be away."""

    rows: dict[int, Row] = field(default_factory=dict)
    database: str = "database-1"
    lists: str = "lists-1"
    now: datetime = START
    problem: Exception | None = None
    reads: int = 0
    says_who_is_restricted: bool = True
    not_granted: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def put(self, number: int, record: Person | Group, *, silently: bool = False) -> None:
        """Write a registrant; silently, as plain SQL does it."""
        before = self.rows.get(number)
        members = before.members if before and before.kind is Kind.GROUP and isinstance(record, Group) else ()
        written = (before.written if before else None) if silently else self.now
        self.rows[number] = Row(record, written, members)

    def person(self, number: int, *, silently: bool = False, **fields: object) -> None:
        """Write a person."""
        self.put(number, Person.model_validate({"id": f"p{number}", **fields}), silently=silently)

    def group(self, number: int, *members: int, silently: bool = False, **fields: object) -> None:
        """Write a group with these members, who have been in it without a known start."""
        self.put(number, Group.model_validate({"id": f"p{number}", **fields}), silently=silently)
        self.join(number, *(self.member(one, number) for one in members), silently=silently)

    def join(self, number: int, *memberships: Membership, silently: bool = False) -> None:
        """Write all memberships of a group."""
        row = self.rows[number]
        self.rows[number] = replace(row, members=memberships, written=row.written if silently else self.now)

    @staticmethod
    def member(person: int, group: int, **fields: object) -> Membership:
        """Return a membership."""
        return Membership.model_validate({"person_id": f"p{person}", "group_id": f"p{group}", **fields})

    def delete(self, number: int) -> None:
        """Delete a registrant with its memberships, as nobody is notified of it."""
        del self.rows[number]

    def pass_time(self, **units: float) -> None:
        """Let time pass."""
        self.now += timedelta(**units)

    @contextmanager
    def snapshot(self) -> Iterator[MemorySnapshot]:
        """Return the source as it is now."""
        self.reads += 1
        if self.problem:
            raise self.problem
        found = MemorySnapshot(dict(self.rows), self.database, self.lists, self.now)
        found.says_who_is_restricted, found.not_granted = self.says_who_is_restricted, self.not_granted
        yield found

    def away(self) -> None:
        """Have the database away."""
        self.problem = SourceUnavailable("OpenSPP's database cannot be reached: connection refused.")

    def holds(self) -> list[Person | Group | Membership]:
        """Return the records that the registry shall have, as they are without a mark of their source."""
        with self.snapshot() as snapshot:
            found = list(snapshot.records())
        return [*(one.record for one in found), *(member for one in found for member in one.memberships)]


class MemorySnapshot:
    """One moment of the source."""

    def __init__(self, rows: dict[int, Row], database: str, lists: str, now: datetime) -> None:
        self._rows = rows
        self.database, self.lists_digest, self.moment, self.version = database, lists, now, "Memory 1"
        self.says_who_is_restricted = True
        self.not_granted: dict[str, tuple[str, ...]] = {}
        self._owners: dict[tuple[str, str], int] = {}
        for number in sorted(rows):
            for key in map(_key, rows[number].record.identifiers):
                self._owners.setdefault(key, number)

    def parts(self) -> dict[str, int]:
        rows = self._rows.values()
        return {
            "identifiers": sum(len(row.record.identifiers) for row in rows),
            "phone numbers": sum(len(row.record.phone_numbers) for row in rows),
            "memberships": sum(len(row.members) for row in rows),
        }

    def identities(self) -> Iterator[Identity]:
        for number in sorted(self._rows):
            row = self._rows[number]
            restricted = isinstance(row.record, Person) and row.record.restricted
            yield Identity(number, row.kind, row.record.id, restricted)

    def touched(self, since: datetime) -> Iterator[int]:
        for number in sorted(self._rows):
            written = self._rows[number].written
            if written is None or written >= since or self._is_contested(number):
                yield number

    def neighbours(self, source_ids: Iterable[int]) -> Iterator[int]:
        ids = {f"p{number}" for number in source_ids}
        for number in sorted(self._rows):
            row = self._rows[number]
            related = {one.person_id for one in getattr(row.record, "related_persons", ())}
            if ids & ({member.person_id for member in row.members} | related):
                yield number

    def records(self, source_ids: Iterable[int] | None = None) -> Iterator[SourceRecord]:
        wanted = sorted(self._rows) if source_ids is None else sorted(set(source_ids) & self._rows.keys())
        return map(self._record, wanted)

    def _record(self, number: int) -> SourceRecord:
        row = self._rows[number]
        kept = tuple(one for one in row.record.identifiers if self._owners[_key(one)] == number)
        record = row.record if kept == row.record.identifiers else row.record.model_copy(update={"identifiers": kept})
        people = {one.record.id for one in self._rows.values() if one.kind is Kind.PERSON}
        members = tuple(member for member in row.members if member.person_id in people)
        contested = self._is_contested(number)
        return SourceRecord(number, row.kind, record, members, b"", contested, row.warnings)

    def _is_contested(self, number: int) -> bool:
        own = {_key(one) for one in self._rows[number].record.identifiers}
        others = (row for other, row in self._rows.items() if other != number)
        return any(_key(one) in own for row in others for one in row.record.identifiers)


def _key(one: Identifier) -> tuple[str, str]:
    return normalize.identifier_type(one.identifier_type), normalize.identifier(one.identifier_value)
