"""Writing items in batches, and waiting when DynamoDB asks for patience."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from dci_cli.command_error import CommandError
from dci_cli.registry.support.parallel import chunks, in_parallel
from dci_common.registry.storage.items import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH = 25  # BatchWriteItem's own limit
_ATTEMPTS = 12  # in a row that write nothing: some 40 seconds, on average
_LONGEST_WAIT = 20.0
_PASSING = {
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
}


def write_all(dynamodb: DynamoDBClient, table: str, pool: ThreadPoolExecutor, items: Iterable[Item]) -> None:
    """Write items of distinct keys, several batches at a time. Raises CommandError when the table takes no more."""
    for _ in in_parallel(pool, partial(write_batch, dynamodb, table), chunks(items, BATCH)):
        pass


def write_batch(
    dynamodb: DynamoDBClient, table: str, items: Sequence[Item], sleep: Callable[[float], None] = time.sleep
) -> None:
    """Write up to 25 items of distinct keys, however long the table is busy. Raises CommandError when it stays so."""
    left: list[Any] = [{"PutRequest": {"Item": item}} for item in items]
    attempt = 0
    while True:
        unwritten = _unwritten(dynamodb, table, left)
        if not unwritten:
            return
        attempt = attempt + 1 if len(unwritten) == len(left) else 1
        if attempt == _ATTEMPTS:
            raise CommandError(
                "The table takes no more writes: try again later; what is loaded already is skipped then."
            )
        left = unwritten
        sleep(random.uniform(0, min(_LONGEST_WAIT, 0.05 * 2**attempt)))  # noqa: S311 - so that rivals part ways


def _unwritten(dynamodb: DynamoDBClient, table: str, requests: list[Any]) -> list[Any]:
    try:
        return list(dynamodb.batch_write_item(RequestItems={table: requests})["UnprocessedItems"].get(table, []))
    except (
        HTTPClientError,
        NoConnection,
    ):  # no answer: perhaps all of it was written, and writing it again changes nothing
        return requests
    except ClientError as error:
        if error.response["Error"]["Code"] in _PASSING:
            return requests
        raise
