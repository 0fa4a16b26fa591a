"""The item of a client: what is stored, and what is read back."""

from __future__ import annotations

import json

import pytest

from dci_common.aws.dynamodb import Item
from dci_common.clients.items import client_from_item, client_item
from dci_common.clients.model import RECORD_TYPES, Callbacks, Client

CLIENT = Client(
    client_id="c",
    name="Ministry",
    sender_id="ministry",
    scopes=("registry.search",),
    token_lifetime=600,
    disclosure=("minimal", "phone_numbers"),
    openspp17=False,
    signature="optional",
    status="enabled",
    created="2026-03-01T09:00:00Z",
    updated="2026-03-01T09:00:00Z",
    version=1,
)
CALLBACKS = Callbacks(urls=("https://example.org/dci",), auth="bearer", secret_version="v")


@pytest.mark.parametrize(
    "client",
    [
        CLIENT,
        CLIENT._replace(callbacks=CALLBACKS, asynchronous=True, requests_a_minute=0, jwks='{"keys": []}'),
        CLIENT._replace(disclosure=(), record_types=("Group",), status="disabled", tokens_generation=3),
    ],
)
def test_a_client_is_read_as_it_was_stored(client: Client) -> None:
    """Reading an item returns the client of which it was made."""
    assert client_from_item(client_item(client)) == client


def test_callbacks_are_stored_without_defaults() -> None:
    """Only the members that differ from the defaults are stored, and nothing for a client without callbacks."""
    assert "callbacks" not in client_item(CLIENT)
    stored = json.loads(client_item(CLIENT._replace(callbacks=CALLBACKS))["callbacks"]["S"])
    assert stored == {"urls": ["https://example.org/dci"], "auth": "bearer", "secret_version": "v"}


def test_an_earlier_or_later_item_is_read() -> None:
    """Members that are missing have their defaults, and members that this version does not know are ignored."""
    item = client_item(CLIENT)
    del item["record_types"], item["restricted"]
    later: Item = {"color": {"S": "blue"}, "callbacks": {"S": '{"color": "blue", "max_bytes": 100000}'}}
    read = client_from_item(item | later)
    assert read == CLIENT._replace(callbacks=Callbacks(max_bytes=100_000))
    assert read.record_types == RECORD_TYPES


@pytest.mark.parametrize(
    ("changed", "member"),
    [
        ({"status": {"S": "paused"}}, "status"),
        ({"signature": {"S": "sometimes"}}, "signature"),
        ({"dialect": {"S": "opencrvs2"}}, "dialect"),
        ({"restricted": {"S": "false"}}, "restricted"),
        ({"callbacks": {"S": '{"auth": "basic"}'}}, "auth"),
        ({"callbacks": {"S": '{"notify_spelling": "2027"}'}}, "notify_spelling"),
        ({"callbacks": {"S": '{"notify_records": "map"}'}}, "notify_records"),
    ],
)
def test_an_unknown_choice_fails(changed: Item, member: str) -> None:
    """A client whose policy this version does not know is not served by another policy: reading it is an error."""
    with pytest.raises(ValueError, match=f"has an unknown {member}"):
        client_from_item(client_item(CLIENT) | changed)
