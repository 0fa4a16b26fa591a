"""`dci registry import`: the registry afterwards, and what is printed."""

from __future__ import annotations

import random
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from dci_cli.__main__ import main
from dci_cli.aws import OperatorRuntime
from dci_cli.registry.bulk import generate
from dci_cli.registry.importer import command, record_items, staging_queries
from dci_cli.registry.importer.target import Target, shards_for
from dci_cli.registry.support.json_lines import read_line
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AnyRecord, Group, Identifier, Membership, Name, Person
from dci_common.registry.model.rules import Rules
from dci_common.registry.model.views import entry_key
from dci_common.registry.storage import keys
from dci_common.registry.storage.items import lookup_items, ref_of
from dci_common.registry.write import put_changes
from support.example_counts import sampled
from support.import_files import Writes, crash_at, import_into, jsonl, rejected
from support.registry_harness import Crash, Registry, registry_with


def uin(value: str) -> tuple[Identifier, ...]:
    """Return a person's only identifier."""
    return (Identifier(identifier_type="UIN", identifier_value=value),)


ANNA = Person(id="anna", name=Name(given_name="Anna"), identifiers=uin("1"))
BENO = Person(id="beno", name=Name(given_name="Beno"), phone_numbers=("+1 555 0100",))
HILL = Group(id="hill", name="Hill", poverty_score=2.5)
ANNA_ON_HILL = Membership(person_id="anna", group_id="hill", roles=("head",), start="2020-01-01")
BENO_ON_HILL = Membership(person_id="beno", group_id="hill")
ALL = (ANNA, BENO, HILL, ANNA_ON_HILL, BENO_ON_HILL)


@pytest.fixture
def empty(engine: None) -> Iterator[Registry]:  # noqa: ARG001 - must be running
    """Return a registry whose table holds nothing at all."""
    with registry_with() as registry:
        registry.runtime.dynamodb.delete_item(TableName=registry.table, Key=keys.REGISTRY_KEY)
        yield registry


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[AnyRecord]:
    """Return the records of some made-up households, in an order of no meaning."""
    path = tmp_path_factory.mktemp("made") / "made.jsonl"
    with path.open("w", encoding="utf-8") as out:
        generate.write(out, 8, seed=3)
    records = [read_line(line) for line in path.read_text(encoding="utf-8").splitlines()]
    random.Random(7).shuffle(records)
    return records


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
    told = "0 people, 0 groups, 3 memberships: 0 records new, 0 changed, 0 unchanged; "
    changes, nothing = "1 memberships new, 1 changed, 1", "0 memberships new, 0 changed, 3"
    for arguments, standing in ((["--dry-run"], changes), ([], changes), ([], nothing), (["--dry-run"], nothing)):
        assert import_into(registry, path, *arguments) == 0
        last = " Nothing was written." if arguments else ""
        assert capsys.readouterr().out.splitlines()[0] == f"{told}{standing} unchanged.{last}"


