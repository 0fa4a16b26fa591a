"""Workbooks of spreadsheets (.xlsx): their first visible sheet, as the texts that a CSV file would have."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from dci_cli.command_error import CommandError
from dci_cli.registry.files.cells import Notation

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number


def rows(path: Path, notation: Notation) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with their numbers. Raises CommandError when the file is not a workbook."""
    sheet = _sheet(path)
    first, margin = sheet.start or (0, 0)
    for number, cells in enumerate(sheet.iter_rows(), first + 1):
        yield number, [""] * margin + [_text(cell, notation) for cell in cells]


def _sheet(path: Path) -> CalamineSheet:
    import python_calamine as calamine  # noqa: PLC0415 - only workbooks need it

    try:
        workbook = calamine.load_workbook(path)
        visible = [one.name for one in workbook.sheets_metadata if one.visible == calamine.SheetVisibleEnum.Visible]
        name, *others = visible or workbook.sheet_names
        if others:
            print(f"{path.name}: ignored sheets: {', '.join(others)}", file=sys.stderr)
        return workbook.get_sheet_by_name(name)
    except calamine.PasswordError as error:
        raise CommandError(f"{path} is protected by a password: save it without one.") from error
    except (calamine.CalamineError, ValueError) as error:
        raise CommandError(f"{path} is not a workbook: save it as .xlsx or as CSV UTF-8.") from error


def _text(cell: object, notation: Notation) -> str:
    """Return a typed cell as the text that the notation of the file gives to it."""
    match cell:
        case bool():
            return str(cell)
        case int() | float():
            return _number(float(cell)).replace(".", notation.decimal)
        case datetime() if cell.time() != time():
            return cell.isoformat(" ", "seconds")
        case date():
            return cell.strftime(notation.date_format or "%Y-%m-%d")
        case _:
            return str(cell).strip()


def _number(value: float) -> str:
    """Return a number without the decimals that it does not have; with an exponent where digits were lost."""
    if abs(value) >= _EXACT:
        return f"{value:.14E}"
    return str(int(value)) if value.is_integer() else repr(value)
