"""Many items at once for DynamoDB Local, which takes a millisecond for each one by its API, and more with a stream.

They are written into the file in which it keeps its tables, and are there at once for a query, an index and a key. A
scan by pages may lack them: its order is that of the engine's own hashes, which are left out here.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from dci_cli.parallel import chunks
from dci_common.aws.dynamodb import Item

_AT_ONCE = 5000  # so that the engine, which writes too, does not wait for long


def write_items(folder: Path, table: str, items: Iterable[Item]) -> None:
    """Write new items into a table of an engine that keeps its tables in a folder."""
    with closing(sqlite3.connect(folder / "shared-local-instance.db")) as database:
        (described,) = database.execute("SELECT TableInfo FROM dm WHERE TableName = ?", (table,)).fetchone()
        indexes = json.loads(described)["SQLiteIndex"]
        keys = {
            part["SQLiteColumnName"]: part["DynamoDBAttribute"]["AttributeName"]
            for parts in indexes.values()
            for part in parts
        }
        hashes = ["hashValue", "rangeValue", *(["hashRangeValue"] if len(indexes) > 1 else [])]
        columns = [*keys, *hashes, "itemSize", "ObjectJSON"]
        statement = f'INSERT INTO "{table}" ({", ".join(columns)}) VALUES ({", ".join("?" * len(columns))})'
        for chunk in chunks(items, _AT_ONCE):
            with database:
                database.executemany(statement, (_row(item, keys.values(), len(hashes)) for item in chunk))


def _row(item: Item, keys: Iterable[str], hashes: int) -> tuple[Any, ...]:
    values = [item[name]["S"].encode() if name in item else None for name in keys]
    text = json.dumps(item).encode()
    return (*values, *[b""] * hashes, len(text), text)  # an index has those of one key in the order of their hashes
