"""GET /subscriptions: what operators see of subscriptions and nothing personal; and how they end one."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from dci_common.subscriptions.subscription_store import SubscriptionStore
from support.admin_client import Admin
from support.api import Api, Reply
from support.events import event
from support.stored_exchanges import PRIVATE, exchange_table
from support.stored_subscriptions import begun, watching
from support.subscribe_messages import criteria
from support.subscriptions import EVERYBODY

EXPRESSION = {
    "type": PRIVATE,
    "value": {
        "expression": {
            "collection": "Group",
            "query": {"poverty_score": {"$gt": 3}, "$or": [{f"urn:{PRIVATE}": 1}, {"age": {"$gt": 4}}]},
        }
    },
}
PREDICATE = [
    {
        "seq_num": 1,
        "expression1": {"attribute_name": f"{PRIVATE}:birth_date", "operator": "gt", "attribute_value": PRIVATE},
        "condition": "and",
        "expression2": {"attribute_name": "sex", "operator": "IN", "attribute_value": "1,2"},
    }
]


@pytest.fixture
def api(new_api: Callable[..., Api]) -> Api:
    """Return an API with an ExchangeTable of its own."""
    return new_api(exchange_table=exchange_table())


def read(reader: Admin, **query: object) -> Reply:
    """Read a page of the list."""
    sent = event("subscriptions_list", token=reader.token) | {"rawQueryString": urlencode(query)}
    return reader.api.send(sent)


def on(reader: Admin, name: str, code: str) -> Reply:
    """Send an event about a subscription."""
    return reader.api.send(event(name, token=reader.token) | {"pathParameters": {"code": code}})


def show(reader: Admin, code: str) -> Reply:
    """Read a subscription."""
    return on(reader, "subscription_get", code)


def cancel(admin: Admin, code: str) -> Reply:
    """Cancel a subscription."""
    return on(admin, "subscription_cancel", code)


def walk(reader: Admin, limit: int, **query: object) -> list[str]:
    """Read all pages of a list, and return the codes."""
    found, following = [], ""
    while following is not None:
        page = read(reader, limit=limit, **query, **({"next": following} if following else {})).json
        assert len(page["subscriptions"]) <= limit
        found += [subscription["code"] for subscription in page["subscriptions"]]
        following = page.get("next")
    return found


def test_a_subscription_is_shown(api: Api, reader: Admin, owner: str) -> None:
    """A subscription shows of what its client is notified, where and when, and how it is matched."""
    frequency = {"start_time": "2026-03-01T00:00:00Z", "frequency": "daily"}
    asked = criteria(filter={"type": "UIN", "value": PRIVATE}, frequency=frequency)
    made = watching(api.runtime, owner, criteria=asked)
    assert show(reader, made.code).json == {
        "code": made.code,
        "client_id": owner,
        "state": "active",
        "since": made.since,
        "event_type": "REGISTER",
        "record_type": "SRPerson",
        "matched_by": "identifier",
        "filter": {"type": "idtype-value", "attributes": ["UIN"], "values": 1},
        "frequency": frequency,
        "callback_url": "https://partner.example.org/notify",
    }


@pytest.mark.parametrize(
    ("filter_", "shown"),
    [
        ([], {"type": "everybody", "attributes": [], "values": 0}),  # of an OpenSPP 17
        (PREDICATE, {"type": "predicate", "attributes": ["birth_date", "sex"], "values": 3}),
        (EXPRESSION, {"type": "expression", "attributes": ["age", "identifier", "poverty_score"], "values": 3}),
        (EVERYBODY, {"type": "everybody", "attributes": [], "values": 0}),
        (PRIVATE, None),
    ],
)
def test_a_filter_is_shown_without_its_values(
    api: Api, reader: Admin, owner: str, filter_: object, shown: dict[str, Any] | None
) -> None:
    """Of a filter only the catalogue's names of its attributes are shown, in whatever form a client wrote them."""
    record_type = "Group" if filter_ is EXPRESSION else "SRPerson"
    made = begun(api.runtime, owner, criteria=criteria(filter=filter_, notify_record_type=record_type))
    reply = show(reader, made.code)
    assert reply.json.get("filter") == shown
    assert reply.json["record_type"] == record_type
    assert reply.json["matched_by"] == "condition"


def test_nothing_personal_is_shown(api: Api, admin: Admin, owner: str) -> None:
    """Neither a list, nor a subscription, nor the log of its end shows an identifier, a value or a reference id."""
    made = [watching(api.runtime, owner), begun(api.runtime, owner), begun(api.runtime, owner, EXPRESSION)]
    texts = [read(admin).text, read(admin, client_id=owner).text]
    for subscription in made:
        texts += [show(admin, subscription.code).text, cancel(admin, subscription.code).text]
    texts.append(json.dumps(admin.log(owner)))
    assert all(made[-1].code in text for text in (*texts[:2], *texts[-3:]))
    assert not any(PRIVATE in text for text in texts)


def test_a_clients_subscriptions_are_listed(api: Api, reader: Admin, owner: str) -> None:
    """With `client_id`, pages of any size list each active subscription of this client once, and how many it has."""
    begun(api.runtime, api.client()[0].client_id)
    made = {begun(api.runtime, owner).code for _ in range(3)} | {watching(api.runtime, owner).code for _ in range(3)}
    SubscriptionStore(api.runtime).end(begun(api.runtime, owner))
    for limit in (1, 3, 100):
        found = walk(reader, limit, client_id=owner)
        assert (set(found), len(found)) == (made, 6)
    used = {"conditions": {"used": 3, "most": 100}, "identifiers": {"used": 3, "most": 100_000}}
    assert read(reader, client_id=owner).json["limits"] == used


def test_all_by_condition_are_listed(api: Api, reader: Admin, owner: str) -> None:
    """Without a client, the list has the subscriptions by condition of all clients."""
    watching(api.runtime, owner)
    other = api.client()[0].client_id
    made = {begun(api.runtime, client_id).code for client_id in (owner, other, owner)}
    for limit in (1, 2, 100):
        found = walk(reader, limit)
        assert (set(found), len(found)) == (made, 3)
    assert read(reader).json["limits"] == {"conditions": {"used": 3, "most": 1000}}


def test_nobody_subscribes(reader: Admin, owner: str) -> None:
    """Without subscriptions a list is empty."""
    assert read(reader).json == {"subscriptions": [], "limits": {"conditions": {"used": 0, "most": 1000}}}
    assert read(reader, client_id=owner).json["subscriptions"] == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"client_id": ""}, "client_id must be"),
        ({"client_id": "x" * 101}, "client_id must be"),
        ({"limit": 101}, "limit must be"),
        ({"next": "x"}, "next must be"),
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
        {"pk": "SUBSCRIPTIONS", "sk": "STATE"},
        {"pk": "SUBSCRIBED#1", "sk": "CONDITION#1"},
        {"pk": "SUBSCRIPTION#1", "sk": "SUBSCRIPTION"},
        {"pk": "SUBSCRIPTIONS", "sk": "CONDITION#1", "queue": "DEAD", "due": "1"},
    ],
)
def test_the_position_of_another_list_is_rejected(reader: Admin, position: dict[str, object]) -> None:
    """A `next` that this list did not return is rejected, also one of another client."""
    following = base64.urlsafe_b64encode(json.dumps(position).encode()).decode()
    assert read(reader, next=following).status == 400
    assert read(reader, next=following, client_id="2").status == 400
