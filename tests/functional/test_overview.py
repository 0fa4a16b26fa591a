"""GET /overview: what of all clients, exchanges and keys needs somebody, whatever their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from dci_common.clients.items import client_item
from dci_common.exchange.worker_places import WorkerPlaces
from dci_common.subscriptions.channels import Channels
from dci_common.timestamps import timestamp
from support import stored_items
from support.api import identified
from support.call_trace import hooked
from support.metrics import Metrics
from support.own_clients import Own
from support.stored_exchanges import accepted, ended
from support.stored_subscriptions import begun, failing

QUIET = {
    "exchanges": {
        "open": {"count": 0, "more": False},
        "dead": {"count": 0, "more": False, "latest": []},
        "refused": {"count": 0, "more": False, "latest": []},
        "paused": {"count": 0, "more": False, "clients": []},
    },
    "subscribers": {"count": 0, "more": False, "failing": []},
    "secrets": {"count": 0, "more": False, "ending": []},
    "limits": {"count": 0, "more": False, "clients": []},
    "approvals": {"count": 0, "more": False, "waiting": []},
}


def overview(own: Own) -> Any:
    """Return the overview."""
    reply = own.read("overview")
    assert reply.status == 200, reply
    return reply.json


def test_a_quiet_deployment(new_own: Callable[..., Own]) -> None:
    """Where nothing needs anybody, all is well and each list is empty; it says that there are no metrics."""
    own = new_own(stack_name="")
    shown = overview(own)
    keys = shown.pop("keys")
    assert {(key["signs"], key["state"]) for key in keys} >= {("tokens", "current"), ("messages", "current")}
    assert shown == {
        "at": timestamp(own.api.clock()),
        "health": {"status": "ok", "parts": []},
        **QUIET,
        "unavailable": {"requests": "This server keeps no metrics: it has no STACK_NAME."},
    }


def test_what_is_sent_to_clients(own: Own) -> None:
    """Open exchanges, those that failed, paused clients and failing subscribers are counted, with their clients."""
    runtime, owner, other = own.api.runtime, own.registered(name="Ministry"), own.registered(name="Office")
    dead = [ended(runtime, owner, "dead").correlation_id for _ in range(12)]
    ended(runtime, owner, "answered")
    oldest = accepted(runtime, owner)
    own.api.clock.advance(10)
    accepted(runtime, owner)
    failing(runtime, other)  # with a page that is dead
    WorkerPlaces(runtime).pause(owner)
    shown = overview(own)
    exchanges, subscribers = shown["exchanges"], shown["subscribers"]
    assert (exchanges["open"]["count"], exchanges["open"]["oldest"]) == (
        2,
        {
            "correlation_id": oldest.correlation_id,
            "client_id": owner,
            "client": "Ministry",
            "kind": "search",
            "state": "collecting",
            "accepted": oldest.accepted,
            "due": timestamp(own.api.clock() + 50),
        },
    )
    assert "overdue_since" not in exchanges["open"]
    assert (exchanges["dead"]["count"], len(exchanges["dead"]["latest"])) == (13, 10)
    assert exchanges["dead"]["latest"][0]["client"] == "Office"
    assert {one["correlation_id"] for one in exchanges["dead"]["latest"][1:]} <= {*dead}
    assert exchanges["paused"]["clients"] == [
        {"client_id": owner, "client": "Ministry", "since": timestamp(own.api.clock())}
    ]
    assert [(one["client"], one["cause"]) for one in subscribers["failing"]] == [("Office", "failed")]
    assert shown["health"] == {"status": "attention", "parts": ["exchanges", "subscribers"]}
    assert "PERSONAL" not in str(shown)


def test_what_is_late(own: Own) -> None:
    """What was due five minutes ago or more says that nothing is done: since when, and that the exchanges fail."""
    runtime, owner = own.api.runtime, own.registered()
    accepted(runtime, owner)
    begins = own.api.clock()
    Channels(runtime).wake(begun(runtime, owner))
    own.api.clock.advance(360)
    assert overview(own)["health"] == {"status": "ok", "parts": []}
    own.api.clock.advance(1)
    shown = overview(own)
    assert shown["exchanges"]["open"]["overdue_since"] == timestamp(begins + 60)
    assert shown["subscribers"]["events_due_since"] == timestamp(begins)
    assert shown["health"] == {"status": "failing", "parts": ["exchanges"]}


def test_clients_near_their_limits(own: Own) -> None:
    """A client with 80 % of its records of today is there, and is there no more when the day is over."""
    found = [identified("UIN", "847951632")]
    client, secret = own.api.client(name="Ministry", records_a_day=5)
    token = own.api.token(client, secret).json["access_token"]
    for number in range(1, 5):
        assert own.api.search(*found, token=token).status == 200
        assert overview(own)["limits"]["count"] == (number == 4)
    assert overview(own)["limits"]["clients"] == [
        {
            "client_id": client.client_id,
            "client": "Ministry",
            "date": "2026-03-01",
            "records": 4,
            "records_a_day": 5,
            "share": 0.8,
        }
    ]
    assert overview(own)["health"]["parts"] == ["limits"]
    own.api.clock.advance(86_400)
    assert overview(own)["limits"]["count"] == 0


def test_what_was_only_reserved_is_near_no_limit(own: Own) -> None:
    """A search that reserved most of a day, and found little, leaves its client far from the limit."""
    client, secret = own.api.client(records_a_day=2_100)
    token = own.api.token(client, secret).json["access_token"]
    query = [{"expression1": {"attribute_name": "birth_date", "operator": "gt", "attribute_value": "2100-01-01"}}]
    searched = identified("UIN", "x")
    searched["search_criteria"] |= {"query_type": "predicate", "query": [query[0] | {"seq_num": 1}]}
    assert own.api.search(searched, token=token).status == 200
    assert overview(own)["limits"] == {"count": 0, "more": False, "clients": []}


def test_changes_that_wait(new_own: Callable[..., Own]) -> None:
    """Changes that wait for a second person are there until somebody decides, or they expire."""
    own = new_own(approvals="widening")
    first, second = own.waiting(), own.waiting()
    shown = overview(own)
    assert {one["approval_id"] for one in shown["approvals"]["waiting"]} == {first, second}
    assert (shown["approvals"]["count"], shown["health"]["parts"]) == (2, ["approvals"])
    own.bo.reject(first)
    assert overview(own)["approvals"]["count"] == 1
    own.api.clock.advance(7 * 86_400)
    assert overview(own)["approvals"]["count"] == 0


def test_requests_by_outcome(new_own: Callable[..., Own]) -> None:
    """The metrics of six hours are shown by outcome, in quarters of an hour, and asked for once a minute at most."""
    at = 1_772_357_400  # when the tests begin: half past nine
    metrics = Metrics({"ok": {at: 4.0, at - 900: 2.0}, "err.request.unauthorized": {at - 9_000: 7.0}})
    own = new_own(cloudwatch=lambda _: metrics)
    shown = overview(own)
    assert overview(own)["requests"] == shown["requests"]
    requests = shown["requests"]
    assert (requests["seconds"], len(requests["times"]), requests["times"][-1]) == (900, 24, timestamp(at))
    totals = [(one["outcome"], one["total"], one["counts"][-2:]) for one in requests["outcomes"]]
    assert totals == [("err.request.unauthorized", 7, [0, 0]), ("ok", 6, [2, 4])]
    assert shown["health"] == {"status": "ok", "parts": []}
    assert len(metrics.asked) == 2
    [query] = metrics.asked[0]["MetricDataQueries"]
    assert query["Expression"] == "SEARCH('{DCI,stack,outcome} stack=\"dci\" MetricName=\"requests\"', 'Sum', 900)"
    metrics.counts["err.service.unavailable"] = {at: 1.0}
    own.api.clock.advance(60)
    assert overview(own)["health"] == {"status": "failing", "parts": ["requests"]}


def test_a_part_that_cannot_be_read_is_left_out(own: Own) -> None:
    """Where a table or the metrics do not answer, the other parts are there, and it says what is missing."""

    def fail(operation: str, request: dict[str, Any]) -> None:
        if operation == "GetMetricData" or request.get("IndexName") == "due":
            raise EndpointConnectionError(endpoint_url="https://aws.example.org")

    with hooked(own.api.runtime, fail):
        shown = overview(own)
    assert shown["unavailable"].keys() == {"requests", "exchanges", "subscribers", "limits"}
    assert shown.keys() >= {"secrets", "keys", "approvals"}
    assert shown["health"]["status"] == "failing"
    assert "aws.example.org" not in str(shown)


@pytest.mark.exhaustive
def test_ten_thousand_clients_cost_what_ten_do(own: Own) -> None:
    """The overview reads as much with 10,000 clients as with ten: so many calls, and so many items."""
    client, _ = own.api.client()
    overview(own)  # which fetches the keys of the provider, and records who comes
    few = _calls(own)
    table, dynamodb = own.api.runtime.settings.clients_table, stored_items.tests_client()
    for start in range(0, 10_000, 25):
        made = (
            client._replace(client_id=f"c{number}", name=f"Client {number}") for number in range(start, start + 25)
        )
        puts: list[Any] = [{"PutRequest": {"Item": client_item(each)}} for each in made]
        dynamodb.batch_write_item(RequestItems={table: puts})
    assert _calls(own) == few
    assert sum(few.values()) < 40


def _calls(own: Own) -> Counter[str]:
    made: Counter[str] = Counter()

    def count(operation: str, request: dict[str, Any]) -> None:
        keys = sum(len(part["Keys"]) for part in request.get("RequestItems", {}).values())
        made[f"{operation} {request.get('IndexName', '')} {keys}"] += 1

    with hooked(own.api.runtime, count):
        overview(own)
    return made
