"""The requests of asynchronous exchanges, which together need all that their functions may do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dci_cli.local.demo import demo_population
from dci_common.subscriptions.channels import Channels
from dci_common.subscriptions.deleted_clients import DeletedClients
from dci_common.subscriptions.event_types import Event as Change
from support.api import SENDER, Api, identified, predicate
from support.events import body_of, event
from support.exchanges import receiving
from support.signing_partner import SigningPartner, published_keys_message
from support.stored_subscriptions import watching
from support.subscribe_messages import subscribe_item
from support.subscribing_partner import SCOPES
from support.subscriptions import put, subscribed

if TYPE_CHECKING:
    from dci_common.runtime import Event


def search_items() -> list[dict[str, Any]]:
    """Return search items that together read all that a search may read."""
    return [
        identified("UIN", "847951632", reference_id="by-lookup"),
        identified("HOUSEHOLD_ID", "HH-0001", reference_id="by-household", reg_record_type="Group"),
        identified("MOBILE", "+9991700000000", reference_id="by-phone"),
        predicate(("birth_date", "gt", "2020-01-01"), reference_id="by-slot"),
        predicate(("birth_date", "gt", "1900-01-01"), reference_id="by-pages", pagination={"page_size": 1}),
    ]


def status_by_reference(name: str) -> dict[str, Any]:
    """Return a status request that looks for its search in a list: its own transaction is no search."""
    message: dict[str, Any] = body_of(name)
    message["header"]["message_id"] = "by-reference"
    message["message"]["transaction_id"] = "of-the-status"
    message["message"]["txnstatus_request"] |= {
        "attribute_type": "reference_id_list",
        "attribute_value": ["by-phone"],
    }
    return message


def exchanges(api: Api) -> Iterator[tuple[int, Event]]:
    """Yield what the exchange function serves, with the status that it answers."""
    url = "https://partner.example.org/registry"
    token = api.token_of(scopes=SCOPES, flags={"asynchronous": True}, callbacks={"urls": [url]})
    yield 200, event("exchange_search", token=token)
    yield 200, event("subscribe", token=token)
    yield 200, event("unsubscribe", token=token)
    yield 200, event("exchange_status", token=token)
    flags = {"signature": "required", "dialect": "openspp2", "asynchronous": True}
    with published_keys_message(api, "exchange_search", flags=flags) as sent:
        yield 200, sent


def deliveries(api: Api) -> Iterator[tuple[None, Event]]:
    """Yield what the delivery function does."""
    with receiving() as partner:
        callbacks = {"urls": ["http://127.0.0.1"], "default_url": partner.url, "auth": "bearer", "secret": "secret"}
        flags = {"signature": "optional", "dialect": "openspp2", "asynchronous": True}
        signing = SigningPartner(api, "openspp2", scopes=SCOPES, flags=flags, callbacks=callbacks, sender_id=SENDER)
        token = signing.token
        search = body_of("exchange_search")
        search["message"]["search_request"] = search_items()
        search["header"] |= {"total_count": len(search_items()), "sender_uri": partner.url}
        yield None, event("sweep")
        yield from worked_on(api, event("exchange_search", body=search, token=token))
        status = status_by_reference("exchange_status")
        status["header"]["sender_uri"] = partner.url
        yield from worked_on(api, event("exchange_status", body=signing.signed(status), token=token))
        yield from _subscriptions(api, token, partner.url)
        yield from _notifications(api, signing.client.client_id, partner.url)
        assert len(partner.received) == 5
        search["header"]["message_id"] = "791"
        assert api.send(event("exchange_search", body=search, token=token)).status == 200
        api.clock.advance(3600)  # nobody has worked on it
        watching(api.runtime, "deleted-client")
        DeletedClients(api.runtime).mark("deleted-client")
        yield None, event("sweep")


def _subscriptions(api: Api, token: str, url: str) -> Iterator[tuple[None, Event]]:
    """Yield the work on subscriptions by identifier and by condition, which begin and end."""
    begin, end = body_of("subscribe"), body_of("unsubscribe")
    for message in (begin, end):
        message["header"]["sender_uri"] = url
    criteria = begin["message"]["subscribe_request"][0]["subscribe_criteria"]
    everybody = {**criteria, "filter": {"type": "*", "value": "*"}}
    begin["message"]["subscribe_request"] = [
        subscribe_item(f"r-{number}", subscribe_criteria=one) for number, one in enumerate((criteria, everybody))
    ]
    *begun, last = worked_on(api, event("subscribe", body=begin, token=token))
    yield from (*begun, last)
    correlation_id = json.loads(last[1]["Records"][0]["body"])["correlation_id"]
    end["message"]["subscription_codes"] = [f"{correlation_id}-{number}" for number in (1, 2)]
    yield from worked_on(api, event("unsubscribe", body=end, token=token))


def _notifications(api: Api, client_id: str, url: str) -> Iterator[tuple[None, Event]]:
    """Yield the work on a channel: the page that is made of it and sent, and nothing when it is queued again."""
    subscription = subscribed(api.runtime, client_id, callback_url=url)
    put(api.runtime, subscription, next(person.id for person in demo_population().people), Change.UPDATED)
    queued = event("queued_delivery")
    queued["Records"][0]["body"] = json.dumps({"channel": subscription.channel})
    yield None, queued
    channel = Channels(api.runtime).get(subscription.channel)
    assert channel
    page = event("queued_delivery")
    page["Records"][0]["body"] = json.dumps({"correlation_id": channel.page})
    yield None, page
    yield None, queued


def worked_on(api: Api, sent: Event) -> Iterator[tuple[None, Event]]:
    """Yield the messages of the queues that lead from a message to its callback."""
    accepted = api.send(sent)
    assert accepted.status == 200, accepted.text
    for name in ("queued_work", "queued_delivery"):
        queued = event(name)
        queued["Records"][0]["body"] = json.dumps({"correlation_id": accepted.json["message"]["correlation_id"]})
        yield None, queued
