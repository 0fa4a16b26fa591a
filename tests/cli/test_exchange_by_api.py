"""`dci exchange` of a person who is signed in: redriven and resumed through the API, without AWS credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.worker_places import WorkerPlaces
from dci_common.runtime import Runtime
from support.admin_client import Admin
from support.api import Api
from support.operator_input import Operator
from support.people_over_http import Browser, PeopleApi, people_over_http
from support.stored_exchanges import SECOND_PAGE, accepted, ended, exchange_table, stored
from support.stored_subscriptions import failing

from .conftest import Dci, Outcome


@pytest.fixture
def people(new_api: Callable[..., Api]) -> Iterator[PeopleApi]:
    """Run an API with an ExchangeTable of its own, and a provider."""
    table = exchange_table()
    with people_over_http(lambda **settings: new_api(exchange_table=table, **settings)) as running:
        yield running


@pytest.fixture
def manager(
    dci: Dci, sign_in: Callable[..., Outcome], browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Outcome]:
    """Sign in as a client-manager who has no table, and return the commands with an answer on stdin."""
    for table in ("EXCHANGE_TABLE", "AUDIT_TABLE", "CLIENTS_TABLE"):
        monkeypatch.delenv(table, raising=False)
    browser.person = "bayani"
    assert sign_in().status == 0

    def run(*arguments: str, stdin: str = "y\n") -> Outcome:
        monkeypatch.setattr("sys.stdin", Operator(stdin))
        return dci(*arguments)

    return run


@pytest.fixture
def runtime(people: PeopleApi) -> Runtime:
    """Return the runtime of the API."""
    return people.api.runtime


def test_one_exchange_is_redriven(people: PeopleApi, runtime: Runtime, manager: Callable[..., Outcome]) -> None:
    """After a question it goes on, and the client's log has the person; without a yes nothing happens."""
    client, _ = people.api.client()
    dead = ended(runtime, client.client_id, "dead", **SECOND_PAGE)
    refused = manager("exchange", "redrive", dead.correlation_id, stdin="n\n")
    assert "Nothing was redriven: answer y, or use --yes." in refused.err
    assert stored(runtime, dead) == dead
    done = manager("exchange", "redrive", dead.correlation_id)
    assert done.err == f"Redrive the exchange {dead.correlation_id} of the client {client.client_id}? [y/N] "
    assert done.out == f"The exchange {dead.correlation_id} goes on within a minute.\n"
    assert stored(runtime, dead).state == "delivering"
    entry = Admin(people.api).log(client.client_id)[0]
    assert (entry["act"], entry["by_name"]) == ("exchange_redriven", "Bayani Santos")
    assert "only one that is refused or dead" in manager("exchange", "redrive", dead.correlation_id).err


def test_all_dead_exchanges_of_a_client_are_redriven(
    people: PeopleApi, runtime: Runtime, manager: Callable[..., Outcome]
) -> None:
    """Page by page all of a client by its name go on; what cannot is reported at the end."""
    client, _ = people.api.client()
    dead = [ended(runtime, client.client_id, "dead", **SECOND_PAGE) for _ in range(101)]
    other = ended(runtime, people.api.client()[0].client_id, "dead")
    early = Runtime(runtime.settings, clock=lambda: runtime.clock() - 32 * 86_400)
    gone = ExchangeStore(runtime).end(replace(accepted(early, client.client_id), state="dead"))
    done = manager("exchange", "redrive", "--all", "--client", client.name)
    assert done.err.startswith(f"Redrive all dead exchanges of {client.name}? [y/N] ")
    assert sorted(done.out.split()[2::8]) == sorted(one.correlation_id for one in dead)
    assert f"{gone.correlation_id}: The message of this exchange is kept no longer" in done.err
    assert done.status == 2
    assert {stored(runtime, one).state for one in dead} == {"delivering"}
    assert stored(runtime, other) == other
    nothing = manager("exchange", "redrive", "--all", "--client", people.api.client()[0].client_id)
    assert nothing.out.endswith("has no dead exchange.\n")


@pytest.mark.parametrize("group", ["exchange", "subscriptions"])
def test_a_client_is_resumed(
    people: PeopleApi, runtime: Runtime, manager: Callable[..., Outcome], group: str
) -> None:
    """Whatever is paused of a client is resumed by either command, which says what that was, once."""
    client, _ = people.api.client()
    failing(runtime, client.client_id)
    WorkerPlaces(runtime).pause(client.client_id)
    assert client.client_id in manager("exchange", "paused").out
    done = manager(group, "resume", client.name)
    assert done.out == (
        f"Resumed for {client.name}: callbacks and notifications."
        f" Its dead exchanges: dci exchange redrive --all --client {client.client_id}\n"
    )
    assert manager("exchange", "paused").out == "No client is paused.\n"
    assert "Nothing that is sent to this client is paused." in manager(group, "resume", client.name).err


def test_an_auditor_has_nothing_sent_again(
    people: PeopleApi,
    runtime: Runtime,
    manager: Callable[..., Outcome],
    sign_in: Callable[..., Outcome],
    browser: Browser,
) -> None:
    """The API decides who may: without the role the command is rejected, and nothing changes."""
    dead = ended(runtime, people.api.client()[0].client_id, "dead")
    browser.person = "amina"
    assert sign_in().status == 0
    for arguments in (("redrive", dead.correlation_id), ("resume", dead.client_id)):
        assert manager("exchange", *arguments).status == 2
    assert stored(runtime, dead) == dead
