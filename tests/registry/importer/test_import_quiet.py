"""Imports that are no news to subscriptions."""

from __future__ import annotations

from pathlib import Path

from dci_common.registry.model.records import Person
from support.commands import Commands
from support.hill_household import ALL, ANNA
from support.import_files import import_into, jsonl
from support.registry_harness import Registry


def quiet_ones(registry: Registry) -> set[str]:
    """Return the ids of the records whose last write was no news."""
    return {pk.partition("#")[2] for (pk, _), item in registry.items().items() if "quiet" in item}


def test_an_import_without_notifications_marks_what_it_writes(registry: Registry, tmp_path: Path) -> None:
    """New and changed records are marked, others are not; a later ordinary import unmarks what it changes."""
    registry.put(*ALL)
    newcomer, changed = Person(id="newcomer"), ANNA.model_copy(update={"occupation": "nurse"})
    file = jsonl(tmp_path / "records.jsonl", [newcomer, changed, *ALL[1:]])
    assert import_into(registry, "--no-notify", file) == 0
    assert quiet_ones(registry) == {"newcomer", "anna", "hill"}
    assert import_into(registry, file) == 0
    assert quiet_ones(registry) == {"newcomer", "anna", "hill"}
    file = jsonl(tmp_path / "records.jsonl", [Person(id="newcomer", occupation="nurse")])
    assert import_into(registry, file) == 0
    assert quiet_ones(registry) == {"anna", "hill"}
    assert registry.findings() == []


def test_a_put_without_notifications_marks_what_it_writes(registry: Registry, dci: Commands, tmp_path: Path) -> None:
    """`dci registry put --no-notify` marks the records that it writes."""
    file = jsonl(tmp_path / "records.jsonl", ALL[:2])
    assert dci("put", "--no-notify", file).status == 0
    assert quiet_ones(registry) == {"anna", "beno"}
    assert dci("put", jsonl(tmp_path / "records.jsonl", ALL[2:])).status == 0
    assert quiet_ones(registry) == set()
