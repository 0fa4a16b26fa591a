"""Moves the lookups of records from the keys of former rules to those of the registry's rules.

Until all have moved, the registry's settings name the former rules, so that searches and writers know both.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dci_cli.registry.support.registry_table import UNLIMITED
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.base import Kind
from dci_common.registry.model.rules import Rules
from dci_common.registry.model.views import View
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import FORMER_RULES, RULES, lookup_items
from dci_common.registry.storage.store import SETTINGS_SECONDS, RegistrySettings, RegistryStore
from dci_common.registry.write.transaction import Transaction
from dci_common.registry.write.writer import retry_on_conflict
from dci_common.timestamps import day

if TYPE_CHECKING:
    from dci_cli.aws import OperatorRuntime


class Rekeying:
    """The move to the rules of this version, with a country or the registry's own.

    `contested` has, for each record that moved, the number of its identifiers that are equal to another record's.
    """

    def __init__(self, runtime: OperatorRuntime, settings: RegistrySettings, country: str | None) -> None:
        self._runtime = runtime
        self._table = runtime.settings.registry_table
        self._store = RegistryStore(runtime)
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
        stored = self._store.records(kind, [record_id], Budget(UNLIMITED)).get(record_id)
        if stored is None:
            return
        transaction = Transaction(self._table, self.indexing, former=self._former)
        transaction.fence(stored)
        transaction.change_lookups(kind, stored.view, stored.view)
        transaction.commit(self._runtime.dynamodb)
        self.contested.append(len(transaction.contested))

    def _update_settings(self, **update: Any) -> None:  # noqa: ANN401 - UpdateItem's own
        values: Any = {":rules": {"S": str(self._rules)}, ":former": {"SS": sorted(map(str, self._former))}}
        self._runtime.dynamodb.update_item(
            TableName=self._table, Key=keys.REGISTRY_KEY, ExpressionAttributeValues=values, **update
        )
