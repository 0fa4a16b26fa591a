"""The streams of moto's tables: a record of each write, for those that listen.

moto keeps all records for ever, those of cancelled transactions among them, and after such a transaction its
iterators find nothing more. So its records are passed on instead, when the write has taken effect.
"""

from __future__ import annotations

import base64
import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models.table import StreamRecord

if TYPE_CHECKING:
    from moto.dynamodb.models.dynamo_type import Item
    from moto.dynamodb.models.table import StreamShard

Records = SimpleQueue[dict[str, Any]]

_EVENTS = {(False, True): "INSERT", (True, True): "MODIFY", (True, False): "REMOVE"}
_listeners: list[tuple[str | None, Records]] = []  # with the names of their tables
_transactions: list[list[tuple[str, dict[str, Any]]]] = []  # those in progress; moto does one thing at a time
_sequence = itertools.count(1)


@contextmanager
def listening(table: str | None = None) -> Iterator[Records]:
    """Yield a queue of what is written from now on, to one table or to all, as the events of Lambda have it."""
    listener = table, Records()
    _listeners.append(listener)
    try:
        yield listener[1]
    finally:
        _listeners.remove(listener)


@contextmanager
def transaction() -> Iterator[None]:
    """Pass on the records of a transaction at its end, and none if it is cancelled."""
    _transactions.append([])
    try:
        yield
    except BaseException:
        _transactions.pop()
        raise
    for table, record in _transactions.pop():
        _pass_on(table, record)


def add(shard: StreamShard, old: Item | None, new: Item | None) -> None:
    """Add a record of a write: it replaces moto's own function."""
    if not _listeners:
        return
    event = _EVENTS[old is not None, new is not None]
    record = _in_json(StreamRecord(shard.table, "NEW_AND_OLD_IMAGES", event, old, new, next(_sequence)).to_json())
    record["dynamodb"]["ApproximateCreationDateTime"] = time.time()
    table = str(shard.table.name)
    if _transactions:
        _transactions[-1].append((table, record))
    else:
        _pass_on(table, record)


def _pass_on(table: str, record: dict[str, Any]) -> None:
    for name, records in _listeners:
        if name in {table, None}:
            records.put(record)


def _in_json(value: Any) -> Any:  # noqa: ANN401 - moto's own types
    """Return a record as JSON has it: moto holds binary attributes as bytes."""
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case dict():
            return {name: _in_json(member) for name, member in value.items()}
        case list():
            return [_in_json(member) for member in value]
    return value
