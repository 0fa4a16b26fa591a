"""Values as offices have them: the impossible is rejected, the improbable warned of or repaired."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dci_cli.registry.files.file_options import FileOptions
from dci_cli.registry.files.rows import Row
from dci_cli.registry.support.plausibility import latest_today
from dci_common.registry.model.records import Identifier, Person
from support.import_files import read_table, rows_of
from support.value_reasons import BUDDHIST, PLACEHOLDER, SPREADSHEET

TODAY = date(2026, 11, 29)
EXTERNAL_ID = "is an external id of Odoo: give its name with --map"
IMPOSSIBLE = [
    ("birth_date", "2999-01-31", "is in the future"),
    ("birth_date", "2026-11-30", "is in the future"),
    ("birth_date", "٢٩٩٩-01-31", "is in the future"),
    ("birth_date", "2563-05-01", BUDDHIST),
    ("death_date", "2563-05-01", BUDDHIST),
    ("registration_date", "2027-01-01", "is in the future"),
    ("reg_ids/value", "4.479E+11", SPREADSHEET),
    ("reg_ids/value", "8.96529E+19", SPREADSHEET),
    ("reg_ids/value", "8,96529e+19", SPREADSHEET),
    ("reg_ids/value", "NULL", PLACEHOLDER),
    ("phone", "4.479E+11", SPREADSHEET),
    ("phone", "8.96529E+19", SPREADSHEET),
    ("phone", "07I1 234 567", "must not hold letters"),
    ("phone", "N/A", PLACEHOLDER),
    ("email", "a@x.org b@x.org", "must hold one e-mail address"),
    *(
        ("given_name", text, PLACEHOLDER)
        for text in ("NULL", "N/A", "-", "null", "n/a", "none", "#N/A", "--", ".", "?")
    ),
    ("family_name", "N/A", PLACEHOLDER),
    ("gender_id/id", "spp_vocabulary.code_female", EXTERNAL_ID),
    ("civil_status_id/id", "spp_vocabulary.code_married", EXTERNAL_ID),
]
IMPROBABLE = [
    ("birth_date", "1899-12-31", "is before 1900", ""),
    ("birth_date", "0202-05-01", "is before 1900", ""),
    ("birth_date", "1369-05-01", "looks like a year of the Persian or Islamic calendar", ""),
    ("reg_ids/value", "123.0", "had decimals, which were removed", "123"),
    ("reg_ids/value", "'123", "had an apostrophe before it, which was removed", "123"),
    ("reg_ids/value", "1234567890123450000", "may be a number that a spreadsheet has rounded", ""),
    ("phone", "711234567.0", "had decimals, which were removed", "711234567"),
    ("phone", "'0711234567", "had an apostrophe before it, which was removed", "0711234567"),
    ("phone", "0711234567/8", "may hold two numbers", ""),
    ("phone", "0711234567 0722345678", "has more than 15 digits", ""),
    ("given_name", "'=1+1", "had an apostrophe before it, which was removed", "=1+1"),
    ("occupation", "N/A", PLACEHOLDER, ""),
    ("occupation", "spp_base.occupation_farmer", EXTERNAL_ID, ""),
    ("occupation_id/id", "spp_base.occupation_farmer", EXTERNAL_ID, ""),
    ("state_id/id", "base.state_north", EXTERNAL_ID, ""),
    ("given_name", "15", "is a number", ""),
    ("family_name", "٣ / 4", "is a number", ""),
]
TWO_PHONES = [
    "0711234567/0722345678",
    "0711234567 ; 0722345678",
    "0711234567 or 0722345678",
    '"0711234567\n0722345678"',
]


def file_options(*, strict: bool = False) -> FileOptions:
    """Return the options of a fixed day."""
    return FileOptions(strict=strict, today=TODAY)


def one_row(column: str, cell: str, *, strict: bool = False) -> Row:
    """Read a row with one cell, and an identifier's type if it needs one."""
    text = f'id,reg_ids/id_type,{column}\n1,{"UIN" * (column == "reg_ids/value")},"{cell.strip(chr(34))}"\n'
    if column == "reg_ids/value":
        return read_table("individuals.csv", text, file_options(strict=strict))[0]
    return read_table(
        "individuals.csv", text.replace("reg_ids/id_type,", "").replace("1,,", "1,"), file_options(strict=strict)
    )[0]


