"""`dci registry reindex`: update index entries and lookups after the catalogue or the rules of matching have changed.

A record is rewritten only when its derived attributes differ, on the condition that it has not changed; its version
stays the same. Interrupted writes are completed. Lookup items that older versions wrote get the mark that says
whether their owner is restricted, and the keys that follow from the rules of now; memberships get keys with a start.
The command can be stopped and started again at any time; with a checkpoint file it continues where it stopped.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dci_cli.registry.edit.checkpoint import Checkpoint
from dci_cli.registry.edit.lookup_migration import LookupMigration, former_memberships
from dci_cli.registry.support.interruption import interruptible
from dci_cli.registry.support.registry_table import (
    IS_RECORD,
    UNLIMITED,
    add_country,
    add_table,
    pages,
    registry_command,
    runtime_of,
)
from dci_common.aws.dynamodb import Item
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.items import RESTRICTED, Marks, body_view, record_items
from dci_common.registry.storage.store import RegistryStore
from dci_common.registry.write.writer import RegistryWriter

if TYPE_CHECKING:
    from dci_cli.aws import OperatorRuntime

_THREADS = 16
_NOT_DERIVED = ("body", "parts", "as_of")
_RECORDS_AND_UNMARKED: dict[str, Any] = {
    "FilterExpression": f"{IS_RECORD} OR (begins_with(#owner, :people) AND attribute_not_exists({RESTRICTED}))",
    "ExpressionAttributeNames": {"#owner": "owner"},
    "ExpressionAttributeValues": {":people": {"S": keys.record_pk(Kind.PERSON, "")}},
}
_AND_MEMBERSHIPS: dict[str, Any] = {
    **_RECORDS_AND_UNMARKED,
    "FilterExpression": f"{_RECORDS_AND_UNMARKED['FilterExpression']} OR begins_with(sk, :member)",
    "ExpressionAttributeValues": {
        **_RECORDS_AND_UNMARKED["ExpressionAttributeValues"],
        ":member": {"S": keys.MEMBER},
    },
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--checkpoint` and `--country`."""
    add_table(parser)
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="record the position in this file, and continue from it; delete it when the catalogue changes again",
    )
    add_country(parser, "set the registry's country, whose phone numbers may be in national form")


@registry_command
def run(options: argparse.Namespace) -> int:
    """Rewrite the records whose derived attributes differ. Raises CommandError."""
    reindex = Reindex(runtime_of(options), options.country)
    checkpoint = Checkpoint(options.checkpoint, options.table, reindex.migration.rules)
    with interruptible(lambda: _how_to_go_on(reindex, options.checkpoint)):
        for position in reindex.pages(checkpoint.read()):
            checkpoint.write(position)
    print(
        f"{reindex.seen:,} records checked, {reindex.rewritten:,} rewritten, "
        f"{reindex.completed:,} interrupted writes completed."
    )
    if reindex.marked:
        print(f"{reindex.marked:,} lookup items marked, which an older version wrote.")
    if reindex.moved:
        print(f"{reindex.moved:,} memberships have got other keys.")
    if moved := reindex.migration.contested:
        print(f"{len(moved):,} records have got other lookup items.")
        if contested := sum(moved):
            print(f"{contested:,} of their identifiers are equal to another record's: see dci registry verify.")
    return 0


def _how_to_go_on(reindex: Reindex, checkpoint: Path | None) -> str:
    where = "from the checkpoint" if checkpoint else "from the beginning, and finds what is done"
    return f"{reindex.seen:,} records were checked. Run the same command again: it goes on {where}."


