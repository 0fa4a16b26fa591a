"""Changes the registry: a record, its lookups, its memberships and what related records show of it change together.

Each change reads what it touches, and is written on the condition that nothing of it has changed since; otherwise it
starts again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from dci_common.aws.retry import Backoff
from dci_common.registry.catalogue.catalogue import Catalogue
from dci_common.registry.errors import RegistryBusy, RegistryError
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.periods import PeriodConflict, period_text, with_period, without_period
from dci_common.registry.model.records import AnyRecord, Group, Membership, Person
from dci_common.registry.model.views import View, group_view, household_entry, member_entry, own_fields, person_view
from dci_common.registry.storage.store import Stored
from dci_common.registry.write.committer import Committer, TooLarge
from dci_common.registry.write.record_change import RecordChange, entries_of, with_households, with_members
from dci_common.registry.write.transaction import MAX_ACTIONS, IdentifierConflict, WriteConflict
from dci_common.timestamps import day

if TYPE_CHECKING:
    from dci_common.aws.retry import Retry
    from dci_common.runtime import Runtime

MAX_MEMBERS = 2000  # of a group, and
MAX_HOUSEHOLDS = 15  # of a person, each period counted
_CONFLICTS = Backoff(attempts=30, first=0.01, longest=0.5)
Result = TypeVar("Result")


class WriteRefused(RegistryError):
    """The change contradicts the registry as it is; nothing was written."""


class NoSuchRecord(WriteRefused):
    """The person, group or membership does not exist."""


class VersionConflict(WriteRefused):
    """The record is not at the version that the caller expects."""


class IdentifierTaken(WriteRefused):
    """An identifier belongs to another record: `owner`, as `PERSON#<id>` or `GROUP#<id>`."""

    def __init__(self, identifier_type: str, owner: str) -> None:
        super().__init__(f"An identifier of type {identifier_type} already belongs to {owner}.")
        self.identifier_type = identifier_type
        self.owner = owner


class RegistryWriter:
    """Writes people, groups and memberships. An unchanged record keeps its version.

    Where DynamoDB fails, botocore's error is raised: the change may have been written or not, and can be made again.
    `max_actions` is the number of actions that a transaction may have.
    """

    def __init__(self, runtime: Runtime, catalogue: Catalogue, *, max_actions: int = MAX_ACTIONS) -> None:
        self._runtime = runtime
        self._retry = runtime.retry
        self._committer = Committer(runtime, catalogue, max_actions)

    def put(self, record: AnyRecord, *, version: int | None = None) -> None:
        """Create or replace a record. `version` is that of the person or group now: 0 for a new one, None for any.

        A membership replaces the period with the same start; without `start`, the period in force or the only one.
        Raises WriteRefused.
        """
        match record:
            case Person():
                self._do(lambda: self._put_person(record, version))
            case Group():
                self._do(lambda: self._put_group(record, version))
            case Membership():
                self._do(lambda: self._put_membership(record))

    def delete(self, kind: Kind, record_id: str, *, version: int | None = None) -> None:
        """Delete a record, with its lookups and memberships. Raises WriteRefused."""
        delete = self._delete_person if kind is Kind.PERSON else self._delete_group
        self._do(lambda: delete(record_id, version))

    def delete_membership(self, person_id: str, group_id: str, start: str | None = None) -> None:
        """Delete a period of membership: that with this start ("" for none), or the only one. Raises WriteRefused."""
        self._do(lambda: self._delete_membership(person_id, group_id, start))

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

    def _put_person(self, person: Person, version: int | None) -> list[str]:
        before, own = self._expected(Kind.PERSON, person.id, version), record_fields(person)
        changes, households = [], []
        for home in self._homes(before):
            periods = entries_of(before.view["households"], home.id) if before else []
            group = with_members(home.view, person.id, [member_entry(own, period) for period in periods])
            changes.append(RecordChange(Kind.GROUP, home, group))
            households += [household_entry(group, period) for period in periods]
        return self._committer.commit([RecordChange(Kind.PERSON, before, person_view(own, households)), *changes])

    def _put_group(self, group: Group, version: int | None) -> list[str]:
        before = self._expected(Kind.GROUP, group.id, version)
        after = group_view(record_fields(group), before.view["members"] if before else [])
        return self._committer.commit([RecordChange(Kind.GROUP, before, after)])

    def _put_membership(self, membership: Membership) -> list[str]:
        person, group = self._both(membership.person_id, membership.group_id)
        had = entries_of(person.view["households"], group.id)
        periods = with_period(membership, had, day(self._runtime.clock()))
        more = len(periods) - len(had)
        if len(group.view["members"]) + more > MAX_MEMBERS:
            raise WriteRefused(f"A group has at most {MAX_MEMBERS} members, past memberships included.")
        if len(person.view["households"]) + more > MAX_HOUSEHOLDS:
            raise WriteRefused(f"A person belongs to at most {MAX_HOUSEHOLDS} groups, past memberships included.")
        return self._put_periods(person, group, periods)

    def _delete_membership(self, person_id: str, group_id: str, start: str | None) -> list[str]:
        person, group = self._both(person_id, group_id)
        had = entries_of(person.view["households"], group_id)
        left = without_period(had, start)
        if len(left) == len(had):
            which = f" {period_text({'start': start} if start else {})}" if had and start is not None else ""
            raise NoSuchRecord(f"The person {person_id} does not belong to the group {group_id}{which}.")
        return self._put_periods(person, group, left)

    def _put_periods(self, person: Stored, group: Stored, periods: list[View]) -> list[str]:
        """Replace the periods of a person in a group."""
        own = own_fields(person.view)
        home = with_members(group.view, person.id, [member_entry(own, period) for period in periods])
        member = with_households(person.view, group.id, [household_entry(home, period) for period in periods])
        return self._committer.commit(
            [RecordChange(Kind.PERSON, person, member), RecordChange(Kind.GROUP, group, home)]
        )

    def _delete_person(self, person_id: str, version: int | None) -> list[str]:
        person = self._existing(Kind.PERSON, person_id, version)
        homes = [
            RecordChange(Kind.GROUP, home, with_members(home.view, person_id, [])) for home in self._homes(person)
        ]
        return self._committer.commit([RecordChange(Kind.PERSON, person, None), *homes])

    def _delete_group(self, group_id: str, version: int | None) -> list[str]:
        return self._committer.delete_group(self._existing(Kind.GROUP, group_id, version))

    def _homes(self, person: Stored | None) -> list[Stored]:
        """Return the groups of a person."""
        ids = dict.fromkeys(entry["id"] for entry in person.view["households"]) if person else []
        groups = self._read_finished(Kind.GROUP, list(ids))
        return [groups[id_] for id_ in ids if id_ in groups]

    def _both(self, person_id: str, group_id: str) -> tuple[Stored, Stored]:
        # The group first: finishing an interrupted write of it changes the person.
        group = self._existing(Kind.GROUP, group_id, None)
        return self._existing(Kind.PERSON, person_id, None), group

    def _existing(self, kind: Kind, record_id: str, version: int | None) -> Stored:
        found = self._expected(kind, record_id, version)
        if found is None:
            raise NoSuchRecord(f"There is no {kind.lower()} {record_id}.")
        return found

    def _expected(self, kind: Kind, record_id: str, version: int | None) -> Stored | None:
        found = self._read_finished(kind, [record_id]).get(record_id)
        actual = found.version if found else 0
        if version is not None and version != actual:
            raise VersionConflict(f"The {kind.lower()} {record_id} is at version {actual}, not {version}.")
        return found


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
            raise WriteRefused("The record and what it shows of others are too large to be written.") from error
    raise RegistryBusy
