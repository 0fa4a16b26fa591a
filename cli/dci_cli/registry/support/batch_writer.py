"""Writes in batches, with backoff while DynamoDB throttles them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from dci_cli.command_error import CommandError
from dci_cli.parallel import chunks, in_parallel
from dci_common.aws.dynamodb import Item
from dci_common.aws.retry import Backoff, may_repeat

if TYPE_CHECKING:
    from dci_cli.aws import OperatorRuntime

BATCH = 25  # BatchWriteItem's own limit
# Attempts in a row that write nothing: about 40 seconds, on average.
_BUSY = Backoff(attempts=12, first=0.1, longest=20)


def write_all(runtime: OperatorRuntime, table: str, pool: ThreadPoolExecutor, items: Iterable[Item]) -> None:
    """Write items with distinct keys, several batches at a time. Raises CommandError when the table stays busy."""
    for _ in in_parallel(pool, partial(write_batch, runtime, table), chunks(items, BATCH)):
        pass


def write_batch(runtime: OperatorRuntime, table: str, items: Sequence[Item]) -> None:
    """Write up to 25 items with distinct keys, with retries. Raises CommandError when the table stays busy."""
    left: list[Any] = [{"PutRequest": {"Item": item}} for item in items]
    attempt = 0
    while unwritten := _unwritten(runtime, table, left):
        attempt = attempt + 1 if len(unwritten) == len(left) else 1
        left = unwritten
        if not runtime.retry.pause(_BUSY, attempt):
            raise CommandError(
                "The table accepts no more writes: run the import again later; it skips what is already loaded."
            )


def _unwritten(runtime: OperatorRuntime, table: str, requests: list[Any]) -> list[Any]:
    request: Any = {"RequestItems": {table: requests}}
    try:
        answer = runtime.dynamodb.batch_write_item(**request)
    except (BotoCoreError, ClientError) as error:
        if not may_repeat(error, "BatchWriteItem", request):
            raise
        return requests
    return list(answer["UnprocessedItems"].get(table, []))
