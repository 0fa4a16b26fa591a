"""POST /registry/sync/search on a DynamoDB that is slow or busy: an answer before Lambda stops the function."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from support.api import START, Api, Clock, identified, predicate
from support.events import body_of, event
from support.retry_pauses import retry_with_sleep

TIMEOUT = 29  # the functions' own, in seconds
EVERYBODY = ("birthdate", "ge", "1900-01-01")
BORN_LATER = ("birthdate", "ge", "2000-01-01")


class Slow:
    """A DynamoDB whose reads of the registry take `seconds`, and of which the first `refusals` are rejected."""

    def __init__(self, dynamodb: Any, clock: Clock, seconds: float = 0, refusals: int = 0) -> None:
        self._dynamodb = dynamodb
        self._clock = clock
        self._seconds = seconds
        self._refusals = refusals
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dynamodb, name)

    def query(self, **request: Any) -> Any:
        self._pass("Query")
        return self._dynamodb.query(**request)

    def batch_get_item(self, **request: Any) -> Any:
        self._pass("BatchGetItem")
        return self._dynamodb.batch_get_item(**request)

    def _pass(self, operation: str) -> None:
        with self._lock:
            self._clock.advance(self._seconds)
            self._refusals -= 1
            if self._refusals >= 0:
                raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, operation)


class Context:
    """Lambda's context, with the remaining time only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left of the function's time."""
        return int(1000 * (START + TIMEOUT - self._clock()))


MakeSlow = Callable[..., Api]


@pytest.fixture
def slow(village_table: str, new_api: Callable[..., Api]) -> MakeSlow:
    """Return a maker of APIs over the small registry on such a DynamoDB, in Lambda by default."""

    def make(*, in_lambda: bool = True, **how: float) -> Api:
        api = new_api(registry_table=village_table)
        assert api.partner_token
        api.context = Context(api.clock) if in_lambda else None
        api.runtime.dynamodb = cast("Any", Slow(api.runtime.dynamodb, api.clock, **how))  # type: ignore[arg-type]
        api.runtime.retry = retry_with_sleep(api.clock.advance)
        return api

    return make


def questions(number: int) -> list[dict[str, Any]]:
    """Return so many items that each read the index."""
    return [predicate(EVERYBODY, BORN_LATER, reference_id=f"r-{place}") for place in range(number)]


def test_items_without_time_are_rejected_one_by_one(slow: MakeSlow) -> None:
    """Items are served while there is time; the others are rejected well before the timeout."""
    api = slow(seconds=1.5)
    items = api.search(*questions(20)).items
    reasons = [item.get("status_reason_code", item["status"]) for item in items]
    served = reasons.count("succ")
    assert 0 < served < 20
    assert reasons == ["succ"] * served + ["rjct.search.too_many_records_found"] * (20 - served)
    assert "no time left" in items[-1]["status_reason_message"]
    assert api.clock() - START < TIMEOUT - 1


def test_a_query_that_takes_too_long_is_ended(slow: MakeSlow) -> None:
    """A single query that would outlast the function is given up in time."""
    api = slow(seconds=9)  # of each of three partitions: their sum is over the time for reading in any order
    (item,) = api.search(predicate(EVERYBODY)).items
    assert item["status_reason_code"] == "rjct.search.too_many_records_found"


def test_without_a_deadline_answers_are_complete(slow: MakeSlow) -> None:
    """Without a deadline, a slow registry's answer is complete."""
    api = slow(in_lambda=False, seconds=11)
    assert {item["status"] for item in api.search(*questions(5)).items} == {"succ"}


@pytest.mark.exhaustive
@pytest.mark.parametrize("in_lambda", [True, False])
def test_a_busy_dynamodb_is_waited_for(slow: MakeSlow, village_api: Api, *, in_lambda: bool) -> None:
    """Reads that are throttled for a while do not change the response."""
    uins = [
        record["identifier"][0]["identifier_value"] for record in village_api.search(predicate(EVERYBODY)).records
    ]
    asked = [predicate(EVERYBODY), predicate(("UIN", "in", uins[:5]), reference_id="r-2"), identified("UIN", uins[0])]
    asked[2]["reference_id"] = "r-3"
    expected = village_api.search(*asked).items
    api = slow(in_lambda=in_lambda, refusals=5)
    found = api.search(*asked).items
    assert [item["data"] for item in found] == [item["data"] for item in expected]


@pytest.mark.parametrize("asked", [predicate(EVERYBODY), identified("UIN", "847951632")], ids=["query", "batch"])
def test_a_dynamodb_that_stays_busy_is_503(slow: MakeSlow, asked: dict[str, Any]) -> None:
    """A request that cannot be served in time is 503 before the timeout, never a partial answer."""
    api = slow(refusals=10**6)
    message = body_of("search")
    message["message"]["search_request"] = [asked]
    reply = api.send(event("search", body=message, token=api.partner_token))
    assert (reply.status, reply.code) == (503, "err.service.unavailable")
    assert int(reply.headers["Retry-After"]) > 0
    assert 10 < api.clock() - START < TIMEOUT - 1
