"""What a pass changes: the records whose digest differs, and what the registry lacks of each."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pydantic_core import from_json, to_json

from dci_cli.registry.follow.target import (
    Target,
    read_memberships,
    read_record,
    written_memberships,
    written_record,
)
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Membership, Person
from dci_common.registry.storage import keys
from dci_common.registry.write.put_changes import Change, Removal

_PAGE = 500
_IS_RESTRICTED = """record LIKE '%"restricted":true%'"""  # others with these words in a text are written early
_IS_FREE = f"unit IS NULL AND is_put AND (is_new OR NOT {_IS_RESTRICTED})"
_COLUMNS = "kind, id, source_id, digest, before, record, memberships, is_put, is_new, changes, homes, unit"


class Planned(NamedTuple):
    """A record that differs from what the registry had. `before` is the digest of that, empty if nothing is known."""

    source_id: int
    kind: Kind
    record: Person | Group
    memberships: list[Membership]
    digest: str
    before: str

    @property
    def id(self) -> str:
        """The registry's key of the record."""
        return self.record.id


@dataclass(frozen=True, slots=True)
class Unit:
    """What is written together: people, a group, removals, then memberships. `keys` are those of all that changes."""

    changes: list[Change]
    keys: set[str]


class Plan:
    """The planned records of one pass."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, target: Target, before: str) -> None:
        """Add a record that may differ from the registry's."""
        row = (target.kind, target.id, target.source_id, target.digest, before, written_record(target.record))
        self._db.execute(
            "INSERT OR REPLACE INTO plan VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, '[]', '[]', NULL)",
            (*row, written_memberships(target.memberships)),
        )

    def records(self, kind: Kind) -> Iterator[Planned]:
        """Yield the people or the groups; the plan may be changed meanwhile."""
        query = f"SELECT {_COLUMNS} FROM plan WHERE kind = ? AND id > ? ORDER BY id LIMIT {_PAGE}"  # noqa: S608
        after = ""
        while rows := self._db.execute(query, (kind, after)).fetchall():
            yield from map(_planned, rows)
            after = rows[-1][1]

    def drop(self, kind: Kind, id_: str) -> None:
        """Take a record out of the plan: the registry has it."""
        self._db.execute("DELETE FROM plan WHERE kind = ? AND id = ?", (kind, id_))

    def set_changes(
        self, planned: Planned, changes: Iterable[Membership | Removal], homes: Iterable[str], *, put: bool, new: bool
    ) -> None:
        """Set what is written of a record: itself, and memberships of a group. `homes` are groups that show it."""
        written = [
            ["removal", one.person_id, one.group_id, one.start]
            if isinstance(one, Removal)
            else ["membership", one.model_dump(mode="json", exclude_defaults=True)]
            for one in changes
        ]
        self._db.execute(
            "UPDATE plan SET is_put = ?, is_new = ?, changes = ?, homes = ? WHERE kind = ? AND id = ?",
            (put, new, to_json(written).decode(), to_json(list(homes)).decode(), planned.kind, planned.id),
        )

    def assign(self, people: Iterable[str], group_id: str) -> None:
        """Have people written with a group, unless they are with another one already.

        Those who are there and become restricted do not wait for their groups.
        """
        self._db.executemany(
            f"UPDATE plan SET unit = ? WHERE {_IS_FREE} AND kind = 'PERSON' AND id = ?",  # noqa: S608
            ((group_id, id_) for id_ in people),
        )

    @property
    def counts(self) -> dict[tuple[Kind, bool], int]:
        """How many people and groups are changed, and how many are new."""
        rows = self._db.execute("SELECT kind, is_new, count(*) FROM plan GROUP BY kind, is_new")
        return {(Kind(kind), bool(is_new)): number for kind, is_new, number in rows}

    def keys(self) -> Iterator[str]:
        """Yield the keys of the records that are written."""
        for kind, id_, changes in self._db.execute("SELECT kind, id, changes FROM plan"):
            yield keys.record_pk(Kind(kind), id_)
            for one in from_json(changes):
                yield keys.record_pk(Kind.PERSON, one[1] if one[0] == "removal" else one[1]["person_id"])

    def noted(self) -> Iterator[tuple[Kind, str, int, str, bool]]:
        """Yield the kind, id, source's id and digest of each record, and whether it is new."""
        for kind, id_, source_id, digest, is_new in self._db.execute(
            "SELECT kind, id, source_id, digest, is_new FROM plan"
        ):
            yield Kind(kind), id_, source_id, digest, bool(is_new)

    def people(self) -> Iterator[Unit]:
        """Yield those people who are not written with a group, one by one: the restricted ones first."""
        order = f"ORDER BY {_IS_RESTRICTED} DESC, homes, id"
        query = f"SELECT {_COLUMNS} FROM plan WHERE kind = 'PERSON' AND unit IS NULL {order}"  # noqa: S608
        for row in self._db.execute(query):
            yield Unit([_planned(row).record], _keys_of(row))

    def groups(self) -> Iterator[Unit]:
        """Yield each group with its people and memberships."""
        query = f"SELECT {_COLUMNS} FROM plan WHERE kind = 'GROUP' ORDER BY id"  # noqa: S608
        of_unit = f"SELECT {_COLUMNS} FROM plan WHERE kind = 'PERSON' AND unit = ? ORDER BY id"  # noqa: S608
        for row in self._db.execute(query):
            unit = Unit([], _keys_of(row))
            for person in self._db.execute(of_unit, (row[1],)).fetchall():
                unit.changes.append(_planned(person).record)
                unit.keys.update(_keys_of(person))
            if row[7]:
                unit.changes.append(_planned(row).record)
            for change in sorted(map(_change, from_json(row[9])), key=lambda one: isinstance(one, Membership)):
                unit.changes.append(change)
                unit.keys.add(keys.record_pk(Kind.PERSON, change.person_id))
            yield unit


def _planned(row: tuple[str, ...]) -> Planned:
    kind, _, source_id, digest, before, record, memberships, *_ = row
    return Planned(
        int(source_id), Kind(kind), read_record(Kind(kind), record), read_memberships(memberships), digest, before
    )


def _change(written: list[object]) -> Membership | Removal:
    match written:
        case ["removal", str(person_id), str(group_id), str(start)]:
            return Removal(person_id, group_id, start)
        case [_, dict(fields)]:
            return Membership.model_validate({"start": None, **fields})
    raise ValueError(written)


def _keys_of(row: tuple[str, ...]) -> set[str]:
    kind, id_, homes = Kind(row[0]), row[1], from_json(row[10])
    return {keys.record_pk(kind, id_), *(keys.record_pk(Kind.GROUP, home) for home in homes)}
