"""`dci exchange`: exchanges are listed, shown and cancelled through the API, and redriven in their table."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dci_common.exchange.exchange_store import ExchangeStore, Superseded
from dci_common.exchange.exchange_table import ExchangeTable
from dci_common.exchange.exchanges import exchange_key, transaction_key
from dci_common.runtime import Runtime
from support.admin_client import Admin
from support.api import Api
from support.stored_exchanges import (
    PRIVATE,
    SECOND_PAGE,
    accepted,
    attempted,
    ended,
    exchange_table,
    is_due,
    open_count,
    recorded,
    stored,
)

from .conftest import Exchanges

_DAY = 86_400


@pytest.fixture
def api(new_api: Callable[..., Api]) -> Api:
    """Return an API with an ExchangeTable of its own."""
    return new_api(exchange_table=exchange_table())


@pytest.fixture
def runtime(api: Api) -> Runtime:
    """Return a runtime whose clock is that of commands."""
    return Runtime(api.runtime.settings)


@pytest.fixture
def owner(api: Api) -> str:
    """Return the id of a client without exchanges."""
    return api.client()[0].client_id


def test_exchanges_are_listed_and_shown(api: Api, over_api: Exchanges, owner: str) -> None:
    """`list` has what failed or is open, or a client's by its name; `show` has the attempts; nothing is personal."""
    client, _ = api.client()
    dead = ended(api.runtime, client.client_id, "dead", **SECOND_PAGE)
    attempted(api.runtime, dead, 2, 500)
    answered = ended(api.runtime, client.client_id, "answered")
    other = ended(api.runtime, owner, "refused")
    listed: list[dict[str, Any]] = json.loads(over_api("list", "--json").out)
    assert {dead.correlation_id, other.correlation_id} <= {one["correlation_id"] for one in listed}
    own = json.loads(over_api("list", "--client", client.name, "--json").out)
    assert {one["correlation_id"] for one in own} == {dead.correlation_id, answered.correlation_id}
    one = json.loads(over_api("list", "--client", client.client_id, "--state", "dead", "--limit", "1", "--json").out)
    assert [each["correlation_id"] for each in one] == [dead.correlation_id]
    shown = over_api("show", dead.correlation_id)
    assert "The receiver answered with HTTP status 500." in " ".join(shown.out.split())
    assert "callback url" in shown.out
    assert json.loads(over_api("show", dead.correlation_id, "--json").out)["latest_attempts"][0]["page"] == 2
    assert PRIVATE not in shown.out + over_api("list").out


@pytest.mark.parametrize("state", ["answered", "cancelled"])
def test_what_ended_well_is_listed_for_one_client(over_api: Exchanges, state: str) -> None:
    """The error names the option that is missing: `--client-id` is another one."""
    said = f"--state {state} lists the exchanges of one client only: add --client."
    assert over_api("list", "--state", state).problem == said


def test_an_unknown_exchange_is_reported(over_api: Exchanges, exchange: Exchanges) -> None:
    """Each command reports an id that no exchange has, in the same words."""
    said = "There is no exchange with this correlation id. One that has ended is kept for 14 days."
    assert said in over_api("show", "../clients").err
    for command in ("redrive", "cancel"):
        assert exchange(command, "no-such-id", "--yes").problem == said
    assert "correlation id is empty" in exchange("cancel", "", "--yes").problem


@pytest.mark.parametrize("state", ["dead", "refused"])
def test_a_failed_delivery_goes_on_where_it_stopped(
    runtime: Runtime, exchange: Exchanges, owner: str, state: str
) -> None:
    """A redriven exchange is due at once, with the same page and all attempts again, and counts as open."""
    failed = ended(runtime, owner, state, **SECOND_PAGE)
    before = int(time.time())
    done = exchange("redrive", failed.correlation_id, "--yes")
    assert done.out == f"The exchange {failed.correlation_id} goes on within a minute.\n"
    redriven = stored(runtime, failed)
    assert redriven.due
    assert redriven.due == redriven.redriven >= before
    assert redriven == replace(
        failed,
        state="delivering",
        version=failed.version + 1,
        due=redriven.due,
        ended=None,
        redriven=redriven.due,
        delivery=replace(failed.delivery, attempts=0, first_attempt=0),
    )
    assert is_due(runtime, failed)
    assert open_count(runtime, owner) == 1
    assert recorded(failed) == [("exchange redrive", True)]


