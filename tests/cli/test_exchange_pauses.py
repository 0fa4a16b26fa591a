"""`dci exchange paused` and `resume`: clients whose receiver answered 410."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dci_common.exchange.worker_places import WorkerPlaces
from dci_common.runtime import Runtime
from support.api import Api
from support.stored_exchanges import SECOND_PAGE, ended, exchange_table
from support.stored_items import stored_items

from .conftest import Exchanges

CLIENT = "a9c1f6de-0000-4000-8000-00000000dead"


@pytest.fixture
def api(new_api: Callable[..., Api]) -> Api:
    """Return an API with an ExchangeTable of its own."""
    return new_api(exchange_table=exchange_table())


@pytest.fixture
def runtime(api: Api) -> Runtime:
    """Return a runtime whose clock is that of commands."""
    return Runtime(api.runtime.settings)


def test_paused_clients_are_listed_until_they_are_resumed(runtime: Runtime, exchange: Exchanges) -> None:
    """`paused` has who is paused and since when, and `resume` ends it, once, with an audit record."""
    assert exchange("paused").out == "No client is paused.\n"
    places = WorkerPlaces(runtime)
    places.pause(CLIENT)
    shown = exchange("paused").out
    assert CLIENT in shown
    assert "dci exchange resume" in shown
    assert exchange("resume", CLIENT, stdin="y\n").status == 0
    place = places.take(CLIENT, "delivering", 10)
    assert not place.is_paused
    assert exchange("paused").out == "No client is paused.\n"
    said = "Callbacks to this client are not paused: `dci exchange paused` lists those that are."
    assert exchange("resume", CLIENT, "--yes").problem == said
    own = [item for item in stored_items("dci-audit") if f"CLIENT#{CLIENT}" in item.get("records", {}).get("SS", ())]
    assert sorted((item["command"]["S"], "incomplete" in item) for item in own) == [
        ("exchange resume", False),
        ("exchange resume", True),
    ]


def test_a_paused_client_is_delivered_to_again(runtime: Runtime, exchange: Exchanges) -> None:
    """A redrive ends the pause that a receiver caused when it said that it is gone."""
    failed = ended(runtime, CLIENT, "dead", **SECOND_PAGE)
    places = WorkerPlaces(runtime)
    places.pause(CLIENT)
    assert exchange("redrive", failed.correlation_id, "--yes").status == 0
    place = places.take(CLIENT, "delivering", 10)
    assert not place.is_paused


def test_a_paused_client_is_resumed_by_its_name(api: Api, runtime: Runtime, exchange: Exchanges) -> None:
    """A name is looked up in ClientsTable, and the command that follows has the id."""
    client, _ = api.client()
    WorkerPlaces(runtime).pause(client.client_id)
    table = ("--clients-table", api.runtime.settings.clients_table)
    done = exchange("resume", client.name, *table, "--yes")
    assert f"dci exchange redrive --all --client {client.client_id}" in done.out
    assert exchange("paused").out == "No client is paused.\n"
