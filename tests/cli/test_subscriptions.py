"""`dci subscriptions`: listed, shown and cancelled through the API; resumed and redriven in their table."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.worker_places import WorkerPlaces
from dci_common.runtime import Runtime
from dci_common.subscriptions.channels import Channels
from dci_common.timestamps import timestamp
from support.api import Api
from support.doctor_findings import outcomes
from support.stored_exchanges import PRIVATE, SECOND_PAGE, accepted, ended, exchange_table, recorded, stored
from support.stored_subscriptions import begun, failing, is_active, watching
from support.subscribe_messages import criteria

from .conftest import Dci, Exchanges

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
    """Return the id of a client without subscriptions."""
    return api.client()[0].client_id


def words(text: str) -> str:
    """Return a text without the layout of its tables."""
    return " ".join(text.split())


def test_a_clients_subscriptions_are_listed(api: Api, subscriptions: Exchanges) -> None:
    """`list --client` has a client's subscriptions by its id or name, and how many more it may have."""
    client, _ = api.client()
    begun(api.runtime, api.client()[0].client_id)
    daily = criteria(filter={"type": "UIN", "value": PRIVATE}, frequency="daily")
    made = [watching(api.runtime, client.client_id, criteria=daily), begun(api.runtime, client.client_id)]
    for name in (client.client_id, client.name):
        listed = json.loads(subscriptions("list", "--client", name, "--json").out)
        assert {one["code"] for one in listed} == {one.code for one in made}
    shown = words(subscriptions("list", "--client", client.name).out)
    said = (made[0].code, client.client_id, made[0].since, "REGISTER", "SRPerson", "identifier", "UIN", "daily")
    assert all(word in shown for word in said)
    assert shown.endswith("Used: 1 of 100 by condition, 1 of 100000 by identifier.")
    assert len(json.loads(subscriptions("list", "--client", client.name, "--limit", "1", "--json").out)) == 1


def test_all_by_condition_are_listed(api: Api, subscriptions: Exchanges, owner: str) -> None:
    """`list` has what every change is compared with, whoever subscribed to it."""
    made = {begun(api.runtime, client_id).code for client_id in (owner, api.client()[0].client_id)}
    watching(api.runtime, owner)
    assert {one["code"] for one in json.loads(subscriptions("list", "--json").out)} == made
    assert words(subscriptions("list").out).endswith("Used: 2 of 1000 by condition.")


def test_a_subscription_is_shown(api: Api, subscriptions: Exchanges, owner: str) -> None:
    """`show` has what it is about in words, and as the API has it in JSON, but nothing personal."""
    made = begun(api.runtime, owner)
    shown = subscriptions("show", made.code)
    assert "filter surname" in words(shown.out)
    assert json.loads(subscriptions("show", made.code, "--json").out)["filter"]["attributes"] == ["surname"]
    assert PRIVATE not in shown.out + subscriptions("list").out


def test_a_subscription_is_cancelled(api: Api, subscriptions: Exchanges, owner: str) -> None:
    """`cancel` asks, ends the subscription, and says so; a second time it says that it has ended."""
    made, other = begun(api.runtime, owner), begun(api.runtime, owner)
    refused = subscriptions("cancel", made.code, stdin="n\n")
    assert f"Cancel the subscription {made.code} of the client {owner}, " in refused.err
    assert "Nothing was cancelled" in refused.err
    assert is_active(api.runtime, made)
    assert subscriptions("cancel", made.code, stdin="y\n").out.startswith(f"Cancelled the subscription {made.code} ")
    assert not is_active(api.runtime, made)
    assert subscriptions("cancel", made.code, "--yes").problem == "The subscription has ended already."
    assert json.loads(subscriptions("cancel", other.code, "--yes", "--json").out)["state"] == "ended"


def test_what_is_unknown_is_reported(subscriptions: Exchanges) -> None:
    """A code or a client that does not exist is an error in a sentence."""
    said = "There is no subscription with this code. One that has ended is kept for 31 days."
    for command in ("show", "cancel"):
        assert said in subscriptions(command, "../clients").err
        assert "The subscription's code is empty" in subscriptions(command, "").err
    assert "There is no client with the id or the name nobody" in subscriptions("list", "--client", "nobody").err


def test_failing_subscribers_are_listed_until_they_are_resumed(
    runtime: Runtime, subscriptions: Exchanges, owner: str
) -> None:
    """`list --failing` has the subscribers that are not notified, and `resume` ends that, once."""
    assert subscriptions("list", "--failing").out == "All subscribers can be notified.\n"
    channel = failing(runtime, owner)
    shown = subscriptions("list", "--failing").out
    assert owner in shown
    assert "dci subscriptions resume CLIENT" in shown
    assert PRIVATE not in shown
    assert json.loads(subscriptions("list", "--failing", "--json").out)[0]["correlation_id"] == channel.page
    assert owner in subscriptions("list", "--failing", "--client", owner).out
    assert subscriptions("resume", owner, stdin="y\n").out.startswith(
        f"Notifications to {owner} go on within an hour"
    )
    assert subscriptions("list", "--failing").out == "All subscribers can be notified.\n"
    assert channel.id in [*Channels(runtime).due()]
    said = "Notifications to this client are not paused: `dci subscriptions list --failing` lists those that are."
    assert subscriptions("resume", owner, "--yes").problem == said
    assert subscriptions("list", "--failing", "--client", owner).out == "The client can be notified.\n"


