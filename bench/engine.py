"""A canned DynamoDB and Secrets Manager for measured requests, at almost no cost.

Items are found by key, and index entries by a range of one slot. Conditions and filters are ignored, and writes are
accepted and dropped. Each response is computed once, and then returned as bytes.
"""

from __future__ import annotations

import json
import os
import tempfile
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from dci_common.aws.dynamodb import Item
from dci_common.aws.transport import Answer

if TYPE_CHECKING:
    from dci_common.deadline import Deadline
    from dci_common.runtime import Runtime

# As long as those of a role in Lambda, since each call is signed with them.
NO_CREDENTIALS = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_SESSION_TOKEN": "n" * 1000,
}
_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "SendMessage"}


@contextmanager
def as_in_lambda() -> Iterator[None]:
    """Set what Lambda gives a function: credentials, and a stdout for the log lines, here a file."""
    os.environ |= {**NO_CREDENTIALS, "POWERTOOLS_LOG_LEVEL": "INFO", "POWERTOOLS_SERVICE_NAME": "dci"}
    with tempfile.TemporaryFile("w") as lines, redirect_stdout(lines):
        yield


class Engine:
    """Responds from the given items, for any table, and counts read units."""

    def __init__(self, items: Iterable[Item], secrets: dict[str, str]) -> None:
        self._units = 0.0
        self._secrets = secrets
        self._items = {_key(item): item for item in items}
        self._slots: dict[tuple[str, str], list[tuple[str, Item]]] = defaultdict(list)
        for item in self._items.values():
            for slot in (name for name in item if name[0] == "x" and name[1:].isdigit()):
                self._slots[slot, item["shard"]["S"]].append((item[slot]["S"], item))
        for entries in self._slots.values():
            entries.sort(key=lambda entry: entry[0])
        self._answers: dict[tuple[str, bytes], tuple[bytes, float]] = {}

    def counted(self) -> dict[str, float]:
        """Return the read units since the last time."""
        units, self._units = self._units, 0.0
        return {"read_units": units}

    def answer(self, operation: str, body: bytes) -> bytes:
        """Return the response to a request."""
        if operation in _WRITES:
            return b"{}"
        if (operation, body) not in self._answers:
            response = self._respond(operation, json.loads(body))
            consumed = response.get("ConsumedCapacity", {"CapacityUnits": 0.0})
            units = (consumed if isinstance(consumed, dict) else consumed[0])["CapacityUnits"]
            self._answers[operation, body] = json.dumps(response).encode(), units
        answer, units = self._answers[operation, body]
        self._units += units
        return answer

    def _respond(self, operation: str, requested: Any) -> dict[str, Any]:  # noqa: ANN401 - any operation's parameters
        match operation:
            case "GetSecretValue":
                return {"SecretString": self._secrets[requested["SecretId"]]}
            case "GetItem":
                item = self._items.get(_key(requested["Key"]))
                return {"Item": item} if item else {}
            case "BatchGetItem":
                [(table, request)] = requested["RequestItems"].items()
                found = [self._items[key] for key in map(_key, request["Keys"]) if key in self._items]
                units = sum(max(1, -(-_size(item) // 4096)) for item in found)
                shown = [_projected(item, request) for item in found]
                return {"Responses": {table: shown}, "ConsumedCapacity": [{"CapacityUnits": float(units)}]}
            case "Query":
                return self._query(requested)
        raise ValueError(operation)

    def _query(self, requested: Any) -> dict[str, Any]:  # noqa: ANN401 - the operation's parameters
        slot = requested["IndexName"].removeprefix("i")
        values = {name: value["S"] for name, value in requested["ExpressionAttributeValues"].items()}
        entries = self._slots[slot, values[":shard"]]
        keys = [key for key, _ in entries]
        start = bisect_left(keys, values[":low"])
        if "ExclusiveStartKey" in requested:
            start = bisect_right(keys, requested["ExclusiveStartKey"][slot]["S"])
        end = bisect_right(keys, values[":high"])
        found = entries[start:end][: requested.get("Limit")]
        units = sum(_size(item["facets"]) for _, item in found) / 8192
        answer: dict[str, Any] = {"Count": len(found), "ScannedCount": len(found)}
        if requested.get("Select") != "COUNT":
            answer["Items"] = [_projected(item, requested) for _, item in found]
        if start + len(found) < end:
            last = found[-1][1]
            answer["LastEvaluatedKey"] = {name: last[name] for name in ("pk", "sk", "shard", slot)}
        return {**answer, "ConsumedCapacity": {"CapacityUnits": units}}


class _Recorder(Engine):
    """An empty engine that keeps the items of writes. Nothing is measured, so it responds in this process."""

    def __init__(self) -> None:
        super().__init__((), {})
        self.written: list[Item] = []

    def post(self, target: str, _: str, body: bytes, _deadline: Deadline) -> Answer:
        return Answer(HTTPStatus.OK, self.answer(target.rpartition(".")[2], body))

    def answer(self, operation: str, body: bytes) -> bytes:
        requested = json.loads(body)
        puts = [action["Put"] for action in requested.get("TransactItems", ()) if "Put" in action]
        self.written += [put["Item"] for put in (puts or ([requested] if operation == "PutItem" else []))]
        return super().answer(operation, body)


def recorded(runtime: Runtime) -> list[Item]:
    """Give a runtime an empty engine, and return the list to which it adds written items."""
    recorder = _Recorder()
    vars(runtime.dynamodb)["endpoint"] = recorder
    return recorder.written


def _projected(item: Item, request: dict[str, Any]) -> Item:
    if "ProjectionExpression" not in request:
        return item
    placeholders = request.get("ExpressionAttributeNames", {})
    names = (name.strip() for name in request["ProjectionExpression"].split(","))
    return {name: item[name] for name in (placeholders.get(name, name) for name in names) if name in item}


def _key(item: Item) -> str:
    return f"{item['pk']['S']} {item['sk']['S']}"


def _size(content: object) -> int:
    return len(json.dumps(content, ensure_ascii=False))
