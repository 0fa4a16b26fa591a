"""A canned registry of any number of people, and an ExchangeTable on disk: for answers of a million records.

The people are copies of one, with ids, UINs and places in the index of their own, and are made when they are asked
for. So the memory of a process that works on an exchange is its own.
"""

from __future__ import annotations

import json
import sqlite3
from functools import cached_property
from typing import Any

from engine import Engine
from warm import SHARDS

from dci_common.aws.dynamodb import Item

_PAGE = 3_000  # entries that DynamoDB returns at once, of some 300 bytes
_REGISTRY, _EXCHANGE = "registry", "exchange"


class Endless:
    """Stands in for DynamoDB, Secrets Manager and SQS; `queued` are the messages of the queues."""

    def __init__(self, engine: Engine, person: Item, uin: str, people: int, file: str) -> None:
        self._queued: list[str] = []
        self._read_units = self._write_units = 0.0
        self._engine = engine
        self._person, self._ids = json.dumps(person), (person["pk"]["S"].partition("#")[2], uin)
        self._people = people
        self._shards = [f"PERSON#{number}" for number in range(SHARDS)]
        self._file = file

    @cached_property
    def _items(self) -> sqlite3.Connection:
        """The ExchangeTable, opened by the process that uses it."""
        items = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False)
        items.execute("PRAGMA synchronous = OFF")
        items.execute("CREATE TABLE items (pk TEXT, sk TEXT, item TEXT, PRIMARY KEY (pk, sk)) WITHOUT ROWID")
        return items

    def answer(self, operation: str, body: bytes) -> bytes:
        """Return the response to a request."""
        found = self._respond(operation, json.loads(body))
        return self._engine.answer(operation, body) if found is None else json.dumps(found).encode()

    def counted(self) -> dict[str, Any]:
        """Return the messages and units since the last time."""
        counted = {"queued": self._queued, "read_units": self._read_units, "write_units": self._write_units}
        self._queued, self._read_units, self._write_units = [], 0.0, 0.0
        return counted

    def _respond(self, operation: str, asked: Any) -> dict[str, Any] | None:  # noqa: ANN401 - any operation's parameters
        match operation:
            case "SendMessage":
                self._queued.append(asked["MessageBody"])
                return {"MessageId": "1"}
            case "TransactWriteItems":
                for action in asked["TransactItems"]:
                    self._write(action["Put"]["Item"] if "Put" in action else None, factor=2)
                return {}
            case "PutItem":
                self._write(asked["Item"] if asked["TableName"] == _EXCHANGE else None, size=len(str(asked["Item"])))
                return {}
            case "UpdateItem":
                self._write(None)
                return {"Attributes": {}}
            case "GetItem" if asked["TableName"] == _EXCHANGE:
                return self._get(asked["Key"])
            case "Query" if asked["TableName"] == _EXCHANGE:
                return self._block(asked)
            case "Query":
                return self._index(asked)
            case "BatchGetItem" if _REGISTRY in asked["RequestItems"]:
                return self._records(asked["RequestItems"][_REGISTRY]["Keys"])
        return None

    def _write(self, item: Item | None, *, factor: int = 1, size: int = 0) -> None:
        text = json.dumps(item) if item else ""
        self._write_units += factor * max(1, -(-max(size, len(text)) // 1024))
        if item:
            key = item["pk"]["S"], item["sk"]["S"]
            self._items.execute("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", (*key, text))

    def _get(self, key: Item) -> dict[str, Any]:
        where = key["pk"]["S"], key["sk"]["S"]
        found = self._items.execute("SELECT item FROM items WHERE pk = ? AND sk = ?", where).fetchone()
        self._read_units += max(1, len(found[0]) / 4096) if found else 1
        return {"Item": json.loads(found[0])} if found else {}

    def _block(self, asked: Any) -> dict[str, Any]:  # noqa: ANN401 - the operation's parameters
        """Return the last block of keys that begins before a key."""
        values = [asked["ExpressionAttributeValues"][name]["S"] for name in (":pk", ":low", ":high")]
        query = "SELECT item FROM items WHERE pk = ? AND sk BETWEEN ? AND ? ORDER BY sk DESC LIMIT 1"
        found = self._items.execute(query, values).fetchall()
        units = sum(len(text) for (text,) in found) / 4096
        self._read_units += units
        return {"Items": [json.loads(text) for (text,) in found], "ConsumedCapacity": {"CapacityUnits": units}}

    def _index(self, asked: Any) -> dict[str, Any]:  # noqa: ANN401 - the operation's parameters
        slot, shards = asked["IndexName"].removeprefix("i"), len(self._shards)
        shard = asked["ExpressionAttributeValues"][":shard"]["S"]
        if shard not in self._shards:
            return {"Items": [], "Count": 0, "ScannedCount": 0, "ConsumedCapacity": {"CapacityUnits": 0.5}}
        first = self._shards.index(shard)
        low = asked["ExpressionAttributeValues"][":low"]["S"]
        after = asked["ExclusiveStartKey"][slot]["S"] if "ExclusiveStartKey" in asked else low
        number = int(after.rpartition("#p")[2]) + 1 if "#p" in after else 0
        number += (first - number) % shards
        wanted = range(number, self._people, shards)[:_PAGE]
        entries = [{"pk": {"S": f"PERSON#p{one:09}"}, slot: {"S": f"1980-01-01#p{one:09}"}} for one in wanted]
        units = len(entries) * 300 / 8192
        self._read_units += units
        answer = {"Items": entries, "Count": len(entries), "ScannedCount": len(entries)}
        if len(wanted) == _PAGE:
            answer["LastEvaluatedKey"] = {**entries[-1], "sk": {"S": "RECORD"}, "shard": {"S": shard}}
        return {**answer, "ConsumedCapacity": {"CapacityUnits": units}}

    def _records(self, keys: list[Item]) -> dict[str, Any]:
        ids = [key["pk"]["S"].partition("#")[2] for key in keys]
        record_id, uin = self._ids
        found = [json.loads(self._person.replace(record_id, id_).replace(uin, id_)) for id_ in ids]
        units = len(found) * max(1, -(-len(self._person) // 4096))
        self._read_units += units
        return {"Responses": {_REGISTRY: found}, "ConsumedCapacity": [{"CapacityUnits": float(units)}]}
