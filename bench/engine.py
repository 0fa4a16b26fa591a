"""DynamoDB and Secrets Manager as far as a measured request needs them: canned, so that they cost next to nothing.

Items are found by key, index entries by a range of one slot; conditions and filters are not looked at, and writes are
accepted and forgotten. An answer is made once for each request and then given out as bytes.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from dci_common.aws.transport import Answer

if TYPE_CHECKING:
    from dci_common.deadline import Deadline
    from dci_common.runtime import Runtime

Item = dict[str, Any]
NOBODY = {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}


class Engine:
    """Answers from the items given, whatever table is asked; `calls` are the operations asked for."""

    def __init__(self, items: Iterable[Item], secrets: dict[str, str]) -> None:
        self.calls: list[str] = []
        self.units = 0.0
        self._secrets = secrets
        self._items = {_key(item): item for item in items}
        self._slots: dict[tuple[str, str], list[tuple[str, Item]]] = defaultdict(list)
        for item in self._items.values():
            for slot in (name for name in item if name[0] == "x" and name[1:].isdigit()):
                self._slots[slot, item["shard"]["S"]].append((item[slot]["S"], item))
        for entries in self._slots.values():
            entries.sort(key=lambda entry: entry[0])
        self._answers: dict[tuple[str, bytes], tuple[bytes, float]] = {}

    def stand_in(self, runtime: Runtime) -> None:
        """Answer the clients of a runtime, in the place of a network."""
        clients: tuple[Any, ...] = (runtime.dynamodb, runtime.secrets)
        for client in clients:
            client.endpoint = self

    def post(self, target: str, _: str, body: bytes, _deadline: Deadline) -> Answer:
        """Stand in for an endpoint."""
        return Answer(HTTPStatus.OK, self.answer(target.rpartition(".")[2], body))

    def answer(self, operation: str, body: bytes) -> bytes:
        """Answer a request."""
        self.calls.append(operation)
        if operation in _WRITES:
            return b"{}"
        if (operation, body) not in self._answers:
            made = self._made(operation, json.loads(body))
            consumed = made.get("ConsumedCapacity", {"CapacityUnits": 0.0})
            units = (consumed if isinstance(consumed, dict) else consumed[0])["CapacityUnits"]
            self._answers[operation, body] = json.dumps(made).encode(), units
        answer, units = self._answers[operation, body]
        self.units += units
        return answer

    def _made(self, operation: str, asked: Any) -> dict[str, Any]:  # noqa: ANN401 - any operation's parameters
        match operation:
            case "GetSecretValue":
                return {"SecretString": self._secrets[asked["SecretId"]]}
            case "GetItem":
                item = self._items.get(_key(asked["Key"]))
                return {"Item": item} if item else {}
            case "BatchGetItem":
                [(table, request)] = asked["RequestItems"].items()
                found = [self._items[key] for key in map(_key, request["Keys"]) if key in self._items]
                units = sum(max(1, -(-_size(item) // 4096)) for item in found)
                shown = [_projected(item, request.get("ProjectionExpression", "")) for item in found]
                return {"Responses": {table: shown}, "ConsumedCapacity": [{"CapacityUnits": float(units)}]}
            case "Query":
                return self._queried(asked)
        raise ValueError(operation)

    def _queried(self, asked: Any) -> dict[str, Any]:  # noqa: ANN401 - the operation's parameters
        slot = asked["IndexName"].removeprefix("i")
        values = {name: value["S"] for name, value in asked["ExpressionAttributeValues"].items()}
        entries = self._slots[slot, values[":shard"]]
        keys = [key for key, _ in entries]
        start = bisect_left(keys, values[":low"])
        if "ExclusiveStartKey" in asked:
            start = bisect_right(keys, asked["ExclusiveStartKey"][slot]["S"])
        end = bisect_right(keys, values[":high"])
        found = entries[start:end][: asked.get("Limit")]
        units = sum(_size(item["facets"]) for _, item in found) / 8192
        answer: dict[str, Any] = {"Count": len(found), "ScannedCount": len(found)}
        if asked.get("Select") != "COUNT":
            answer["Items"] = [_projected(item, asked.get("ProjectionExpression", "")) for _, item in found]
        if start + len(found) < end:
            last = found[-1][1]
            answer["LastEvaluatedKey"] = {name: last[name] for name in ("pk", "sk", "shard", slot)}
        return {**answer, "ConsumedCapacity": {"CapacityUnits": units}}


class _Recorder(Engine):
    """An empty engine that keeps what is put into it."""

    def __init__(self) -> None:
        super().__init__((), {})
        self.written: list[Item] = []

    def answer(self, operation: str, body: bytes) -> bytes:
        asked = json.loads(body)
        puts = [action["Put"] for action in asked.get("TransactItems", ()) if "Put" in action]
        self.written += [put["Item"] for put in (puts or ([asked] if operation == "PutItem" else []))]
        return super().answer(operation, body)


def recorded(runtime: Runtime) -> list[Item]:
    """Stand empty engines in for a runtime's, and return the list that what it puts will be in."""
    recorder = _Recorder()
    recorder.stand_in(runtime)
    return recorder.written


def _projected(item: Item, projection: str) -> Item:
    names = {name.strip() for name in projection.split(",")} if projection else item.keys()
    return {name: value for name, value in item.items() if name in names}


def _key(item: Item) -> str:
    return f"{item['pk']['S']} {item['sk']['S']}"


def _size(content: object) -> int:
    return len(json.dumps(content, ensure_ascii=False))
