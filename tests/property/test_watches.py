"""A subscription by identifier is found by the index entries of each record that it matches."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from dci_common.exchange.compiled_search import CompiledSearch
from dci_common.registries.social.catalogue import social_catalogue
from dci_common.registries.social.disclosure import FULL
from dci_common.registry.catalogue.catalogue import Catalogue
from dci_common.registry.model.base import Kind
from dci_common.registry.model.rules import Rules
from dci_common.registry.model.views import View
from dci_common.registry.storage.store import RegistrySettings
from dci_common.spdci.subscriptions import SubscribeCriteria
from dci_common.subscriptions.change import Change
from dci_common.subscriptions.compiled_subscription import compile_subscription
from dci_common.subscriptions.event_types import EventType
from dci_common.subscriptions.watches import MAX_WATCHES, WatchKeys, watches_of, way_of
from support.drawn_subscriptions import settings_of, subscription, views_of
from support.example_counts import sampled, some
from support.hidden_people import with_hidden_people
from support.query_generator import values_of
from support.registries import TODAY
from support.subscribers import Subscriber

REGISTRIES = range(max(10, some(1)))
SUBSCRIPTIONS = 60  # to each registry
COUNTRIES = ("", "KE", "DE")


def settings_in(draw: random.Random, known: list[View]) -> RegistrySettings:
    """Return the settings of a registry of any country, some of whose items may follow former rules."""
    former = [Rules(1), Rules(2), Rules(country="PH")]
    return replace(
        settings_of(known),
        country=draw.choice(COUNTRIES),
        former=frozenset(draw.sample(former, draw.randint(0, 2))),
    )


def is_match(search: CompiledSearch, view: View) -> bool:
    """Return whether the record would be an event if it were new."""
    return Change(search.query.kind, None, view).event(search, EventType.REGISTER) is not None


@pytest.mark.parametrize("seed", sampled(REGISTRIES, 3))
def test_each_match_is_found_by_a_watch(seed: int) -> None:
    """A record that a subscription by identifier matches hits one of its entries, whoever may see the record."""
    draw, population = random.Random(seed), with_hidden_people(seed)
    records = views_of(population)
    values, settings = values_of([*records.values()]), settings_in(draw, [*records.values()])
    counted = 0
    for _ in range(SUBSCRIPTIONS):
        _, search = subscription(draw, values, settings)
        watches = watches_of(search)
        keys = WatchKeys(_catalogue(settings), settings.former, {way_of(watch) for watch in watches})
        for (kind, _), view in records.items():
            if watches and kind is search.query.kind and is_match(search, view):
                assert keys.of(kind, view) & {*watches}
                counted += 1
    assert counted > 10


def test_nothing_is_looked_up_by_what_nobody_watches() -> None:
    """A record hits no entry of an attribute, or of a kind, by which no subscription watches."""
    records = views_of(with_hidden_people(1))
    settings = settings_of(records.values())
    keys = WatchKeys(_catalogue(settings), settings.former, frozenset({"UIN#GROUP", "EMAIL#PERSON"}))
    hit = {watch for (kind, _), view in records.items() for watch in keys.of(kind, view)}
    assert hit
    assert {way_of(watch) for watch in hit} <= {"UIN#GROUP", "EMAIL#PERSON"}


@pytest.mark.parametrize(
    ("filter_", "count"),
    [
        ({"type": "UIN", "value": "847951632"}, 1),
        ({"type": "EMAIL", "value": "a@example.org"}, 1),
        ({"type": "surname", "value": "Okafor"}, 0),
        ({"type": "*", "value": "*"}, 0),
    ],
)
def test_what_is_by_identifier(filter_: dict[str, str], count: int) -> None:
    """A pair of a lookup type is by identifier; names and everybody are by condition."""
    assert len(watches_of(_of(filter_))) == count


@pytest.mark.parametrize("number", [MAX_WATCHES, MAX_WATCHES + 1])
def test_many_identifiers_are_a_condition(number: int) -> None:
    """A subscription to more identifiers than a transaction has room for is by condition."""
    query = {"attribute_name": "UIN", "operator": "in", "attribute_value": [f"{at}" for at in range(number)]}
    watches = watches_of(_of([{"seq_num": 1, "expression1": query}]))
    assert len(watches) == (number if number <= MAX_WATCHES else 0)


def _of(filter_: object) -> CompiledSearch:
    criteria = SubscribeCriteria.model_validate(
        {"reg_event_type": "REGISTER", "notify_record_type": "", "filter": filter_}
    )
    settings = RegistrySettings(2, frozenset({"UIN"}))
    return compile_subscription(criteria, Subscriber(disclosure=tuple(FULL)), settings, TODAY).search


def _catalogue(settings: RegistrySettings) -> Catalogue:
    return social_catalogue(settings.known_types(restricted=True), settings.country)


def test_entries_outlive_the_registry_getting_a_country() -> None:
    """A subscription to a phone number in national form finds what it found, also once the registry has a country."""
    asked = _of({"type": "MOBILE", "value": "0712 345 678"})
    keys = WatchKeys(social_catalogue(frozenset(), "KE"), frozenset(), frozenset({"MOBILE#PERSON"}))
    hit = keys.of(Kind.PERSON, {"id": "p1", "phone_numbers": ["0712345678"], "households": []})
    assert {*watches_of(asked)} <= hit
    assert ("WATCH#MOBILE#+254712345678", "PERSON") in hit
