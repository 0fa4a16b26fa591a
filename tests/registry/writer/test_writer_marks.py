"""What a record's item says of its last write: what it was before a long one, and that it is no news."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from string import ascii_letters
from typing import Any

import pytest

from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AdditionalAttribute, AnyRecord, Person
from dci_common.registry.storage.body import decompressed_body
from support.commands import Commands
from support.crowded_hill import AFTER, HILL, on_hill, people
from support.example_counts import sampled
from support.hill_household import ALL, ANNA, BENO
from support.registry_harness import Crash, Registry, registry_with

FEW_ACTIONS = 7
CROWD = people(FEW_ACTIONS)
BEFORE: list[AnyRecord] = [*CROWD, HILL, *on_hill(CROWD)]
HILL_ITEM = ("GROUP#hill", "RECORD")
LONG_WRITES = {
    "put": lambda writer: writer.put(AFTER),
    "delete a member": lambda writer: writer.delete(Kind.PERSON, "p000"),
    "delete": lambda writer: writer.delete(Kind.GROUP, "hill"),
}


@pytest.fixture
def village(engine: None) -> Iterator[Registry]:  # noqa: ARG001 - must be running
    """Return a registry with one group, which is large for a transaction of few actions."""
    with registry_with(*BEFORE) as registry:
        yield registry


def quiet_ones(registry: Registry) -> set[str]:
    """Return the ids of the records whose last write was no news."""
    return {pk.partition("#")[2] for (pk, _), item in registry.items().items() if "quiet" in item}


def hill(registry: Registry) -> dict[str, Any]:
    """Return the group's item."""
    return next((item for ref, item in registry.items().items() if ref == HILL_ITEM), {})


def body_before(item: dict[str, Any]) -> str:
    """Return the body that an item keeps from before a long write."""
    return decompressed_body(item["before"]["S"])


@pytest.mark.parametrize("change", sampled(list(LONG_WRITES.values())), ids=LONG_WRITES)
def test_a_long_write_keeps_the_body_from_before_it(village: Registry, change: Any) -> None:
    """Until its last step, which removes it, a long write keeps the body that the group had before its first."""
    before, kept = village.view(Kind.GROUP, "hill"), []
    writer, client = village.disturbed(FEW_ACTIONS)
    client.after = lambda _: kept.append(hill(village))
    change(writer)
    *pending, last = kept
    assert len(pending) > 2
    assert all("pending" in item for item in pending)
    assert {body_before(item) for item in pending} == {json.dumps(before, separators=(",", ":"))}
    assert not {"pending", "before"} & last.keys()
    assert village.findings() == []


def test_the_body_from_before_is_kept_through_another_round(village: Registry) -> None:
    """If one who joins is gone meanwhile, the write needs another round, and still has the body from before it."""
    newcomers = [Person(id="z-1"), Person(id="z-2")]
    village.put(*newcomers)
    before, kept = village.view(Kind.GROUP, "hill"), []
    writer, client = village.disturbed(FEW_ACTIONS)
    client.crash(1, before=False)
    with pytest.raises(Crash):
        writer.put_all([AFTER, *on_hill(newcomers)])
    client.calm()
    first = client.transactions + 1

    def meanwhile(number: int) -> None:
        if number == first:
            village.writer.delete(Kind.PERSON, "z-1")

    client.before = meanwhile
    client.after = lambda _: kept.append(hill(village))
    writer.finish(Kind.GROUP, "hill")
    assert len({item["version"]["N"] for item in kept}) > 2  # the mark, the first round, the second
    assert {body_before(item) for item in kept[:-1]} == {json.dumps(before, separators=(",", ":"))}
    assert not {"pending", "before"} & kept[-1].keys()
    assert village.findings() == []


def test_a_body_makes_room_for_that_from_before(registry: Registry) -> None:
    """If the two bodies of a group do not fit into its item, the new one is stored in parts until the write ends."""
    draw = random.Random(1)  # what is drawn cannot be compressed
    crowd = [
        Person(
            id=f"p{number}",
            additional_attributes=tuple(
                AdditionalAttribute(key=f"k{at}", value="".join(draw.choices(ascii_letters, k=480)))
                for at in range(32)
            ),
        )
        for number in range(16)
    ]
    registry.put(*crowd, HILL, *on_hill(crowd))
    before = registry.view(Kind.GROUP, "hill")
    writer, client = registry.disturbed(12)
    kept: list[dict[str, Any]] = []
    client.after = lambda _: kept.append(hill(registry))
    writer.put(AFTER)
    *pending, last = kept
    assert len(pending) > 2
    assert all("pending" in item and "parts" in item and "compressed" not in item for item in pending)
    assert {body_before(item) for item in pending} == {json.dumps(before, separators=(",", ":"))}
    assert "body" in last
    assert not any(sk.startswith("BODY#") for _, sk in registry.items())
    assert registry.findings() == []


def test_only_what_a_quiet_writer_writes_is_marked(registry: Registry) -> None:
    """A quiet write marks the records that it writes, with those around; the next ordinary one unmarks its own."""
    registry.put(*ALL)
    writer, _ = registry.disturbed(quiet=True)
    writer.put(ANNA.model_copy(update={"phone_numbers": ("+15550199",)}))
    assert quiet_ones(registry) == {"anna", "hill"}
    registry.put(BENO.model_copy(update={"occupation": "nurse"}))
    assert quiet_ones(registry) == {"anna"}
    assert registry.findings() == []


@pytest.mark.parametrize("quiet", [True, False])
def test_a_long_write_is_completed_as_it_was_begun(village: Registry, quiet: bool) -> None:  # noqa: FBT001
    """A long write is quiet or not, whoever completes it."""
    writer, client = village.disturbed(FEW_ACTIONS, quiet=quiet)
    client.crash(1, before=False)
    with pytest.raises(Crash):
        writer.put(AFTER)
    other, _ = village.disturbed(FEW_ACTIONS, quiet=not quiet)
    other.finish(Kind.GROUP, "hill")
    assert quiet_ones(village) == ({"hill", *(one.id for one in CROWD)} if quiet else set())


def test_a_reindex_keeps_the_marks(registry: Registry, dci: Commands) -> None:
    """A record whose index attributes are written again keeps what its item says of its last write."""
    registry.put(*ALL)
    registry.disturbed(quiet=True)[0].put(ANNA.model_copy(update={"occupation": "nurse"}))
    items = registry.items()
    registry.write([item | {"facets": {"S": "old"}} for item in items.values() if "facets" in item])
    assert dci("reindex").status == 0
    assert registry.items() == items


def test_a_reindex_compresses_the_bodies_that_are_in_parts(registry: Registry, dci: Commands) -> None:
    """A body in parts that an earlier version wrote is compressed for the stream, which then has both bodies."""
    said = tuple(AdditionalAttribute(key=f"k{at}", value="w" * 480) for at in range(100))
    crowd = [Person(id=f"p{number}", additional_attributes=said) for number in range(7)]
    registry.put(*crowd, HILL, *on_hill(crowd))
    items = registry.items()
    view = decompressed_body(hill(registry)["compressed"]["S"])
    assert json.loads(view) == registry.view(Kind.GROUP, "hill")
    [item] = [item for item in items.values() if "compressed" in item]
    registry.write([{name: value for name, value in item.items() if name != "compressed"}])
    assert registry.findings() != []
    assert dci("reindex").status == 0
    assert registry.items() == items
    assert registry.findings() == []
