"""Changes the registry: a record, its lookups, its memberships and what related records show of it change together.

Each change reads what it touches, and is written on the condition that nothing of it has changed since; otherwise it
starts again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from dci_common.aws.retry import Backoff
from dci_common.registry.catalogue.catalogue import Catalogue
from dci_common.registry.errors import (
    ChangeTooLarge,
    IdentifierTaken,
    NoSuchRecord,
    RegistryBusy,
    VersionConflict,
    WriteRefused,
)
from dci_common.registry.model.base import Kind
from dci_common.registry.model.periods import PeriodConflict, period_text, without_period
from dci_common.registry.model.records import AnyRecord, Group, Person
from dci_common.registry.model.stamp import moment
from dci_common.registry.model.views import View, household_entry, member_entry, own_fields
from dci_common.registry.storage.store import Stored
from dci_common.registry.write.committer import Committer, TooLarge
from dci_common.registry.write.put_changes import Change, Merge, PutChanges
from dci_common.registry.write.record_change import RecordChange, entries_of, with_households, with_members
from dci_common.registry.write.transaction import MAX_ACTIONS, IdentifierConflict, WriteConflict
from dci_common.timestamps import day

if TYPE_CHECKING:
    from dci_common.aws.retry import Retry
    from dci_common.runtime import Runtime

_CONFLICTS = Backoff(attempts=30, first=0.01, longest=0.5)
Result = TypeVar("Result")


class RegistryWriter:
    """Writes people, groups and memberships. An unchanged record keeps its version.

    Where DynamoDB fails, botocore's error is raised: the change may have been written or not, and can be made again.
    `max_actions` is the number of actions that a transaction may have. What a `quiet` writer
    changes is not reported to subscriptions, except that a record is gone.
    """

    def __init__(
        self, runtime: Runtime, catalogue: Catalogue, *, max_actions: int = MAX_ACTIONS, quiet: bool = False
    ) -> None:
        self._runtime = runtime
        self._retry = runtime.retry
        self._committer = Committer(runtime, catalogue, max_actions, quiet=quiet)

    def put(self, record: AnyRecord, *, version: int | None = None) -> None:
        """Create or replace a record. `version` is that of the person or group now: 0 for a new one, None for any.

        A membership replaces the period with the same start; without `start`, the period in force or the only one.
        Raises WriteRefused.
        """
        self._do(lambda: self._put([record], version))

    def put_all(self, records: Sequence[Change], merge: Merge | None = None) -> None:
        """Create or replace records, and remove periods of membership, in one transaction if they fit.

        If not, one part is written after the other: the people first, then each group with its memberships. Those
        that are written when an error is raised are complete, and putting them again changes nothing. `merge` returns
        what a record makes of the one that is there at that moment; without it, a record replaces that one. Raises
        WriteRefused.
        """
        left = deque([list(records)])
        while left:
            some = left.popleft()
            try:
                self._do(lambda: self._put(some, merge=merge))  # noqa: B023 - called at once
            except ChangeTooLarge:
                parts = _split(some)
                if len(parts) == 1:
                    raise
                left.extendleft(reversed(parts))

    def delete(self, kind: Kind, record_id: str, *, version: int | None = None) -> None:
        """Delete a record, with its lookups and memberships. Raises WriteRefused."""
        delete = self._delete_person if kind is Kind.PERSON else self._delete_group
        self._do(lambda: delete(record_id, version))

    def delete_membership(self, person_id: str, group_id: str, start: str | None = None) -> None:
        """Delete a period of membership: that with this start ("" for none), or the only one. Raises WriteRefused."""
        self._do(lambda: self._delete_membership(person_id, group_id, start))

    def check_membership(self, person_id: str, group_id: str, start: str | None = None) -> None:
        """Raise WriteRefused unless there is the period of membership that `delete_membership` would delete."""
        retry_on_conflict(self._retry, lambda: self._without_membership(person_id, group_id, start))

    def finish(self, kind: Kind, record_id: str) -> None:
        """Finish a long write of a record that was interrupted, if there is one."""
        retry_on_conflict(self._retry, lambda: self._read_finished(kind, [record_id]))

    def _do(self, change: Callable[[], list[str]]) -> None:
        """Make a change once, then finish the groups that it returns, which may take several attempts."""
        for group_id in retry_on_conflict(self._retry, change):
            self.finish(Kind.GROUP, group_id)

    def _read_finished(self, kind: Kind, ids: list[str]) -> dict[str, Stored]:
        """Read records for a change, after finishing the long writes of them that were interrupted."""
        found = self._committer.read(kind, ids)
        while interrupted := [stored for stored in found.values() if stored.pending]:
            for stored in interrupted:
                self._committer.finish_interrupted(stored)
            found = self._committer.read(kind, ids)
        return found

    def _put(self, records: Sequence[Change], version: int | None = None, merge: Merge | None = None) -> list[str]:
        people = {record.id for record in records if isinstance(record, Person)}
        groups = {record.id for record in records if isinstance(record, Group)}
        memberships = [record for record in records if not isinstance(record, Person | Group)]
        # The groups first: finishing an interrupted write of one changes people.
        homes = self._read_finished(Kind.GROUP, sorted(groups | {one.group_id for one in memberships}))
        found = self._committer.read(Kind.PERSON, sorted(people | {one.person_id for one in memberships}))
        shown_by = {home["id"] for id_ in people & found.keys() for home in found[id_].view["households"]}
        homes |= self._read_finished(Kind.GROUP, sorted(shown_by - homes.keys()))
        if version is not None:
            for kind, id_ in [*((Kind.PERSON, id_) for id_ in people), *((Kind.GROUP, id_) for id_ in groups)]:
                _check_version(kind, id_, (found if kind is Kind.PERSON else homes).get(id_), version)
        now = self._runtime.clock()
        changes = PutChanges(found, homes, day(now), moment(now), merge).of(records)
        return self._committer.commit(changes, in_steps=len(_split(records)) == 1)

    def _delete_membership(self, person_id: str, group_id: str, start: str | None) -> list[str]:
        person, group, left = self._without_membership(person_id, group_id, start)
        own = own_fields(person.view)
        home = with_members(group.view, person.id, [member_entry(own, period) for period in left])
        member = with_households(person.view, group.id, [household_entry(home, period) for period in left])
        return self._committer.commit(
            [RecordChange(Kind.PERSON, person, member), RecordChange(Kind.GROUP, group, home)]
        )

    def _without_membership(
        self, person_id: str, group_id: str, start: str | None
    ) -> tuple[Stored, Stored, list[View]]:
        """Return a person and a group, and the periods of membership that are left without this one."""
        person, group = self._both(person_id, group_id)
        had = entries_of(person.view["households"], group_id)
        left = without_period(had, start)
        if len(left) == len(had):
            which = f" {period_text({'start': start} if start else {})}" if had and start is not None else ""
            raise NoSuchRecord(f"The person {person_id} does not belong to the group {group_id}{which}.")
        return person, group, left

    def _delete_person(self, person_id: str, version: int | None) -> list[str]:
        person = self._existing(Kind.PERSON, person_id, version)
        homes = [
            RecordChange(Kind.GROUP, home, with_members(home.view, person_id, [])) for home in self._homes(person)
        ]
        return self._committer.commit([RecordChange(Kind.PERSON, person, None), *homes])

    def _delete_group(self, group_id: str, version: int | None) -> list[str]:
        return self._committer.delete_group(self._existing(Kind.GROUP, group_id, version))

    def _homes(self, person: Stored) -> list[Stored]:
        """Return the groups of a person."""
        ids = dict.fromkeys(entry["id"] for entry in person.view["households"])
        groups = self._read_finished(Kind.GROUP, list(ids))
        return [groups[id_] for id_ in ids if id_ in groups]

    def _both(self, person_id: str, group_id: str) -> tuple[Stored, Stored]:
        # The group first: finishing an interrupted write of it changes the person.
        group = self._existing(Kind.GROUP, group_id, None)
        return self._existing(Kind.PERSON, person_id, None), group

    def _existing(self, kind: Kind, record_id: str, version: int | None) -> Stored:
        found = self._read_finished(kind, [record_id]).get(record_id)
        _check_version(kind, record_id, found, version)
        if found is None:
            raise NoSuchRecord(f"There is no {kind.lower()} {record_id}.")
        return found


def _split(records: Sequence[Change]) -> list[list[Change]]:
    """Return smaller parts of records in their order: people, then each group and its memberships; at least one."""
    by_group: dict[str, list[Change]] = {}
    for record in records:
        group_id = record.id if isinstance(record, Person | Group) else record.group_id
        by_group.setdefault("" if isinstance(record, Person) else group_id, []).append(record)
    people = by_group.pop("", [])
    if people and by_group:
        return [people, [record for group in by_group.values() for record in group]]
    units = list(by_group.values()) or [[person] for person in people]
    half = (len(units) + 1) // 2
    parts = [[record for unit in some for record in unit] for some in (units[:half], units[half:])]
    return [part for part in parts if part]


def _check_version(kind: Kind, record_id: str, found: Stored | None, version: int | None) -> None:
    actual = found.version if found else 0
    if version is not None and version != actual:
        raise VersionConflict(f"The {kind.lower()} {record_id} is at version {actual}, not {version}.")


def retry_on_conflict(retry: Retry, attempt: Callable[[], Result]) -> Result:
    """Repeat an attempt while other writers are faster. Raises WriteRefused, or RegistryBusy after too many."""
    for _ in retry.attempts(_CONFLICTS):
        try:
            return attempt()
        except WriteConflict:
            continue
        except IdentifierConflict as taken:
            raise IdentifierTaken(taken.pk.split("#")[1], taken.owner) from taken
        except PeriodConflict as conflict:
            raise WriteRefused(str(conflict)) from conflict
        except TooLarge as error:
            raise ChangeTooLarge from error
    raise RegistryBusy
