"""The table that is imported into: what it was like before, and the registry's settings in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from dci_cli.command_error import CommandError
from dci_common.registry.errors import RegistryNotLoaded
from dci_common.registry.storage import keys
from dci_common.registry.storage.items import settings_item
from dci_common.registry.storage.store import RegistrySettings, RegistryStore

if TYPE_CHECKING:
    from dci_cli.registry.support.table import OperatorRuntime

_SHARDS = ((20_000_000, 16), (5_000_000, 8), (-1, 4))  # above so many people, so many shards


def shards_for(people: int) -> int:
    """Return how many shards a registry of this size is given."""
    return next(shards for size, shards in _SHARDS if people > size)


@dataclass(frozen=True, slots=True)
class Target:
    """A table as an import finds it; `settings` is None where nothing has been loaded."""

    runtime: OperatorRuntime
    settings: RegistrySettings | None
    is_empty: bool
    asked_shards: int | None

    @classmethod
    def of(cls, runtime: OperatorRuntime, shards: int | None) -> Self:
        """Look at the table. Raises CommandError when the registry has another number of shards than is asked for."""
        settings = _settings(runtime)
        if settings and shards and settings.shards != shards:
            raise CommandError(
                f"The registry has {settings.shards} shards, which can not be changed: leave out --shards."
            )
        found = runtime.dynamodb.scan(TableName=runtime.settings.registry_table, Limit=1, ConsistentRead=True)
        return cls(runtime, settings, not found["Items"], shards)

    def shards(self, people: int) -> int:
        """Return how many shards the registry has, or a new one of so many people shall have."""
        return self.settings.shards if self.settings else self.asked_shards or shards_for(people)

    def establish(self, shards: int, types: Iterable[str]) -> None:
        """Let the registry know of its shards and identifier types before it holds the first record with them."""
        table, dynamodb = self.runtime.settings.registry_table, self.runtime.dynamodb
        if self.settings is None:
            item = settings_item(shards, types)
            dynamodb.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(pk)")
        elif new := set(types) - self.settings.identifier_types:
            dynamodb.update_item(
                TableName=table,
                Key=keys.REGISTRY_KEY,
                UpdateExpression="ADD identifier_types :new",
                ExpressionAttributeValues={":new": {"SS": sorted(new)}},
            )


def _settings(runtime: OperatorRuntime) -> RegistrySettings | None:
    try:
        return RegistryStore(runtime).settings()
    except RegistryNotLoaded:
        return None
