"""What an import changes in a registry that has records, in bundles that are written at once.

A household is in one bundle, with its people and memberships that change: so it is written once, and an import does
not compete with itself. Small households share a bundle. People who belong to several groups that change are written
before, and large groups alone, at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from dci_cli.registry.importer import staging_queries as queries
from dci_cli.registry.importer.staged import Staged, read_row
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Membership, Person
from dci_common.registry.storage import keys

_LARGE = 25  # memberships and people; a group with more of them has a bundle of its own
_MOST_ACTIONS = 80  # of the 100 that a transaction may have: others' views may follow
_ACTIONS: dict[type, int] = {Person: 4, Group: 6, Membership: 4}  # about as many as a record takes


@dataclass(slots=True)
class Bundle:
    """Records that are written together. `keys` are those of all records that this changes, as far as is known."""

    records: list[Staged[Any]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)

    @property
    def actions(self) -> int:
        """About how many actions a transaction of the bundle has."""
        return sum(_ACTIONS[type(staged.record)] for staged in self.records)

    def add(self, other: Bundle) -> None:
        """Add the records of another bundle, before the memberships."""
        records = [*self.records, *other.records]
        self.records = sorted(records, key=lambda staged: isinstance(staged.record, Membership))
        self.keys |= other.keys


class Bundles:
    """The bundles of one staging."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(queries.PREPARE_CHANGES)
        self.total = sum(db.execute(queries.COUNT_CHANGES).fetchone())

    def people(self) -> Iterator[Bundle]:
        """Yield the people who belong to none, or to several, of the groups that change."""
        rows = self._db.execute(queries.PEOPLE_APART)
        return _joined(self._with_homes(read_row(*row[:6])) for row in rows)

    def households(self) -> Iterator[Bundle]:
        """Yield all groups but the large ones, each with its people and memberships."""
        return _joined(self._groups(0, _LARGE))

    def large_groups(self) -> Iterator[Bundle]:
        """Yield the large groups, each with its people and memberships."""
        return self._groups(_LARGE + 1, 10**9)

    def _groups(self, least: int, most: int) -> Iterator[Bundle]:
        rows = self._db.execute(queries.BY_GROUP, {"least": least, "most": most})
        for group_id, of_group in groupby(rows, key=lambda row: row[6]):
            bundle = Bundle([read_row(*row[:6]) for row in of_group], {keys.record_pk(Kind.GROUP, group_id)})
            for record in (staged.record for staged in bundle.records):
                if not isinstance(record, Group):
                    id_ = record.id if isinstance(record, Person) else record.person_id
                    bundle.keys.add(keys.record_pk(Kind.PERSON, id_))
            yield bundle

    def _with_homes(self, staged: Staged[Person]) -> Bundle:
        id_ = staged.record.id
        homes = self._db.execute(queries.HOMES, (id_,))
        return Bundle(
            [staged], {keys.record_pk(Kind.PERSON, id_), *(keys.record_pk(Kind.GROUP, home) for (home,) in homes)}
        )


def _joined(bundles: Iterator[Bundle]) -> Iterator[Bundle]:
    """Yield bundles of several ones that follow one another, as large as fit into a transaction."""
    current = Bundle()
    for bundle in bundles:
        if current.records and current.actions + bundle.actions > _MOST_ACTIONS:
            yield current
            current = Bundle()
        current.add(bundle)
    if current.records:
        yield current