class Reindex:
    """A pass over all records, and its counts."""

    def __init__(
        self, runtime: OperatorRuntime, country: str | None = None, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._runtime = runtime
        self._sleep = sleep
        self._table = runtime.settings.registry_table
        self._store = RegistryStore(runtime)
        self._writer = RegistryWriter(runtime, SOCIAL_CATALOGUE)
        self.migration = LookupMigration(runtime, self._store.settings(), country)
        self.seen = self.rewritten = self.completed = self.marked = self.moved = 0

    def pages(self, after: Item | None) -> Iterator[Item | None]:
        """Rewrite page after page from the key `after` (None: the beginning), and yield the last key of each."""
        start = {"ExclusiveStartKey": after} if after else {}
        self.migration.announce(self._sleep)
        wanted = _AND_MEMBERSHIPS if self.migration.moves_memberships else _RECORDS_AND_UNMARKED
        with ThreadPoolExecutor(_THREADS) as pool:
            for page in pages(self._runtime, **wanted, **start):
                items = [item for item in page["Items"] if "facets" in item]
                self.marked += sum(pool.map(self._mark, [item for item in page["Items"] if "owner" in item]))
                former = former_memberships(page["Items"])
                self.moved += sum(pool.map(self.migration.move_memberships, former.keys(), former.values()))
                self.seen += len(items)
                self.completed += sum(pool.map(self._complete, [item for item in items if "pending" in item]))
                self.rewritten += sum(pool.map(self._rewrite, items))
                if "LastEvaluatedKey" not in page:
                    self.migration.conclude()
                yield page.get("LastEvaluatedKey")

    def _complete(self, item: Item) -> bool:
        self._writer.finish(*_kind_and_id(item))
        return True

    def _rewrite(self, item: Item | None) -> bool:
        """Rewrite a record's item if its derived attributes differ, and return whether they did."""
        while item is not None:
            view = self._view(item)
            if view is None:
                return False
            self.migration.move(_kind_and_id(item)[0], view)
            updated = self._updated(item, view)
            if _derived(updated) == _derived(item):
                return False
            if self._replace(item, updated):
                return True
            item = self._runtime.dynamodb.get_item(
                TableName=self._table, Key=keys.record_key(*_kind_and_id(item)), ConsistentRead=True
            ).get("Item")
        return False

    def _view(self, item: Item) -> View | None:
        """Return a record's view; None when the record has been deleted."""
        if "body" in item:
            return body_view(item, [])
        kind, record_id = _kind_and_id(item)
        stored = self._store.records(kind, [record_id], Budget(UNLIMITED)).get(record_id)
        return stored.view if stored else None

    def _updated(self, item: Item, view: View) -> Item:
        """Return the item with its derived attributes of now."""
        version = int(item["version"]["N"])
        kind, _ = _kind_and_id(item)
        return record_items(self.migration.indexing, kind, view, version=version, marks=Marks.of(item))[0]

    def _mark(self, lookup: Item) -> bool:
        """Mark a lookup item; return False when another writer has changed it meanwhile, and so marked it."""
        dynamodb, key = self._runtime.dynamodb, {"pk": lookup["owner"], "sk": {"S": keys.RECORD}}
        record = dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
        restricted = record.get("shard") == {"S": keys.restricted_shard(Kind.PERSON)}
        try:
            dynamodb.update_item(
                TableName=self._table,
                Key={"pk": lookup["pk"], "sk": lookup["sk"]},
                UpdateExpression=f"SET {RESTRICTED} = :restricted",
                ConditionExpression=f"#owner = :owner AND attribute_not_exists({RESTRICTED})",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":restricted": {"BOOL": restricted}, ":owner": lookup["owner"]},
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _replace(self, item: Item, updated: Item) -> bool:
        """Write the updated item; return False when the record has changed meanwhile."""
        try:
            self._runtime.dynamodb.put_item(
                TableName=self._table,
                Item=updated,
                ConditionExpression="version = :version AND digest = :digest",
                ExpressionAttributeValues={":version": item["version"], ":digest": item["digest"]},
            )
        except self._runtime.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _kind_and_id(item: Item) -> tuple[Kind, str]:
    kind, _, record_id = item["pk"]["S"].partition("#")
    return Kind(kind), record_id


def _derived(item: Item) -> Item:
    return {name: value for name, value in item.items() if name not in _NOT_DERIVED}