@pytest.mark.parametrize(("column", "cell", "what"), IMPOSSIBLE)
def test_an_impossible_value_rejects_the_row(column: str, cell: str, what: str) -> None:
    """An impossible value rejects the row, with the column and the reason."""
    row = one_row(column, cell)
    assert (row.record, row.reasons, row.warnings) == (None, [f"{column} {what}."], [])


@pytest.mark.parametrize(("column", "cell", "what", "repaired"), IMPROBABLE)
def test_an_improbable_value_is_warned_of(column: str, cell: str, what: str, repaired: str) -> None:
    """An improbable value is loaded, as it is or repaired, with a warning; --strict rejects it."""
    row = one_row(column, cell)
    detail = f"{cell} was read as {repaired}" if repaired else ""
    assert (row.reasons, row.warnings) == ([], [(column, what, detail)])
    assert row.record is not None
    assert f'"{repaired or cell}"' in row.record.model_dump_json()
    strict = one_row(column, cell, strict=True)
    assert (strict.record, strict.reasons, strict.warnings) == (None, [f"{column} {what}."], [])


@pytest.mark.parametrize("cell", TWO_PHONES)
def test_two_phones_in_a_cell_are_split(cell: str) -> None:
    """Two phone numbers in one cell are two, with a word about it."""
    row = one_row("phone", cell)
    assert isinstance(row.record, Person)
    assert row.record.phone_numbers == ("0711234567", "0722345678")
    assert [(warned.column, warned.what) for warned in row.warnings] == [
        ("phone", "held several values, which were split")
    ]
    assert one_row("phone", cell, strict=True).record is None


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("birth_date", "2026-11-29"),
        ("birth_date", "1900-01-01"),
        ("phone", "030/12345"),
        ("phone", "+63 (917) 123-4567"),
        ("phone", "٠٧١١٢٣٤٥٦٧"),
        ("reg_ids/value", "A-17/E5"),
        ("reg_ids/value", "12345678901234567"),
        ("given_name", "'Aisha"),
        ("given_name", "Null-Meyer"),
        ("given_name", "นภา"),
        ("given_name", "เ3"),
        ("street", "15"),
        ("education_level", "none"),
    ],
)
def test_usual_values_are_loaded_in_silence(column: str, cell: str) -> None:
    """Values that only look unusual are loaded as they are, without a warning."""
    row = one_row(column, cell)
    assert (row.reasons, row.warnings) == ([], [])
    assert row.record is not None
    assert f'"{cell}"' in row.record.model_dump_json()


def test_a_death_before_the_birth_is_impossible() -> None:
    """Nobody dies before they are born."""
    (row,) = read_table("individuals.csv", "id,birthdate,death_date\n1,2001-05-02,2001-05-01\n", file_options())
    assert row.reasons == ["death_date is before the birth."]


def test_a_child_is_born_today_where_the_day_begins_first() -> None:
    """A birth today is never in the future, in any time zone."""
    assert latest_today() >= date.today()  # noqa: DTZ011 - what an operator's calendar shows
    assert one_row("birth_date", TODAY.isoformat()).record


def test_partial_dates_pass_through(tmp_path: Path) -> None:
    """Birth dates known in part are passed to the model as they are."""
    path = tmp_path / "individuals.csv"
    path.write_text("id,birthdate\n1,1982\n2,1982-05\n3,2999\n4,2563-05\n5,1369\n")
    found = [(row.reasons, [one.what for one in row.warnings]) for row in rows_of(path, file_options())]
    assert found[2][0][0] == "birthdate is in the future."
    assert found[3][0][0] == f"birthdate {BUDDHIST}."
    assert found[4][1] == ["looks like a year of the Persian or Islamic calendar"]
    assert found[:2] == [([], []), ([], [])]


def test_repaired_identifiers_are_those_of_the_record() -> None:
    """A repaired identifier is the record's."""
    row = one_row("reg_ids/value", "'00123")
    assert isinstance(row.record, Person)
    assert row.record.identifiers == (Identifier(identifier_type="UIN", identifier_value="00123"),)
