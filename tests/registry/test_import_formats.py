"""The formats of tables: OpenSPP's exports, delimiters, encodings, notations and workbooks."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from dci_cli.__main__ import main
from dci_cli.registry.importer.cells import Notation
from dci_cli.registry.importer.reading import Reading
from dci_common.registry.model.records import Address, AnyRecord, Group, Identifier, Membership, Name, Person, Place
from support.import_files import private_rows, read_table, rejected_rows, rows_of

UIN = (Identifier(identifier_type="UIN", identifier_value="123"),)
NATIONAL_ID = {"spp_base.id_type_national": "National ID", "spp_vocabulary.code_head": "Head", "m": "Maria"}


def records(name: str, text: str, reading: Reading | None = None) -> list[AnyRecord]:
    """Read a table all of whose rows are good."""
    rows = read_table(name, text, reading)
    assert [row.reasons for row in rows if row.reasons] == []
    return [row.record for row in rows if row.record]


def dry_run(path: Path, *options: str) -> int:
    """Check a file, and return the exit status."""
    return main(["registry", "import", "--dry-run", str(path), *options])


def test_openspp2s_export_of_individuals_is_read() -> None:
    """The columns of OpenSPP2's import-compatible export of individuals are understood."""
    text = (
        "id,family_name,given_name,gender_id,civil_status_id,occupation_id,reg_ids/id_type_id,reg_ids/value,"
        "individual_membership_ids/group/id,individual_membership_ids/membership_type_ids,"
        "individual_membership_ids/start_date,individual_membership_ids/ended_date,write_date\n"
        "p.1,Doe,Anna,Female,Married,Teacher,UIN,123,g.1,Head,2024-01-01 08:00:00,False,2025-06-01 10:00:00\n"
        "p.2,Roe,Kim,Not known,Single,False,False,False,False,False,False,False,2025-06-01 10:00:00\n"
    )
    person, membership, unknown = records("individuals.csv", text)
    assert person == Person(
        id="p.1",
        name=Name(surname="Doe", given_name="Anna"),
        sex="female",
        marital_status="M",
        occupation="Teacher",
        identifiers=UIN,
        last_updated="2025-06-01T10:00:00Z",
    )
    assert membership == Membership(person_id="p.1", group_id="g.1", roles=("head",), start="2024-01-01")
    assert isinstance(unknown, Person)
    assert (unknown.sex, unknown.marital_status) == ("unknown", "S")


def test_openspp2s_export_of_groups_is_read() -> None:
    """The columns of OpenSPP2's import-compatible export of groups are understood."""
    text = (
        "id,name,group_type_id,group_membership_ids/individual/id,group_membership_ids/membership_type_ids\n"
        "g.1,Hill,Household,p.1,Head\n,,,p.2,\n"
    )
    assert records("groups.csv", text) == [
        Group(id="g.1", name="Hill", group_type="Household"),
        Membership(person_id="p.1", group_id="g.1", roles=("head",)),
        Membership(person_id="p.2", group_id="g.1"),
    ]


