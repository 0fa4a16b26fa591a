"""The one DynamoDB habit that every store needs: reading many items by key, whatever their number."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from dci_common.errors import ServiceUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]

MAX_BATCH = 100  # BatchGetItem's own limit
_ATTEMPTS = 6


def batch_get(dynamodb: DynamoDBClient, table: str, keys: Sequence[Item], *, consistent: bool = True) -> list[Item]:
    """Read the items of distinct keys, in no particular order; keys without an item are left out.

    Raises ServiceUnavailable when DynamoDB keeps returning some of them unprocessed.
    """
    return [
        item
        for start in range(0, len(keys), MAX_BATCH)
        for item in _chunk(dynamodb, table, keys[start : start + MAX_BATCH], consistent=consistent)
    ]


def _chunk(dynamodb: DynamoDBClient, table: str, keys: Sequence[Item], *, consistent: bool) -> Iterator[Item]:
    for attempt in range(_ATTEMPTS):
        request: Any = {table: {"Keys": keys, "ConsistentRead": consistent}}
        answer = dynamodb.batch_get_item(RequestItems=request)
        yield from answer["Responses"].get(table, [])
        unprocessed = answer.get("UnprocessedKeys", {})
        keys = [dict(key) for key in unprocessed[table]["Keys"]] if table in unprocessed else []
        if not keys:
            return
        time.sleep(0.02 * 2**attempt)
    raise ServiceUnavailable("The registry is busy; try again shortly.", retry_after=2)
