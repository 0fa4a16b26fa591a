"""POST /registry/sync/search: quotas are counted exactly, and requests over them rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dci_cli.local.demo import KNOWN_UIN
from dci_common.clients.items import client_item
from dci_common.spdci import pagination
from support.api import START, Api, Reply, identified, item, predicate
from support.call_trace import aws_calls, hooked
from support.example_counts import sampled
from support.stored_items import items_of
from support.tiny_registry import expressed

pytestmark = pytest.mark.usefixtures("over_the_wire")

NOBODY = identified("UIN", "nobody", pagination={"page_size": 1})
EVERYBODY = ("birth_date", "ge", "1900-01-01")


@pytest.fixture
def limited(village_table: str, new_api: Callable[..., Api]) -> Callable[..., Api]:
    """Return a maker of APIs over the small registry, with limits."""
    return lambda **limits: new_api(registry_table=village_table, **limits)


def used(api: Api) -> dict[str, int]:
    """Read the counts of the API's partner."""
    own = items_of(api.runtime.settings.exchange_table, f"RATE#{api.partner_id}")
    return {name: int(item[name]["N"]) for item in own for name in ("requests", "records")}


def refused(reply: Reply) -> str:
    """Return the sentence of a rejection, which is what it must be."""
    assert (reply.status, reply.code) == (429, "err.request.too_many_requests")
    return str(reply.json["errors"][0]["message"])


def test_requests_over_the_minutes_limit_are_429(limited: Callable[..., Api]) -> None:
    """Requests up to the limit of a minute are answered, the next is rejected, and the next minute starts anew."""
    api = limited(requests_a_minute=3)
    assert [api.search(NOBODY).status for _ in range(3)] == [200] * 3
    reply = api.search(NOBODY)
    assert "3 requests a minute" in refused(reply)
    assert reply.headers["Retry-After"] == str(60 - int(START) % 60)
    api.clock.advance(int(reply.headers["Retry-After"]))
    assert api.search(NOBODY).status == 200


def test_a_throttled_client_costs_no_further_reads(limited: Callable[..., Api]) -> None:
    """Once a minute is used up, further requests are rejected without a call to DynamoDB."""
    api = limited(requests_a_minute=1)
    assert [api.search(NOBODY).status for _ in range(2)] == [200, 429]
    with aws_calls(api.runtime) as calls:
        refused(api.search(NOBODY))
    assert calls == []


def test_each_client_has_its_own_minute(limited: Callable[..., Api]) -> None:
    """A client that asks too often takes nothing from another."""
    api = limited(requests_a_minute=1)
    assert [api.search(NOBODY).status for _ in range(2)] == [200, 429]
    assert api.search(NOBODY, token=api.token_of()).status == 200


def test_a_clock_behind_counts_in_the_current_minute(limited: Callable[..., Api]) -> None:
    """A function whose clock is a little behind counts in the minute that another has begun."""
    api = limited(requests_a_minute=2)
    api.clock.advance(60 - START % 60)
    assert api.search(NOBODY).status == 200
    api.clock.advance(-1)
    assert [api.search(NOBODY).status for _ in range(2)] == [200, 429]
    api.clock.advance(60)
    assert api.search(NOBODY).status == 429


@pytest.mark.exhaustive
def test_concurrent_requests_keep_the_limit(limited: Callable[..., Api]) -> None:
    """However many requests come at once, just as many as may be are answered."""
    api = limited(requests_a_minute=10)
    assert api.partner_token
    with ThreadPoolExecutor(16) as pool:
        statuses = Counter(reply.status for reply in pool.map(lambda _: api.search(NOBODY), range(40)))
    assert statuses == {200: 10, 429: 30}
    assert used(api) == {"requests": 10, "records": 0}


def test_records_over_the_days_limit_are_rejected(limited: Callable[..., Api]) -> None:
    """Records are counted as they are disclosed, until the next day begins."""
    api = limited(records_a_day=10)
    page = predicate(EVERYBODY, pagination={"page_size": 4})
    assert [api.search(page).status for _ in range(3)] == [200, 200, 429]
    assert used(api) == {"requests": 2, "records": 8}
    reply = api.search(page)
    assert "10 records a day" in refused(reply)
    assert int(reply.headers["Retry-After"]) == 86_400 - int(START) % 86_400
    assert len(api.search(predicate(EVERYBODY, pagination={"page_size": 2})).records) == 2
    api.clock.advance(86_400)
    assert api.search(page, token=api.token_of()).status == 200


def test_what_is_not_disclosed_is_given_back(limited: Callable[..., Api]) -> None:
    """A large page that finds one record counts one; what is rejected counts none."""
    api = limited(records_a_day=5_000)
    one = predicate(("birth_date", "ge", "1900-01-01"), pagination={"page_size": 1})
    assert len(api.search(one, identified("UIN", "nobody", reference_id="r-2")).items) == 2
    assert api.search(identified("NO_SUCH_TYPE", "1")).items[0]["status"] == "rjct"
    assert used(api) == {"requests": 2, "records": 1}


def test_a_page_larger_than_the_days_limit_is_rejected(limited: Callable[..., Api]) -> None:
    """A client whose daily limit is smaller than the page is asked for smaller pages before any read."""
    api = limited(records_a_day=100)
    assert api.partner_token
    message = refused(api.search(predicate(EVERYBODY)))
    assert "ask for smaller pages" in message
    assert used(api) == {}


