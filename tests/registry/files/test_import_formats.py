"""How tables are written: dates, numbers, delimiters, line ends and encodings."""

from __future__ import annotations

from pathlib import Path

import pytest

from dci_cli.registry.files.cells import Notation
from dci_cli.registry.files.file_options import FileOptions
from dci_common.registry.model.records import Group, Name, Person
from support.import_files import dry_run, read_table, rows_of, table_records


@pytest.mark.parametrize(
    ("date_format", "cell", "read"),
    [
        ("%d/%m/%Y", "31/01/1990", "1990-01-31"),
        ("%d/%m/%Y", "٣١/٠١/١٩٩٠", "1990-01-31"),
        ("%d/%m/%Y", "1990-01-31 08:00:00", "1990-01-31"),
        ("%m-%d-%y", "01-31-90", "1990-01-31"),
        ("%d %b %Y", "31 Jan 1990", "1990-01-31"),
    ],
)
def test_dates_are_read_by_their_format(date_format: str, cell: str, read: str) -> None:
    """Dates are read by --date-format; those of the standard's form always."""
    file_options = FileOptions(Notation(date_format=date_format))
    (person,) = table_records("individuals.csv", f"id,death_date\n1,{cell}\n", file_options)
    assert isinstance(person, Person)
    assert str(person.death_date) == read


def test_a_part_of_a_date_is_not_completed() -> None:
    """A format without a day gives a year and a month, never the first day of it."""
    for date_format, cell, read in (("%m/%Y", "05/1982", "1982-05"), ("%Y", "1982", "1982")):
        (row,) = read_table(
            "individuals.csv", f"id,registration_date\n1,{cell}\n", FileOptions(Notation(date_format))
        )
        assert row.record is None, read  # only a birth date may be known in part
        assert row.reasons == [
            f"registration_date must be a date such as 1990-01-31. The date format is {date_format}."
        ]


def test_a_date_of_another_form_says_how_to_read_it() -> None:
    """A date of another form is rejected with the option that reads it."""
    (row,) = read_table("individuals.csv", "id,death_date\n1,31/01/1990\n")
    assert row.reasons == [
        "death_date must be a date such as 1990-01-31. Dates of another form need --date-format, such as %d/%m/%Y."
    ]


@pytest.mark.parametrize(
    ("cell", "read"),
    [("1.200,50", 1200.5), ("1200,5", 1200.5), ("1 200,5", 1200.5), ("1.200", 1200.0), ("-3,5", -3.5)],
)
def test_a_decimal_comma_is_read(cell: str, read: float) -> None:
    """With --decimal , a comma separates decimals, and points separate thousands."""
    (group,) = table_records("groups.csv", f"id;poverty_score\n1;{cell}\n", FileOptions(Notation(decimal=",")))
    assert isinstance(group, Group)
    assert group.poverty_score == read


@pytest.mark.parametrize(("decimal", "cell"), [(".", "1,200"), (".", "2,5"), (",", "1200.50"), (",", "12.34")])
def test_an_ambiguous_number_is_rejected(decimal: str, cell: str) -> None:
    """A number with another mark than the decimal one is not guessed."""
    (row,) = read_table("groups.csv", f"id;poverty_score\n1;{cell}\n", FileOptions(Notation(decimal=decimal)))
    assert row.reasons == ["poverty_score must be a number."]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("start", ["", "sep={}\r\n", "\ufeff", "\ufeffsep={}\n"])
def test_the_usual_delimiters_are_found(tmp_path: Path, delimiter: str, start: str) -> None:
    """Commas, semicolons, tabs and bars separate cells, also with Excel's first line."""
    text = f'id~"surname, or {delimiter}{delimiter} the like"~given_name\r\n1~~"A{delimiter}B"\r\n'
    path = tmp_path / "individuals.txt"
    path.write_text(start.format(delimiter) + text.replace("~", delimiter), encoding="utf-8", newline="")
    (row,) = rows_of(path)
    assert row.record == Person(id="1", name=Name(given_name=f"A{delimiter}B"))
    assert row.line == 2 + ("sep" in start)


@pytest.mark.parametrize("name", ["individuals.csv", "Individuals-2026.TSV", "individuals.txt"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_extensions_and_line_ends_of_tables(tmp_path: Path, name: str, line_end: str) -> None:
    """Tables are known by their extension; lines may end as on any system."""
    path = tmp_path / name
    path.write_text(line_end.join(("id\tgiven_name", "1\tAnna", "2\tBeno")), newline="")
    assert [row.line for row in rows_of(path)] == [2, 3]
    assert dry_run(path) == 0


@pytest.mark.parametrize(
    ("encoding", "option"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-8-sig", "cp1252"),
        ("utf-16", ""),
        ("cp1252", "cp1252"),
        ("cp1252", "windows-1252"),
        ("utf-16-le", "utf-16-le"),
    ],
)
def test_encodings(tmp_path: Path, encoding: str, option: str) -> None:
    """A table is UTF-8, or what its first bytes or --encoding say."""
    path = tmp_path / "individuals.csv"
    path.write_text("id,given_name\n1,José\n", encoding=encoding)
    (row,) = rows_of(path, FileOptions(encoding=option))
    assert row.record == Person(id="1", name=Name(given_name="José"))


@pytest.mark.parametrize(
    ("name", "encoding", "option", "said"),
    [
        ("José", "cp1252", "", "line 3 is not UTF-8: its encoding is probably cp1252. Use --encoding cp1252"),
        (
            "สมชาย",
            "cp874",
            "",
            "line 3 is not UTF-8: save the file as CSV UTF-8, or name its encoding, such as --encoding",
        ),
        ("Anna", "utf-16-le", "", "its encoding is probably UTF-16, use --encoding utf-16-le"),
        ("José", "utf-8", "cp1252", "is UTF-8, not cp1252: leave out --encoding"),
        ("José", "cp1252", "ascii", "line 3 is not ASCII: name another --encoding"),
        ("Anna", "utf-8", "klingon", "--encoding klingon is unknown"),
    ],
)
def test_a_wrong_encoding_names_the_likely_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, encoding: str, option: str, said: str
) -> None:
    """A file in another encoding ends the command with its line and the likely encoding."""
    path = tmp_path / "individuals.csv"
    path.write_bytes(f"id,given_name\n1,Anna\n2,{name}\n".encode(encoding))
    assert dry_run(path, *(["--encoding", option] if option else [])) == 2
    assert said in capsys.readouterr().err
