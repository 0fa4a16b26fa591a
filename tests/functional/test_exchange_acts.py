"""What people do to exchanges through the API: redrive, cancel and resume, under their names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.worker_places import WorkerPlaces
from dci_common.operators.store import OperatorStore
from dci_common.subscriptions.channels import Channels
from dci_common.timestamps import timestamp
from support.api import Reply
from support.call_trace import hooked
from support.own_clients import Own
from support.stored_exchanges import SECOND_PAGE, accepted, ended, open_count, stored
from support.stored_subscriptions import failing


@pytest.fixture
def owner(own: Own) -> str:
    """Return the id of a client."""
    return own.registered()


def act(own: Own, name: str, correlation_id: str) -> Reply:
    """Have Amina do something to an exchange."""
    return own.amina.send(name, correlation_id=correlation_id)


def acts(own: Own, client_id: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Return what Amina did to a client, the newest first: act, name and changes."""
    entries = own.amina.log(client_id)
    return [(one["act"], one["by_name"], one["changes"]) for one in entries if one["by"] == own.amina.id]


def test_a_failed_exchange_is_redriven(own: Own, owner: str) -> None:
    """One that is dead or refused goes on where it stopped, and the log of its client has the person's name."""
    for state in ("dead", "refused"):
        exchange = ended(own.api.runtime, owner, state, **SECOND_PAGE)
        reply = act(own, "exchange_redrive", exchange.correlation_id)
        assert (reply.status, reply.json["state"]) == (200, "delivering")
        assert reply.json["redriven"] == timestamp(own.api.clock())
        assert "PERSONAL" not in reply.text
        assert stored(own.api.runtime, exchange).due == int(own.api.clock())
        change = {f"exchanges.{exchange.correlation_id}": {"before": state, "after": "redriven"}}
        assert acts(own, owner)[0] == ("exchange_redriven", "Amina", change)
        again = act(own, "exchange_redrive", exchange.correlation_id)
        assert (again.status, "only one that is" in again.text) == (409, True)
    assert len(acts(own, owner)) == 2


def test_a_redrive_ends_a_pause(own: Own, owner: str) -> None:
    """A client that was paused because its receiver was gone is called back again."""
    exchange = ended(own.api.runtime, owner, "dead")
    WorkerPlaces(own.api.runtime).pause(owner)
    assert act(own, "exchange_redrive", exchange.correlation_id).status == 200
    assert not WorkerPlaces(own.api.runtime).is_paused(owner)


def redrive_all(own: Own, client_id: str, **query: Any) -> Reply:
    """Have Amina redrive a page of what is dead of a client."""
    return own.amina.send("client_redrive", client_id=client_id, query=urlencode(query))


def test_the_dead_exchanges_of_a_client_are_redriven(own: Own, owner: str) -> None:
    """Page by page all of them go on, each once, and no others; one entry of the log names those of a page."""
    runtime, other = own.api.runtime, own.registered()
    dead, kept = [], []
    for _ in range(5):
        own.api.clock.advance(1)
        dead.append(ended(runtime, owner, "dead", **SECOND_PAGE))
        kept += [ended(runtime, owner, "refused"), ended(runtime, other, "dead"), accepted(runtime, owner)]
    own.api.clock.advance(1)
    pages, page = [], {"next": ""}
    while "next" in page:
        page = redrive_all(own, owner, limit=2, **page).json
        pages.append(page["redriven"])
        page.pop("failed"), page.pop("redriven")
    latest_first = [one.correlation_id for one in reversed(dead)]
    assert [one for redriven in pages for one in redriven] == latest_first
    assert max(map(len, pages)) == 2
    assert {stored(runtime, one).state for one in dead} == {"delivering"}
    assert [stored(runtime, one) for one in kept] == kept
    redriven = {f"exchanges.{one}": {"before": "dead", "after": "redriven"} for one in latest_first[:2]}
    assert acts(own, owner)[-1] == ("exchange_redriven", "Amina", redriven)
    again = redrive_all(own, owner)
    assert again.json == {"redriven": [], "failed": []}
    assert len(acts(own, owner)) == 3


