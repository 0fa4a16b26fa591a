"""Commits changes: what the views of related records show of a changed record changes with it.

What fits into one transaction is written in one. What the members of a large group show of it does not. It is then
updated in steps, each conditional on the group's version. The group is marked `pending` until the last step: until
then its view says who its members are, and each of them follows it. `finish_interrupted` takes the steps that are
left; a writer calls it before it changes such a group. The mark keeps the group's body from before the write, so that
subscriptions can be notified of what the whole of it has changed.

A writer who changes or deletes a person finds their groups in the person's own view. So a pending group hides those
who may not show it: they could be restricted or deleted meanwhile, and it would still show them as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from dci_common.registry.catalogue.catalogue import Catalogue
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View, member_entry, membership_fields, own_fields, summary
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import identifier_types
from dci_common.registry.storage.store import RegistrySettings, RegistryStore, Stored
from dci_common.registry.write.record_change import (
    RecordChange,
    entries_of,
    with_all_members,
    with_hidden_members,
    with_households,
)
from dci_common.registry.write.transaction import MAX_ACTIONS, Transaction
from dci_common.timestamps import day

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

SUMMARIES, DELETION = "summaries", "deletion"
_ACTIONS_A_MEMBER = 3  # in a step: the person and both sides of a membership, unless there are more of one of them
_UNLIMITED = 10**9


class TooLarge(Exception):
    """A change does not fit into a transaction, not even in steps."""


class Committer:
    """Reads records for a change, and writes it.

    Raises WriteConflict when another writer was faster; the change may then be made again. `max_actions` is the
    number of actions that a transaction may have. What a `quiet` one writes is no news to subscriptions.
    """

    def __init__(
        self, runtime: Runtime, catalogue: Catalogue, max_actions: int = MAX_ACTIONS, *, quiet: bool = False
    ) -> None:
        self._runtime = runtime
        self._catalogue = catalogue
        self._max_actions = max_actions
        self._quiet = quiet
        self._table = runtime.settings.registry_table
        self._store = RegistryStore(runtime)

    def read(self, kind: Kind, ids: Iterable[str]) -> dict[str, Stored]:
        """Read records, strongly consistent; ids without a record are left out."""
        wanted = list(ids)
        return self._store.records(kind, wanted, Budget(_UNLIMITED)) if wanted else {}

    def commit(self, changes: Sequence[RecordChange], *, in_steps: bool = True) -> list[str]:
        """Write changes, and what related records show of them. Raises WriteConflict, IdentifierConflict or TooLarge.

        Returns the groups whose members are still to be updated, by `finish_interrupted`: none unless `in_steps`.
        """
        if not any(change.is_change for change in changes):
            return []
        self._register_identifier_types(changes)
        people = {change.before.id for change in changes if change.before and change.kind is Kind.PERSON}
        touched = [change.after for change in changes if change.after and change.touches_members]
        others = {member["id"] for view in touched for member in view["members"]} - people
        fits = len(others) <= self._max_actions
        if fits and self._write([*changes, *_refreshed(touched, self.read(Kind.PERSON, sorted(others)))]):
            return []
        if not in_steps:
            raise TooLarge
        if self._write(changes, pending=SUMMARIES):
            return [group["id"] for group in touched]
        return [self._begin_long_write(changes)]

    def _begin_long_write(self, changes: Sequence[RecordChange]) -> str:
        """Write a group alone, and mark it: its members, new ones too, follow in steps, as it shows them.

        Raises TooLarge unless the other changes are only what its members show of it.
        """
        groups = [change for change in changes if change.kind is Kind.GROUP and change.is_change]
        others = [change for change in changes if change.kind is Kind.PERSON and not change.keeps_own_fields]
        if others or len(groups) != 1 or (view := groups[0].after) is None:
            raise TooLarge
        if any(_leaves(change, view["id"]) for change in changes):  # the group would not know whom it has to update
            raise TooLarge
        before = groups[0].before
        joining = {change.after["id"] for change in changes if change.after and _joins(change, view["id"])}
        mark = self._transaction([])
        mark.put_record(Kind.GROUP, with_hidden_members(view, joining), before, pending=SUMMARIES)
        mark.change_lookups(Kind.GROUP, before.view if before else None, view)
        if not mark.fits:
            raise TooLarge
        mark.commit(self._runtime.dynamodb)
        return str(view["id"])

    def delete_group(self, group: Stored) -> list[str]:
        """Delete a group, its memberships and lookups. Returns the group when that is still to be finished."""
        members = _member_ids(group)
        if len(members) <= self._max_actions:
            deletion = RecordChange(Kind.GROUP, group, None)
            if self._write([*_removals(group, self.read(Kind.PERSON, members)), deletion]):
                return []
        mark = self._transaction([])
        mark.put_record(Kind.GROUP, with_hidden_members(group.view, members), group, pending=DELETION)
        mark.commit(self._runtime.dynamodb)
        return [group.id]

    def finish_interrupted(self, group: Stored) -> None:
        """Take the steps that are left of a long write of a pending group.

        Its new members may have changed or gone since it was written. If what its members show of it depends on that,
        it is left pending, as they need another round.
        """
        members = _member_ids(group)
        deletes = group.pending == DELETION
        entries = _entries_now(group, {} if deletes else self.read(Kind.PERSON, members))
        view = with_all_members(group.view, entries)
        chunk = (self._max_actions - 1) // _ACTIONS_A_MEMBER  # one action is the condition on the group
        for start in range(0, len(members), chunk):
            entries |= self._update_members(group, view, members[start : start + chunk])
        last = self._transaction([], continued=group)
        if deletes:
            last.delete_record(group)
            last.change_lookups(Kind.GROUP, group.view, None)
        else:
            after = with_all_members(group.view, entries)
            last.put_record(Kind.GROUP, after, group, pending="" if summary(after) == summary(view) else SUMMARIES)
        last.commit(self._runtime.dynamodb)

    def _update_members(self, group: Stored, view: View, ids: Sequence[str]) -> dict[str, list[View]]:
        """Take one step for some members, as long as the group has not changed; `view` is what they show of it.

        Returns their entries as they are then; none for those who are not in the view.
        """
        deletes, people = group.pending == DELETION, self.read(Kind.PERSON, ids)
        if not self._write(_removals(group, people) if deletes else _refreshed([view], people), fence=group):
            if len(ids) == 1:
                raise TooLarge
            half = len(ids) // 2
            return self._update_members(group, view, ids[:half]) | self._update_members(group, view, ids[half:])
        now, shown = _entries_now(group, people), _members_by_id(view)
        return {id_: now[id_] if id_ in shown else [] for id_ in ids}

    def _write(self, changes: Iterable[RecordChange], *, pending: str = "", fence: Stored | None = None) -> bool:
        """Write changes in one transaction. Returns False, and writes nothing, when they do not fit into one."""
        transaction = self._transaction(changes, pending, fence)
        if fence is not None and transaction.actions:
            transaction.fence(fence)
        if not transaction.fits:
            return False
        if transaction.actions:
            transaction.commit(self._runtime.dynamodb)
        return True

    def _transaction(
        self, changes: Iterable[RecordChange], pending: str = "", continued: Stored | None = None
    ) -> Transaction:
        """Make a transaction; one of a long write that is `continued` is quiet if that is."""
        quiet = continued.marks.quiet if continued else self._quiet
        settings = self._settings
        indexing = Indexing(self._matched_catalogue, settings.shards, day(self._runtime.clock()))
        transaction = Transaction(self._table, indexing, self._max_actions, settings.former, quiet)
        for change in changes:
            transaction.change_record(change, pending)
        return transaction

    @cached_property
    def _matched_catalogue(self) -> Catalogue:
        return self._catalogue.with_country(self._settings.country)

    @cached_property
    def _settings(self) -> RegistrySettings:
        return self._store.settings()

    def _register_identifier_types(self, changes: Iterable[RecordChange]) -> None:
        """Add new identifier types to the registry's settings, before the first record that has them is written."""
        update = self._settings.type_update(*identifier_types(change.after for change in changes if change.after))
        if update:
            self._runtime.dynamodb.update_item(TableName=self._table, Key=keys.REGISTRY_KEY, **update)
            vars(self).pop("_settings", None)  # read again when it is needed; another thread may have dropped it too