def test_the_doctor_reports_failing_subscribers(
    runtime: Runtime, subscriptions: Exchanges, dci: Dci, owner: str
) -> None:
    """`dci doctor` warns how many clients are not notified, since when, and names the command that lists them."""
    assert outcomes(dci("doctor", "--json").out)["subscribers"]["outcome"] == "ok"
    channel = failing(runtime, owner)
    failing(runtime, owner, callback_url="https://partner.example.org/other")
    assert outcomes(dci("doctor", "--json").out)["subscribers"] == {
        "check": "subscribers",
        "outcome": "warning",
        "found": f"1 client is not notified any more, the first one since {timestamp(channel.paused or 0)}.",
        "remedy": "Run dci subscriptions list --failing, and ask the partners.",
    }
    assert subscriptions("resume", owner, "--yes").status == 0
    assert outcomes(dci("doctor", "--json").out)["subscribers"]["outcome"] == "ok"


def test_a_receiver_that_was_gone_is_notified_again(runtime: Runtime, subscriptions: Exchanges, owner: str) -> None:
    """`resume` also ends the pause of a client whose receiver answered 410."""
    WorkerPlaces(runtime).pause(owner)
    assert subscriptions("resume", owner, "--yes").status == 0
    assert not WorkerPlaces(runtime).take(owner, "delivering", 10).is_paused


def test_a_client_is_resumed_by_its_name(api: Api, runtime: Runtime, subscriptions: Exchanges) -> None:
    """A name is looked up in ClientsTable, and the command that follows has the id."""
    client, _ = api.client()
    failing(runtime, client.client_id)
    table = ("--clients-table", api.runtime.settings.clients_table)
    done = subscriptions("resume", client.name, *table, "--yes")
    assert f"dci subscriptions redrive {client.client_id}" in done.out


def test_failed_notifications_are_redriven(api: Api, runtime: Runtime, subscriptions: Exchanges, owner: str) -> None:
    """`redrive` begins a client's failed notifications again, and nothing else, and resumes it."""
    channel = failing(runtime, owner)
    failed = [ended(runtime, owner, state, kind="notify", **SECOND_PAGE) for state in ("dead", "refused", "dead")]
    kept = [
        ended(runtime, owner, "dead", **SECOND_PAGE),
        ended(runtime, owner, "answered", kind="notify"),
        ended(runtime, api.client()[0].client_id, "dead", kind="notify"),
    ]
    done = subscriptions("redrive", owner, stdin="y\n")
    assert done.err == f"Redrive 3 notifications to {owner}? [y/N] "
    assert sorted(done.out.split()[2::8]) == sorted(one.correlation_id for one in failed)
    assert {stored(runtime, one).state for one in failed} == {"delivering"}
    assert [stored(runtime, one) for one in kept] == kept
    assert channel.id in [*Channels(runtime).due()]
    assert [recorded(one) for one in failed] == [[("subscriptions redrive", True)]] * 3
    assert subscriptions("redrive", owner).out == f"No notification to {owner} has failed.\n"


def test_only_what_failed_since_then_is_redriven(runtime: Runtime, subscriptions: Exchanges, owner: str) -> None:
    """`--since` leaves out what failed before, and takes a time or a day."""
    early = Runtime(runtime.settings, clock=lambda: time.time() - 3 * _DAY)
    old = ExchangeStore(early).end(replace(accepted(early, owner, kind="notify", **SECOND_PAGE), state="dead"))
    new = ended(runtime, owner, "dead", kind="notify", **SECOND_PAGE)
    assert subscriptions("redrive", owner, "--since", timestamp(time.time() - _DAY), "--yes").status == 0
    assert (stored(runtime, old).state, stored(runtime, new).state) == ("dead", "delivering")
    none = subscriptions("redrive", owner, "--since", timestamp(time.time() - _DAY)).out
    assert none.startswith(f"No notification to {owner} has failed since ")
    assert subscriptions("redrive", owner, "--since", timestamp(time.time() - 5 * _DAY)[:10], "--yes").status == 0
    assert stored(runtime, old).state == "delivering"


def test_a_question_is_asked(runtime: Runtime, subscriptions: Exchanges, owner: str) -> None:
    """Without a yes nothing is redriven or resumed, and nothing recorded."""
    channel, failed = failing(runtime, owner), ended(runtime, owner, "dead", kind="notify", **SECOND_PAGE)
    assert "Nothing was redriven" in subscriptions("redrive", owner, stdin="n\n").err
    assert "Nothing was resumed" in subscriptions("resume", owner, stdin="n\n").err
    assert stored(runtime, failed) == failed
    assert [one.id for one in Channels(runtime).paused()] == [channel.id]
    assert recorded(failed) == []


def test_a_wrong_time_is_reported(subscriptions: Exchanges, owner: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not a time is named, before anything is asked."""
    with pytest.raises(SystemExit):
        subscriptions("redrive", owner, "--since", "yesterday")
    assert "yesterday is neither a time such as" in capsys.readouterr().err
