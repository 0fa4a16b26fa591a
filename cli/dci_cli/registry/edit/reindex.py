"""`dci registry reindex`: update index slots and facets after the attribute catalogue has changed.

A record is rewritten only when its derived attributes differ, on the condition that it has not changed; its version
stays the same. Interrupted writes are completed. Lookup items that older versions wrote get the mark that says
whether their owner is restricted. The command can be stopped and started again at any time; with a
checkpoint file it continues where it stopped.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dci_cli.command_error import CommandError
from dci_cli.registry.support.registry_table import (
    IS_RECORD,
    UNLIMITED,
    add_table,
    pages,
    registry_command,
    runtime_of,
)
from dci_common.aws.dynamodb import Item
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.base import Kind
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import RESTRICTED, body_view, record_items
from dci_common.registry.storage.store import RegistryStore
from dci_common.registry.write.writer import RegistryWriter
from dci_common.timestamps import day

if TYPE_CHECKING:
    from dci_cli.aws import OperatorRuntime

_THREADS = 16
_NOT_DERIVED = ("body", "parts", "as_of")
_RECORDS_AND_UNMARKED: dict[str, Any] = {
    "FilterExpression": f"{IS_RECORD} OR (begins_with(#owner, :people) AND attribute_not_exists({RESTRICTED}))",
    "ExpressionAttributeNames": {"#owner": "owner"},
    "ExpressionAttributeValues": {":people": {"S": keys.record_pk(Kind.PERSON, "")}},
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--checkpoint`."""
    add_table(parser)
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="record the position in this file, and continue from it; delete it when the catalogue changes again",
    )


@registry_command
def run(options: argparse.Namespace) -> int:
    """Rewrite the records whose derived attributes differ. Raises CommandError."""
    reindex = Reindex(runtime_of(options))
    for position in reindex.pages(_read_checkpoint(options)):
        if options.checkpoint:
            _write_checkpoint(options, position)
    print(
        f"{reindex.seen:,} records checked, {reindex.rewritten:,} rewritten, "
        f"{reindex.completed:,} interrupted writes completed."
    )
    if reindex.marked:
        print(f"{reindex.marked:,} lookup items marked, which an older version wrote.")
    return 0


def _read_checkpoint(options: argparse.Namespace) -> Item | None:
    """Return the key at which an earlier run ended. Raises CommandError."""
    if options.checkpoint is None or not options.checkpoint.exists():
        return None
    try:
        content = json.loads(options.checkpoint.read_text(encoding="utf-8"))
        after = {name: {"S": content["after"][name]} for name in ("pk", "sk")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(
            f"{options.checkpoint} is not a checkpoint that can be read: delete it to start from the beginning."
        ) from error
    if content["table"] != options.table:
        raise CommandError(f"{options.checkpoint} belongs to the table {content['table']}: name another file.")
    return after


def _write_checkpoint(options: argparse.Namespace, position: Item | None) -> None:
    """Record the key at which a page ended, or delete the file after the last page. Raises CommandError."""
    if position is None:
        options.checkpoint.unlink(missing_ok=True)
        return
    content = {"table": options.table, "after": {name: position[name]["S"] for name in ("pk", "sk")}}
    part = options.checkpoint.with_name(f"{options.checkpoint.name}.part")
    try:
        part.write_text(json.dumps(content) + "\n", encoding="utf-8")
        part.replace(options.checkpoint)
    except OSError as error:
        raise CommandError(f"{options.checkpoint} cannot be written: {error.strerror}.") from error


class Reindex:
    """A pass over all records, and its counts."""

    def __init__(self, runtime: OperatorRuntime) -> None:
        self._runtime = runtime
        self._table = runtime.settings.registry_table
        self._store = RegistryStore(runtime)
        self._writer = RegistryWriter(runtime, SOCIAL_CATALOGUE)
        self._shards = self._store.settings().shards
        self.seen = self.rewritten = self.completed = self.marked = 0

    def pages(self, after: Item | None) -> Iterator[Item | None]:
        """Rewrite page after page from the key `after` (None: the beginning), and yield the last key of each."""
        start = {"ExclusiveStartKey": after} if after else {}
        with ThreadPoolExecutor(_THREADS) as pool:
            for page in pages(self._runtime, **_RECORDS_AND_UNMARKED, **start):
                items = [item for item in page["Items"] if "facets" in item]
                self.marked += sum(pool.map(self._mark, [item for item in page["Items"] if "facets" not in item]))
                self.seen += len(items)
                self.completed += sum(pool.map(self._complete, [item for item in items if "pending" in item]))
                self.rewritten += sum(pool.map(self._rewrite, items))
                yield page.get("LastEvaluatedKey")

    def _complete(self, item: Item) -> bool:
        self._writer.finish(*_kind_and_id(item))
        return True

    def _rewrite(self, item: Item | None) -> bool:
        """Rewrite a record's item if its derived attributes differ, and return whether they did."""
        while item is not None:
            updated = self._updated(item)
            if updated is None or _derived(updated) == _derived(item):
                return False
            if self._replace(item, updated):
                return True
            item = self._runtime.dynamodb.get_item(
                TableName=self._table, Key=keys.record_key(*_kind_and_id(item)), ConsistentRead=True
            ).get("Item")
        return False

    def _updated(self, item: Item) -> Item | None:
        """Return the item with its derived attributes of now; None when the record has been deleted."""
        kind, record_id = _kind_and_id(item)
        if "body" in item:
            view = body_view(item, [])
        else:
            stored = self._store.records(kind, [record_id], Budget(UNLIMITED)).get(record_id)
            if stored is None:
                return None
            view = stored.view
        pending = item.get("pending", {"S": ""})["S"]
        version = int(item["version"]["N"])
        indexing = Indexing(SOCIAL_CATALOGUE, self._shards, day(self._runtime.clock()))
        return record_items(indexing, kind, view, version=version, pending=pending)[0]

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
