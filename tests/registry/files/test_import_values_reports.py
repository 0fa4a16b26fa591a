"""Values as offices have them: the same checks in JSON Lines and `put`, and how the summary counts what they find."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from support.commands import Commands
from support.import_files import dry_run, private_rows, rejected_rows
from support.value_reasons import BUDDHIST, PLACEHOLDER, SPREADSHEET

PERSON: dict[str, Any] = {"id": "1"}


@pytest.mark.parametrize(
    ("fields", "reasons", "warnings"),
    [
        ({"birth_date": "2563-01-01"}, [f"person.birth_date {BUDDHIST}."], []),
        ({"name": {"given_name": "NULL"}}, [f"person.name.given_name {PLACEHOLDER}."], []),
        ({"phone_numbers": ["4.479E+11"]}, [f"person.phone_numbers.0 {SPREADSHEET}."], []),
        (
            {"identifiers": [{"identifier_type": "UIN", "identifier_value": "8.96529E+19"}]},
            [f"person.identifiers.0.identifier_value {SPREADSHEET}."],
            [],
        ),
        ({"birth_date": "1369-01-01"}, [], ["person.birth_date"]),
        ({"phone_numbers": ["0711234567, 0722345678"]}, [], ["person.phone_numbers.0"]),
    ],
)
def test_json_lines_are_checked_alike(
    tmp_path: Path, fields: dict[str, Any], reasons: list[str], warnings: list[str]
) -> None:
    """The same values are impossible or improbable in JSON Lines."""
    path = tmp_path / "f.jsonl"
    path.write_text(json.dumps({"person": PERSON | fields}) + "\n")
    assert dry_run(path) == int(bool(reasons))
    if reasons:
        rejected = json.loads(path.with_name("f.jsonl.rejected.jsonl").read_text())
        assert rejected["reason"] == " ".join(reasons)
    else:
        assert [row["column"] for row in private_rows(path, "warnings.csv")] == warnings
        assert dry_run("--strict", path) == 1
        assert not path.with_name("f.jsonl.warnings.csv").exists()


def test_the_summary_counts_by_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The summary counts reasons and warnings by kind, without values; the warnings are in a private file."""
    path = tmp_path / "individuals.csv"
    born = ("2999-01-01", "2998-01-01", "1369-01-01", "1370-01-01", "1899-01-01")
    lines = [f"{number},Anna,{day},123.0,UIN{number}" for number, day in enumerate(born)]
    path.write_text("\n".join(["id,given_name,birthdate,reg_ids/value,reg_ids/id_type", *lines, "9,-,2999-01-01,,"]))
    assert dry_run(path) == 1
    rejected, warned = capsys.readouterr().out.splitlines()[1:]
    assert rejected == (
        f"{path}: 3 rejected: 3 birthdate is in the future, 1 given_name {PLACEHOLDER} (see {path}.rejected.csv)"
    )
    assert warned == (
        f"{path}: 8 warnings: 5 reg_ids/value had decimals, which were removed,"
        " 2 birthdate looks like a year of the Persian or Islamic calendar, 1 birthdate is before 1900"
        f" (see {path}.warnings.csv)"
    )
    assert stat.S_IMODE(path.with_name("individuals.csv.warnings.csv").stat().st_mode) == 0o600
    assert private_rows(path, "warnings.csv")[-2:] == [
        {"line": "6", "column": "birthdate", "warning": "is before 1900", "detail": ""},
        {
            "line": "6",
            "column": "reg_ids/value",
            "warning": "had decimals, which were removed",
            "detail": "123.0 was read as 123",
        },
    ]
    assert len(rejected_rows(path)) == 3


def test_many_kinds_do_not_flood_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Reasons that differ by their ids are counted together, and only the most frequent kinds are shown."""
    path = tmp_path / "memberships.csv"
    path.write_text("group,individual\n" + "".join(f"g{number},p{number}\n" for number in range(300)))
    assert dry_run(path) == 1
    assert capsys.readouterr().out.splitlines()[1] == (
        f"{path}: 300 rejected: 300 Neither the files nor the registry have the person and the group"
        f" (see {path}.rejected.csv)"
    )


def test_put_checks_the_same(dci: Commands, tmp_path: Path) -> None:
    """`put` rejects a future birth date, and warns of what is improbable."""
    path = tmp_path / "f.jsonl"
    path.write_text('{"person":{"id":"1","birth_date":"2999-01-01"}}\n')
    done = dci("put", path)
    assert done.status == 2
    assert done.err == "dci: Line 1: person.birth_date is in the future. Nothing was written.\n"
    path.write_text('\n{"person":{"id":"1","birth_date":"1369-01-01"}}\n')
    done = dci("put", path)
    assert (done.status, done.out) == (0, "1 record written.\n")
    assert done.err == "Line 2: person.birth_date looks like a year of the Persian or Islamic calendar.\n"


@pytest.mark.parametrize("depth", [30, 400, 5_000])
def test_deep_lines_are_rejected(tmp_path: Path, depth: int) -> None:
    """A line with very deep objects is rejected like any other."""
    path = tmp_path / "f.jsonl"
    lists, places = "[" * depth + "]" * depth, '{"contained_in_place":' * depth + "{}" + "}" * depth
    path.write_text(f'{{"person":{{"id":"1","addresses":{lists}}}}}\n{{"group":{{"id":"1","place":{places}}}}}\n')
    assert dry_run(path) == 1
    rejected = path.with_name("f.jsonl.rejected.jsonl").read_text().splitlines()
    assert len(rejected) == (1 if depth == 30 else 2)  # places may contain one another


def test_memberships_that_overlap_are_one_kind_of_any_days(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Overlapping memberships are counted together, whatever the days of their periods are."""
    lines = ['{"group": {"id": "g"}}']
    for id_, start, end in (
        ("a", '"2020-01-01"', "null"),
        ("b", '"2021-01-01"', '"2022-01-01"'),
        ("c", "null", "null"),
    ):
        ids = f'"person_id": "{id_}", "group_id": "g"'
        lines += [
            f'{{"person": {{"id": "{id_}"}}}}',
            f'{{"membership": {{{ids}, "start": {start}, "end": {end}}}}}',
            f'{{"membership": {{{ids}, "start": "2021-06-01"}}}}',
        ]
    path = tmp_path / "f.jsonl"
    path.write_text("\n".join(lines))
    assert dry_run(path) == 1
    assert (
        f"{path}: 3 rejected: 3 The person belongs to the group already, which overlaps: " in capsys.readouterr().out
    )
