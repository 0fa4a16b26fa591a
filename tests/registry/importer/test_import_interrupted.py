"""`dci registry import`: what an interrupted import or change left is completed by the next one."""

from __future__ import annotations

from pathlib import Path

import pytest

from dci_cli.aws import OperatorRuntime
from dci_cli.registry.importer import command, record_items
from dci_cli.registry.importer.target import Target
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AnyRecord, Membership, Person
from dci_common.registry.model.rules import Rules
from dci_common.registry.model.views import entry_key
from dci_common.registry.storage import keys
from dci_common.registry.storage.items import lookup_items, ref_of
from support.example_counts import sampled
from support.hill_household import ALL, HILL, uin
from support.import_files import Writes, crash_at, import_into, jsonl
from support.registry_harness import Crash, Registry


@pytest.mark.exhaustive
@pytest.mark.parametrize("batch", sampled([1, 4, 9, 14], quick=2))
def test_an_interrupted_import_is_completed_by_the_next(
    empty: Registry, made: list[AnyRecord], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """After a crash every record in the table is complete, and the same command adds the rest."""
    monkeypatch.setattr(record_items, "_WINDOW", 8)
    path = jsonl(tmp_path / "all.jsonl", made)
    runtime = OperatorRuntime(empty.runtime.settings)
    Writes(runtime, crash_at(batch))
    with pytest.raises(Crash):
        command.load([path], Target.read(runtime, None))
    there = empty.items()
    for (kind, _), view in empty.views().items():
        assert lookup_items(kind, view, Rules()).keys() <= there.keys()
        for other, start in map(entry_key, view.get("households") or view.get("members", ())):
            person, group = (view["id"], other) if kind is Kind.PERSON else (other, view["id"])
            assert {ref_of(key) for key in keys.membership_keys(person, group, start)} <= there.keys()
    assert import_into(empty, path) == 0
    empty.assert_holds(*made)


def test_an_identifier_of_an_unwritten_record_is_free(registry: Registry, tmp_path: Path) -> None:
    """An identifier is free when the record that claimed it was never written."""
    thief = Person(id="thief", identifiers=uin("1"))
    Writes(runtime := OperatorRuntime(registry.runtime.settings), crash_at(2))
    with pytest.raises(Crash):
        command.load([jsonl(tmp_path / "a.jsonl", [thief])], Target.read(runtime, None))
    assert ("IDENTIFIER#UIN#1", "RECORD") in registry.items()
    assert import_into(registry, jsonl(tmp_path / "b.jsonl", ALL)) == 0
    registry.assert_holds(*ALL)


@pytest.mark.exhaustive
def test_an_interrupted_change_is_completed(registry: Registry, tmp_path: Path) -> None:
    """An interrupted change of a large group is completed, even if the file has nothing new."""
    crowd = [Person(id=f"p{number}") for number in range(20)]
    members = [Membership(person_id=person.id, group_id="hill") for person in crowd]
    registry.put(HILL, *crowd, *members)
    richer = HILL.model_copy(update={"poverty_score": 7.0})
    writer, client = registry.disturbed(max_actions=10)
    client.crash(2, before=True)
    with pytest.raises(Crash):
        writer.put(richer)
    assert import_into(registry, jsonl(tmp_path / "f.jsonl", [richer, *crowd, *members])) == 0
    registry.assert_holds(richer, *crowd, *members)
