"""Commits changes: what the views of related records show of a changed record changes with it.

What fits into one transaction is written in one. What the members of a large group show of it does not. It is then
updated in steps, each conditional on the group's version, and the group is marked `pending` until the last step.
`finish_interrupted` takes the steps that are left; a writer calls it before it changes such a group.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from dci_common.registry.catalogue.catalogue import Catalogue
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View, household_entry
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import identifier_types, lookup_items
from dci_common.registry.storage.store import RegistrySettings, RegistryStore, Stored
from dci_common.registry.write.record_change import Changes, RecordChange, with_household, without_household
from dci_common.registry.write.transaction import MAX_ACTIONS, Transaction
from dci_common.timestamps import day

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

SUMMARIES, DELETION = "summaries", "deletion"
_ACTIONS_A_MEMBER = 3  # in a step: the person and both sides of a membership, unless the body is in parts
_UNLIMITED = 10**9


class TooLarge(Exception):
    """A change does not fit into a transaction, not even in steps."""


class Committer:
    """Reads records for a change, and writes it.

    Raises WriteConflict when another writer was faster; the change may then be made again. `max_actions` is the
    number of actions that a transaction may have.
    """

    def __init__(self, runtime: Runtime, catalogue: Catalogue, max_actions: int = MAX_ACTIONS) -> None:
        self._runtime = runtime
        self._catalogue = catalogue
        self._max_actions = max_actions
        self._table = runtime.settings.registry_table
        self._store = RegistryStore(runtime)

    def read(self, kind: Kind, ids: Iterable[str]) -> dict[str, Stored]:
        """Read records, strongly consistent; ids without a record are left out."""
        wanted = list(ids)
        return self._store.records(kind, wanted, Budget(_UNLIMITED)) if wanted else {}

    def commit(self, changes: Changes) -> list[str]:
        """Write changes, and what related records show of them. Raises WriteConflict, IdentifierConflict or TooLarge.

        Returns the groups whose members are still to be updated, by `finish_interrupted`.
        """
        if not any(change.is_change for change in changes.records):
            return []
        self._register_identifier_types(changes.records)
        people = {change.before.id for change in changes.records if change.before and change.kind is Kind.PERSON}
        touched = [change.after for change in changes.records if change.after and change.touches_members]
        others = {member["id"] for view in touched for member in view["members"]} - people
        if len(others) <= self._max_actions:
            followers = self._refreshed(touched, sorted(others))
            if self._write(Changes([*changes.records, *followers], changes.memberships, changes.removed)):
                return []
        if not self._write(changes, pending=SUMMARIES):
            raise TooLarge
        return [group["id"] for group in touched]

    def delete_group(self, group: Stored) -> list[str]:
        """Delete a group, its memberships and lookups. Returns the group when that is still to be finished."""
        members = [member["id"] for member in group.view["members"]]
        if len(members) <= self._max_actions:
            removals = self._removals(group, members)
            deletion = RecordChange(Kind.GROUP, group, None)
            if self._write(Changes([*removals.records, deletion], removed=removals.removed)):
                return []
        mark = self._transaction(Changes([]))
        mark.put_record(Kind.GROUP, group.view, group, pending=DELETION)
        mark.commit(self._runtime.dynamodb)
        return [group.id]

    def finish_interrupted(self, group: Stored) -> None:
        """Take the steps that are left of a long write of a pending group."""
        members = [member["id"] for member in group.view["members"]]
        chunk = (self._max_actions - 1) // _ACTIONS_A_MEMBER  # one action is the condition on the group
        for start in range(0, len(members), chunk):
            self._update_members(group, members[start : start + chunk])
        last = self._transaction(Changes([]))
        if group.pending == DELETION:
            last.delete_record(group)
            last.change_lookups(lookup_items(Kind.GROUP, group.view), {})
        else:
            last.put_record(Kind.GROUP, group.view, group)
        last.commit(self._runtime.dynamodb)

    def _update_members(self, group: Stored, ids: Sequence[str]) -> None:
        """Take one step for some members, as long as the group has not changed."""
        deletes = group.pending == DELETION
        changes = self._removals(group, ids) if deletes else Changes(self._refreshed([group.view], ids))
        if not self._write(changes, fence=group):
            if len(ids) == 1:
                raise TooLarge
            self._update_members(group, ids[: len(ids) // 2])
            self._update_members(group, ids[len(ids) // 2 :])

    def _removals(self, group: Stored, ids: Sequence[str]) -> Changes:
        """Return the changes that remove people from a group, for those who are still in it."""
        members = [
            person
            for person in self.read(Kind.PERSON, ids).values()
            if any(entry["id"] == group.id for entry in person.view["households"])
        ]
        records = [RecordChange(Kind.PERSON, person, without_household(person.view, group.id)) for person in members]
        return Changes(records, removed=[(person.id, group.id) for person in members])

    def _refreshed(self, groups: Sequence[View], ids: Sequence[str]) -> list[RecordChange]:
        """Return the changes of those of these people whose views show the groups as they were before."""
        changes = []
        for person in self.read(Kind.PERSON, ids).values():
            view = person.view
            for group in groups:
                entry = next((entry for entry in view["households"] if entry["id"] == group["id"]), None)
                view = with_household(view, household_entry(group, entry)) if entry else view
            changes.append(RecordChange(Kind.PERSON, person, view))
        return [change for change in changes if change.is_change]

    def _write(self, changes: Changes, *, pending: str = "", fence: Stored | None = None) -> bool:
        """Write changes in one transaction. Returns False, and writes nothing, when they do not fit into one."""
        transaction = self._transaction(changes, pending)
        if fence is not None and transaction.actions:
            transaction.fence(fence)
        if not transaction.fits:
            return False
        if transaction.actions:
            transaction.commit(self._runtime.dynamodb)
        return True

    def _transaction(self, changes: Changes, pending: str = "") -> Transaction:
        indexing = Indexing(self._catalogue, self._settings.shards, day(self._runtime.clock()))
        transaction = Transaction(self._table, indexing, self._max_actions)
        for change in changes.records:
            transaction.change_record(change, pending)
        for membership in changes.memberships:
            transaction.put_membership(membership)
        for person_id, group_id in changes.removed:
            transaction.delete_membership(person_id, group_id)
        return transaction

    @cached_property
    def _settings(self) -> RegistrySettings:
        return self._store.settings()

    def _register_identifier_types(self, changes: Iterable[RecordChange]) -> None:
        """Add new identifier types to the registry's settings, before the first record that has them is written."""
        update = self._settings.type_update(*identifier_types(change.after for change in changes if change.after))
        if update:
            self._runtime.dynamodb.update_item(TableName=self._table, Key=keys.REGISTRY_KEY, **update)
            del self._settings  # read again when it is needed