def test_what_cannot_be_redriven_keeps_nothing_else_from_it(own: Own, owner: str) -> None:
    """One whose message is kept no longer is named with the reason, and the others go on."""
    old = accepted(own.api.runtime, owner, **SECOND_PAGE)
    own.api.clock.advance(32 * 86_400)
    gone = ExchangeStore(own.api.runtime).end(replace(old, state="dead"))
    dead = ended(own.api.runtime, owner, "dead")
    found = redrive_all(own, owner).json
    assert found["redriven"] == [dead.correlation_id]
    assert [one["correlation_id"] for one in found["failed"]] == [gone.correlation_id]
    assert "is kept no longer" in found["failed"][0]["message"]


def test_exchanges_of_an_unknown_client_are_not_redriven(own: Own, owner: str) -> None:
    """A client that is not, or a page of another list, is rejected, and nobody but a client-manager may do it."""
    ended(own.api.runtime, owner, "dead")
    assert redrive_all(own, "00000000-0000-4000-8000-000000000000").status == 404
    WorkerPlaces(own.api.runtime).pause(owner)
    WorkerPlaces(own.api.runtime).pause(own.registered())
    paused = own.read("exchanges_paused", limit=1).json["next"]
    assert redrive_all(own, owner, next=paused).status == 400
    assert own.dana.send("client_redrive", client_id=owner).status == 403
    assert acts(own, owner) == []


def test_an_open_exchange_is_cancelled(own: Own, owner: str) -> None:
    """It has ended, counts as open no more, and the log has the person's name; another attempt is a conflict."""
    exchange = accepted(own.api.runtime, owner)
    reply = act(own, "exchange_cancel", exchange.correlation_id)
    assert (reply.status, reply.json["state"]) == (200, "cancelled")
    assert open_count(own.api.runtime, owner) == 0
    assert act(own, "exchange_cancel", exchange.correlation_id).status == 409
    change = {f"exchanges.{exchange.correlation_id}": {"before": "collecting", "after": "cancelled"}}
    assert acts(own, owner) == [("exchange_cancelled", "Amina", change)]


def test_an_exchange_of_a_deleted_client_is_cancelled_and_not_redriven(own: Own, owner: str) -> None:
    """What is left of a deleted client can be ended, which the administration log has; nothing is sent again."""
    opened, dead = accepted(own.api.runtime, owner), ended(own.api.runtime, owner, "dead")
    own.amina.send("client_delete", client_id=owner)
    own.api.clock.advance(1)
    assert act(own, "exchange_redrive", dead.correlation_id).status == 404
    assert stored(own.api.runtime, dead).state == "dead"
    assert act(own, "exchange_cancel", opened.correlation_id).status == 200
    entry = own.entries("administration_log", "entries")[0]
    assert (entry["act"], entry["kind"], entry["by_name"]) == ("exchange_cancelled", "exchange", "Amina")
    assert entry["id"] == f"exchange#{opened.correlation_id}"


def test_a_client_is_resumed(own: Own, owner: str) -> None:
    """Callbacks and notifications that were paused go on, and the log says which; then there is nothing to resume."""
    failing(own.api.runtime, owner)
    WorkerPlaces(own.api.runtime).pause(owner)
    other = own.registered()
    failing(own.api.runtime, other)
    [paused] = own.entries("exchanges_paused", "clients", limit=1)
    assert (paused["client_id"], paused["since"]) == (owner, timestamp(own.api.clock()))
    assert paused["client"].startswith("client ")
    reply = own.amina.send("client_resume", client_id=owner)
    assert (reply.status, reply.json) == (200, {"client_id": owner, "resumed": ["callbacks", "notifications"]})
    assert own.entries("exchanges_paused", "clients") == []
    assert [channel.client_id for channel in Channels(own.api.runtime).paused()] == [other]
    again = own.amina.send("client_resume", client_id=owner)
    assert (again.status, again.json["errors"][0]["message"]) == (
        409,
        "Nothing that is sent to this client is paused.",
    )
    resumed = {name: {"before": "paused", "after": "resumed"} for name in ("callbacks", "notifications")}
    assert acts(own, owner) == [("callbacks_resumed", "Amina", resumed)]
    assert own.amina.send("client_resume", client_id="00000000-0000-4000-8000-000000000000").status == 404


