"""Workbooks of spreadsheets."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from dci_cli.registry.files.cells import Notation
from dci_cli.registry.files.file_options import FileOptions
from dci_common.registry.model.records import Identifier, Name, Person
from support.import_files import dry_run, rejected_rows, rows_of

UIN = (Identifier(identifier_type="UIN", identifier_value="123"),)


def workbook(path: Path, *sheets: list[list[Any]], hidden: int = 0) -> Path:
    """Write a workbook as a spreadsheet does; the first sheets may be hidden."""
    book = xlsxwriter.Workbook(path)
    days, moments = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    for number, rows in enumerate(sheets):
        sheet = book.add_worksheet()
        if number < hidden:
            sheet.hide()
        elif number == hidden:
            sheet.activate()
            sheet.set_first_sheet()
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write_datetime(row, column, cell, moments if isinstance(cell, datetime) else days)
                elif cell is not None:
                    sheet.write(row, column, cell)
    book.close()
    return path


@pytest.mark.parametrize("notation", [Notation(), Notation("%m/%d/%Y", ",")])
def test_workbooks_are_read(tmp_path: Path, notation: Notation) -> None:
    """Dates and numbers of a workbook's cells are typed: a number is an identifier without decimals."""
    path = workbook(
        tmp_path / "individuals.xlsx",
        [
            [
                "id",
                "given_name",
                "birthdate",
                "reg_ids/id_type",
                "reg_ids/value",
                "income",
                "restricted",
                "last_updated",
            ],
            [7, "José", date(1990, 2, 1), "UIN", 123, 1200.5, True, datetime(2025, 6, 1, 10, 30)],  # noqa: DTZ001
            [None, None, None, "NIN", "007"],
            [],
            [8, "Anna", None, None, None, None, False],
        ],
    )
    first, second = rows_of(path, FileOptions(notation))
    assert first.record == Person(
        id="7",
        name=Name(given_name="José"),
        birth_date="1990-02-01",
        identifiers=(*UIN, Identifier(identifier_type="NIN", identifier_value="007")),
        income=1200.5,
        restricted=True,
        last_updated="2025-06-01T10:30:00Z",
    )
    assert (second.record, second.line) == (Person(id="8", name=Name(given_name="Anna")), 5)


def test_a_number_that_lost_digits_is_rejected(tmp_path: Path) -> None:
    """A workbook keeps 15 digits of a number: a longer identifier that was entered as a number is impossible."""
    path = workbook(
        tmp_path / "individuals.xlsx",
        [["id", "reg_ids/id_type", "reg_ids/value"], ["a", "UIN", 123456789012345], ["b", "UIN", 12345678901234567]],
    )
    good, bad = rows_of(path)
    assert isinstance(good.record, Person)
    assert good.record.identifiers[0].identifier_value == "123456789012345"
    assert bad.reasons == [
        "reg_ids/value is a number that a spreadsheet has rounded: format the column as text, and enter it again."
    ]


def test_rejects_of_a_workbook_are_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first visible sheet is read, others are named; the rejects are a table in CSV."""
    rows: list[list[Any]] = [
        ["id", "given_name", "birthdate"],
        ["1", "Anna", date(2999, 1, 31)],
        ["2", "Beno", date(1990, 1, 31)],
    ]
    path = workbook(tmp_path / "individuals.xlsx", [["nothing"]], rows, [["more"]], hidden=1)
    assert dry_run(path) == 1
    assert "individuals.xlsx: ignored sheets: Sheet3\n" in capsys.readouterr().err
    assert rejected_rows(path) == [
        {"reason": "birthdate is in the future.", "id": "1", "given_name": "Anna", "birthdate": "2999-01-31"}
    ]


def test_what_is_no_workbook_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that only has the name of a workbook ends the command."""
    path = tmp_path / "individuals.xlsx"
    path.write_text("id,given_name\n")
    assert dry_run(path) == 2
    assert "is not a workbook: save it as .xlsx or as CSV UTF-8" in capsys.readouterr().err
