"""Rejected rows: a table of the file's own columns with the reasons, to be corrected and imported again."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from dci_common.registry.model.records import Group, Identifier, Membership, Name, Person
from support.import_files import dry_run, import_into, jsonl, rejected, rejected_rows
from support.registry_harness import Registry

HEADER = "id;given_name;birthdate;Phone;reg_ids/id_type;reg_ids/value;individual_membership_ids/group"
OTHER_ROW = "Another row of this record is rejected."


def test_rejects_are_a_private_table_of_the_own_columns(tmp_path: Path) -> None:
    """Rejects have the columns, delimiter and script of the file, and are readable by their owner only."""
    path = tmp_path / "individuals.csv"
    path.write_bytes(f"{HEADER};note\n1;Zoë;2999-01-01;07a1234567;;;;keep\n2;Anna;;;;;;\n".encode("cp1252"))
    assert dry_run("--encoding", "cp1252", path) == 1
    target = tmp_path / "individuals.csv.rejected.csv"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert target.read_bytes().decode("utf-8") == (
        f"\ufeffreason;{HEADER};note\r\n"
        "birthdate is in the future. Phone must not hold letters.;1;Zoë;2999-01-01;07a1234567;;;;keep\r\n"
    )


def test_corrected_rejects_are_imported_as_they_are(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once corrected, rejects are imported like any table; their reasons are ignored in silence."""
    path = tmp_path / "individuals.csv"
    path.write_text(f"{HEADER}\n1;Anna;2999-01-01;;UIN;7;\n;;;+1 555 0100;NIN;8;\n2;Beno;;;;;\n")
    assert import_into(registry, path) == 1
    registry.assert_holds(Person(id="2", name=Name(given_name="Beno")))
    assert [row["reason"] for row in rejected_rows(path)] == ["birthdate is in the future.", OTHER_ROW]
    target = tmp_path / "individuals.csv.rejected.csv"
    target.write_text(target.read_text(encoding="utf-8").replace("2999", "1999"), encoding="utf-8")
    capsys.readouterr()
    assert import_into(registry, target) == 0
    assert "ignored" not in capsys.readouterr().err
    anna = Person(
        id="1",
        name=Name(given_name="Anna"),
        birth_date="1999-01-01",
        phone_numbers=("+1 555 0100",),
        identifiers=(
            Identifier(identifier_type="UIN", identifier_value="7"),
            Identifier(identifier_type="NIN", identifier_value="8"),
        ),
    )
    registry.assert_holds(Person(id="2", name=Name(given_name="Beno")), anna)


def test_rejects_of_rejects_have_one_reason(tmp_path: Path) -> None:
    """Rejects that are rejected again have the reasons of now, in one column."""
    path = tmp_path / "individuals.csv"
    path.write_text("id,given_name,gender\n1,NULL,x\n")
    assert dry_run(path) == 1
    target = tmp_path / "individuals.csv.rejected.csv"
    target.write_text(target.read_text(encoding="utf-8").replace("NULL", "Anna"), encoding="utf-8")
    assert dry_run(target) == 1
    assert rejected_rows(target) == [
        {
            "reason": "gender must be 'male', 'female', 'other' or 'unknown'.",
            "id": "1",
            "given_name": "Anna",
            "gender": "x",
        }
    ]


def test_a_rejected_membership_brings_its_whole_record(registry: Registry, tmp_path: Path) -> None:
    """When a membership of a row is rejected after all files were read, the rows of its record go along."""
    path = tmp_path / "individuals.csv"
    path.write_text(f"{HEADER}\n1;Anna;;;;;g.1\n;;;+1 555 0100;;;\n;;;;;;g.9\n2;Beno;;;;;\n")
    (tmp_path / "groups.csv").write_text("id\ng.1\n")
    assert import_into(registry, path, tmp_path / "groups.csv") == 1
    registry.assert_holds(
        Person(id="1", name=Name(given_name="Anna"), phone_numbers=("+1 555 0100",)),
        Person(id="2", name=Name(given_name="Beno")),
        Group(id="g.1"),
        Membership(person_id="1", group_id="g.1"),
    )
    assert [(row["reason"], row["Phone"]) for row in rejected_rows(path)] == [
        (OTHER_ROW, ""),
        (OTHER_ROW, "+1 555 0100"),
        ("Neither the files nor the registry have the group g.9.", ""),
    ]


def test_an_identifier_of_another_record_rejects_all_rows_of_a_record(registry: Registry, tmp_path: Path) -> None:
    """A record that the registry rejects is written with all of its rows."""
    registry.put(Person(id="owner", identifiers=(Identifier(identifier_type="UIN", identifier_value="7"),)))
    path = tmp_path / "individuals.csv"
    path.write_text(f"{HEADER}\n1;Anna;;;NIN;8;\n;;;;UIN;7;\n2;Beno;;;;;\n")
    assert import_into(registry, path) == 1
    assert [(row["reason"], row["reg_ids/value"]) for row in rejected_rows(path)] == [
        ("An identifier of type UIN already belongs to PERSON#owner.", "8"),
        (OTHER_ROW, "7"),
    ]


def test_a_second_row_of_a_rejected_record_is_rejected(registry: Registry, tmp_path: Path) -> None:
    """A second row with the id of a rejected one is not loaded as if the first did not exist, in no format."""
    path = tmp_path / "individuals.csv"
    path.write_text("id,given_name,birthdate\n1,Anna,2999-01-01\n1,Anna,1999-01-01\n2,Beno,\n")
    lines = jsonl(tmp_path / "f.jsonl", [Person(id="1", name=Name(given_name="Anna")), Person(id="3")])
    assert import_into(registry, path, lines) == 1
    registry.assert_holds(Person(id="2", name=Name(given_name="Beno")), Person(id="3"))
    twice = "The person 1 is in the files twice, and the first one is rejected (individuals.csv, line 2)."
    assert [row["reason"] for row in rejected_rows(path)] == ["birthdate is in the future.", twice]
    assert [row["reason"] for row in rejected(lines)] == [twice]


