"""Notifications answer no message: whether they are signed follows from the client's registration alone."""

from __future__ import annotations

import json

import pytest

from dci_cli.local.demo import Population
from dci_common.subscriptions.event_types import Event
from support.api import Api
from support.example_counts import sampled
from support.exchanges import Partner, Queues, Receiver
from support.signing_partner import SigningPartner
from support.subscribing_partner import SCOPES
from support.subscriptions import put, subscribed


def notified(
    exchange_api: tuple[Api, Queues], receiver: Receiver, village: Population, dialect: str, mode: str
) -> tuple[SigningPartner, str]:
    """Return a partner, and the notification that it was sent, as JSON."""
    flags = {"signature": mode, "dialect": dialect, "asynchronous": True}
    callbacks = {"urls": ["http://127.0.0.1"]}
    partner = SigningPartner(exchange_api[0], dialect, scopes=SCOPES, flags=flags, callbacks=callbacks)
    runtime, client_id = exchange_api[0].runtime, partner.client.client_id
    person = next(person for person in village.people if not person.restricted)
    put(runtime, subscribed(runtime, client_id, callback_url=receiver.url), person.id, Event.UPDATED)
    Partner.of(*exchange_api, receiver.url, partner.client, partner.secret).work()
    (message,) = receiver.received
    return partner, json.dumps(message)


@pytest.mark.parametrize(
    ("dialect", "mode"),
    sampled([("openspp2", "optional"), ("openg2p", "required"), ("opencrvs", "optional")]),
)
def test_a_notification_is_signed_for_a_client_with_keys(
    exchange_api: tuple[Api, Queues], receiver: Receiver, village: Population, dialect: str, mode: str
) -> None:
    """A client that may sign its messages and has keys can verify those that it is sent, in its own dialect."""
    partner, message = notified(exchange_api, receiver, village, dialect, mode)
    assert partner.accepts(message)


@pytest.mark.parametrize("mode", ["unsigned", "ignore"])
def test_a_notification_is_not_signed_for_others(
    exchange_api: tuple[Api, Queues], receiver: Receiver, village: Population, mode: str
) -> None:
    """Clients whose signatures are not read get none."""
    _, message = notified(exchange_api, receiver, village, "openspp2", mode)
    assert "signature" not in json.loads(message)
