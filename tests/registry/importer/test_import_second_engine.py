"""Imports on DynamoDB Local, which takes no more than DynamoDB does."""

from __future__ import annotations

from pathlib import Path

import pytest

from dci_cli.registry.bulk import generate
from dci_cli.registry.support.json_lines import read_line
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AnyRecord, Group, Membership, Person
from support.import_files import import_into, jsonl
from support.registry_harness import Registry

pytestmark = pytest.mark.dynamodb_local


def test_households_are_imported(local_registry: Registry, tmp_path: Path) -> None:
    """Some hundred households are imported as in the file, and a second import changes nothing."""
    local_registry.clear()
    path = tmp_path / "made.jsonl"
    with path.open("w", encoding="utf-8") as out:
        generate.write(out, 150, seed=3)
    assert import_into(local_registry, path) == 0
    local_registry.assert_holds(*map(read_line, path.read_text(encoding="utf-8").splitlines()))
    before = local_registry.items()
    assert import_into(local_registry, path) == 0
    assert local_registry.items() == before


def test_a_large_body_is_imported_in_parts(local_registry: Registry, tmp_path: Path) -> None:
    """The body of a group with two thousand members, larger than an item, is written in parts."""
    local_registry.clear()
    crowd: list[AnyRecord] = [Person(id=f"p{number}", birth_place="x" * 300) for number in range(2000)]
    members = [Membership(person_id=person.id, group_id="g") for person in crowd if isinstance(person, Person)]
    path = jsonl(tmp_path / "f.jsonl", [Group(id="g"), *crowd, *members])
    assert import_into(local_registry, path) == 0
    stored = local_registry.stored(Kind.GROUP, "g")
    assert stored is not None
    assert stored.parts > 1
    local_registry.assert_holds(Group(id="g"), *crowd, *members)
