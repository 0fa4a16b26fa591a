"""The acceptance of subscriptions: by which clients, and of what, asynchronously as for searches."""

from __future__ import annotations

import pytest

from support.admin_client import Admin
from support.api import Api
from support.events import event
from support.exchanges import Queues, Receiver, change_client
from support.subscribe_messages import POOR, SCHOOL_AGE, by
from support.subscribing_partner import SCOPES, SubscribingPartner


@pytest.fixture
def partner(own_exchange_api: tuple[Api, Queues], receiver: Receiver) -> SubscribingPartner:
    """Return a partner that subscribes, whose exchanges are in a table of the test's own."""
    return SubscribingPartner(*own_exchange_api, receiver)


def test_a_message_that_is_repeated_begins_nothing_twice(partner: SubscribingPartner, receiver: Receiver) -> None:
    """The same message id has the same acknowledgement, and one callback; another content conflicts."""
    message = partner.subscribe_message()
    replies = [partner.send(message, "subscribe") for _ in range(2)]
    assert replies[0].text == replies[1].text
    partner.work()
    assert len(receiver.received) == len(partner.active()) == 1
    message["message"]["subscribe_request"].append(by("r-2", reg_event_type="UPDATE"))
    assert partner.send(message, "subscribe").status == 409


def test_only_who_holds_the_scope_may_subscribe(partner: SubscribingPartner, receiver: Receiver) -> None:
    """The scope is granted to partners apart from that for searches; the asynchronous flag is needed too."""
    searching = SubscribingPartner(partner.api, partner.queues, receiver, scopes=("registry.search",))
    synchronous = SubscribingPartner(partner.api, partner.queues, receiver, flags={"asynchronous": False})
    for other in (searching, synchronous):
        for reply in (other.subscribe(), other.unsubscribe("c")):
            assert (reply.status, reply.code) == (403, "err.request.forbidden")
    only = SubscribingPartner(partner.api, partner.queues, receiver, scopes=SCOPES[1:2])
    assert only.begun()[0]["status"] == "succ"


@pytest.mark.parametrize("name", ["subscribe", "unsubscribe"])
def test_what_is_accepted_is_what_a_search_may_be(partner: SubscribingPartner, name: str) -> None:
    """The sender, the address, the action, the shape and the method are checked as those of a search are."""
    for header, code in (
        ({"sender_id": "somebody else"}, "err.sender_id.invalid"),
        ({"sender_uri": "https://elsewhere.example/"}, "err.sender_uri.invalid"),
        ({"action": "search"}, "err.request.bad"),
        ({"version": "2.0.0"}, "err.version.not_supported"),
    ):
        reply = partner.send(partner.message(name=name, **header), name)
        assert (reply.status, reply.code) == (400, code)
    assert partner.api.send(event(name, body={}, token="no-token")).status == 401
    sent = event(name, token=partner.token)
    sent["requestContext"]["http"]["method"] = "GET"
    assert partner.api.send(sent).status == 405
    assert partner.queues.take() == []


def test_open_subscribes_count_as_open_exchanges(partner: SubscribingPartner, receiver: Receiver) -> None:
    """A client over its limit of open exchanges waits, whatever it sends."""
    few = SubscribingPartner(partner.api, partner.queues, receiver, open_exchanges=1)
    assert few.subscribe().status == 200
    assert few.unsubscribe("c").status == few.search().status == 429
    few.work()
    assert few.unsubscribe("c").status == 200


def test_what_a_client_may_not_see_it_may_not_subscribe_to(partner: SubscribingPartner) -> None:
    """Its rights are those of the moment at which the subscription begins."""
    partner.subscribe(by(filter=SCHOOL_AGE), by("r-2", filter=POOR, notify_record_type="Group"))
    change_client(partner, record_types=["SRPerson"])
    assert [item["status"] for item in partner.answer("subscribe_response")] == ["succ", "rjct"]


def test_a_disabled_client_subscribes_to_nothing_before_it_is_enabled(partner: SubscribingPartner) -> None:
    """What it asked for waits, and is done an hour after it is enabled again."""
    reply = partner.subscribe()
    admin = Admin(partner.api)
    assert admin.send("client_disable", partner.client.client_id).status == 200
    partner.work()
    assert (partner.state(reply), partner.active()) == ("collecting", [])
    assert admin.send("client_enable", partner.client.client_id).status == 200
    partner.api.clock.advance(3_601)
    partner.sweep()
    assert (partner.state(reply), len(partner.active())) == ("answered", 1)