def test_exports_with_labels_are_read() -> None:
    """The labels of OpenSPP's fields are understood, of both of its versions."""
    text = (
        "External ID,Family Name,Given Name,Additional Name,Date of Birth,Gender,Civil Status,Phone,Email,State,"
        "Registrant IDs/ID Type,Registrant IDs/Value,Membership to Groups/Group/External ID,"
        "Membership to Groups/Group Role,Membership to Groups/Ended Date,Registration Date,Last Updated on,Group\n"
        "p.1,Doe,Anna,Maria,1990-01-31,Female,Married,+1 555 0100,a@x.org,North,UIN,123,g.1,Head,2024-01-01,"
        "2020-02-01,2025-06-01 10:00:00,False\n"
        "g.1,,,,,,,,,,,,,,,,,True\n"
    )
    person, membership, group = records("individuals.csv", text)
    assert person == Person(
        id="p.1",
        name=Name(surname="Doe", given_name="Anna", second_name="Maria"),
        birth_date="1990-01-31",
        sex="female",
        marital_status="M",
        phone_numbers=("+1 555 0100",),
        emails=("a@x.org",),
        addresses=(Address(region_code="North"),),
        identifiers=UIN,
        registration_date="2020-02-01",
        last_updated="2025-06-01T10:00:00Z",
    )
    assert membership == Membership(person_id="p.1", group_id="g.1", roles=("head",), end="2024-01-01")
    assert group == Group(id="g.1")
    header = "External ID,Name,Group Type,Group Members/Individual/External ID,Group Members/Kind"
    groups = f"{header}\ng.1,Hill,Farm,p.1,Head\n"
    assert records("groups.csv", groups) == [
        Group(id="g.1", name="Hill", group_type="Farm"),
        Membership(person_id="p.1", group_id="g.1", roles=("head",)),
    ]


def test_external_ids_become_names_by_a_mapping(tmp_path: Path) -> None:
    """A mapping gives codes their names, and leaves every other column alone; without it there is a warning."""
    text = (
        "id,given_name,reg_ids/id_type_id/id,reg_ids/value,individual_membership_ids/group/id,"
        "individual_membership_ids/membership_type_ids/id\n1,m,spp_base.id_type_national,5,g.1,spp_vocabulary.code_head\n"
    )
    person, membership = records("individuals.csv", text, Reading(Notation(names=NATIONAL_ID)))
    assert isinstance(person, Person)
    assert person.identifiers == (Identifier(identifier_type="National ID", identifier_value="5"),)
    assert person.name.given_name == "m"
    assert isinstance(membership, Membership)
    assert membership.roles == ("head",)
    (tmp_path / "individuals.csv").write_text(text.replace("g.1", "").replace("spp_vocabulary.code_head", ""))
    (tmp_path / "names.csv").write_text("value,name\nspp_base.id_type_national,National ID\n")
    path = tmp_path / "individuals.csv"
    assert dry_run(path, "--map", str(tmp_path / "names.csv"), "--strict") == 0
    assert dry_run(path) == 0
    assert private_rows(path, "warnings.csv") == [
        {
            "line": "2",
            "column": "reg_ids/id_type_id/id",
            "warning": "is an external id of Odoo: give its name with --map",
            "detail": "",
        }
    ]
    assert dry_run(path, "--strict") == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n", "must begin with the line value,name"),
        ("value,name\na\n", "row 2 must have a value and its name"),
        ("value,name\na,A\na,B\n", "gives two names to a"),
        (None, "cannot be read"),
    ],
)
def test_an_unusable_mapping_ends_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, said: str
) -> None:
    """A mapping that cannot be used is reported before anything is read."""
    if content:
        (tmp_path / "names.csv").write_text(content)
    assert dry_run(tmp_path / "individuals.csv", "--map", str(tmp_path / "names.csv")) == 2
    assert said in capsys.readouterr().err


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
    reading = Reading(Notation(date_format=date_format))
    (person,) = records("individuals.csv", f"id,death_date\n1,{cell}\n", reading)
    assert isinstance(person, Person)
    assert str(person.death_date) == read


def test_a_part_of_a_date_is_not_completed() -> None:
    """A format without a day gives a year and a month, never the first day of it."""
    for date_format, cell, read in (("%m/%Y", "05/1982", "1982-05"), ("%Y", "1982", "1982")):
        (row,) = read_table("individuals.csv", f"id,registration_date\n1,{cell}\n", Reading(Notation(date_format)))
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
    (group,) = records("groups.csv", f"id;poverty_score\n1;{cell}\n", Reading(Notation(decimal=",")))
    assert isinstance(group, Group)
    assert group.poverty_score == read


