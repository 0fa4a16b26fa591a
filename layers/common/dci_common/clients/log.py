"""The administration log: who did what to a client, and when. It outlives the client.

| item | pk | sk | carries |
|---|---|---|---|
| entry | `LOG#<client id>` | `<timestamp>#<the client's version since>` | `entry`, JSON |

An entry is written in the transaction that makes the change, and never holds a secret.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

Item = dict[str, Any]
OPERATOR = "operator"  # who acts on ClientsTable itself, such as `dci bootstrap`


class Change(BaseModel):
    """A field before and after; what there was not is left out."""

    model_config = ConfigDict(frozen=True)

    before: Any = None
    after: Any = None


class LogEntry(BaseModel):
    """One act: `by` is the acting client's id, `secret_id` the secret that it was about, if any."""

    model_config = ConfigDict(frozen=True)

    at: str
    by: str
    act: str
    version: int
    secret_id: str | None = None
    changes: dict[str, Change] = {}


def changes_of(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Change]:
    """Return the fields in which two views of a client differ."""
    names = dict.fromkeys([*before, *after])
    return {
        name: Change(before=before.get(name), after=after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    }


def log_item(client_id: str, entry: LogEntry) -> Item:
    """Return the item of an entry."""
    key = log_key(client_id, f"{entry.at}#{entry.version:010}")
    return {**key, "entry": {"S": entry.model_dump_json(exclude_none=True)}}


def log_page(
    runtime: Runtime, client_id: str, limit: int, after: Mapping[str, str] | None
) -> tuple[list[dict[str, Any]], dict[str, str] | None]:
    """Read a page of a client's entries, the newest first, and where the next page starts."""
    start: Any = {"ExclusiveStartKey": {name: {"S": value} for name, value in after.items()}} if after else {}
    answer = runtime.dynamodb.query(
        TableName=runtime.settings.clients_table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": log_key(client_id, "")["pk"]},
        ScanIndexForward=False,
        ConsistentRead=True,
        Limit=limit,
        **start,
    )
    last = answer.get("LastEvaluatedKey")
    following = {name: value["S"] for name, value in last.items()} if last else None
    return [json.loads(item["entry"]["S"]) for item in answer["Items"]], following


def log_key(client_id: str, sort_key: str) -> Item:
    """Return the key of an entry."""
    return {"pk": {"S": f"LOG#{client_id}"}, "sk": {"S": sort_key}}
