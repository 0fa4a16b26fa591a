"""A small DynamoDB in memory with small pages, throttling and lagging indexes."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError
from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.dynamo_type import Item as MotoItem

from dci_common.aws.dynamodb import Item

Entry = tuple[str, str, str]  # slot value, pk, sk


class FlakyDynamoDB:
    """Answers the queries of the search, as DynamoDB would, queries in pages of `at_once` entries.

    Each `busy`th call is throttled. `indexed` are the items as the indexes still have them.
    """

    def __init__(self, items: Iterable[Item], indexed: Iterable[Item], *, at_once: int, busy: int) -> None:
        self._items = {(item["pk"]["S"], item["sk"]["S"]): item for item in items}
        self._indexed = {(item["pk"]["S"], item["sk"]["S"]): item for item in indexed}
        self._at_once, self._busy = at_once, busy
        self._calls = itertools.count(1)
        self._index: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        for (pk, sk), item in self._indexed.items():
            for slot in (name for name in item if name[0] == "x" and name[1:].isdigit()):
                insort(self._index[slot, item["shard"]["S"]], (item[slot]["S"], pk, sk))
        self._partitions: dict[str, list[Entry]] = defaultdict(list)
        for pk, sk in sorted(self._items):
            self._partitions[pk].append((sk, pk, sk))

    def query(self, *, KeyConditionExpression: str, **request: Any) -> Item:  # noqa: N803 - DynamoDB's own name
        """Answer a page of a query; its filter may leave nothing of it."""
        self._is_called("Query")
        _check_use(KeyConditionExpression, request)
        entries, source = self._entries(KeyConditionExpression, request)
        sorted_by = request["IndexName"].removeprefix("i") if "IndexName" in request else "sk"
        if "ExclusiveStartKey" in request:
            start = request["ExclusiveStartKey"]
            after = (start[sorted_by]["S"], start["pk"]["S"], start["sk"]["S"])
            entries = [
                entry
                for entry in entries
                if (entry > after if request.get("ScanIndexForward", True) else entry < after)
            ]
        count = min(request.get("Limit", self._at_once), self._at_once)
        page, rest = entries[:count], entries[count:]
        kept = [source[pk, sk] for _, pk, sk in page if _passes(source[pk, sk], request)]
        answer: Item = {"Count": len(kept), "ScannedCount": len(page)}
        if request.get("Select") != "COUNT":
            answer["Items"] = kept
        if rest:
            at, pk, sk = page[-1]
            answer["LastEvaluatedKey"] = {"pk": {"S": pk}, "sk": {"S": sk}, sorted_by: {"S": at}}
        return answer

    def _entries(self, condition: str, request: Item) -> tuple[list[Entry], dict[tuple[str, str], Item]]:
        values = {name: value["S"] for name, value in request["ExpressionAttributeValues"].items()}
        if "IndexName" not in request:
            assert condition == "pk = :pk", condition
            return self._partitions[values[":pk"]], self._items
        slot = request["IndexName"].removeprefix("i")
        assert condition == f"#shard = :shard AND {slot} BETWEEN :low AND :high", condition
        if values[":low"] > values[":high"]:
            raise _error("ValidationException", "Query")
        entries = self._index[slot, values[":shard"]]
        first = bisect_left(entries, (values[":low"],))
        found = entries[first : bisect_right(entries, (values[":high"], "\U0010ffff"))]
        return found if request.get("ScanIndexForward", True) else found[::-1], self._indexed

    def batch_get_item(self, RequestItems: Item, **_: Any) -> Item:  # noqa: N803 - DynamoDB's own name
        """Process the first half of a batch's keys."""
        self._is_called("BatchGetItem")
        ((table, wanted),) = RequestItems.items()
        keys = [(key["pk"]["S"], key["sk"]["S"]) for key in wanted["Keys"]]
        if not 1 <= len(keys) <= 100 or len(set(keys)) < len(keys):
            raise _error("ValidationException", "BatchGetItem")
        half = -(-len(keys) // 2)
        found = [self._items[key] for key in keys[:half] if key in self._items]
        later = wanted["Keys"][half:]
        return {"Responses": {table: found}, "UnprocessedKeys": {table: {**wanted, "Keys": later}} if later else {}}

    def _is_called(self, operation: str) -> None:
        if next(self._calls) % self._busy == 0:
            raise _error("ThrottlingException", operation)


def _passes(item: Item, request: Item) -> bool:
    if "FilterExpression" not in request:
        return True
    names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
    condition = get_filter_expression(request["FilterExpression"], names, values)
    return bool(condition.expr(MotoItem(DynamoType(item["pk"]), DynamoType(item["sk"]), item)))


def _check_use(condition: str, request: Item) -> None:
    """Reject names and values that no expression uses, as DynamoDB does and moto does not."""
    text = " ".join((condition, request.get("FilterExpression", ""), request.get("ProjectionExpression", "")))
    words = set(text.replace(".", " ").replace(",", " ").replace("(", " ").replace(")", " ").split())
    given = {*request.get("ExpressionAttributeNames", ()), *request["ExpressionAttributeValues"]}
    if not given <= words:
        raise _error("ValidationException", "Query")


def _error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)
