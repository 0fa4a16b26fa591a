"""`dci exchange`: how clients and exchanges are named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dci_common.runtime import Runtime
from support.api import Api
from support.stored_exchanges import SECOND_PAGE, ended, exchange_table, stored

from .conftest import Exchanges


@pytest.fixture
def api(new_api: Callable[..., Api]) -> Api:
    """Return an API with an ExchangeTable of its own."""
    return new_api(exchange_table=exchange_table())


def test_a_client_is_named_by_its_name(api: Api, exchange: Exchanges, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--all --client` takes a client's name, which it looks up in ClientsTable; one exchange is counted as one."""
    client, _ = api.client()
    runtime = Runtime(api.runtime.settings)  # with the clock of commands
    dead = ended(runtime, client.client_id, "dead", **SECOND_PAGE)
    monkeypatch.setenv("CLIENTS_TABLE", "")
    refused = exchange("redrive", "--all", "--client", client.name)
    assert "the stack's output ClientsTable with --clients-table or CLIENTS_TABLE" in refused.problem
    table = ("--clients-table", api.runtime.settings.clients_table)
    assert "none is named so now" in exchange("redrive", "--all", "--client", "nobody", *table).problem
    done = exchange("redrive", "--all", "--client", client.name, *table, stdin="y\n")
    assert done.err == f"Redrive 1 dead exchange of {client.name}? [y/N] "
    assert stored(runtime, dead).state == "delivering"


def test_an_empty_correlation_id_is_reported(over_api: Exchanges) -> None:
    """`show` without an id does not take the list for an exchange."""
    assert over_api("show", "").problem == "The exchange's correlation id is empty: see `dci exchange list`."