@pytest.mark.exhaustive
def test_concurrent_searches_keep_the_days_limit(limited: Callable[..., Api]) -> None:
    """Searches at once never disclose more than a day's records together."""
    api = limited(records_a_day=20)
    page = predicate(EVERYBODY, pagination={"page_size": 3})
    assert api.partner_token
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: api.search(page), range(20)))
    disclosed = sum(len(reply.records) for reply in replies if reply.status == 200)
    assert used(api)["records"] == disclosed == 18
    assert {reply.status for reply in replies} == {200, 429}


def test_without_limits_nothing_is_counted(limited: Callable[..., Api]) -> None:
    """Where a deployment has no limits, nothing is counted."""
    api = limited(requests_a_minute=0, records_a_day=0)
    assert api.partner_token
    with aws_calls(api.runtime) as calls:
        assert api.search(NOBODY).status == 200
    assert not any("UpdateItem" in call for call in calls)


def test_a_search_that_fails_gives_its_records_back(limited: Callable[..., Api]) -> None:
    """What could not be answered is not counted as disclosed."""
    api = limited(records_a_day=100)
    page = predicate(EVERYBODY, pagination={"page_size": 5})
    assert api.search(page).status == 200

    def fail(operation: str, _: Any) -> None:
        if operation == "Query":
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, operation)

    with hooked(api.runtime, fail):
        assert api.search(page).status == 503
    assert used(api) == {"requests": 2, "records": 5}


def test_a_disclosure_that_is_not_recorded_gives_nothing_back_twice(limited: Callable[..., Api]) -> None:
    """However often an answer fails, no client gets more of its day than it has."""
    api = limited(records_a_day=100)
    page = predicate(EVERYBODY, pagination={"page_size": 5})
    assert api.search(page).status == 200

    def fail(operation: str, _: Any) -> None:
        if operation == "PutItem":
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, operation)

    with hooked(api.runtime, fail):
        assert [api.search(page).status for _ in range(2)] == [503, 503]
    assert used(api)["records"] >= 5


def test_a_total_counts_as_a_record(limited: Callable[..., Api]) -> None:
    """A page past the last one discloses the total, which counts as a record."""
    api = limited(records_a_day=2)
    past = predicate(EVERYBODY, pagination={"page_size": 1, "page_number": 99})
    assert [api.search(past).status for _ in range(3)] == [200, 200, 429]


def test_a_rejection_that_reveals_a_number_counts_as_a_record(
    limited: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Probing for totals with searches that are rejected uses up the day, too."""
    monkeypatch.setattr(pagination, "MAX_PAGE_SIZE", 2)
    api = limited(records_a_day=3)
    probe = predicate(EVERYBODY)
    assert [api.search(probe).items[0]["status"] for _ in range(2)] == ["rjct"] * 2
    assert used(api) == {"requests": 2, "records": 2}
    assert api.search(probe).status == 429


@pytest.mark.parametrize("query", sampled([
    {"UIN": KNOWN_UIN},
    {"UIN": KNOWN_UIN, "birth_date": {"$gte": "1900-01-01"}},
    {"UIN": {"$in": [KNOWN_UIN, "nobody"]}},
    {"$or": [{"UIN": KNOWN_UIN}, {"NIN": "nobody"}]},
], 2), ids=repr)  # fmt: skip
def test_a_search_by_identifier_reserves_what_it_may_find(limited: Callable[..., Api], query: dict[str, Any]) -> None:
    """A client with a small day can look people up one by one, without asking for small pages."""
    api = limited(records_a_day=2)
    assert len(api.search(item(expressed(query), "expression")).records) <= 1
    assert used(api)["records"] <= 1
    assert "ask for smaller pages" in refused(api.search(item(expressed({"surname": "x"}), "expression")))


def test_a_limit_that_is_raised_counts_at_once(limited: Callable[..., Api]) -> None:
    """A client that was rejected is served again as soon as its limit is known to be higher."""
    api = limited(requests_a_minute=1)
    assert [api.search(NOBODY).status for _ in range(2)] == [200, 429]
    client, secret = api.client(requests_a_minute=1)
    token = api.token(client, secret).json["access_token"]
    assert [api.search(NOBODY, token=token).status for _ in range(2)] == [200, 429]
    edit = client._replace(requests_a_minute=3, version=2)
    api.runtime.dynamodb.put_item(TableName=api.runtime.settings.clients_table, Item=client_item(edit))
    api.clock.advance(25)  # within the minute
    assert api.search(NOBODY, token=token).status == 429  # the client is remembered for a minute
    other = limited(requests_a_minute=1)
    assert other.search(NOBODY, token=token).status == 200


def test_a_count_that_cannot_be_stored_is_503(limited: Callable[..., Api]) -> None:
    """When the count cannot be stored, nothing is disclosed."""
    api = limited()
    assert api.search(NOBODY).status == 200

    def fail(operation: str, _: Any) -> None:
        if operation == "UpdateItem":
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, operation)

    with hooked(api.runtime, fail):
        reply = api.search(predicate(EVERYBODY, pagination={"page_size": 5}))
    assert (reply.status, reply.code) == (503, "err.service.unavailable")
