"""The events of a change are what the brute-force oracle derives, for any change and any subscriber."""

from __future__ import annotations

from collections import Counter

import pytest

from dci_cli.local.demo import Population
from dci_common.exchange.compiled_search import CompiledSearch
from dci_common.registry.model.views import View
from dci_common.subscriptions.change import Change
from dci_common.subscriptions.event_types import Event, EventType
from support.changed_registry import changes
from support.drawn_subscriptions import Ref, settings_of, subscription, views_of
from support.event_oracle import Sight, expected_events
from support.example_counts import sampled, some
from support.query_generator import values_of

SUBSCRIPTIONS = 40  # to each registry
REGISTRIES = range(max(10, some(1)))


def changes_of(before: dict[Ref, View], after: dict[Ref, View]) -> dict[Ref, Change]:
    """Return the change of each record, which may be none."""
    return {ref: Change(ref[0], before.get(ref), after.get(ref)) for ref in before.keys() | after.keys()}


def derived_events(made: dict[Ref, Change], search: CompiledSearch, asked: EventType) -> dict[str, str]:
    """Return the event that the product derives from each record's change, by the record's id."""
    events = {ref: event.value for ref, change in made.items() if (event := change.event(search, asked))}
    assert {kind for kind, _ in events} <= {search.query.kind}
    return {id_: event for (_, id_), event in events.items()}


def events_of(seed: int) -> Counter[str]:
    """Compare the events of a registry's changes with the oracle's; count the events of each kind."""
    draw, old, new = changes(seed)
    before, after = views_of(old), views_of(new)
    known = [*before.values(), *after.values()]
    made, values, settings, counted = changes_of(before, after), values_of(known), settings_of(known), Counter[str]()
    for _ in range(SUBSCRIPTIONS):
        asked, search = subscription(draw, values, settings)
        expected = expected_events(asked.value, Sight(old, search), Sight(new, search))
        assert derived_events(made, search, asked) == expected
        counted.update(expected.values())
    return counted


@pytest.mark.parametrize("seed", sampled(REGISTRIES, 3))
def test_a_subscriber_receives_the_events_of_the_oracle(seed: int) -> None:
    """Any subscription of any client receives the events that follow from what it may see before and after."""
    events_of(seed)


@pytest.mark.exhaustive
def test_every_event_occurs() -> None:
    """The comparisons are about all events: each occurs."""
    counted = sum((events_of(seed) for seed in range(20)), Counter[str]())
    assert counted.keys() == {event.value for event in Event}
    assert min(counted.values()) > 10


@pytest.mark.parametrize("seed", sampled(REGISTRIES, 2))
def test_hidden_changes_are_no_events(seed: int) -> None:
    """What happens to restricted people alone is no event for a client that may not know of them."""
    draw, _, registry = changes(seed)
    hidden = {person.id for person in registry.people if person.restricted}
    people = [
        person.model_copy(update={"occupation": "spy", "identifiers": ()}) if person.id in hidden else person
        for person in registry.people
        if person.id not in hidden or draw.random() < 0.7
    ]
    ids = {person.id for person in people}
    kept = [one for one in registry.memberships if one.person_id not in hidden or draw.random() < 0.5]
    later = Population(people, registry.groups, [one for one in kept if one.person_id in ids])
    before = views_of(registry)
    made = changes_of(before, views_of(later))
    values, settings = values_of([*before.values()]), settings_of(before.values())
    for _ in range(SUBSCRIPTIONS):
        asked, search = subscription(draw, values, settings)
        if not search.visibility.restricted:
            assert derived_events(made, search, asked) == {}
