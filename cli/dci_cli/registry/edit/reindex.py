"""`dci registry reindex`: bring index slots and facets up to date, after the attribute catalogue has changed.

A record is rewritten only where what is derived from it differs, and only while nobody else changes it; its version
stays, for what it says stays. Writes that were interrupted are finished on the way. The command may be stopped and
started again at any time: with a checkpoint file it goes on where it was.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from dci_cli.command_error import CommandError
from dci_cli.registry.support.table import add_table, runtime_of
from dci_cli.registry.support.table_pages import IS_RECORD, UNLIMITED, pages
from dci_common.aws.dynamodb import Item
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.base import Kind
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import body_view, record_items
from dci_common.registry.storage.store import RegistryStore
from dci_common.registry.write.writer import RegistryWriter
from dci_common.timestamps import day

if TYPE_CHECKING:
    from dci_cli.registry.support.table import OperatorRuntime

_THREADS = 16
_NOT_DERIVED = ("body", "parts", "as_of")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--checkpoint`."""
    add_table(parser)
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="note here how far it is, and go on from there; remove the file if the catalogue changes again",
    )


def run(options: argparse.Namespace) -> int:
    """Rewrite what has to be. Raises CommandError."""
    reindex = Reindex(runtime_of(options))
    for reached in reindex.pages(_checkpoint(options)):
        if options.checkpoint:
            _note(options, reached)
    print(
        f"{reindex.seen:,} records looked at, {reindex.rewritten:,} rewritten, "
        f"{reindex.finished:,} interrupted writes finished."
    )
    return 0


def _checkpoint(options: argparse.Namespace) -> Item | None:
    """Read where an earlier run ended."""
    if options.checkpoint is None or not options.checkpoint.exists():
        return None
    try:
        noted = json.loads(options.checkpoint.read_text(encoding="utf-8"))
        after = {name: {"S": noted["after"][name]} for name in ("pk", "sk")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(
            f"{options.checkpoint} can not be read as a checkpoint: remove it to begin again."
        ) from error
    if noted["table"] != options.table:
        raise CommandError(f"{options.checkpoint} is of the table {noted['table']}: name another file.")
    return after


def _note(options: argparse.Namespace, reached: Item | None) -> None:
    """Note where a page ended, or that all is done."""
    if reached is None:
        options.checkpoint.unlink(missing_ok=True)
        return
    noted = {"table": options.table, "after": {name: reached[name]["S"] for name in ("pk", "sk")}}
    part = options.checkpoint.with_name(f"{options.checkpoint.name}.part")
    try:
        part.write_text(json.dumps(noted) + "\n", encoding="utf-8")
        part.replace(options.checkpoint)
    except OSError as error:
        raise CommandError(f"{options.checkpoint} can not be written: {error.strerror}.") from error


class Reindex:
    """One pass over the records; the counts are of this pass."""

    def __init__(self, runtime: OperatorRuntime) -> None:
        self._runtime = runtime
        self._table = runtime.settings.registry_table
        self._store = RegistryStore(runtime)
        self._writer = RegistryWriter(runtime, SOCIAL_CATALOGUE)
        self._shards = self._store.settings().shards
        self.seen = self.rewritten = self.finished = 0

    def pages(self, after: Item | None) -> Iterator[Item | None]:
        """Do page after page from the key `after` on (None: from the beginning), and yield where each ends."""
        start = {"ExclusiveStartKey": after} if after else {}
        with ThreadPoolExecutor(_THREADS) as pool:
            for page in pages(self._runtime, FilterExpression=IS_RECORD, **start):
                items = page["Items"]
                self.seen += len(items)
                self.finished += sum(pool.map(self._finish, [item for item in items if "pending" in item]))
                self.rewritten += sum(pool.map(self._rewrite, items))
                yield page.get("LastEvaluatedKey")

    def _finish(self, item: Item) -> bool:
        self._writer.finish(*_name(item))
        return True

    def _rewrite(self, item: Item | None) -> bool:
        """Rewrite a record's item, unless it is right; tell whether it was not."""
        while item is not None:
            right = self._right(item)
            if right is None or _derived(right) == _derived(item):
                return False
            if self._replaced(item, right):
                return True
            item = self._runtime.dynamodb.get_item(
                TableName=self._table, Key=keys.record_key(*_name(item)), ConsistentRead=True
            ).get("Item")
        return False

    def _right(self, item: Item) -> Item | None:
        """Return the item as it shall be; None when the record is gone."""
        kind, record_id = _name(item)
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

    def _replaced(self, item: Item, right: Item) -> bool:
        """Write the right item; False when the record is another by now."""
        try:
            self._runtime.dynamodb.put_item(
                TableName=self._table,
                Item=right,
                ConditionExpression="version = :version AND digest = :digest",
                ExpressionAttributeValues={":version": item["version"], ":digest": item["digest"]},
            )
        except self._runtime.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _name(item: Item) -> tuple[Kind, str]:
    kind, _, record_id = item["pk"]["S"].partition("#")
    return Kind(kind), record_id


def _derived(item: Item) -> Item:
    return {name: value for name, value in item.items() if name not in _NOT_DERIVED}