def test_paused_clients_are_listed_by_pages(own: Own) -> None:
    """Each paused client is on one page, the longest paused first, and positions of other lists are rejected."""
    ids = [own.registered() for _ in range(5)]
    for client_id in ids:
        WorkerPlaces(own.api.runtime).pause(client_id)
        own.api.clock.advance(1)
    for limit in (1, 2, 100):
        found = own.entries("exchanges_paused", "clients", limit=limit)
        assert [client["client_id"] for client in found] == ids
    following = own.read("exchanges_paused", limit=1).json["next"]
    assert own.read("exchanges_list", next=following).status == 400
    other = own.registered()
    for _ in range(2):
        ended(own.api.runtime, other, "dead")
    of_dead = own.read("exchanges_list", limit=1).json["next"]
    assert own.read("exchanges_paused", next=of_dead).status == 400


def test_a_state_fills_the_pages_of_a_client(own: Own, owner: str) -> None:
    """A page of a client's exchanges in a state is whole, however many others lie between them."""
    wanted = list[str]()
    for number in range(40):
        state = "dead" if number % 13 == 0 else "answered"
        exchange = ended(own.api.runtime, owner, state)
        own.api.clock.advance(1)
        wanted[:0] = [exchange.correlation_id] if state == "dead" else []
    found = own.pages("exchanges_list", "exchanges", client_id=owner, state="dead", limit=3)
    assert [len(page) for page in found if page] == [3, 1]
    assert [one["correlation_id"] for page in found for one in page] == wanted


@pytest.mark.parametrize("name", ["exchange_redrive", "exchange_cancel"])
@pytest.mark.parametrize("correlation_id", ["00000000-0000-4000-8000-000000000000", "x" * 3_000, "a b", "../clients"])
def test_an_unknown_exchange_is_not_found(own: Own, name: str, correlation_id: str) -> None:
    """An id that no exchange has is 404, whatever it looks like."""
    assert act(own, name, correlation_id).status == 404


def test_an_operator_disabled_meanwhile_does_nothing(own: Own, owner: str) -> None:
    """An act is made only if the person may act at that very moment: who was just disabled sends nothing again."""
    exchange, opened = ended(own.api.runtime, owner, "dead"), accepted(own.api.runtime, owner)
    WorkerPlaces(own.api.runtime).pause(owner)
    assert own.amina.send("clients_list").status == 200  # so that the client was read before
    _disable(own)
    for reply in (
        act(own, "exchange_redrive", exchange.correlation_id),
        own.amina.send("client_resume", client_id=owner),
        act(own, "exchange_cancel", opened.correlation_id),
    ):
        assert reply.status == 401
    assert (stored(own.api.runtime, exchange).state, acts(own, owner)) == ("dead", [])
    assert WorkerPlaces(own.api.runtime).is_paused(owner)


def test_an_act_that_cannot_be_recorded_is_not_done(own: Own, owner: str) -> None:
    """Where the log cannot be written the answer is 503, and the exchange is as it was."""
    exchange = ended(own.api.runtime, owner, "dead")

    def fail(operation: str, request: dict[str, Any]) -> None:
        if operation == "TransactWriteItems" and "LOG#" in str(request):
            raise OSError

    with hooked(own.api.runtime, fail):
        assert act(own, "exchange_redrive", exchange.correlation_id).status >= 500
    assert stored(own.api.runtime, exchange).state == "dead"


def _disable(own: Own) -> None:
    runtime = own.api.runtime
    found = OperatorStore(runtime).find(own.amina.id)
    assert found
    runtime.dynamodb.update_item(
        TableName=runtime.settings.clients_table,
        Key={"pk": {"S": f"OPERATOR#{own.amina.id}"}, "sk": {"S": "OPERATOR"}},
        UpdateExpression="SET #status = :disabled",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":disabled": {"S": "disabled"}},
    )
