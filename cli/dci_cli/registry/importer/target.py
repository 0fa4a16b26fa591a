"""The table of an import: its state before the import, and the registry's settings in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from dci_cli.command_error import CommandError
from dci_cli.registry.importer.id_key import IdKey
from dci_cli.registry.support.registry_table import settings_if_loaded
from dci_common.registry.storage import keys
from dci_common.registry.storage.items import ref_of, settings_item
from dci_common.registry.storage.store import RegistrySettings

if TYPE_CHECKING:
    from dci_cli.aws import OperatorRuntime

REINDEX_FIRST = (
    "The registry must be reindexed before an import, because an older version wrote the keys by which records are "
    "found, or the country changes: run dci registry reindex."
)
_SHARDS = ((20_000_000, 16), (5_000_000, 8), (-1, 4))  # above this number of people, this number of shards


def shards_for(people: int) -> int:
    """Return the number of shards of a new registry of this size."""
    return next(shards for size, shards in _SHARDS if people > size)


@dataclass(frozen=True, slots=True)
class Target:
    """The state of a table before an import; `settings` is None when nothing has been loaded."""

    runtime: OperatorRuntime
    settings: RegistrySettings | None
    is_empty: bool
    requested_shards: int | None
    requested_country: str | None
    id_key: IdKey

    @classmethod
    def read(
        cls, runtime: OperatorRuntime, shards: int | None, country: str | None = None, *, dry_run: bool = False
    ) -> Self:
        """Read the state of the table.

        Raises CommandError when the registry must be reindexed, or has another number of shards or another country.
        """
        settings = settings_if_loaded(runtime)
        if settings and settings.former:
            raise CommandError(REINDEX_FIRST)
        if settings and country and settings.country != country:
            raise CommandError(
                f"The registry's country is {settings.country or 'not set'}: leave out --country, or change it with "
                "dci registry reindex --country."
            )
        if settings and shards and settings.shards != shards:
            raise CommandError(
                f"The registry has {settings.shards} shards, which cannot be changed: leave out --shards."
            )
        found = runtime.dynamodb.scan(TableName=runtime.settings.registry_table, Limit=2, ConsistentRead=True)
        is_empty = all(ref_of(item) == ref_of(keys.FOLLOW_KEY) for item in found["Items"])
        id_key = IdKey(runtime, settings, is_kept=not dry_run)
        return cls(runtime, settings, is_empty, shards, country, id_key)

    @property
    def country(self) -> str:
        """The country that the registry has, or that a new one gets; empty for none."""
        return self.settings.country if self.settings else self.requested_country or ""

    def shards(self, people: int) -> int:
        """Return the number of shards that the registry has, or that a new one with this many people gets."""
        return self.settings.shards if self.settings else self.requested_shards or shards_for(people)

    def write_settings(self, shards: int, types: set[str], restricted_types: set[str]) -> None:
        """Add the shards and identifier types to the settings, before the first record with them is written."""
        table, dynamodb = self.runtime.settings.registry_table, self.runtime.dynamodb
        if self.settings is None:
            item = settings_item(shards, types, restricted_types, self.country, self.id_key.value)
            try:
                dynamodb.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(pk)")
            except dynamodb.exceptions.ConditionalCheckFailedException:
                # Written before, by another import or by a first attempt whose answer was lost: then it is this item.
                found = dynamodb.get_item(TableName=table, Key=keys.REGISTRY_KEY, ConsistentRead=True)
                if found.get("Item") != item:
                    raise
        elif update := self.settings.type_update(types, restricted_types):
            dynamodb.update_item(TableName=table, Key=keys.REGISTRY_KEY, **update)
