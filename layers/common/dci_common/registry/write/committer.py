"""Committing drafts: everything that others show of a changed record changes with it.

What fits into one transaction is written in one. What the members of a large group show of it does not. It is then
brought up to date in steps, each fenced by the group's version, and the group says so (`pending`) until the last:
whoever reads the group for a change finishes first what an interrupted writer left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Membership
from dci_common.registry.model.views import View, household_entry
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.items import identifier_types, lookup_items
from dci_common.registry.storage.store import RegistryStore, Stored
from dci_common.registry.write.record_change import RecordChange, with_household, without_household
from dci_common.registry.write.transaction import MAX_ACTIONS, Transaction
from dci_common.timestamps import day

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

SUMMARIES, DELETION = "summaries", "deletion"
_ACTIONS_A_MEMBER = 3  # in a step: the person and both sides of a membership, unless the body is in parts
_UNLIMITED = 10**9


class TooLarge(Exception):
    """A change does not fit into a transaction, not even in steps."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to happen together: records, memberships written, memberships (person id, group id) that are over."""

    drafts: list[RecordChange]
    put: list[Membership] = field(default_factory=list)
    over: list[tuple[str, str]] = field(default_factory=list)


class Committer:
    """Reads records for a change, and writes it. What is outrun raises WriteConflict, and may be done again.

    `max_actions` is what a transaction may hold.
    """

    def __init__(self, runtime: Runtime, max_actions: int = MAX_ACTIONS) -> None:
        self._runtime = runtime
        self._max_actions = max_actions
        self._table = runtime.settings.registry_table
        self._store = RegistryStore(runtime)
        settings = self._store.settings()
        self._shards = settings.shards
        self._types = set(settings.identifier_types)

    def read(self, kind: Kind, ids: Iterable[str]) -> dict[str, Stored]:
        """Read records, strongly consistent; a group whose last write was interrupted is finished first."""
        wanted = list(ids)
        found = self._store.records(kind, wanted, Budget(_UNLIMITED)) if wanted else {}
        unfinished = [stored for stored in found.values() if stored.pending]
        for stored in unfinished:
            self._finish(stored)
        return self.read(kind, wanted) if unfinished else found

    def commit(self, changes: Changes) -> list[str]:
        """Write the changes, and what others show of them. Raises WriteConflict, IdentifierConflict or TooLarge.

        Returns the groups of which that is still to be finished, by reading them.
        """
        if not any(draft.is_change for draft in changes.drafts):
            return []
        self._know(changes.drafts)
        direct = {draft.before.id for draft in changes.drafts if draft.before and draft.kind is Kind.PERSON}
        touched = [draft.after for draft in changes.drafts if draft.after and draft.touches_members]
        others = {member["id"] for view in touched for member in view["members"]} - direct
        if len(others) <= self._max_actions:
            followers = self._refreshed(touched, sorted(others))
            if self._written(Changes([*changes.drafts, *followers], changes.put, changes.over)):
                return []
        if not self._written(changes, pending=SUMMARIES):
            raise TooLarge
        return [group["id"] for group in touched]

    def dissolve(self, group: Stored) -> list[str]:
        """Delete a group, its memberships and lookups; returns it when that is still to be finished."""
        everybody = [member["id"] for member in group.view["members"]]
        if len(everybody) <= self._max_actions:
            parting = self._parting(group, everybody)
            if self._written(Changes([*parting.drafts, RecordChange(Kind.GROUP, group, None)], over=parting.over)):
                return []
        mark = self._transaction(Changes([]))
        mark.put_record(Kind.GROUP, group.view, group, pending=DELETION)
        mark.commit(self._runtime.dynamodb)
        return [group.id]

    def _finish(self, group: Stored) -> None:
        """Do what is left of a long write."""
        everybody = [member["id"] for member in group.view["members"]]
        chunk = (self._max_actions - 1) // _ACTIONS_A_MEMBER  # and the fence
        for start in range(0, len(everybody), chunk):
            self._step(group, everybody[start : start + chunk])
        last = self._transaction(Changes([]))
        if group.pending == DELETION:
            last.delete_record(group)
            last.change_lookups(lookup_items(Kind.GROUP, group.view), {})
        else:
            last.put_record(Kind.GROUP, group.view, group)
        last.commit(self._runtime.dynamodb)

    def _step(self, group: Stored, ids: Sequence[str]) -> None:
        """Bring some members up to date, as long as the group has not changed."""
        deletes = group.pending == DELETION
        changes = self._parting(group, ids) if deletes else Changes(self._refreshed([group.view], ids))
        if not self._written(changes, fence=group):
            if len(ids) == 1:
                raise TooLarge
            self._step(group, ids[: len(ids) // 2])
            self._step(group, ids[len(ids) // 2 :])

    def _parting(self, group: Stored, ids: Sequence[str]) -> Changes:
        """Return what takes people out of a group, as far as they are still in it."""
        members = [
            person
            for person in self.read(Kind.PERSON, ids).values()
            if any(home["id"] == group.id for home in person.view["households"])
        ]
        drafts = [RecordChange(Kind.PERSON, person, without_household(person.view, group.id)) for person in members]
        return Changes(drafts, over=[(person.id, group.id) for person in members])

    def _refreshed(self, groups: Sequence[View], ids: Sequence[str]) -> list[RecordChange]:
        """Return those of these people who show the groups as they were, as they show them now."""
        drafts = []
        for person in self.read(Kind.PERSON, ids).values():
            view = person.view
            for group in groups:
                entry = next((home for home in view["households"] if home["id"] == group["id"]), None)
                view = with_household(view, household_entry(group, entry)) if entry else view
            drafts.append(RecordChange(Kind.PERSON, person, view))
        return [draft for draft in drafts if draft.is_change]

    def _written(self, changes: Changes, *, pending: str = "", fence: Stored | None = None) -> bool:
        """Write the changes in one transaction; False, and nothing is written, when it is too much for one."""
        transaction = self._transaction(changes, pending)
        if fence is not None and transaction.actions:
            transaction.fence(fence)
        if not transaction.fits:
            return False
        if transaction.actions:
            transaction.commit(self._runtime.dynamodb)
        return True

    def _transaction(self, changes: Changes, pending: str = "") -> Transaction:
        transaction = Transaction(self._table, self._shards, day(self._runtime.clock()), self._max_actions)
        for draft in changes.drafts:
            before, after = draft.before, draft.after
            if before is not None and not draft.is_change:
                transaction.fence(before)  # the others were made to fit it
                continue
            if after is not None:
                left = pending if draft.touches_members else ""
                transaction.put_record(draft.kind, after, before, pending=left)
            elif before is not None:
                transaction.delete_record(before)
            was = lookup_items(draft.kind, before.view) if before else {}
            transaction.change_lookups(was, lookup_items(draft.kind, after) if after else {})
        for membership in changes.put:
            transaction.put_membership(membership)
        for person_id, group_id in changes.over:
            transaction.delete_membership(person_id, group_id)
        return transaction

    def _know(self, drafts: Iterable[RecordChange]) -> None:
        """Let the registry know of new identifier types before the first record has them."""
        new = {type_ for draft in drafts if draft.after for type_ in identifier_types(draft.after)} - self._types
        if new:
            self._runtime.dynamodb.update_item(
                TableName=self._table,
                Key=keys.REGISTRY_KEY,
                UpdateExpression="ADD identifier_types :new",
                ExpressionAttributeValues={":new": {"SS": sorted(new)}},
            )
            self._types |= new
