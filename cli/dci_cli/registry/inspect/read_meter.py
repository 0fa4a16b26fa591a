"""The cost of reading a registry: the calls to DynamoDB, and what each of them read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dci_common.aws.protocol import DynamoDB
    from dci_common.runtime import Runtime

_READING = {"batch_get_item", "get_item", "query"}


@dataclass(frozen=True, slots=True)
class Call:
    """A call: its start and end in seconds, the index entries and items that it read, and its read units."""

    start: float
    end: float
    entries: int
    items: int
    units: float


@dataclass(frozen=True, slots=True)
class Cost:
    """The total cost of calls; `in_a_row` is the number of calls that waited for one another."""

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
def metered(runtime: Runtime, delay: float = 0) -> Iterator[list[Call]]:
    """Collect the calls of a runtime that read; `delay` seconds are added to each call, as by a network."""
    calls: list[Call] = []
    client = runtime.dynamodb
    vars(runtime)["dynamodb"] = _Metered(client, calls, delay)
    try:
        yield calls
    finally:
        vars(runtime)["dynamodb"] = client


class _Metered:
    """A client whose calls are recorded."""

    def __init__(self, client: DynamoDB, calls: list[Call], delay: float) -> None:
        self._client = client
        self._calls = calls
        self._delay = delay

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return partial(self._call, name)

    def _call(self, name: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - the operation's own
        start = time.perf_counter()
        time.sleep(self._delay)
        if name not in _READING:
            return dict(getattr(self._client, name)(**request))
        answer: dict[str, Any] = getattr(self._client, name)(**request | {"ReturnConsumedCapacity": "TOTAL"})
        self._calls.append(_call(start, answer))
        return answer


def _call(start: float, answer: dict[str, Any]) -> Call:
    consumed = answer.get("ConsumedCapacity", [])
    units = sum(part["CapacityUnits"] for part in (consumed if isinstance(consumed, list) else [consumed]))
    items = int("Item" in answer) + sum(len(found) for found in answer.get("Responses", {}).values())
    return Call(start, time.perf_counter(), answer.get("ScannedCount", 0), items, units)


def _in_a_row(calls: list[Call]) -> int:
    """Return the length of the longest chain of calls in which each started after the one before had ended."""
    chain, ended = 0, float("-inf")
    for call in sorted(calls, key=lambda call: call.end):
        if call.start >= ended:
            chain, ended = chain + 1, call.end
    return chain
