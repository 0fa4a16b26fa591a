"""What reading a registry costs: the calls to DynamoDB, and what each of them took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_READING = {"BatchGetItem", "GetItem", "Query"}


@dataclass(frozen=True, slots=True)
class Call:
    """One call: when it began and ended in seconds, the index entries and the items it read, and its read units."""

    start: float
    end: float
    entries: int
    items: int
    units: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What calls cost together; `in_a_row` is how many had to wait for one another."""

    entries: int
    items: int
    units: float
    calls: int
    in_a_row: int

    @classmethod
    def of(cls, calls: list[Call]) -> Cost:
        """Add calls up."""
        return cls(
            sum(call.entries for call in calls),
            sum(call.items for call in calls),
            sum(call.units for call in calls),
            len(calls),
            _in_a_row(calls),
        )


@contextmanager
def metered(dynamodb: DynamoDBClient, delay: float = 0) -> Iterator[list[Call]]:
    """Collect the reading calls of a client; each is made to take `delay` seconds more, as over a network."""
    calls: list[Call] = []

    def ask(params: dict[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's own
        if "ReturnConsumedCapacity" in model.input_shape.members:
            params["ReturnConsumedCapacity"] = "TOTAL"

    def begin(context: dict[str, Any], **_: object) -> None:
        context["dci_start"] = time.perf_counter()
        time.sleep(delay)

    def end(parsed: dict[str, Any], context: dict[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401 - likewise
        if model.name in _READING:
            calls.append(_call(context["dci_start"], parsed))

    hooks: list[tuple[str, Any]] = [
        ("provide-client-params.dynamodb", ask),
        ("before-call.dynamodb", begin),
        ("after-call.dynamodb", end),
    ]
    for event, hook in hooks:
        dynamodb.meta.events.register(event, hook)
    try:
        yield calls
    finally:
        for event, hook in hooks:
            dynamodb.meta.events.unregister(event, hook)


def _call(start: float, answer: dict[str, Any]) -> Call:
    consumed = answer.get("ConsumedCapacity", [])
    units = sum(part["CapacityUnits"] for part in (consumed if isinstance(consumed, list) else [consumed]))
    items = int("Item" in answer) + sum(len(found) for found in answer.get("Responses", {}).values())
    return Call(start, time.perf_counter(), answer.get("ScannedCount", 0), items, units)


def _in_a_row(calls: list[Call]) -> int:
    """Return the length of the longest chain of calls of which each began when the one before had ended."""
    chain, ended = 0, float("-inf")
    for call in sorted(calls, key=lambda call: call.end):
        if call.start >= ended:
            chain, ended = chain + 1, call.end
    return chain