def _joins(change: RecordChange, group_id: str) -> bool:
    """Return whether a person who does not show a group is put into it."""
    if change.kind is not Kind.PERSON or change.before is None:
        return False
    return not entries_of(change.before.view["households"], group_id)


def _leaves(change: RecordChange, group_id: str) -> bool:
    """Return whether a person who shows a group is taken out of it."""
    if change.kind is not Kind.PERSON or change.before is None:
        return False
    had, has = (view["households"] if view else () for view in (change.before.view, change.after))
    return bool(entries_of(had, group_id)) and not entries_of(has, group_id)


def _entries_now(group: Stored, people: Mapping[str, Stored]) -> dict[str, list[View]]:
    """Return the entries of a group's members by their ids, with what these people are now; none for all others."""
    return {
        id_: [member_entry(own_fields(people[id_].view), entry) for entry in entries] if id_ in people else []
        for id_, entries in _members_by_id(group.view).items()
    }


def _removals(group: Stored, people: Mapping[str, Stored]) -> list[RecordChange]:
    """Return the changes that remove people from a group, for those who are still in it."""
    return [
        RecordChange(Kind.PERSON, person, with_households(person.view, group.id, []))
        for person in people.values()
        if entries_of(person.view["households"], group.id)
    ]


def _refreshed(groups: Sequence[View], people: Mapping[str, Stored]) -> list[RecordChange]:
    """Return the changes of those of these people whose views do not show the groups as these show their members."""
    shown = [(group["id"], summary(group), _members_by_id(group)) for group in groups]
    changes = []
    for person in people.values():
        view = person.view
        for group_id, own, members in shown:
            if periods := members.get(person.id):
                view = with_households(view, group_id, [own | membership_fields(period) for period in periods])
        changes.append(RecordChange(Kind.PERSON, person, view))
    return [change for change in changes if change.is_change]


def _members_by_id(group: View) -> dict[str, list[View]]:
    """Return a group's members by their ids; one who came back has several entries."""
    by_id: dict[str, list[View]] = {}
    for entry in group["members"]:
        by_id.setdefault(entry["id"], []).append(entry)
    return by_id


def _member_ids(group: Stored) -> list[str]:
    return list(_members_by_id(group.view))
