"""`dci registry export`: every record, in a file that an import takes."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from dci_cli.registry.support.json_lines import read_line
from dci_common.registry.model.records import (
    AdditionalAttribute,
    Group,
    Membership,
    Person,
)
from support.commands import Commands
from support.import_files import import_into
from support.inspected_registry import ALL
from support.registry_harness import Registry, registry_with

LARGE = tuple(AdditionalAttribute(key=f"{number}", value="ñ" * 450) for number in range(100))  # some 90 KB


@pytest.mark.usefixtures("filled")
def test_export_writes_every_record(dci: Commands) -> None:
    """Each record is a line: people and groups first, then memberships, restricted people included."""
    done = dci("export")
    records = [read_line(line) for line in done.out.splitlines()]
    assert done.status == 0
    assert {type(record) for record in records[:3]} == {Person, Group}
    assert sorted(map(repr, records)) == sorted(map(repr, ALL))


@pytest.mark.exhaustive
def test_an_imported_export_gives_the_same_items(filled: Registry, dci: Commands, tmp_path: Path) -> None:
    """A registry imported from an export has the same items, including those of a body in parts."""
    for number in range(4):
        filled.put(
            Person(id=f"p{number}", additional_attributes=LARGE), Membership(person_id=f"p{number}", group_id="hill")
        )
    assert filled.items()["GROUP#hill", "RECORD"]["parts"] == {"N": "3"}
    path = tmp_path / "all.jsonl"
    assert dci("export", "--output", path).status == 0
    with registry_with() as other:
        assert import_into(other, path) == 0
        assert without_versions(other) == without_versions(filled)


def without_versions(registry: Registry) -> dict[Any, Any]:
    """Read the whole table but the versions, which count how often a record was written."""
    return {
        ref: {name: value for name, value in item.items() if name != "version"}
        for ref, item in registry.items().items()
    }


@pytest.mark.usefixtures("filled")
def test_an_exported_file_is_private_and_complete(dci: Commands, tmp_path: Path) -> None:
    """An exported file is readable by its owner only, replaces an older one, and leaves no other file."""
    path = tmp_path / "all.jsonl"
    path.write_text("older")
    path.chmod(0o644)
    assert dci("export", "--output", path).status == 0
    assert len(path.read_text(encoding="utf-8").splitlines()) == len(ALL)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("filled")
def test_a_missing_folder_is_named(dci: Commands, tmp_path: Path) -> None:
    """A folder that does not exist is named in one line."""
    problem = dci("export", "--output", tmp_path / "none" / "all.jsonl").problem
    assert problem.endswith("all.jsonl cannot be written: No such file or directory.")
