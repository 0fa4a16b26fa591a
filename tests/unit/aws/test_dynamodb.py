"""Reading from a DynamoDB that answers in parts, or that is busy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

from dci_common.aws.dynamodb import MAX_BATCH, Item, batch_get, query_page
from dci_common.deadline import Deadline, current_deadline
from dci_common.errors import Unavailable
from dci_common.registry.storage.budget import Budget
from dci_common.runtime import Runtime
from dci_common.settings import Settings
from support.api import Clock
from support.retry_pauses import NO_PAUSES, retry_with_sleep

if TYPE_CHECKING:
    from dci_common.aws.protocol import DynamoDB
    from dci_common.aws.retry import Retry

TABLE = "table"


def over(dynamodb: object, pauses: list[float]) -> Runtime:
    """Return a runtime with this client, whose pauses are collected and not made."""
    return Runtime(Settings(), retry=retry_with_sleep(pauses.append), dynamodb=lambda _: cast("DynamoDB", dynamodb))


class Reluctant:
    """A DynamoDB that holds every key but those ending in 7, and processes so many keys a call."""

    def __init__(self, a_call: int) -> None:
        self.a_call = a_call
        self.asked: list[int] = []

    def batch_get_item(self, RequestItems: Item, **_: Any) -> Item:  # noqa: N803 - DynamoDB's own name
        """Answer the first keys and leave the others unprocessed."""
        keys = RequestItems[TABLE]["Keys"]
        assert RequestItems[TABLE]["ConsistentRead"]
        self.asked.append(len(keys))
        done, left = keys[: self.a_call], keys[self.a_call :]
        found = [key for key in done if not key["pk"]["S"].endswith("7")]
        unprocessed = {TABLE: {"Keys": left, "ConsistentRead": True}} if left else {}
        return {"Responses": {TABLE: found}, "UnprocessedKeys": unprocessed}

    def read(self, count: int, pauses: list[float]) -> list[str]:
        """Read so many keys through batch_get."""
        keys = [{"pk": {"S": f"{number}"}} for number in range(count)]
        return [item["pk"]["S"] for item in batch_get(over(self, pauses), TABLE, keys)]


def test_keys_are_read_a_hundred_at_a_time() -> None:
    """More keys than a call takes are read by several calls, and keys without an item are left out."""
    dynamodb = Reluctant(MAX_BATCH)
    assert dynamodb.read(250, []) == [str(number) for number in range(250) if number % 10 != 7]
    assert dynamodb.asked == [100, 100, 50]
    assert dynamodb.read(0, []) == []


def test_unprocessed_keys_are_read_again() -> None:
    """Keys that a call did not process are read by further calls, each after a longer pause."""
    dynamodb, pauses = Reluctant(30), list[float]()
    assert sorted(map(int, dynamodb.read(100, pauses))) == [number for number in range(100) if number % 10 != 7]
    assert dynamodb.asked == [100, 70, 40, 10]
    assert pauses == sorted(pauses)
    assert len(pauses) == 3


def test_unprocessed_keys_are_an_error_at_last() -> None:
    """When DynamoDB goes on processing nothing, the caller is asked to come back and gets no partial result."""
    dynamodb = Reluctant(0)
    with pytest.raises(Unavailable) as raised:
        dynamodb.read(3, [])
    assert raised.value.retry_after > 0
    assert 1 < len(dynamodb.asked) < 15


class Busy:
    """A DynamoDB that rejects so many calls before it answers."""

    def __init__(self, refusals: int, code: str = "ThrottlingException") -> None:
        self.left = refusals
        self.code = code
        self.calls = 0
        self.deadlines: list[Deadline] = []

    def _answer(self, operation: str, answer: Item) -> Item:
        self.calls += 1
        self.deadlines.append(current_deadline())
        self.left -= 1
        if self.left >= 0:
            raise ClientError({"Error": {"Code": self.code, "Message": "slow down"}}, operation)
        return answer

    def query(self, **_: Any) -> Item:
        return self._answer("Query", {"Items": [], "ScannedCount": 0})

    def batch_get_item(self, RequestItems: Item, **_: Any) -> Item:  # noqa: N803 - DynamoDB's own name
        return self._answer("BatchGetItem", {"Responses": {TABLE: RequestItems[TABLE]["Keys"]}})


def ask(busy: Busy, operation: str, deadline: Deadline, retry: Retry) -> None:
    """Read from DynamoDB once."""
    runtime = Runtime(Settings(), retry=retry, dynamodb=lambda _: cast("DynamoDB", busy))
    if operation == "query":
        query_page(runtime, {}, Budget(1, deadline))
    else:
        batch_get(runtime, TABLE, [{"pk": {"S": "1"}}], meter=Budget(1, deadline))


@pytest.mark.parametrize("operation", ["query", "batch_get"])
@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"]
)
def test_throttled_reads_are_repeated(operation: str, code: str) -> None:
    """A call that DynamoDB throttles is made again, each time after a longer pause."""
    busy, pauses = Busy(4, code), list[float]()
    ask(busy, operation, Deadline(), retry_with_sleep(pauses.append))
    assert busy.calls == 5
    assert pauses == sorted(set(pauses))
    assert len(pauses) == 4


@pytest.mark.parametrize("operation", ["query", "batch_get"])
def test_rejected_reads_are_not_repeated(operation: str) -> None:
    """A call that DynamoDB rejects for another reason is made once."""
    busy, pauses = Busy(1, "ValidationException"), list[float]()
    with pytest.raises(ClientError):
        ask(busy, operation, Deadline(), retry_with_sleep(pauses.append))
    assert (busy.calls, pauses) == (1, [])


@pytest.mark.parametrize("operation", ["query", "batch_get"])
@pytest.mark.parametrize("seconds", [5, 10, 60])
def test_reads_are_repeated_until_the_deadline(operation: str, seconds: int) -> None:
    """A busy DynamoDB is asked again as long as there is time, and then the caller is asked to come back."""
    clock = Clock()
    deadline = Deadline(clock() + seconds, clock)
    usable = deadline.left()
    with pytest.raises(Unavailable):
        ask(Busy(1_000_000), operation, deadline, retry_with_sleep(clock.advance))
    assert 0 <= deadline.left() <= 1
    assert 0 < usable < seconds


@pytest.mark.parametrize("operation", ["query", "batch_get"])
def test_a_read_has_the_deadline_of_its_meter(operation: str) -> None:
    """The client sees the deadline that the reader was given, in whichever thread it reads, and none afterwards."""
    deadline = Deadline(Clock()() + 60, Clock())
    busy = Busy(0)
    ask(busy, operation, deadline, NO_PAUSES)
    assert busy.deadlines == [deadline]
    assert current_deadline() == Deadline()