@pytest.mark.parametrize(("decimal", "cell"), [(".", "1,200"), (".", "2,5"), (",", "1200.50"), (",", "12.34")])
def test_an_ambiguous_number_is_rejected(decimal: str, cell: str) -> None:
    """A number with another mark than the decimal one is not guessed."""
    (row,) = read_table("groups.csv", f"id;poverty_score\n1;{cell}\n", Reading(Notation(decimal=decimal)))
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
    (row,) = rows_of(path, Reading(encoding=option))
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
    first, second = rows_of(path, Reading(notation))
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


PERSON_COLUMNS = (
    "id,is_disabled,disability_info/disability_limitation_type,disability_info/functional_severity,language_codes,"
    "related_persons/relationship_type,related_persons/person_id,additional_attributes/key,additional_attributes/value"
)


def test_lists_of_a_person_are_columns() -> None:
    """Disability, languages, relatives and additional attributes load from tables, with continuation rows."""
    text = (
        f'{PERSON_COLUMNS}\n1,yes,vis_ss,3,"en,sw",mother,2,roof,tin\n,,MOB_SS,2,fr,,,floor,earth\n2,False,,,,,,,\n'
    )
    first, second = records("individuals.csv", text)
    assert first.model_dump(mode="json", exclude_defaults=True) == {
        "id": "1",
        "is_disabled": True,
        "disability_info": [
            {"disability_limitation_type": "VIS_SS", "functional_severity": "3"},
            {"disability_limitation_type": "MOB_SS", "functional_severity": "2"},
        ],
        "language_codes": ["en", "sw", "fr"],
        "related_persons": [{"relationship_type": "mother", "person_id": "2"}],
        "additional_attributes": [{"key": "roof", "value": "tin"}, {"key": "floor", "value": "earth"}],
    }
    assert second == Person(id="2", is_disabled=False)
    (row,) = read_table("individuals.csv", f"{PERSON_COLUMNS}\n1,maybe,,,,,,,\n")
    assert row.reasons == ["is_disabled must be true or false."]


def test_a_place_is_columns() -> None:
    """The place of a group loads from tables."""
    text = (
        "id,place/name,place/latitude,place/longitude,place/contained_in_place/name\n"
        'g,Lakeside,"-1,5","36,8",North\nh,,,,\n'
    )
    first, second = records("groups.csv", text, Reading(Notation(decimal=",")))
    place = {
        "name": "Lakeside",
        "geo": {"latitude": -1.5, "longitude": 36.8},
        "contained_in_place": {"name": "North"},
    }
    assert first == Group(id="g", place=Place.model_validate(place))
    assert second == Group(id="h")
    (row,) = read_table("groups.csv", "id,place/name,place/latitude,place/longitude\ng,Lakeside,91,0\n")
    assert row.reasons == ["place/latitude must be at most 90.0."]


@pytest.mark.parametrize("titles", ["id,phone,phone", "id,Given Name,given_name", "id,is_group,IS_GROUP"])
def test_two_columns_of_one_name_end_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], titles: str
) -> None:
    """Two columns of one name are an error: one of them would be lost."""
    path = tmp_path / "individuals.csv"
    path.write_text(f"{titles}\n1,a,b\n")
    assert dry_run(path) == 2
    assert f"has several columns {titles.split(',')[1]}: keep one of each." in capsys.readouterr().err


def test_columns_of_one_meaning_must_agree() -> None:
    """Two columns of one meaning may say the same; where they differ, the row is rejected."""
    text = "id,surname,family_name,gender,gender_id\n1,Doe,Doe,F,Female\n2,Doe,,,Male\n3,Doe,Roe,F,Male\n"
    first, second, third = read_table("individuals.csv", text)
    assert first.record == Person(id="1", name=Name(surname="Doe"), sex="female")
    assert second.record == Person(id="2", name=Name(surname="Doe"), sex="male")
    assert third.reasons == [
        "surname and family_name have different values.",
        "gender and gender_id have different values.",
    ]
