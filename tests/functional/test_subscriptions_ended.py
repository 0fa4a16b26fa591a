"""Subscriptions that operators cancel, that a deleted client had, and whose events cannot be sent: all by the API."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from dci_common.exchange.worker_places import WorkerPlaces
from dci_common.subscriptions.subscription import KEPT_SECONDS
from dci_common.timestamps import timestamp
from support.admin_client import Admin
from support.api import Api, Reply
from support.events import event
from support.stored_exchanges import exchange_table
from support.stored_items import stored_items
from support.stored_subscriptions import begun, failing, is_active, watching
from support.subscribe_messages import criteria


@pytest.fixture
def api(new_api: Callable[..., Api]) -> Api:
    """Return an API with an ExchangeTable of its own."""
    return new_api(exchange_table=exchange_table())


def on(reader: Admin, name: str, code: str) -> Reply:
    """Send an event about a subscription."""
    return reader.api.send(event(name, token=reader.token) | {"pathParameters": {"code": code}})


def listed(reader: Admin, **query: object) -> list[str]:
    """Return the codes of a list."""
    sent = event("subscriptions_list", token=reader.token) | {"rawQueryString": urlencode(query)}
    return [subscription["code"] for subscription in reader.api.send(sent).json["subscriptions"]]


def unnotified(reader: Admin, **query: object) -> Reply:
    """Read a page of the clients that are not notified."""
    sent = event("subscriptions_failing", token=reader.token) | {"rawQueryString": urlencode(query)}
    return reader.api.send(sent)


def show(reader: Admin, code: str) -> Reply:
    """Read a subscription."""
    return on(reader, "subscription_get", code)


def cancel(admin: Admin, code: str) -> Reply:
    """Cancel a subscription."""
    return on(admin, "subscription_cancel", code)


def test_a_subscription_is_cancelled_once(api: Api, admin: Admin, owner: str) -> None:
    """A cancelled subscription has ended, and finds nothing more; to cancel it again is a conflict."""
    made, other = watching(api.runtime, owner), watching(api.runtime, owner)
    assert cancel(admin, made.code).json["state"] == "ended"
    assert show(admin, made.code).json["ended"] == timestamp(api.clock())
    assert listed(admin, client_id=owner) == [other.code]
    again = cancel(admin, made.code)
    assert (again.status, again.json["errors"][0]["message"]) == (409, "The subscription has ended already.")
    assert is_active(api.runtime, other)


def test_a_cancellation_is_logged(api: Api, admin: Admin, owner: str) -> None:
    """The log of the subscription's client says who cancelled it, and when; a second attempt adds nothing."""
    made = begun(api.runtime, owner)
    for _ in range(2):
        cancel(admin, made.code)
    [entry] = [each for each in admin.log(owner) if each["act"] == "subscription_cancelled"]
    assert (entry["by"], entry["client_id"]) == (admin.client.client_id, owner)
    assert entry["changes"] == {f"subscriptions.{made.code}": {"before": "active", "after": "ended"}}


def test_one_that_ended_long_ago_is_unknown(api: Api, admin: Admin, owner: str) -> None:
    """A subscription that ended is shown for 31 days, also while DynamoDB has not removed it yet."""
    made = begun(api.runtime, owner)
    cancel(admin, made.code)
    api.clock.advance(KEPT_SECONDS - 1)
    assert show(admin, made.code).status == 200
    api.clock.advance(1)
    assert show(admin, made.code).status == cancel(admin, made.code).status == 404


@pytest.mark.parametrize("code", ["00000000-0000-4000-8000-000000000000", "", "x" * 3_000, "a b", "log"])
def test_an_unknown_subscription_is_not_found(admin: Admin, code: str) -> None:
    """A code that no subscription has is 404, whatever it looks like."""
    assert show(admin, code).status == cancel(admin, code).status == 404


def test_a_deleted_clients_subscriptions_end(api: Api, admin: Admin, owner: str) -> None:
    """Nothing of a deleted client's subscriptions is matched any more; those of others are left as they are."""
    other = api.client()[0].client_id
    kept = [begun(api.runtime, other), watching(api.runtime, other)]
    made = [each(api.runtime, owner) for each in (begun, watching, watching, begun)]
    assert admin.send("client_delete", owner).status == 204
    assert not any(is_active(api.runtime, one) for one in made)
    assert all(is_active(api.runtime, one) for one in kept)
    assert set(listed(admin)) == {kept[0].code}
    watched = [item for item in stored_items(api.runtime.settings.exchange_table) if "codes" in item]
    assert [item["codes"]["SS"] for item in watched] == [[kept[1].code]]


