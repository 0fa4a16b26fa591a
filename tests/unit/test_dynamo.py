"""Reading from a DynamoDB that does not answer all at once, or not at once."""

from __future__ import annotations

import time
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_dynamodb import DynamoDBClient

from dci_common.aws.dynamodb import MAX_BATCH, batch_get, query_page
from dci_common.deadline import Deadline
from dci_common.errors import ServiceUnavailable
from dci_common.registry.storage.budget import Budget
from support.api import Clock

TABLE = "table"
Item = dict[str, Any]


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

    def read(self, count: int) -> list[str]:
        """Read so many keys through batch_get."""
        keys = [{"pk": {"S": f"{number}"}} for number in range(count)]
        return [item["pk"]["S"] for item in batch_get(cast("DynamoDBClient", self), TABLE, keys)]


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Collect the pauses instead of waiting."""
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


def test_more_keys_than_a_call_takes() -> None:
    """Keys are read a hundred at a time, and those without an item are left out."""
    dynamodb = Reluctant(MAX_BATCH)
    assert dynamodb.read(250) == [str(number) for number in range(250) if number % 10 != 7]
    assert dynamodb.asked == [100, 100, 50]
    assert dynamodb.read(0) == []


def test_unprocessed_keys_are_asked_for_again(pauses: list[float]) -> None:
    """What was left is asked for until it is there, each time after a longer pause."""
    dynamodb = Reluctant(30)
    assert sorted(map(int, dynamodb.read(100))) == [number for number in range(100) if number % 10 != 7]
    assert dynamodb.asked == [100, 70, 40, 10]
    assert pauses == sorted(pauses)
    assert len(pauses) == 3


def test_a_dynamodb_that_processes_nothing() -> None:
    """After a few attempts the caller is told to come back, instead of getting a part for the whole."""
    dynamodb = Reluctant(0)
    with pytest.raises(ServiceUnavailable) as raised:
        dynamodb.read(3)
    assert int(raised.value.headers["Retry-After"]) > 0
    assert 1 < len(dynamodb.asked) < 10


class Busy:
    """A DynamoDB that refuses so many calls before it answers."""

    def __init__(self, refusals: int, code: str = "ThrottlingException") -> None:
        self.left = refusals
        self.code = code
        self.calls = 0

    def _answer(self, operation: str, answer: Item) -> Item:
        self.calls += 1
        self.left -= 1
        if self.left >= 0:
            raise ClientError({"Error": {"Code": self.code, "Message": "slow down"}}, operation)
        return answer

    def query(self, **_: Any) -> Item:
        return self._answer("Query", {"Items": [], "ScannedCount": 0})

    def batch_get_item(self, RequestItems: Item, **_: Any) -> Item:  # noqa: N803 - DynamoDB's own name
        return self._answer("BatchGetItem", {"Responses": {TABLE: RequestItems[TABLE]["Keys"]}})


def ask(busy: Busy, operation: str, deadline: Deadline) -> None:
    """Make DynamoDB be asked once."""
    dynamodb = cast("DynamoDBClient", busy)
    if operation == "query":
        query_page(dynamodb, {}, Budget(1, deadline))
    else:
        batch_get(dynamodb, TABLE, [{"pk": {"S": "1"}}], account=Budget(1, deadline))


@pytest.mark.parametrize("operation", ["query", "batch_get"])
@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"]
)
def test_what_was_throttled_is_asked_again(pauses: list[float], operation: str, code: str) -> None:
    """A call that DynamoDB refused because it was busy is made again, each time after a longer pause."""
    busy = Busy(4, code)
    ask(busy, operation, Deadline())
    assert busy.calls == 5
    assert pauses == sorted(set(pauses))
    assert len(pauses) == 4


@pytest.mark.parametrize("operation", ["query", "batch_get"])
def test_other_refusals_are_not_repeated(pauses: list[float], operation: str) -> None:
    """What DynamoDB refuses for another reason it would refuse again."""
    busy = Busy(1, "ValidationException")
    with pytest.raises(ClientError):
        ask(busy, operation, Deadline())
    assert (busy.calls, pauses) == (1, [])


@pytest.mark.parametrize("operation", ["query", "batch_get"])
@pytest.mark.parametrize("seconds", [5, 10, 60])
def test_patience_ends_with_the_time(monkeypatch: pytest.MonkeyPatch, operation: str, seconds: int) -> None:
    """As long as time is left a busy DynamoDB is asked again, and then the caller is told to come back."""
    clock = Clock()
    deadline = Deadline(clock() + seconds, clock)
    monkeypatch.setattr(time, "sleep", clock.advance)
    usable = deadline.left()
    with pytest.raises(ServiceUnavailable):
        ask(Busy(1_000_000), operation, deadline)
    assert 0 <= deadline.left() < 1
    assert 0 < usable < seconds