def test_one_that_was_never_collected_is_collected(runtime: Runtime, exchange: Exchanges, owner: str) -> None:
    """An exchange that died while it was collected goes on collecting, and has 14 days again."""
    early = Runtime(runtime.settings, clock=lambda: time.time() - 15 * _DAY)
    accepted_early = accepted(early, owner)
    dead = ExchangeStore(runtime).end(replace(accepted_early, state="dead"))
    assert accepted_early.is_overdue(time.time())
    assert exchange("redrive", dead.correlation_id, "--yes").status == 0
    redriven = stored(runtime, dead)
    assert (redriven.state, redriven.checkpoint) == ("collecting", dead.checkpoint)
    assert not redriven.is_overdue(time.time())
    assert redriven.is_overdue(time.time() + 15 * _DAY)


def test_what_it_needs_is_kept_as_long_as_it_is(runtime: Runtime, exchange: Exchanges, owner: str) -> None:
    """Message, keys and the client's list of a redriven exchange are kept for another 31 days."""
    early = Runtime(runtime.settings, clock=lambda: time.time() - 20 * _DAY)
    dead = ExchangeStore(runtime).end(replace(accepted(early, owner, **SECOND_PAGE), state="dead"))
    assert exchange("redrive", dead.correlation_id, "--yes").status == 0
    keys = [
        exchange_key(dead.correlation_id, "REQUEST"),
        exchange_key(dead.correlation_id, "KEYS#000#000000000000"),
        {"pk": {"S": f"CLIENT#{owner}"}, "sk": {"S": f"{dead.accepted}#{dead.correlation_id}"}},
        transaction_key(owner, dead.transaction_id),
    ]
    items = ExchangeTable(runtime).items(keys)
    assert len(items) == 4
    assert min(int(item["expires"]["N"]) for item in items) > time.time() + 30 * _DAY


def test_one_whose_message_has_expired_is_not_redriven(runtime: Runtime, exchange: Exchanges, owner: str) -> None:
    """Without its message an exchange stays as it is, and the record of the command says that it failed."""
    early = Runtime(runtime.settings, clock=lambda: time.time() - 32 * _DAY)
    dead = ExchangeStore(runtime).end(replace(accepted(early, owner, **SECOND_PAGE), state="dead"))
    said = "The message of this exchange is kept no longer: the client must ask again in a new one."
    assert exchange("redrive", dead.correlation_id, "--yes").problem == f"{dead.correlation_id}: {said}"
    assert stored(runtime, dead) == dead
    assert recorded(dead) == [("exchange redrive", False)]


def test_all_of_a_client_are_redriven(api: Api, runtime: Runtime, exchange: Exchanges, owner: str) -> None:
    """`--all` redrives the dead exchanges of a client, and neither its others nor those of another one."""
    dead = [ended(runtime, owner, "dead", **SECOND_PAGE) for _ in range(3)]
    kept = [
        ended(runtime, owner, "refused"),
        ended(runtime, owner, "cancelled"),
        ended(runtime, api.client()[0].client_id, "dead"),
    ]
    done = exchange("redrive", "--all", "--client", owner, stdin="y\n")
    assert done.err == f"Redrive 3 dead exchanges of {owner}? [y/N] "
    assert sorted(done.out.split()[2::8]) == sorted(one.correlation_id for one in dead)
    assert {stored(runtime, one).state for one in dead} == {"delivering"}
    assert [stored(runtime, one) for one in kept] == kept
    assert open_count(runtime, owner) == 3
    none = f"The client {owner} has no dead exchange.\n"
    assert exchange("redrive", "--all", "--client", owner).out == none


@pytest.mark.parametrize(
    "arguments", [(), ("--all",), ("--client", "x"), ("x", "--all", "--client", "x"), ("x", "--client", "y")]
)
def test_what_is_redriven_is_named_once(exchange: Exchanges, arguments: tuple[str, ...]) -> None:
    """Either one exchange is named, or all of a client."""
    said = "Give either the correlation id of an exchange, or --all with --client."
    assert exchange("redrive", *arguments).problem == said


