"""GET /exchanges: what operators see of asynchronous exchanges, and that it is nothing personal."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from dci_common.exchange.exchanges import Exchange
from dci_common.timestamps import timestamp
from support.admin_client import Admin
from support.api import Api, Reply
from support.events import event
from support.stored_exchanges import PRIVATE, SECOND_PAGE, accepted, attempted, ended, exchange_table


@pytest.fixture
def api(new_api: Callable[..., Api]) -> Api:
    """Return an API with an ExchangeTable of its own."""
    return new_api(exchange_table=exchange_table())


def read(reader: Admin, **query: object) -> Reply:
    """Read a page of the list."""
    sent = event("exchanges_list", token=reader.token) | {"rawQueryString": urlencode(query)}
    return reader.api.send(sent)


def show(reader: Admin, correlation_id: str) -> Reply:
    """Read an exchange."""
    sent = event("exchange_get", token=reader.token)
    return reader.api.send(sent | {"pathParameters": {"correlation_id": correlation_id}})


def walk(reader: Admin, limit: int, **query: object) -> list[dict[str, Any]]:
    """Read all pages of a list."""
    found, following = [], ""
    while following is not None:
        page = read(reader, limit=limit, **query, **({"next": following} if following else {})).json
        assert len(page["exchanges"]) <= limit
        found += page["exchanges"]
        following = page.get("next")
    return found


def ids(exchanges: list[dict[str, Any]]) -> list[str]:
    """Return the correlation ids of exchanges in a list."""
    return [exchange["correlation_id"] for exchange in exchanges]


def test_an_exchange_is_shown_with_its_attempts(api: Api, reader: Admin, owner: str) -> None:
    """An exchange says how far it is, why it stopped, and what came of the latest attempts, the newest first."""
    exchange = ended(api.runtime, owner, "dead", **SECOND_PAGE)
    attempted(api.runtime, exchange, 2, 500)
    api.clock.advance(5)
    attempted(api.runtime, exchange, 2, 0)
    reply = show(reader, exchange.correlation_id)
    attempts = reply.json.pop("latest_attempts") if reply.status == 200 else []
    assert [(each["at"], each["page"], each.get("http_status")) for each in attempts] == [
        (timestamp(api.clock()), 2, None),
        (timestamp(api.clock() - 5), 2, 500),
    ]
    assert attempts[0] == {
        "at": timestamp(api.clock()),
        "page": 2,
        "result": "failed",
        "reason": "Nobody answers.",
        "latency": 40,
        "next_attempt": timestamp(api.clock() + 5),
    }
    shown = reply.json
    del shown["latest_attempts"]
    assert shown == {
        "correlation_id": exchange.correlation_id,
        "client_id": owner,
        "kind": "search",
        "transaction_id": exchange.transaction_id,
        "state": "dead",
        "accepted": exchange.accepted,
        "ended": timestamp(api.clock() - 5),
        "callback_url": "https://partner.example.org/on-search",
        "items": 2,
        "completed": 2,
        "rejected": 1,
        "found": 4,
        "delivered": 2,
        "pages": 1,
        "attempts": 11,
        "reason": "HTTP 500.",
    }


def test_nothing_personal_is_shown(api: Api, reader: Admin, owner: str) -> None:
    """Neither a list nor an exchange shows anything of the message, its references, or the records found."""
    exchange = ended(api.runtime, owner, "dead", **SECOND_PAGE)
    texts = [show(reader, exchange.correlation_id).text, read(reader).text, read(reader, client_id=owner).text]
    assert all(exchange.correlation_id in text and PRIVATE not in text for text in texts)


def test_what_failed_and_what_is_open_is_listed(api: Api, reader: Admin, owner: str) -> None:
    """Without a client, the list has the dead, then the refused, then the open ones, and no others."""
    dead, refused = (ended(api.runtime, owner, state) for state in ("dead", "refused"))
    for state in ("answered", "cancelled"):
        ended(api.runtime, owner, state)
    opened = accepted(api.runtime, owner)
    assert ids(walk(reader, 100)) == [exchange.correlation_id for exchange in (dead, refused, opened)]


def test_every_exchange_is_on_one_page(api: Api, reader: Admin, owner: str) -> None:
    """Pages of any size list each exchange once, also across the partitions of the index."""
    made = {accepted(api.runtime, owner).correlation_id for _ in range(6)}
    made |= {ended(api.runtime, owner, state).correlation_id for state in ("dead", "refused", "dead", "refused")}
    whole = ids(walk(reader, 100))
    assert made == set(whole)
    for limit in (1, 3):
        assert ids(walk(reader, limit)) == whole
    assert len(whole) == len(set(whole))


def test_a_clients_exchanges_are_listed_the_newest_first(api: Api, reader: Admin, owner: str) -> None:
    """With `client_id`, the list has all of that client's exchanges, in any state, and nobody else's."""
    accepted(api.runtime, api.client()[0].client_id)
    made: list[Exchange] = []
    for state in ("dead", "answered", "cancelled"):
        made.insert(0, ended(api.runtime, owner, state))
        api.clock.advance(1)
    made.insert(0, accepted(api.runtime, owner))
    assert ids(walk(reader, 2, client_id=owner)) == [exchange.correlation_id for exchange in made]
    assert ids(walk(reader, 2, client_id=owner, state="answered")) == [made[2].correlation_id]


@pytest.mark.parametrize("state", ["dead", "refused", "collecting", "delivering"])
def test_a_state_selects(api: Api, reader: Admin, owner: str, state: str) -> None:
    """`state` lists only exchanges in that state."""
    for one in ("dead", "refused"):
        ended(api.runtime, owner, one)
    for one in ("collecting", "delivering"):
        accepted(api.runtime, owner, state=one)
    assert [exchange["state"] for exchange in walk(reader, 3, state=state)] == [state]


def test_an_expired_exchange_is_not_shown(api: Api, reader: Admin, owner: str) -> None:
    """An exchange that ended 14 days ago is unknown, although DynamoDB has not removed it yet."""
    exchange = ended(api.runtime, owner, "dead")
    api.clock.advance(14 * 86_400 - 1)
    assert show(reader, exchange.correlation_id).status == 200
    api.clock.advance(1)
    assert show(reader, exchange.correlation_id).status == 404
    assert read(reader, client_id=owner).json == {"exchanges": []}


@pytest.mark.parametrize("correlation_id", ["00000000-0000-4000-8000-000000000000", "", "x" * 3_000, "a b"])
def test_an_unknown_exchange_is_not_found(reader: Admin, correlation_id: str) -> None:
    """An id that no exchange has is 404, whatever it looks like."""
    assert show(reader, correlation_id).status == 404


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"state": "lost"}, "state must be collecting or "),
        ({"state": "answered"}, "add client_id"),
        ({"client_id": ""}, "client_id must be"),
        ({"client_id": "x" * 101}, "client_id must be"),
        ({"limit": 101}, "limit must be"),
    ],
)
def test_a_wrong_query_is_rejected(reader: Admin, query: dict[str, object], said: str) -> None:
    """A parameter that is not accepted is named."""
    reply = read(reader, **query)
    assert reply.status == 400
    assert said in reply.json["errors"][0]["message"]


@pytest.mark.parametrize(
    "position",
    [
        {"pk": "EXCHANGE#1", "sk": "REQUEST", "queue": "DEAD", "due": "1"},
        {"pk": "CLIENT#1", "sk": "EXCHANGE", "queue": "DEAD", "due": "1"},
        {"pk": "EXCHANGE#1", "sk": "EXCHANGE", "queue": "OTHER", "due": "1"},
        {"pk": "EXCHANGE#1", "sk": "EXCHANGE", "queue": "DEAD", "due": "-1"},
        {"pk": "EXCHANGE#1", "sk": "EXCHANGE", "queue": "DEAD", "due": 1},
        {"pk": "CLIENT#1", "sk": "1"},
    ],
)
def test_the_position_of_another_list_is_rejected(reader: Admin, position: dict[str, object]) -> None:
    """A `next` that this list did not return is rejected, also one of another client."""
    following = base64.urlsafe_b64encode(json.dumps(position).encode()).decode()
    assert read(reader, next=following).status == 400
    assert read(reader, next=following, client_id="2").status == 400
    assert read(reader, next=following, state="refused").status == 400


@pytest.mark.parametrize("name", ["exchanges_list", "exchange_get"])
def test_only_operators_may_look(api: Api, name: str) -> None:
    """`clients.read` or `clients.manage` is needed: a partner's scopes are not enough, nor is no token."""
    assert api.send(event(name, token=api.token_of(scopes=("clients.manage",)))).status in {200, 404}
    partner = api.token_of(scopes=("registry.search", "registry.status"))
    assert api.send(event(name, token=partner)).status == 403
    assert api.send(event(name, authorization="")).status == 401
