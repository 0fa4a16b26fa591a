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
from dci_common.registry.model.records import AnyRecord, Group, Membership, Person
from dci_common.registry.model.views import View, group_view, household_entry, member_entry, own_fields, person_view
from dci_common.registry.storage.store import Stored
from dci_common.registry.write.committer import Committer, TooLarge
from dci_common.registry.write.record_change import (
    Changes,
    RecordChange,
    with_household,
    with_member,
    without_household,
    without_member,
)
from dci_common.registry.write.transaction import MAX_ACTIONS, IdentifierConflict, WriteConflict

if TYPE_CHECKING:
    from dci_common.aws.retry import Retry
    from dci_common.runtime import Runtime

MAX_MEMBERS = 2000
MAX_HOUSEHOLDS = 15
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
        self._retry = runtime.retry
        self._committer = Committer(runtime, catalogue, max_actions)

    def put(self, record: AnyRecord, *, version: int | None = None) -> None:
        """Create or replace a record. `version` is that of the person or group now: 0 for a new one, None for any.

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

    def delete_membership(self, person_id: str, group_id: str) -> None:
        """Remove a person from a group. Raises NoSuchRecord."""
        self._do(lambda: self._delete_membership(person_id, group_id))

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
        homes, households = [], []
        for home, entry in self._homes(before):
            group = with_member(home.view, member_entry(own, entry))
            homes.append(RecordChange(Kind.GROUP, home, group))
            households.append(household_entry(group, entry))
        return self._committer.commit(
            Changes([RecordChange(Kind.PERSON, before, person_view(own, households)), *homes])
        )

    def _put_group(self, group: Group, version: int | None) -> list[str]:
        before = self._expected(Kind.GROUP, group.id, version)
        after = group_view(record_fields(group), before.view["members"] if before else [])
        return self._committer.commit(Changes([RecordChange(Kind.GROUP, before, after)]))

    def _put_membership(self, membership: Membership) -> list[str]:
        person, group = self._both(membership.person_id, membership.group_id)
        home = with_member(group.view, member_entry(own_fields(person.view), record_fields(membership)))
        member = with_household(person.view, household_entry(home, record_fields(membership)))
        if len(home["members"]) > MAX_MEMBERS:
            raise WriteRefused(f"A group holds at most {MAX_MEMBERS} members.")
        if len(member["households"]) > MAX_HOUSEHOLDS:
            raise WriteRefused(f"A person belongs to at most {MAX_HOUSEHOLDS} groups, ended ones included.")
        changes = [RecordChange(Kind.PERSON, person, member), RecordChange(Kind.GROUP, group, home)]
        return self._committer.commit(Changes(changes, [membership]))

    def _delete_membership(self, person_id: str, group_id: str) -> list[str]:
        person, group = self._both(person_id, group_id)
        if all(home["id"] != group_id for home in person.view["households"]):
            raise NoSuchRecord(f"The person {person_id} does not belong to the group {group_id}.")
        changes = [
            RecordChange(Kind.PERSON, person, without_household(person.view, group_id)),
            RecordChange(Kind.GROUP, group, without_member(group.view, person_id)),
        ]
        return self._committer.commit(Changes(changes, removed=[(person_id, group_id)]))

    def _delete_person(self, person_id: str, version: int | None) -> list[str]:
        person = self._existing(Kind.PERSON, person_id, version)
        homes = [home for home, _ in self._homes(person)]
        changes = [RecordChange(Kind.GROUP, home, without_member(home.view, person_id)) for home in homes]
        removed = [(person_id, home.id) for home in homes]
        return self._committer.commit(Changes([RecordChange(Kind.PERSON, person, None), *changes], removed=removed))

    def _delete_group(self, group_id: str, version: int | None) -> list[str]:
        return self._committer.delete_group(self._existing(Kind.GROUP, group_id, version))

    def _homes(self, person: Stored | None) -> list[tuple[Stored, View]]:
        """Return the groups of a person, with the person's entry of each."""
        entries = person.view["households"] if person else []
        groups = self._read_finished(Kind.GROUP, [entry["id"] for entry in entries])
        return [(groups[entry["id"]], entry) for entry in entries if entry["id"] in groups]

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
        except TooLarge as error:
            raise WriteRefused("The record and what it shows of others are too large to be written.") from error
    raise RegistryBusy
