"""Clients that are near their limit of records a day, so that they are found without reading the counters of all.

The counter of a client's day (quota.py) gets `queue`, `NEAR_LIMIT#<date>`, and `due`, the time, when it reaches 80 %
of the limit, so that the index `due` lists it. For searches this is one write a day, for these clients alone. What
asynchronous exchange counts is not returned to it, so it tries after each collection and each page of notifications.
The counter may fall again, when what was reserved is released: a reader of the list reads the counters too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dci_common.exchange.exchange_table import number
from dci_common.logs import log_failure

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.clients.model import Client
    from dci_common.runtime import Runtime

KEPT_SECONDS = 32 * 86_400  # of a day's counter: today, and the 31 days before
_PERCENT = 80


def near_limit_queue(date: str) -> str:
    """Return the partition of the index `due` that lists the counters of a day that are near their limit."""
    return f"NEAR_LIMIT#{date}"


def rate_key(client_id: str, date: str) -> Item:
    """Return the key of the counter of a client's day."""
    return {"pk": {"S": f"RATE#{client_id}"}, "sk": {"S": f"DAY#{date}"}}


def is_near(records: int, a_day: int) -> bool:
    """Return whether so many records are near a limit; 0 is no limit."""
    return bool(a_day) and records * 100 >= a_day * _PERCENT


def mark_if_near(runtime: Runtime, client: Client, date: str) -> None:
    """List the counter of a client's day if it is near the limit."""
    own = client.records_a_day
    if a_day := runtime.settings.records_a_day if own is None else own:
        mark_near_limit(runtime, client.client_id, date, least=-(-a_day * _PERCENT // 100))


def mark_near_limit(runtime: Runtime, client_id: str, date: str, *, least: int = 0) -> None:
    """List the counter of a client's day, from so many records on.

    Where that fails, the client is not listed, and nothing else happens.
    """
    try:
        runtime.dynamodb.update_item(
            TableName=runtime.settings.exchange_table,
            Key=rate_key(client_id, date),
            UpdateExpression="SET #queue = :queue, due = :now",
            ConditionExpression="records >= :least AND attribute_not_exists(#queue)",
            ExpressionAttributeNames={"#queue": "queue"},
            ExpressionAttributeValues={
                ":queue": {"S": near_limit_queue(date)},
                ":now": number(int(runtime.clock())),
                ":least": number(least),
            },
        )
    except runtime.dynamodb.exceptions.ConditionalCheckFailedException:
        return
    except (BotoCoreError, ClientError) as error:
        log_failure(error, "")
