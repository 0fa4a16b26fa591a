"""What putting records changes: themselves, and what the records around them show of them.

Any number of people, groups and memberships are put together, so that each record around them changes once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from dci_common.registry.errors import NoSuchRecord, WriteRefused
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.own_restriction import with_own_restriction
from dci_common.registry.model.periods import start_of, with_period
from dci_common.registry.model.records import AnyRecord, Group, Membership, Person, Source
from dci_common.registry.model.stamp import stamped
from dci_common.registry.model.views import (
    View,
    group_view,
    member_entry,
    membership_fields,
    own_fields,
    person_view,
    summary,
)
from dci_common.registry.storage.store import Stored
from dci_common.registry.write.record_change import RecordChange

MAX_MEMBERS = 2000  # of a group, and
MAX_HOUSEHOLDS = 15  # of a person, each period counted

Merge = Callable[[Person | Group, View], Person | Group]  # a record that is put, with the fields of the one there


@dataclass(frozen=True, slots=True)
class Removal:
    """A period of membership that ends to exist: that with this start, "" for none. It may be gone already."""

    person_id: str
    group_id: str
    start: str


Change = AnyRecord | Removal
_ById = dict[str, dict[str, list[View]]]  # entries by the id of their record, then of the other record


class PutChanges:
    """Puts records over those that are stored of them.

    `people` are the stored people that are put or whose memberships are; `groups` the stored groups likewise, and
    those that show the people that are put. `now` is the stamp of what changes. `merge` returns what a record that
    is put makes of the one that is stored; None replaces it.
    """

    def __init__(
        self,
        people: dict[str, Stored],
        groups: dict[str, Stored],
        today: date,
        now: str,
        merge: Merge | None = None,
    ) -> None:
        self._merge = merge
        self._stored = {Kind.PERSON: people, Kind.GROUP: groups}
        self._today, self._now = today, now
        self._own = {
            kind: {id_: own_fields(one.view) for id_, one in stored.items()} for kind, stored in self._stored.items()
        }
        self._households = _by_id(people.values(), "households")
        self._members = _by_id(groups.values(), "members")

    def of(self, records: Sequence[Change]) -> list[RecordChange]:
        """Return the changes that put records, and remove periods before. Raises WriteRefused or PeriodConflict."""
        put = [record for record in records if isinstance(record, Person | Group)]
        for record in put:
            self._put(record)
        for record in put:
            if isinstance(record, Person):
                self._show_again(record.id)
        for removal in records:
            if isinstance(removal, Removal):
                self._remove(removal)
        for membership in records:
            if isinstance(membership, Membership):
                self._put_membership(membership)
        groups = {id_: group_view(own, _entries(self._members[id_])) for id_, own in self._own[Kind.GROUP].items()}
        summaries = {id_: summary(view) for id_, view in groups.items()}
        people = {id_: self._person_view(id_, summaries) for id_ in self._own[Kind.PERSON]}
        self._check_limits(people, groups)
        return [
            RecordChange(kind, self._stored[kind].get(id_), view)
            for kind, views in ((Kind.PERSON, people), (Kind.GROUP, groups))
            for id_, view in views.items()
        ]

    def _put(self, record: Person | Group) -> None:
        own = self._own[Kind.PERSON if isinstance(record, Person) else Kind.GROUP]
        before = own.get(record.id)
        after = self._merge(record, before) if self._merge and before is not None else record
        if after.source is None and before is not None and "source" in before:  # it is followed after any change
            source = Source.model_validate(before["source"])
            after = with_own_restriction(after.model_copy(update={"source": source}))
        own[record.id] = stamped(record_fields(after), before, self._now)

    def _show_again(self, person_id: str) -> None:
        """Let the groups of a person show them as they are now; groups that do not exist are left out."""
        known = self._own[Kind.GROUP].keys()
        self._households[person_id] = {
            group_id: periods for group_id, periods in self._households[person_id].items() if group_id in known
        }
        for group_id, periods in self._households[person_id].items():
            self._set_periods(person_id, group_id, periods)

    def _put_membership(self, membership: Membership) -> None:
        person_id, group_id = membership.person_id, membership.group_id
        for kind, id_ in ((Kind.GROUP, group_id), (Kind.PERSON, person_id)):
            if id_ not in self._own[kind]:
                raise NoSuchRecord(f"There is no {kind.lower()} {id_}.")
        periods = with_period(membership, self._households[person_id].get(group_id, []), self._today)
        self._set_periods(person_id, group_id, periods)

    def _remove(self, removal: Removal) -> None:
        person_id, group_id = removal.person_id, removal.group_id
        if person_id not in self._own[Kind.PERSON]:
            self._members[group_id].pop(person_id, None)  # of whom an interrupted load has written nothing else
            return
        periods = self._households[person_id].get(group_id, [])
        self._set_periods(person_id, group_id, [period for period in periods if start_of(period) != removal.start])

    def _set_periods(self, person_id: str, group_id: str, periods: list[View]) -> None:
        self._households[person_id][group_id] = periods
        own = self._own[Kind.PERSON][person_id]
        self._members[group_id][person_id] = [member_entry(own, period) for period in periods]

    def _person_view(self, person_id: str, summaries: dict[str, View]) -> View:
        households = [
            summaries[group_id] | membership_fields(period) if group_id in summaries else period
            for group_id, periods in self._households[person_id].items()
            for period in periods
        ]
        return person_view(self._own[Kind.PERSON][person_id], households)

    def _check_limits(self, people: dict[str, View], groups: dict[str, View]) -> None:
        for id_, view in groups.items():
            if len(view["members"]) > max(MAX_MEMBERS, self._had(Kind.GROUP, id_, "members")):
                raise WriteRefused(f"A group has at most {MAX_MEMBERS} members, past memberships included.")
        for id_, view in people.items():
            if len(view["households"]) > max(MAX_HOUSEHOLDS, self._had(Kind.PERSON, id_, "households")):
                raise WriteRefused(f"A person belongs to at most {MAX_HOUSEHOLDS} groups, past memberships included.")

    def _had(self, kind: Kind, id_: str, related: str) -> int:
        stored = self._stored[kind].get(id_)
        return len(stored.view[related]) if stored else 0


def _by_id(stored: Iterable[Stored], related: str) -> _ById:
    """Return the entries of records by the id of the other record: several for a person who came back."""
    found: _ById = defaultdict(dict)
    for record in stored:
        for entry in record.view[related]:
            found[record.id].setdefault(entry["id"], []).append(entry)
    return found


def _entries(by_id: dict[str, list[View]]) -> list[View]:
    return [entry for entries in by_id.values() for entry in entries]
