"""Moves the lookups of records from the keys of former rules to those of the registry's rules.

Until all have moved, the registry's settings name the former rules, so that searches and writers know both.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from dci_cli.parallel import chunks
from dci_cli.registry.support.registry_table import UNLIMITED
from dci_common.aws.dynamodb import Item
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.base import Kind
from dci_common.registry.model.rules import Rules
from dci_common.registry.model.views import View
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import FORMER_RULES, RULES, lookup_items
from dci_common.registry.storage.store import SETTINGS_SECONDS, RegistrySettings, RegistryStore, Stored
from dci_common.registry.write.record_change import entries_of
from dci_common.registry.write.transaction import MAX_ACTIONS, Transaction, WriteConflict
from dci_common.registry.write.writer import RegistryWriter, retry_on_conflict
from dci_common.timestamps import day

if TYPE_CHECKING:
    from dci_cli.aws import OperatorRuntime


_ACTIONS_A_MEMBER = 4  # both sides of a membership get other keys


class LookupMigration:
    """The move to the rules of this version, with a country or the registry's own.

    `contested` has, for each record that moved, the number of its identifiers that are equal to another record's.
    """

    def __init__(self, runtime: OperatorRuntime, settings: RegistrySettings, country: str | None) -> None:
        self._runtime = runtime
        self._table = runtime.settings.registry_table
        self._store = RegistryStore(runtime)
        self._writer = RegistryWriter(runtime, SOCIAL_CATALOGUE)
        self._settings = settings
        self._rules = Rules(country=country or settings.country)
        self._former = (settings.former | {settings.rules}) - {self._rules}
        self._catalogue = SOCIAL_CATALOGUE.with_country(self._rules.country)
        self.contested: list[int] = []

    @property
    def rules(self) -> list[str]:
        """The rules that the registry gets, then those that some of its items may still follow."""
        return [str(self._rules), *sorted(map(str, self._former))]

    @property
    def indexing(self) -> Indexing:
        """How records are indexed today."""
        return Indexing(self._catalogue, self._settings.shards, day(self._runtime.clock()))

    @property
    def moves_memberships(self) -> bool:
        """Whether memberships may have the keys of version 2, without a start."""
        return not all(rules.has_periods for rules in self._former)

    def announce(self, sleep: Callable[[float], object]) -> None:
        """Record the rules that the registry gets and those that it may still have, before any item moves."""
        if not self._former:
            return
        self._update_settings(UpdateExpression=f"SET {RULES} = :rules ADD {FORMER_RULES} :former")
        if self._rules.country != self._settings.country:
            print("Waiting a minute, until all functions know the country.", file=sys.stderr)
            sleep(SETTINGS_SECONDS)

    def conclude(self) -> None:
        """Record that no item follows the former rules any more, unless the rules have changed again meanwhile."""
        if not self._former:
            return
        with suppress(self._runtime.dynamodb.exceptions.ConditionalCheckFailedException):
            self._update_settings(
                UpdateExpression=f"DELETE {FORMER_RULES} :former", ConditionExpression=f"{RULES} = :rules"
            )

    def move(self, kind: Kind, view: View) -> None:
        """Move the lookups of a record whose view was this a moment ago."""
        by_rules = [lookup_items(kind, view, rules) for rules in (self._rules, *self._former)]
        if any(lookups != by_rules[0] for lookups in by_rules):
            retry_on_conflict(self._runtime.retry, lambda: self._move_stored(kind, view["id"]))

    def _move_stored(self, kind: Kind, record_id: str) -> None:
        """Move the lookups of a record as it is now. Raises WriteConflict when it changes meanwhile."""
        stored = self._stored(kind, record_id)
        if stored is None:
            return
        transaction = Transaction(self._table, self.indexing, former=self._former)
        transaction.fence(stored)
        transaction.change_lookups(kind, stored.view, stored.view)
        transaction.commit(self._runtime.dynamodb)
        self.contested.append(len(transaction.contested))

    def move_memberships(self, group_id: str, person_ids: Sequence[str]) -> int:
        """Move the memberships of people in a group to keys with a start, and return their number."""
        move = partial(self._move_stored_memberships, group_id, person_ids)
        return retry_on_conflict(self._runtime.retry, move)

    def _move_stored_memberships(self, group_id: str, person_ids: Sequence[str]) -> int:
        """Move memberships as they are now. Raises WriteConflict when the group changes meanwhile."""
        self._writer.finish(Kind.GROUP, group_id)
        group = self._stored(Kind.GROUP, group_id)
        if group is None:
            return 0
        if group.pending:  # its members may leave it, although it stays the same
            raise WriteConflict
        members = {id_: entries for id_ in person_ids if (entries := entries_of(group.view["members"], id_))}
        for chunk in chunks(members, (MAX_ACTIONS - 1) // _ACTIONS_A_MEMBER):
            transaction = Transaction(self._table, self.indexing, former=self._former)
            transaction.fence(group)
            for person_id in chunk:
                transaction.rekey_memberships(person_id, group_id, members[person_id])
            transaction.commit(self._runtime.dynamodb)
        return len(members)

    def _stored(self, kind: Kind, record_id: str) -> Stored | None:
        return self._store.records(kind, [record_id], Budget(UNLIMITED)).get(record_id)

    def _update_settings(self, **update: Any) -> None:  # noqa: ANN401 - UpdateItem's own
        values: Any = {":rules": {"S": str(self._rules)}, ":former": {"SS": sorted(map(str, self._former))}}
        self._runtime.dynamodb.update_item(
            TableName=self._table, Key=keys.REGISTRY_KEY, ExpressionAttributeValues=values, **update
        )


def former_memberships(items: Iterable[Item]) -> dict[str, list[str]]:
    """Return, by group, the people whose memberships have the keys of version 2, among items of the table."""
    people: defaultdict[str, list[str]] = defaultdict(list)
    for item in items:
        if keys.is_former_membership(item):
            group_id = item["pk"]["S"].removeprefix(keys.record_pk(Kind.GROUP, ""))
            people[group_id].append(item["sk"]["S"].removeprefix(keys.MEMBER))
    return people