@pytest.mark.parametrize("state", ["answered", "cancelled"])
def test_only_what_failed_is_redriven(runtime: Runtime, exchange: Exchanges, owner: str, state: str) -> None:
    """An exchange that was answered or cancelled stays so."""
    done = ended(runtime, owner, state)
    said = f"The exchange is {state}: only one that is refused or dead can be redriven."
    assert exchange("redrive", done.correlation_id, "--yes").problem == said
    assert stored(runtime, done) == done


def test_two_operators_redrive_once(runtime: Runtime, exchange: Exchanges, owner: str) -> None:
    """Of two redrives at the same time one has an effect, and the other reports it."""
    dead = ended(runtime, owner, "dead", **SECOND_PAGE)

    def other() -> None:
        ExchangeStore(runtime).save(replace(dead, state="delivering", ended=None, due=1), opened=1)

    done = exchange("redrive", dead.correlation_id, stdin="y\n", meanwhile=other)
    assert "The exchange was changed at the same time: look at it again." in done.err
    assert done.status == 2
    assert open_count(runtime, owner) == 1


@pytest.mark.parametrize("state", ["collecting", "delivering"])
def test_an_open_exchange_is_cancelled(
    api: Api, runtime: Runtime, exchange: Exchanges, owner: str, state: str
) -> None:
    """A cancelled exchange has ended, counts as open no longer, and is not found by the sweep."""
    opened = accepted(runtime, owner, state=state, due=1)
    done = exchange("cancel", opened.correlation_id, stdin="y\n")
    assert done.err.startswith(f"Cancel the exchange {opened.correlation_id} of the client {owner}, ")
    assert done.out.startswith(f"Cancelled the exchange {opened.correlation_id}")
    cancelled = stored(runtime, opened)
    assert (cancelled.state, cancelled.due, bool(cancelled.ended)) == ("cancelled", None, True)
    assert not is_due(runtime, opened)
    assert open_count(runtime, owner) == 0
    assert Admin(api).log(owner)[0]["changes"] == {
        f"exchanges.{opened.correlation_id}": {"before": state, "after": "cancelled"}
    }
    said = "The exchange is cancelled: only one that is still open can be cancelled."
    assert exchange("cancel", opened.correlation_id, "--yes").problem == said


def test_a_worker_does_not_go_on_with_a_cancelled_exchange(runtime: Runtime, exchange: Exchanges, owner: str) -> None:
    """An exchange that a worker advances meanwhile is cancelled all the same, and the worker's next step fails."""
    store = ExchangeStore(runtime)
    steps = [accepted(runtime, owner)]
    done = exchange(
        "cancel", steps[0].correlation_id, stdin="y\n", meanwhile=lambda: steps.append(store.save(steps[0]))
    )
    assert done.status == 0
    with pytest.raises(Superseded):
        store.save(steps[1])
    assert stored(runtime, steps[0]).state == "cancelled"


@pytest.mark.parametrize(("command", "state", "done"), [("redrive", "dead", "redriven"), ("cancel", "", "cancelled")])
def test_a_question_is_asked(
    runtime: Runtime, exchange: Exchanges, owner: str, command: str, state: str, done: str
) -> None:
    """Without a yes nothing is changed, and nothing recorded."""
    there = ended(runtime, owner, state) if state else accepted(runtime, owner)
    refused = exchange(command, there.correlation_id, stdin="n\n")
    assert f"Nothing was {done}: answer y, or use --yes." in refused.err
    assert stored(runtime, there) == there
    assert recorded(there) == []


def test_a_table_is_named(exchange: Exchanges, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ExchangeTable, or without AuditTable, a command says which output of the stack is missing."""
    monkeypatch.setenv("AUDIT_TABLE", "")
    assert "the stack's output AuditTable" in exchange("redrive", "x").problem
    monkeypatch.setenv("EXCHANGE_TABLE", "")
    assert "the stack's output ExchangeTable" in exchange("redrive", "x").problem
