"""Changing the registry: a record, its lookups, its memberships and all that others show of it change together.

Each change reads what it touches, and is written on the condition that nothing of it has changed meanwhile;
otherwise it starts again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from dci_common.errors import ServiceUnavailable
from dci_common.registry.model.base import Kind, plain
from dci_common.registry.model.records import AnyRecord, Group, Membership, Person
from dci_common.registry.model.views import View, group_view, household_entry, member_entry, own_fields, person_view
from dci_common.registry.storage.store import Stored
from dci_common.registry.write.committer import Changes, Committer, TooLarge
from dci_common.registry.write.record_change import (
    RecordChange,
    with_household,
    with_member,
    without_household,
    without_member,
)
from dci_common.registry.write.transaction import MAX_ACTIONS, IdentifierConflict, WriteConflict

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

MAX_MEMBERS = 2000
MAX_HOUSEHOLDS = 15
_ATTEMPTS = 30
Result = TypeVar("Result")


class WriteRefused(Exception):
    """The change contradicts the registry as it stands; nothing of it happened."""


class NoSuchRecord(WriteRefused):
    """The person, group or membership is not there."""


class VersionConflict(WriteRefused):
    """The record is not at the version that the caller expects."""


class IdentifierTaken(WriteRefused):
    """An identifier belongs to somebody else: `owner`, as `PERSON#<id>` or `GROUP#<id>`."""

    def __init__(self, identifier_type: str, owner: str) -> None:
        super().__init__(f"An identifier of type {identifier_type} already belongs to {owner}.")
        self.identifier_type = identifier_type
        self.owner = owner


class RegistryWriter:
    """Writes people, groups and memberships. An unchanged record is left alone, its version too.

    Where DynamoDB fails, botocore's error is raised: the change may have happened or not, and can be made again.
    `max_actions` is what a transaction may hold.
    """

    def __init__(self, runtime: Runtime, *, max_actions: int = MAX_ACTIONS) -> None:
        self._committer = Committer(runtime, max_actions)

    def put(self, record: AnyRecord, *, version: int | None = None) -> None:
        """Create or replace a record. `version` is what a person or group has now: 0 if it is new, None for any.

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
        """Take a person out of a group. Raises NoSuchRecord."""
        self._do(lambda: self._delete_membership(person_id, group_id))

    def finish(self, kind: Kind, record_id: str) -> None:
        """Finish a long write of a record that was interrupted, if there is one."""
        _insist(lambda: self._committer.read(kind, [record_id]))

    def _do(self, change: Callable[[], list[str]]) -> None:
        """Make a change, then finish the groups that it returns: by then it is made, and not to be made again."""
        for group_id in _insist(change):
            self.finish(Kind.GROUP, group_id)

    def _put_person(self, person: Person, version: int | None) -> list[str]:
        before, own = self._expected(Kind.PERSON, person.id, version), plain(person)
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
        after = group_view(plain(group), before.view["members"] if before else [])
        return self._committer.commit(Changes([RecordChange(Kind.GROUP, before, after)]))

    def _put_membership(self, membership: Membership) -> list[str]:
        person, group = self._both(membership.person_id, membership.group_id)
        home = with_member(group.view, member_entry(own_fields(person.view), plain(membership)))
        member = with_household(person.view, household_entry(home, plain(membership)))
        if len(home["members"]) > MAX_MEMBERS:
            raise WriteRefused(f"A group holds at most {MAX_MEMBERS} members.")
        if len(member["households"]) > MAX_HOUSEHOLDS:
            raise WriteRefused(f"A person belongs to at most {MAX_HOUSEHOLDS} groups, over or not.")
        drafts = [RecordChange(Kind.PERSON, person, member), RecordChange(Kind.GROUP, group, home)]
        return self._committer.commit(Changes(drafts, put=[membership]))

    def _delete_membership(self, person_id: str, group_id: str) -> list[str]:
        person, group = self._both(person_id, group_id)
        if all(home["id"] != group_id for home in person.view["households"]):
            raise NoSuchRecord(f"The person {person_id} does not belong to the group {group_id}.")
        drafts = [
            RecordChange(Kind.PERSON, person, without_household(person.view, group_id)),
            RecordChange(Kind.GROUP, group, without_member(group.view, person_id)),
        ]
        return self._committer.commit(Changes(drafts, over=[(person_id, group_id)]))

    def _delete_person(self, person_id: str, version: int | None) -> list[str]:
        person = self._existing(Kind.PERSON, person_id, version)
        homes = [home for home, _ in self._homes(person)]
        drafts = [RecordChange(Kind.GROUP, home, without_member(home.view, person_id)) for home in homes]
        over = [(person_id, home.id) for home in homes]
        return self._committer.commit(Changes([RecordChange(Kind.PERSON, person, None), *drafts], over=over))

    def _delete_group(self, group_id: str, version: int | None) -> list[str]:
        return self._committer.dissolve(self._existing(Kind.GROUP, group_id, version))

    def _homes(self, person: Stored | None) -> list[tuple[Stored, View]]:
        """Return the groups of a person, with the person's entry of each."""
        entries = person.view["households"] if person else []
        groups = self._committer.read(Kind.GROUP, [entry["id"] for entry in entries])
        return [(groups[entry["id"]], entry) for entry in entries if entry["id"] in groups]

    def _both(self, person_id: str, group_id: str) -> tuple[Stored, Stored]:
        # The group first: finishing what is left of a write to it changes the person.
        group = self._existing(Kind.GROUP, group_id, None)
        return self._existing(Kind.PERSON, person_id, None), group

    def _existing(self, kind: Kind, record_id: str, version: int | None) -> Stored:
        found = self._expected(kind, record_id, version)
        if found is None:
            raise NoSuchRecord(f"There is no {kind.lower()} {record_id}.")
        return found

    def _expected(self, kind: Kind, record_id: str, version: int | None) -> Stored | None:
        found = self._committer.read(kind, [record_id]).get(record_id)
        actual = found.version if found else 0
        if version is not None and version != actual:
            raise VersionConflict(f"The {kind.lower()} {record_id} is at version {actual}, not {version}.")
        return found


def _insist(attempt: Callable[[], Result]) -> Result:
    """Try until nobody is faster. Raises WriteRefused, or ServiceUnavailable when somebody always is."""
    for number in range(_ATTEMPTS):
        try:
            return attempt()
        except WriteConflict:
            time.sleep(random.uniform(0, min(0.5, 0.01 * 2**number)))  # noqa: S311 - so that rivals part ways
        except IdentifierConflict as taken:
            raise IdentifierTaken(taken.pk.split("#")[1], taken.owner) from taken
        except TooLarge as error:
            raise WriteRefused("The record and what it shows of others are too large to be written.") from error
    raise ServiceUnavailable("The registry is busy; try again shortly.", retry_after=2)