def test_rejected_records_are_not_counted(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The summary counts no record or membership that was rejected at any step."""
    registry.put(ANNA, BENO.model_copy(update={"identifiers": uin("2")}))
    exchanged = [ANNA.model_copy(update={"identifiers": uin("2")}), BENO.model_copy(update={"identifiers": uin("1")})]
    thief = Group(id="thief", identifiers=uin("1"))
    stray = Membership(person_id="nobody", group_id="hill")
    path = jsonl(tmp_path / "f.jsonl", [*exchanged, thief, HILL, ANNA_ON_HILL, stray])
    assert import_into(registry, path) == 1
    assert len(rejected(path)) == 4
    assert capsys.readouterr().out.splitlines()[0] == (
        "0 people, 1 groups, 1 memberships: 1 records new, 0 changed, 0 unchanged; "
        "1 memberships new, 0 changed, 0 unchanged."
    )
    registry.assert_holds(ANNA, BENO.model_copy(update={"identifiers": uin("2")}), HILL, ANNA_ON_HILL)


def test_memberships_may_name_records_of_the_registry(registry: Registry, tmp_path: Path) -> None:
    """A membership may name people and groups that only the registry has."""
    registry.put(ANNA, HILL)
    path = jsonl(tmp_path / "f.jsonl", [ANNA_ON_HILL, BENO, BENO_ON_HILL])
    assert import_into(registry, path) == 0
    registry.assert_holds(*ALL)
    before = registry.items()
    assert import_into(registry, path) == 0
    assert registry.items() == before


def test_a_membership_of_an_unknown_person_is_rejected(registry: Registry, tmp_path: Path) -> None:
    """A membership of an unknown person or group is rejected with its line and the missing record."""
    registry.put(ANNA)
    path = jsonl(tmp_path / "f.jsonl", [BENO, BENO_ON_HILL, ANNA_ON_HILL])
    assert import_into(registry, path) == 1
    reason = "Neither the files nor the registry have the group hill."
    assert [(row["line"], row["reason"]) for row in rejected(path)] == [(2, reason), (3, reason)]
    assert rejected(path)[0]["row"] == {"membership": {"person_id": "beno", "group_id": "hill"}}
    registry.assert_holds(ANNA, BENO)


def test_another_records_identifier_is_rejected(registry: Registry, tmp_path: Path) -> None:
    """A record with another record's identifier is rejected with its memberships; the others are loaded."""
    registry.put(ANNA)
    path = jsonl(
        tmp_path / "f.jsonl", [thief := BENO.model_copy(update={"identifiers": uin("1")}), HILL, BENO_ON_HILL]
    )
    assert import_into(registry, path) == 1
    conflict, stray = rejected(path)
    assert conflict["reason"] == "An identifier of type UIN already belongs to PERSON#anna."
    assert (conflict["line"], conflict["row"]["person"]["id"]) == (1, thief.id)
    assert stray["reason"] == "Neither the files nor the registry have the person beno."
    registry.assert_holds(ANNA, HILL)


def test_a_record_is_rejected_once(registry: Registry, tmp_path: Path) -> None:
    """A record is rejected once, however many of its identifiers belong to others."""
    registry.put(ANNA, BENO.model_copy(update={"identifiers": uin("2")}))
    path = jsonl(tmp_path / "f.jsonl", [Person(id="cleo", identifiers=uin("1") + uin("2"))])
    assert import_into(registry, path) == 1
    assert [row["line"] for row in rejected(path)] == [1]


def test_an_identifier_can_move_between_records(registry: Registry, tmp_path: Path) -> None:
    """A file of whole records can move an identifier to another record, in either order."""
    registry.put(ANNA, HILL)
    heir = BENO.model_copy(update={"identifiers": uin("1")})
    path = jsonl(
        tmp_path / "f.jsonl", [heir, BENO_ON_HILL, poorer := ANNA.model_copy(update={"identifiers": uin("2")})]
    )
    assert import_into(registry, path, "--replace") == 0
    registry.assert_holds(poorer, heir, HILL, BENO_ON_HILL)


def test_an_exchange_of_identifiers_is_rejected(registry: Registry, tmp_path: Path) -> None:
    """Two records that exchange identifiers are rejected: neither can be written before the other."""
    registry.put(ANNA, BENO.model_copy(update={"identifiers": uin("2")}))
    before = registry.items()
    exchanged = [ANNA.model_copy(update={"identifiers": uin("2")}), BENO.model_copy(update={"identifiers": uin("1")})]
    path = jsonl(tmp_path / "f.jsonl", exchanged)
    for how in ([], ["--replace"]):
        assert import_into(registry, path, *how) == 1
        assert sorted(row["line"] for row in rejected(path)) == [1, 2]
        assert registry.items() == before


def test_the_later_of_two_contradicting_rows_is_rejected(empty: Registry, tmp_path: Path) -> None:
    """Of two rows with the same id, identifier or membership the later is rejected, in one file or two."""
    first = jsonl(tmp_path / "a.jsonl", [ANNA, ANNA, HILL, ANNA_ON_HILL, ANNA_ON_HILL])
    second = jsonl(tmp_path / "b.jsonl", [BENO.model_copy(update={"identifiers": uin(" 1")}), HILL])
    assert import_into(empty, first, second) == 1
    assert [(row["line"], row["reason"]) for row in rejected(first)] == [
        (2, "The person anna is in the files twice."),
        (5, "The membership of the person anna in the group hill is in the files twice."),
    ]
    assert [(row["line"], row["reason"]) for row in rejected(second)] == [
        (1, "An identifier of type UIN already belongs to the person anna."),
        (2, "The group hill is in the files twice."),
    ]
    empty.assert_holds(ANNA, HILL, ANNA_ON_HILL)


def test_bad_lines_are_rejected_as_they_are(
    empty: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line that is not a record is written unchanged to a private file of rejects; the rest is imported."""
    path = tmp_path / "f.jsonl"
    path.write_bytes(
        b'\xef\xbb\xbf{"person":{"id":"anna"}}\n\nnot JSON \xff\n'
        b'{"person":{"id":"b","sex":"yes"}}\n{"group":{"id":"hill"}}\n{"group":{"id":"a","id":"b"}}'
    )
    assert import_into(empty, path) == 1
    assert rejected(path) == [
        {"line": 3, "reason": "The line is not valid JSON.", "row": "not JSON \ufffd"},
        {
            "line": 4,
            "reason": "person.sex must be 'male', 'female', 'other' or 'unknown'.",
            "row": '{"person":{"id":"b","sex":"yes"}}',
        },
        {
            "line": 6,
            "reason": "The line has id more than once in an object.",
            "row": '{"group":{"id":"a","id":"b"}}',
        },
    ]
    file = tmp_path / "f.jsonl.rejected.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kinds = (
        "1 The line is not valid JSON, 1 person.sex must be 'male', 'female', 'other' or 'unknown', "
        "1 The line has id more than once in an object"
    )
    assert f"{path}: 3 rejected: {kinds} (see {file})\n" in capsys.readouterr().out
    empty.assert_holds(Person(id="anna"), Group(id="hill"))


def test_old_rejects_are_deleted(empty: Registry, tmp_path: Path) -> None:
    """A run without rejects deletes those of an earlier run."""
    path = tmp_path / "f.jsonl"
    path.write_text("nonsense\n")
    import_into(empty, path)
    assert import_into(empty, jsonl(path, [ANNA])) == 0
    assert list(tmp_path.iterdir()) == [path]


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
    told = rejected(path)
    import_into(registry, path)
    assert rejected(path) == told


def test_a_dry_run_needs_no_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a table the files are checked without AWS."""
    monkeypatch.delenv("REGISTRY_TABLE", raising=False)
    path = jsonl(tmp_path / "f.jsonl", ALL)
    assert main(["registry", "import", str(path), "--dry-run"]) == 0
    assert "2 people, 1 groups, 2 memberships: 3 records new" in capsys.readouterr().out


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
def test_a_group_larger_than_a_transaction_is_imported(empty: Registry, tmp_path: Path) -> None:
    """A group with more members than fit in a transaction is written and changed like any other."""
    crowd = [Person(id=f"p{number}") for number in range(120)]
    members = [Membership(person_id=person.id, group_id="hill") for person in crowd]
    assert import_into(empty, jsonl(tmp_path / "f.jsonl", [HILL, *crowd, *members])) == 0
    empty.assert_holds(HILL, *crowd, *members)
    richer = HILL.model_copy(update={"poverty_score": 7.0})
    assert import_into(empty, jsonl(tmp_path / "f.jsonl", [richer, ANNA, ANNA_ON_HILL])) == 0
    empty.assert_holds(richer, ANNA, ANNA_ON_HILL, *crowd, *members)


@pytest.mark.parametrize("limit", ["MAX_MEMBERS", "MAX_HOUSEHOLDS"])
def test_a_membership_over_the_limit_is_rejected_alone(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """A new record is loaded without the membership that an existing person cannot have any more."""
    registry.put(ANNA, HILL, ANNA_ON_HILL)
    monkeypatch.setattr(put_changes, limit, 1)
    lake = Group(id="lake")
    more: dict[str, list[AnyRecord]] = {
        "MAX_MEMBERS": [BENO, HILL, BENO_ON_HILL],
        "MAX_HOUSEHOLDS": [lake, ANNA, Membership(person_id="anna", group_id="lake")],
    }
    path = jsonl(tmp_path / "f.jsonl", more[limit])
    assert import_into(registry, path) == 1
    assert [(row["line"], "at most 1 " in row["reason"]) for row in rejected(path)] == [(3, True)]
    registry.assert_holds(ANNA, HILL, ANNA_ON_HILL, BENO if limit == "MAX_MEMBERS" else lake)


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
    told = []
    for arguments in (
        ["--table", registry.table, str(tmp_path / "g.jsonl")],
        ["--table", registry.table, str(tmp_path / "none.jsonl")],
        ["--table", registry.table, str(tmp_path)],
        ["--table", "no-such-table", str(path)],
        [str(path)],
    ):
        assert main(["registry", "import", *arguments]) == 2
        told.append(capsys.readouterr().err)
    assert told.pop(0).endswith("g.jsonl.rejected.jsonl cannot be replaced: Is a directory.\n")
    assert told[0].endswith("none.jsonl cannot be read: No such file or directory.\n")
    assert told[1].endswith("cannot be read: Is a directory.\n")
    assert told[2].startswith("dci: There is no such table in the AWS region ")
    assert told[3].startswith("dci: The table's name is missing or not valid: ")
    assert [text.count("\n") for text in told] == [1, 1, 1, 1]
