"""Subscriptions in the table: begun and ended once, within their limits, and found by all that must find them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dci_common.runtime import Runtime
from dci_common.spdci.rejections import Rejection
from dci_common.subscriptions.subscription import KEPT_SECONDS, Subscription
from dci_common.subscriptions.subscription_store import Limits, SubscriptionStore, Watched
from support.api import Api
from support.stored_exchanges import exchange_table
from support.stored_items import stored_items

WATCH = ("WATCH#UIN#1", "PERSON")
FEW = Limits(conditions=3, client_conditions=2, client_identifiers=2, codes=2)


@pytest.fixture
def api(new_api: Callable[..., Api]) -> Api:
    """Return an API with an ExchangeTable of its own."""
    return new_api(exchange_table=exchange_table())


@pytest.fixture
def runtime(api: Api) -> Runtime:
    """Return the runtime of functions with a table of their own."""
    return api.runtime


@pytest.fixture
def store(runtime: Runtime) -> SubscriptionStore:
    """Return a store with few places."""
    return SubscriptionStore(runtime, FEW)


def subscription(code: str, client_id: str = "client-1", **changes: Any) -> Subscription:
    """Return a subscription with a meaning of its own."""
    members: dict[str, Any] = {
        "reference_id": "r-1",
        "criteria": {"reg_event_type": "REGISTER", "filter": {"type": "*", "value": "*"}},
        "locale": "eng",
        "callback_url": "https://partner.example.org/notify",
        "since": "2026-03-01T09:30:00.000Z",
        "meaning": f"meaning of {code}",
    }
    return Subscription(code=code, client_id=client_id, **members | changes)


def watching(code: str, client_id: str = "client-1", **changes: Any) -> Subscription:
    """Return a subscription by identifier."""
    return subscription(code, client_id, **{"watches": (WATCH,), **changes})


def rejection(store: SubscriptionStore, rejected: Subscription) -> Rejection:
    """Return why a subscription may not begin."""
    with pytest.raises(Rejection) as raised:
        store.begin(rejected)
    assert store.get(rejected.code) is None
    return raised.value


def numbers(runtime: Runtime) -> dict[str, int]:
    """Return all numbers that the table counts, but those of the generation."""
    found: dict[str, int] = {}
    for item in stored_items(runtime.settings.exchange_table):
        for name in ("conditions", "identifiers"):
            if name in item:
                found[f"{item['pk']['S']} {name}"] = int(item[name]["N"])
    return found


@pytest.mark.parametrize("made", [subscription, watching])
def test_a_subscription_is_stored_whole(store: SubscriptionStore, made: Callable[..., Subscription]) -> None:
    """What was begun is read as it was, by its code, among others, and by its client."""
    begun = store.begin(made("s-1"))
    assert begun == made("s-1")
    assert store.get("s-1") == begun
    assert store.many(["s-1", "s-2", "s-1"]) == {"s-1": begun}
    assert [*store.codes_of("client-1")] == ["s-1"]
    assert [*store.codes_of("client-2")] == []


def test_a_step_that_is_repeated_begins_nothing_twice(store: SubscriptionStore, runtime: Runtime) -> None:
    """The same code a second time returns what is stored, also when it is made anew and later."""
    first = store.begin(subscription("s-1"))
    again = store.begin(subscription("s-1", since="2026-03-02T00:00:00.000Z", meaning="another"))
    assert again == first
    assert numbers(runtime) == {"SUBSCRIBED#client-1 conditions": 1, "SUBSCRIPTIONS conditions": 1}
    store.end(first)
    ended = store.begin(first)
    assert (ended.state, numbers(runtime)["SUBSCRIPTIONS conditions"]) == ("ended", 0)


def test_the_same_subscription_again_is_rejected_and_named(store: SubscriptionStore, runtime: Runtime) -> None:
    """The rejection names the code of the one that the client has; another client may have the same."""
    store.begin(subscription("s-1", meaning="m"))
    rejected = rejection(store, subscription("s-2", meaning="m"))
    assert rejected.code == "rjct.event.already_subscribed"
    assert "s-1" in rejected.message
    store.begin(subscription("s-3", "client-2", meaning="m"))
    assert numbers(runtime)["SUBSCRIPTIONS conditions"] == 2


def test_what_is_watched_lists_a_subscription_while_it_is_active(store: SubscriptionStore) -> None:
    """Subscriptions by condition are listed, those by identifier are watched, and an end undoes both."""
    assert store.watched() == Watched(0, 0, frozenset())
    assert store.watched().is_nothing
    condition, identifier = store.begin(subscription("s-1")), store.begin(watching("s-2"))
    assert store.conditions() == [condition]
    assert store.watched() == Watched(1, 1, frozenset({"UIN#PERSON"}))
    for begun in (condition, identifier):
        assert store.end(begun).state == "ended"
    assert store.conditions() == []
    assert (store.watched().generation, store.watched().conditions) == (2, 0)
    assert [*store.codes_of("client-1")] == []


@pytest.mark.parametrize("made", [subscription, watching])
def test_an_end_leaves_nothing_behind_but_the_subscription(
    store: SubscriptionStore, runtime: Runtime, made: Callable[..., Subscription]
) -> None:
    """Counts are those of before, no index entry names it, and its status says that it has ended."""
    ended = store.end(store.begin(made("s-1")))
    assert set(numbers(runtime).values()) <= {0}
    naming = [
        item for item in stored_items(runtime.settings.exchange_table) if "s-1" in str(item) and "meaning" not in item
    ]
    assert naming == []
    assert store.get("s-1") == ended == replace(made("s-1"), state="ended", ended=int(runtime.clock()))


def test_an_end_happens_once(store: SubscriptionStore, runtime: Runtime, api: Api) -> None:
    """A second end changes neither the counts nor when it ended."""
    begun = store.begin(subscription("s-1"))
    store.begin(subscription("s-2"))
    ended = store.end(begun)
    api.clock.advance(60)
    assert store.end(begun) == store.end(ended) == ended
    assert numbers(runtime) == {"SUBSCRIBED#client-1 conditions": 1, "SUBSCRIPTIONS conditions": 1}


def test_a_client_may_begin_an_ended_subscription_again(store: SubscriptionStore) -> None:
    """The same meaning has a new code then, and the end of the former one is no end of it."""
    first = store.begin(subscription("s-1", meaning="m"))
    store.end(first)
    second = store.begin(subscription("s-2", meaning="m"))
    store.end(first)
    assert store.get("s-2") == second
    assert "s-2" in rejection(store, subscription("s-3", meaning="m")).message


def test_a_subscription_that_has_ended_is_kept_for_a_month(store: SubscriptionStore, api: Api) -> None:
    """Afterwards it is unknown, whether or not DynamoDB has removed it."""
    store.end(store.begin(subscription("s-1")))
    api.clock.advance(KEPT_SECONDS - 1)
    assert store.get("s-1")
    api.clock.advance(1)
    assert (store.get("s-1"), store.many(["s-1"])) == (None, {})


def test_a_client_has_so_many_subscriptions_by_condition(store: SubscriptionStore) -> None:
    """One more is rejected; those by identifier, those of others and those that ended count for themselves."""
    first, _ = store.begin(subscription("s-1")), store.begin(subscription("s-2"))
    rejected = rejection(store, subscription("s-3"))
    assert (rejected.code, "2 subscriptions by condition" in rejected.message) == (
        "rjct.notify_details.invalid",
        True,
    )
    store.begin(watching("s-4"))
    store.begin(subscription("s-5", "client-2"))
    store.end(first)
    store.begin(subscription("s-3"))


def test_the_registry_has_so_many_subscriptions_by_condition(store: SubscriptionStore) -> None:
    """After the last subscription that is allowed, no client has another until one ends."""
    first = store.begin(subscription("s-1"))
    for number, client_id in enumerate(("client-2", "client-3")):
        store.begin(subscription(f"t-{number}", client_id))
    rejected = rejection(store, subscription("s-2", "client-4"))
    assert (rejected.code, "3 subscriptions" in rejected.message) == ("rjct.notify_details.invalid", True)
    store.end(first)
    store.begin(subscription("s-2", "client-4"))


def test_a_client_has_so_many_subscriptions_by_identifier(store: SubscriptionStore) -> None:
    """One more is rejected until one ends, whatever it watches."""
    first = store.begin(watching("s-1"))
    store.begin(watching("s-2", watches=(("WATCH#UIN#2", "PERSON"),)))
    third = watching("s-3", watches=(("WATCH#UIN#3", "PERSON"),))
    assert "2 subscriptions by identifier" in rejection(store, third).message
    store.end(first)
    store.begin(third)


def test_so_many_subscriptions_watch_the_same(store: SubscriptionStore) -> None:
    """The codes of one index entry are few, of all clients together, so that it stays a small item."""
    first = store.begin(watching("s-1"))
    store.begin(watching("s-2", "client-2"))
    rejected = rejection(store, watching("s-3", "client-3"))
    assert (rejected.code, "the same identifier" in rejected.message) == ("rjct.notify_details.invalid", True)
    store.end(first)
    store.begin(watching("s-3", "client-3"))


def test_a_subscription_of_two_identifiers_watches_both(store: SubscriptionStore, runtime: Runtime) -> None:
    """It counts once, and no entry is left of it afterwards; what others watch too stays."""
    both = (WATCH, ("WATCH#phone#2", "group"))
    begun = store.begin(watching("s-1", watches=both))
    other = store.begin(watching("s-2"))
    assert numbers(runtime) == {"SUBSCRIBED#client-1 identifiers": 2}
    assert store.watched().ways == frozenset({"UIN#PERSON", "phone#group"})
    store.end(begun)
    entries = [item for item in stored_items(runtime.settings.exchange_table) if item["pk"]["S"].startswith("WATCH#")]
    assert [(item["pk"]["S"], item["codes"]) for item in entries] == [(WATCH[0], {"SS": ["s-2"]})]
    store.end(other)
    assert not [item for item in stored_items(runtime.settings.exchange_table) if "WATCH#" in item["pk"]["S"]]
