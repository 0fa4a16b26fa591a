"""An export is the registry: what is imported from it is the same, item by item."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from dci_cli.__main__ import main
from dci_cli.registry.support.json_lines import read_line
from dci_cli.registry.support.registry_table import pages, runtime_of
from dci_common.aws.dynamodb import Item
from dci_common.registry.model.records import Person
from dci_common.registry.storage.items import Ref, ref_of
from support.import_files import import_into
from support.registry_harness import Registry, registry_with

TEN_THOUSAND = 2_330  # households


def round_trip(folder: Path, households: int) -> int:
    """Import a made-up population, export it, import that, compare; return the number of people."""
    made, exported = folder / "made.jsonl", folder / "exported.jsonl"
    assert main(["registry", "generate", "--households", str(households), "--output", str(made)]) == 0
    with registry_with() as first, registry_with() as second:
        assert import_into(first, made) == 0
        assert main(["registry", "export", "--table", first.table, "--output", str(exported)]) == 0
        assert import_into(second, exported) == 0
        assert items(second) == items(first)
    before, after = (set(map(read_line, path.read_text(encoding="utf-8").splitlines())) for path in (made, exported))
    assert after == before
    return sum(isinstance(record, Person) for record in after)


def items(registry: Registry) -> dict[Ref, Item]:
    """Read the whole table as an operator's command does: with patience."""
    runtime = runtime_of(argparse.Namespace(table=registry.table))
    return {ref_of(item): item for page in pages(runtime) for item in page["Items"]}


@pytest.mark.exhaustive
@pytest.mark.usefixtures("engine")
def test_items_survive_a_round_trip(tmp_path: Path) -> None:
    """A registry imported from an export has the same items, with their versions."""
    assert round_trip(tmp_path, 15) > 50


@pytest.mark.dynamodb_local
@pytest.mark.usefixtures("local_registry")  # its engine
def test_ten_thousand_people_survive_a_round_trip(tmp_path: Path) -> None:
    """The items of ten thousand people are the same after export and import."""
    assert round_trip(tmp_path, TEN_THOUSAND) >= 10_000
