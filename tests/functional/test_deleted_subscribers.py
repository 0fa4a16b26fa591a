"""Deleted clients that had subscribed: nothing of theirs is matched for ever, however their deletion went."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dci_common.subscriptions.deleted_clients import DeletedClients
from support.admin_client import Admin
from support.api import Api
from support.events import event
from support.slow_aws import slow_aws
from support.stored_exchanges import exchange_table
from support.stored_items import stored_items
from support.stored_subscriptions import begun, is_active, watching

_HOUR = 3_600


@pytest.fixture
def api(new_api: Callable[..., Api]) -> Api:
    """Return an API with an ExchangeTable of its own."""
    return new_api(exchange_table=exchange_table())


def sweep(api: Api) -> None:
    """Have the schedule call the delivery function."""
    api.deliver(event("sweep"), None)


def partitions(api: Api) -> set[str]:
    """Return the kinds of items that are in ExchangeTable."""
    return {item["pk"]["S"].partition("#")[0] for item in stored_items(api.runtime.settings.exchange_table)}


def test_nothing_of_a_deleted_client_finds_anything(api: Api, admin: Admin, owner: str) -> None:
    """A deletion leaves the ended subscriptions, for 31 days, and the counts of all, and nothing else."""
    for begin in (begun, watching, watching):
        begin(api.runtime, owner)
    assert admin.send("client_delete", owner).status == 204
    assert partitions(api) == {"SUBSCRIPTION", "SUBSCRIPTIONS"}


def test_the_sweep_ends_what_there_was_no_time_for(api: Api, admin: Admin, owner: str) -> None:
    """A deletion answers in time, and has ended what is by condition; the sweep ends the other subscriptions."""
    conditions = [begun(api.runtime, owner) for _ in range(2)]
    others = [watching(api.runtime, owner) for _ in range(20)]
    token = admin.token
    with slow_aws(api, lambda *_: 1):
        deletion = event("client_delete", token=token) | {"pathParameters": {"client_id": owner}}
        assert api.send(deletion).status == 204
    assert not any(is_active(api.runtime, one) for one in conditions)
    assert any(is_active(api.runtime, one) for one in others)
    sweep(api)
    assert not any(is_active(api.runtime, one) for one in others)
    assert partitions(api) == {"SUBSCRIPTION", "SUBSCRIPTIONS"}


def test_an_interrupted_deletion_is_finished(api: Api, admin: Admin, owner: str) -> None:
    """Where a deletion was interrupted after the mark, the sweep waits for an hour whether the client is deleted."""
    made = watching(api.runtime, owner)
    DeletedClients(api.runtime).mark(owner)
    sweep(api)
    assert is_active(api.runtime, made)
    admin.api.runtime.dynamodb.delete_item(
        TableName=api.runtime.settings.clients_table, Key={"pk": {"S": f"CLIENT#{owner}"}, "sk": {"S": "CLIENT"}}
    )
    sweep(api)
    assert not is_active(api.runtime, made)


def test_a_client_that_was_not_deleted_keeps_its_subscriptions(api: Api, admin: Admin, owner: str) -> None:
    """A deletion that is rejected ends nothing, and is forgotten after an hour."""
    made = [begun(api.runtime, owner), watching(api.runtime, owner)]
    assert admin.send("client_delete", owner, if_match='"7"').status == 412
    for _ in range(2):
        sweep(api)
        assert all(is_active(api.runtime, one) for one in made)
        api.clock.advance(_HOUR + 1)
    assert [*DeletedClients(api.runtime).marked()] == []
    assert admin.send("client_get", owner).status == 200


def test_a_client_that_never_subscribed_leaves_no_mark(api: Api, admin: Admin, owner: str) -> None:
    """Deleting a client without subscriptions, or one that does not exist, stores nothing."""
    assert admin.send("client_delete", owner).status == 204
    assert admin.send("client_delete", owner).status == 404
    assert partitions(api) == set()
