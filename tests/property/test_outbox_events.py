"""Whatever is written, and whatever fails, the outbox has the events that the brute-force oracle derives."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from dci_cli.local.demo import Population
from dci_common.registry.errors import WriteRefused
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AnyRecord, Group, Person
from dci_common.registry.write.writer import RegistryWriter
from dci_common.subscriptions.event_types import Event
from support.changed_registry import changed
from support.drawn_subscriptions import views_of
from support.event_harness import EventHarness, event_harness
from support.example_counts import sampled, some
from support.import_files import import_into, jsonl
from support.odd_registry import odd_population
from support.query_generator import values_of
from support.registry_changes import ACTIONS
from support.registry_harness import Crash

RUNS = range(1, 1 + max(6, some(0.15)))
SUBSCRIPTIONS = 12
WRITES = 14
Write = Callable[[RegistryWriter], None]


def crowd(seed: int) -> Population:
    """Make a registry with few households, some of them larger than a transaction of few actions."""
    draw = random.Random(seed)
    made = odd_population(seed, draw.randint(12, 26), draw.randint(1, 3))
    people = [person.model_copy(update={"restricted": draw.random() < 0.2}) for person in made.people]
    return Population(people, made.groups, made.memberships)


def writes(before: Population, after: Population) -> Iterator[tuple[Write, AnyRecord | None]]:
    """Yield the writes that turn a registry into another, each with what it puts, if it puts something."""
    for kind, old, new in ((Kind.PERSON, before.people, after.people), (Kind.GROUP, before.groups, after.groups)):
        records: dict[str, Person | Group] = {record.id: record for record in new}
        yield from ((_delete(kind, record.id), None) for record in old if record.id not in records)
        yield from ((_put(record), record) for record in new if record not in old)
    yield from ((_put(one), one) for one in after.memberships if one not in before.memberships)
    for one in before.memberships:
        if one not in after.memberships:
            start = one.start.isoformat() if one.start else ""
            yield partial(_leave, one.person_id, one.group_id, start), None


def _delete(kind: Kind, record_id: str) -> Write:
    return lambda writer: writer.delete(kind, record_id)


def _put(record: AnyRecord) -> Write:
    return lambda writer: writer.put(record)


def _leave(person_id: str, group_id: str, start: str, writer: RegistryWriter) -> None:
    writer.delete_membership(person_id, group_id, start)


def write(harness: EventHarness, change: Write, put: AnyRecord | None, file: Path) -> None:
    """Make a write in any way: with few actions or many, quietly, as an import, or by a writer that crashes."""
    draw, registry = harness.draw, harness.registry
    quiet = draw.random() < 0.2
    writer, client = registry.disturbed(draw.choice((ACTIONS, ACTIONS, 100)), quiet=quiet)
    if draw.random() < 0.2:
        client.crash(draw.randint(1, 4), before=draw.random() < 0.5)

    def make() -> None:
        try:
            change(writer)
        except Crash:
            for ref in registry.views():
                registry.writer.finish(*ref)
        except WriteRefused:
            pass  # such as of an identifier that another has

    def load() -> None:
        assert put is not None
        import_into(registry, *(["--no-notify"] if quiet else []), "--replace", jsonl(file, [put]))

    is_import = isinstance(put, Person | Group) and draw.random() < 0.15
    harness.change(load if is_import else make, quiet=quiet)


def run(seed: int, path: Path) -> Counter[str]:
    """Change a registry, compare its events with the oracle's, and count them."""
    draw, counted = random.Random(seed), Counter[str]()
    with event_harness(crowd(seed), draw) as harness:
        values = values_of([*views_of(harness.population()).values()])
        for _ in range(SUBSCRIPTIONS):
            harness.subscribe(values)
        for _ in range(2):
            population = harness.population()
            made = list(writes(population, changed(draw, population)))
            for change, put in draw.sample(made, min(WRITES, len(made))):
                write(harness, change, put, path / "records.jsonl")
            harness.deliver(draw.choice((0, 0.02, 0.1)))
            assert harness.events() == harness.expected
        counted.update(last for _, last, _ in harness.expected.values())
        assert harness.registry.findings() == []
    return counted


@pytest.mark.exhaustive
def test_every_event_occurs(tmp_path: Path, engine: None) -> None:  # noqa: ARG001 - must be running
    """The comparisons are about all events."""
    counted = sum((run(seed, tmp_path) for seed in range(100, 106)), Counter[str]())
    assert counted.keys() == {event.value for event in Event}


@pytest.mark.parametrize("seed", sampled(RUNS, 1))
def test_the_outbox_has_the_events_of_the_oracle(seed: int, tmp_path: Path, engine: None) -> None:  # noqa: ARG001
    """After any writes, with batches doubled and reordered and calls that fail, the outbox has just the events."""
    run(seed, tmp_path)