def test_one_that_a_deleted_client_left_is_cancelled(api: Api, admin: Admin, owner: str) -> None:
    """A subscription that began while its client was deleted can be ended as any other."""
    assert admin.send("client_delete", owner).status == 204
    made = begun(api.runtime, owner)
    assert listed(admin, client_id=owner) == [made.code]
    assert cancel(admin, made.code).json["state"] == "ended"


def test_failing_subscribers_are_listed(api: Api, reader: Admin, owner: str) -> None:
    """A subscriber whose receiver failed is listed with its exchange, the longest failing first."""
    other = api.client()[0].client_id
    begun(api.runtime, owner)
    first = failing(api.runtime, owner)
    api.clock.advance(60)
    second = failing(api.runtime, other, criteria=criteria(frequency="daily"), callback_url="")
    assert unnotified(reader).json == {
        "subscribers": [
            {
                "client_id": owner,
                "since": timestamp(api.clock() - 60),
                "cause": "failed",
                "correlation_id": first.page,
                "callback_url": "https://partner.example.org/notify",
            },
            {
                "client_id": other,
                "since": timestamp(api.clock()),
                "cause": "failed",
                "correlation_id": second.page,
                "frequency": {"frequency": "daily"},
            },
        ]
    }


def test_a_subscriber_whose_receiver_is_gone_is_listed(api: Api, reader: Admin, owner: str) -> None:
    """A client whose receiver answered 410 is listed with those that failed, if it subscribes to anything."""
    other, nobody = (api.client()[0].client_id for _ in range(2))
    begun(api.runtime, owner)
    failing(api.runtime, other)
    for client_id in (owner, nobody, other):
        api.clock.advance(60)
        WorkerPlaces(api.runtime).pause(client_id)
    found = unnotified(reader).json["subscribers"]
    assert [(one["client_id"], one["cause"]) for one in found] == [
        (other, "failed"),
        (owner, "gone"),
        (other, "gone"),
    ]
    assert found[1] == {"client_id": owner, "since": timestamp(api.clock() - 120), "cause": "gone"}


def test_failing_subscribers_are_listed_in_pages(api: Api, reader: Admin, owner: str) -> None:
    """Pages of one have all of them once, those that failed before those that are gone; with a client, its own."""
    other = api.client()[0].client_id
    for client_id in (owner, other):
        failing(api.runtime, client_id)
        api.clock.advance(60)
        WorkerPlaces(api.runtime).pause(client_id)
    found, page = [], {"next": ""}
    while "next" in page:
        page = unnotified(reader, limit=1, **page and {"next": page["next"]}).json
        found += [(one["client_id"], one["cause"]) for one in page["subscribers"]]
        assert len(page["subscribers"]) <= 1
    assert found == [(owner, "failed"), (other, "failed"), (owner, "gone"), (other, "gone")]
    own = unnotified(reader, client_id=other).json
    assert [(one["client_id"], one["cause"]) for one in own["subscribers"]] == [(other, "failed"), (other, "gone")]
    assert "next" not in own


def test_a_page_of_failing_subscribers_begins_where_another_ended(api: Api, reader: Admin, owner: str) -> None:
    """A `next` of another list, or of none, is rejected, and so is what is not the id of a client."""
    failing(api.runtime, owner)
    failing(api.runtime, api.client()[0].client_id)
    assert unnotified(reader, next=unnotified(reader, limit=1).json["next"]).status == 200
    dead = reader.api.send(event("exchanges_list", token=reader.token) | {"rawQueryString": "limit=1"}).json["next"]
    for query in ({"next": dead}, {"next": "x"}, {"client_id": "a/b"}, {"limit": 0}):
        assert unnotified(reader, **query).status == 400


@pytest.mark.parametrize(
    "name", ["subscriptions_list", "subscriptions_failing", "subscription_get", "subscription_cancel"]
)
def test_only_operators_may_look_and_cancel(api: Api, owner: str, name: str) -> None:
    """Reading needs `clients.read`, and cancelling `clients.manage`: a partner's scopes are not enough."""
    made = begun(api.runtime, owner)

    def status(*scopes: str) -> int:
        sent = event(name, token=api.token_of(scopes=scopes)) | {"pathParameters": {"code": made.code}}
        return api.send(sent).status

    assert status("registry.search", "registry.status") == 403
    assert status("clients.read") == (403 if name == "subscription_cancel" else 200)
    assert status("clients.manage") == 200
    assert api.send(event(name, authorization="")).status == 401
