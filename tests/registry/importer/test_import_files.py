"""`dci registry import`: the registry afterwards, and what is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from dci_cli.__main__ import main
from dci_cli.registry.importer import staging_queries
from dci_cli.registry.importer.target import shards_for
from dci_common.registry.model.records import AnyRecord, Membership, Person
from support.hill_household import ALL, ANNA, ANNA_ON_HILL, BENO, BENO_ON_HILL, HILL, uin
from support.import_files import import_into, jsonl, rejected
from support.registry_harness import Registry


def test_an_import_fills_an_empty_table(
    empty: Registry, made: list[AnyRecord], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Records in any order make the registry that they describe, with its settings."""
    assert import_into(empty, jsonl(tmp_path / "all.jsonl", made)) == 0
    empty.assert_holds(*made)
    assert empty.store.settings().shards == 4
    assert "HOUSEHOLD_ID" in empty.store.settings().identifier_types
    memberships = sum(isinstance(one, Membership) for one in made)
    assert (
        f"{memberships} memberships: {len(made) - memberships} records new, 0 changed, 0 unchanged; "
        f"{memberships} memberships new, 0 changed, 0 unchanged.\n"
    ) in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [tmp_path / "all.jsonl"]


def test_a_second_import_changes_nothing(
    empty: Registry, made: list[AnyRecord], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second import of a file changes no byte of the table."""
    path = jsonl(tmp_path / "all.jsonl", made)
    import_into(empty, path)
    before = empty.items()
    capsys.readouterr()
    assert import_into(empty, path) == 0
    assert empty.items() == before
    said = capsys.readouterr().out
    assert "0 records new, 0 changed, " in said
    assert "0 memberships new, 0 changed, " in said


def test_different_records_are_changed(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Records that differ are changed with the records that they affect; those not in the file stay."""
    registry.put(*ALL)
    richer = HILL.model_copy(update={"poverty_score": 7.0})
    cleo = Person(id="cleo")
    cleo_on_hill = Membership(person_id="cleo", group_id="hill", start="2024-01-01")
    left = ANNA_ON_HILL.model_copy(update={"roles": ()})
    assert import_into(registry, jsonl(tmp_path / "f.jsonl", [left, cleo_on_hill, ANNA, richer, cleo])) == 0
    registry.assert_holds(ANNA, BENO, cleo, richer, left, BENO_ON_HILL, cleo_on_hill)
    assert (
        "1 records new, 1 changed, 1 unchanged; 1 memberships new, 1 changed, 0 unchanged." in capsys.readouterr().out
    )


def test_memberships_alone_are_counted(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Memberships are counted also when their people and groups are only in the registry."""
    registry.put(
        ANNA, BENO, HILL, ANNA_ON_HILL, Person(id="cleo"), cleo := Membership(person_id="cleo", group_id="hill")
    )
    head = ANNA_ON_HILL.model_copy(update={"roles": ()})
    path = jsonl(tmp_path / "f.jsonl", [head, BENO_ON_HILL, cleo])
    counts = "0 people, 0 groups, 3 memberships: 0 records new, 0 changed, 0 unchanged; "
    changes, nothing = "1 memberships new, 1 changed, 1", "0 memberships new, 0 changed, 3"
    for arguments, standing in ((["--dry-run"], changes), ([], changes), ([], nothing), (["--dry-run"], nothing)):
        assert import_into(registry, path, *arguments) == 0
        last = " Nothing was written." if arguments else ""
        assert capsys.readouterr().out.splitlines()[0] == f"{counts}{standing} unchanged.{last}"


def test_memberships_may_name_records_of_the_registry(registry: Registry, tmp_path: Path) -> None:
    """A membership may name people and groups that only the registry has."""
    registry.put(ANNA, HILL)
    path = jsonl(tmp_path / "f.jsonl", [ANNA_ON_HILL, BENO, BENO_ON_HILL])
    assert import_into(registry, path) == 0
    registry.assert_holds(*ALL)
    before = registry.items()
    assert import_into(registry, path) == 0
    assert registry.items() == before


def test_a_dry_run_writes_nothing(registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A dry run reports what an import would do, and writes nothing."""
    registry.put(ANNA)
    before = registry.items()
    nobody = Membership(person_id="nobody", group_id="hill")
    path = jsonl(
        tmp_path / "f.jsonl", [BENO.model_copy(update={"identifiers": uin("1")}), HILL, ANNA_ON_HILL, nobody]
    )
    assert import_into(registry, path, "--dry-run") == 1
    assert registry.items() == before
    assert (
        "0 people, 1 groups, 1 memberships: 1 records new, 0 changed, 0 unchanged; "
        "1 memberships new, 0 changed, 0 unchanged. Nothing was written."
    ) in capsys.readouterr().out
    dry = rejected(path)
    import_into(registry, path)
    assert rejected(path) == dry


def test_a_dry_run_needs_no_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a table the files are checked without AWS."""
    monkeypatch.delenv("REGISTRY_TABLE", raising=False)
    path = jsonl(tmp_path / "f.jsonl", ALL)
    assert main(["registry", "import", str(path), "--dry-run"]) == 0
    assert "2 people, 1 groups, 2 memberships: 3 records new" in capsys.readouterr().out


@pytest.mark.exhaustive
def test_a_group_larger_than_a_transaction_is_imported(empty: Registry, tmp_path: Path) -> None:
    """A group with more members than fit in a transaction is written and changed like any other."""
    crowd = [Person(id=f"p{number}") for number in range(120)]
    members = [Membership(person_id=person.id, group_id="hill") for person in crowd]
    assert import_into(empty, jsonl(tmp_path / "f.jsonl", [HILL, *crowd, *members])) == 0
    empty.assert_holds(HILL, *crowd, *members)
    richer = HILL.model_copy(update={"poverty_score": 7.0})
    assert import_into(empty, jsonl(tmp_path / "f.jsonl", [richer, ANNA, ANNA_ON_HILL])) == 0
    empty.assert_holds(richer, ANNA, ANNA_ON_HILL, *crowd, *members)


def test_the_given_shards_are_kept(empty: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A new registry gets the given number of shards, and keeps it."""
    path = jsonl(tmp_path / "f.jsonl", ALL)
    assert import_into(empty, path, "--shards", "3") == 0
    assert empty.store.settings().shards == 3
    assert import_into(empty, path, "--shards", "5") == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == "dci: The registry has 3 shards, which cannot be changed: leave out --shards."
    assert import_into(empty, path) == 0
    empty.assert_holds(*ALL)


def test_large_registries_get_more_shards() -> None:
    """Large registries get more shards."""
    sizes = (0, 5_000_000, 5_000_001, 20_000_000, 20_000_001)
    assert [shards_for(people) for people in sizes] == [4, 4, 8, 8, 16]


def test_a_full_disk_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """When the temporary database is full, the message says how to move it."""
    small = staging_queries.SCHEMA.replace("BEGIN", "PRAGMA max_page_count = 20; BEGIN")
    monkeypatch.setattr(staging_queries, "SCHEMA", small)
    path = jsonl(tmp_path / "f.jsonl", [Person(id=f"p{number}", birth_place="x" * 500) for number in range(200)])
    assert main(["registry", "import", str(path), "--dry-run"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == (
        "dci: The temporary database cannot be used (database or disk is full):"
        " set TMPDIR to a folder with enough space."
    )


def test_missing_files_and_tables_are_one_line(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing file, a folder, a missing table and no table are each reported in one line."""
    monkeypatch.delenv("REGISTRY_TABLE", raising=False)
    path = jsonl(tmp_path / "f.jsonl", ALL)
    (tmp_path / "g.jsonl.rejected.jsonl").mkdir()
    errors = []
    for arguments in (
        ["--table", registry.table, str(tmp_path / "g.jsonl")],
        ["--table", registry.table, str(tmp_path / "none.jsonl")],
        ["--table", registry.table, str(tmp_path)],
        ["--table", "no-such-table", str(path)],
        [str(path)],
    ):
        assert main(["registry", "import", *arguments]) == 2
        errors.append(capsys.readouterr().err)
    assert errors.pop(0).endswith("g.jsonl.rejected.jsonl cannot be replaced: Is a directory.\n")
    assert errors[0].endswith("none.jsonl cannot be read: No such file or directory.\n")
    assert errors[1].endswith("cannot be read: Is a directory.\n")
    assert errors[2].startswith("dci: There is no such table in the AWS region ")
    assert errors[3].startswith("dci: The table's name is missing or not valid: ")
    assert [text.count("\n") for text in errors] == [1, 1, 1, 1]