def test_memberships_of_a_row_that_is_there_twice_are_not_loaded(registry: Registry, tmp_path: Path) -> None:
    """The memberships of a second row with the same id do not join the first one."""
    path = tmp_path / "individuals.csv"
    path.write_text(f"{HEADER}\n1;Anna;;;;;\n1;Anna;;;;;g.1\n;;;;;;g.2\n")
    (tmp_path / "groups.csv").write_text("id\ng.1\ng.2\n")
    assert import_into(registry, path, tmp_path / "groups.csv") == 1
    registry.assert_holds(Person(id="1", name=Name(given_name="Anna")), Group(id="g.1"), Group(id="g.2"))
    assert [row["reason"] for row in rejected_rows(path)] == ["The person 1 is in the files twice.", OTHER_ROW]


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "+1+cmd|' /C calc'!A0", "-2+3", "\tx"])
def test_no_cell_of_the_rejects_is_a_formula(tmp_path: Path, cell: str) -> None:
    """A cell that a spreadsheet would run gets an apostrophe, which the next import removes again."""
    path = tmp_path / "individuals.csv"
    path.write_text(f'id,given_name,phone,gender\n1,"{cell}",+1 555 0100,x\n')
    assert dry_run(path) == 1
    (row,) = rejected_rows(path)
    assert (row["given_name"], row["phone"]) == (f"'{cell}" if cell.strip() == cell else "x", "+1 555 0100")
    target = tmp_path / "individuals.csv.rejected.csv"
    target.write_text(target.read_text(encoding="utf-8").replace(",x\n", ",f\n"), encoding="utf-8", newline="")
    assert dry_run(target) == 0


@pytest.mark.parametrize(
    "given",
    [
        {"id": "\ud800"},
        {"id": "p1", "identifiers": [{"identifier_type": "UIN", "identifier_value": "'\ud800"}]},
        {"id": "p1", "\udfff": 1},
    ],
    ids=["id", "value", "name"],
)
def test_half_a_surrogate_pair_rejects_its_line(tmp_path: Path, given: dict[str, object]) -> None:
    """Half of a surrogate pair, which JSON can spell and no file can hold, rejects its line and no other."""
    path = tmp_path / "people.jsonl"
    path.write_text(
        "".join(
            json.dumps({"person": person}) + "\n" for person in (given, {"id": "p2", "birth_place": "\U00020000"})
        )
    )
    assert dry_run(path) == 1
    (line,) = rejected(path)
    assert line["reason"].startswith("The line holds half of a surrogate pair, such as ")


def test_short_and_long_rows_keep_their_cells(tmp_path: Path) -> None:
    """A row with too few or too many cells is written as it is."""
    path = tmp_path / "individuals.csv"
    path.write_text("id,given_name\n1\n2,Beno,Roe\n")
    assert dry_run(path) == 1
    assert (tmp_path / "individuals.csv.rejected.csv").read_text(encoding="utf-8-sig").splitlines() == [
        "reason,id,given_name",
        '"The row has 1 cells, the header 2.",1',
        '"The row has 3 cells, the header 2.",2,Beno,Roe',
    ]


def test_an_import_never_replaces_one_of_its_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file and its corrected rejects are not imported together: the rejects would be replaced."""
    path, corrected = tmp_path / "individuals.csv", tmp_path / "individuals.csv.rejected.csv"
    path.write_text("id\n1\n")
    corrected.write_text("id\n2\n")
    assert dry_run(path, corrected) == 2
    assert (
        f"The import of {path} would replace {corrected}: import it alone, or rename it." in capsys.readouterr().err
    )
    assert corrected.read_text() == "id\n2\n"


def test_rejects_are_written_when_the_import_fails(tmp_path: Path) -> None:
    """What was rejected is written also when a later file ends the import."""
    first, second = tmp_path / "individuals.csv", tmp_path / "groups.csv"
    first.write_text("id,gender\n1,x\n")
    second.write_bytes(b"id,name\n1,Caf\xe9\n")
    assert dry_run(first, second) == 2
    assert [row["id"] for row in rejected_rows(first)] == ["1"]


def test_old_rejects_and_warnings_are_deleted(tmp_path: Path) -> None:
    """A run without rejects and warnings deletes those of an earlier run."""
    path = tmp_path / "individuals.csv"
    path.write_text("id,gender,birthdate\n1,x,\n2,,1899-01-01\n")
    assert dry_run(path) == 1
    assert len(list(tmp_path.iterdir())) == 3
    path.write_text("id,gender,birthdate\n1,f,\n")
    assert dry_run(path) == 0
    assert list(tmp_path.iterdir()) == [path]


def test_rejects_of_json_lines_stay_json_lines(tmp_path: Path) -> None:
    """A rejected line is an object with its number, its reasons and the line."""
    path = tmp_path / "f.jsonl"
    line = '{"person":{"id":"1","sex":"x","birth_date":"2999-01-01"}}'
    path.write_text(f"\n{line}\n")
    assert dry_run(path) == 1
    rejected = json.loads((tmp_path / "f.jsonl.rejected.jsonl").read_text())
    sex = "person.sex must be 'male', 'female', 'other' or 'unknown'."
    assert rejected == {"line": 2, "reason": f"person.birth_date is in the future. {sex}", "row": line}
