"""CSV files: OpenSPP's exports, and hand-written ones."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from dci_cli.command_error import CommandError
from dci_cli.registry.files.header import Header
from dci_cli.registry.files.rejects import Rejects
from dci_cli.registry.importer.file_reader import stage_files
from dci_cli.registry.importer.staging import Staging
from dci_common.registry.model.records import Address, Group, Identifier, Membership, Name, Person
from support.import_files import import_into, read_table, rejected_rows, table_records
from support.registry_harness import Registry

INDIVIDUALS = """\
id,name,given_name,family_name,addl_name,birthdate,gender,birth_place,phone,phone_number_ids/phone_no,email,\
reg_ids/id_type/name,reg_ids/value,reg_ids/status,individual_membership_ids/group/id,individual_membership_ids/kind,\
civil_status,occupation,income,registration_date,is_group,tags_ids/name
__export__.res_partner_12_ab,"DOE, ANNA",Anna,Doe,Maria,1990-01-31,Female,Lakeside,"+1 555 0100,+1 555 0101",\
+1 555 0100,anna@example.org,UIN,847951632,valid,__export__.res_partner_9_cd,Head,\
married,Teacher,1200.50,2024-02-01,False,
,,,,,,,,,+1 555 0102,,National ID,A-17,valid,,Principal recipient,,,,,,
,,,,,,,,,,,,,,__export__.res_partner_10_ef,,,,,,,
plain.1,Beno,,,,False,,,,,False,,,,,,,,0.0,,,
"""


def test_an_export_of_individuals_is_read() -> None:
    """People are read with all identifiers, phones and memberships of their continuation rows."""
    assert table_records("individuals.csv", INDIVIDUALS) == [
        Person(
            id="__export__.res_partner_12_ab",
            identifiers=(
                Identifier(identifier_type="UIN", identifier_value="847951632"),
                Identifier(identifier_type="National ID", identifier_value="A-17"),
            ),
            phone_numbers=("+1 555 0100", "+1 555 0101", "+1 555 0102"),
            name=Name(given_name="Anna", surname="Doe", second_name="Maria"),
            birth_date="1990-01-31",
            sex="female",
            birth_place="Lakeside",
            emails=("anna@example.org",),
            marital_status="M",
            occupation="Teacher",
            income=1200.5,
            registration_date="2024-02-01",
        ),
        Membership(
            person_id="__export__.res_partner_12_ab",
            group_id="__export__.res_partner_9_cd",
            roles=("head", "principal_recipient"),
        ),
        Membership(person_id="__export__.res_partner_12_ab", group_id="__export__.res_partner_10_ef"),
        Person(id="plain.1", name=Name(given_name="Beno"), income=0),
    ]


def test_an_export_of_groups_is_read() -> None:
    """Groups are read with their members; the time of a day is cut off."""
    text = (
        "External ID,name,kind/name,street,city,zip,group_membership_ids/individual/id,group_membership_ids/kind/id,"
        "group_membership_ids/start_date,group_membership_ids/ended_date\n"
        "g.1,Hill,Household,1 River Road,Lakeside,12345,p.1,"
        "g2p_registry_membership.group_membership_kind_principal,2024-01-01 08:00:00,\n"
        ",,,,,,p.2,g2p_registry_membership.group_membership_kind_alternative,2024-01-01,2025-06-30 00:00:00\n"
    )
    assert table_records("groups-2025.csv", text) == [
        Group(
            id="g.1",
            name="Hill",
            group_type="Household",
            addresses=(Address(address_line_1="1 River Road", locality="Lakeside", postal_code="12345"),),
        ),
        Membership(person_id="p.1", group_id="g.1", roles=("principal_recipient",), start="2024-01-01"),
        Membership(
            person_id="p.2", group_id="g.1", roles=("alternative_recipient",), start="2024-01-01", end="2025-06-30"
        ),
    ]


def test_an_export_of_memberships_is_read() -> None:
    """Memberships are read with the further roles of their continuation rows."""
    text = (
        "group/id,individual/id,kind/name,start_date,ended_date\n"
        "g.1,p.1,Head,2024-01-01,\n,,Alternate recipient,,\ng.1,p.2,,,\n"
    )
    assert table_records("memberships.csv", text) == [
        Membership(person_id="p.1", group_id="g.1", roles=("head", "alternative_recipient"), start="2024-01-01"),
        Membership(person_id="p.2", group_id="g.1"),
    ]


def test_field_names_of_the_model_are_columns() -> None:
    """The model's field names are understood in any case."""
    text = (
        "ID,Given_Name,Surname,Birth Date,Sex,Phone_Numbers,Emails,Marital_Status,Restricted\n"
        "1,A,B,2001-02-03,m,1,a@b,W,yes\n"
    )
    assert table_records("individuals.csv", text) == [
        Person(
            id="1",
            name=Name(given_name="A", surname="B"),
            birth_date="2001-02-03",
            sex="male",
            phone_numbers=("1",),
            emails=("a@b",),
            marital_status="W",
            restricted=True,
        )
    ]


TRUE = ("true", "TRUE", "True", "yes", "Yes", "y", "Y", "t", "T", "1", "x", "X")
FALSE = ("false", "FALSE", "False", "no", "No", "n", "N", "f", "F", "0", "")


@pytest.mark.parametrize(("cell", "said"), [*((cell, True) for cell in TRUE), *((cell, False) for cell in FALSE)])
def test_words_for_yes_and_no_are_read(cell: str, said: bool) -> None:  # noqa: FBT001 - a case's expectation
    """The usual words for yes and no are understood in any case."""
    assert table_records("individuals.csv", f"id,restricted\np.1,{cell}\n") == [Person(id="p.1", restricted=said)]


@pytest.mark.parametrize("column", ["restricted", "is_group"])
@pytest.mark.parametrize("cell", ["maybe", "ja", "-1", "2", "on", "yess", "true?"])
def test_any_other_word_rejects_the_row(column: str, cell: str) -> None:
    """Any other word is never treated as no: the row is rejected."""
    (row,) = read_table("individuals.csv", f"id,given_name,{column}\np.1,Anna,{cell}\n")
    assert (row.record, row.reasons) == (None, [f"{column} must be true or false."])


@pytest.mark.parametrize(("cell", "is_group"), [("True", True), ("y", True), ("False", False), ("", False)])
def test_is_group_gives_the_kind(cell: str, is_group: bool) -> None:  # noqa: FBT001 - a case's expectation
    """In an export of all registrants `is_group` gives the kind of each."""
    text = f"id,name,is_group,kind\nr.1,Hill,{cell},Family\n"
    (record,) = table_records("individuals.csv", text)
    assert Header("individuals.csv", text.splitlines()[0].split(",")).ignored == []
    assert record == (
        Group(id="r.1", name="Hill", group_type="Family")
        if is_group
        else Person(id="r.1", name=Name(given_name="Hill"))
    )


FORM = "Dates of another form need --date-format, such as %d/%m/%Y."


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (
            "id,birthdate\np.1,31/01/1990\n",
            2,
            f"birthdate must be a date such as 1990-01-31, 1990-01 or 1990. {FORM}",
        ),
        ("id,gender\n\np.1,unsure\n", 3, "gender must be 'male', 'female', 'other' or 'unknown'."),
        ("id,civil_status\np.1,it depends\n", 2, "civil_status must be 'S', 'M', 'W', 'A', 'D', 'L' or 'U'."),
        ("id,income\np.1,much\n", 2, "income must be a number."),
        ("id,death_date\np.1,31/01/1990\n", 2, f"death_date must be a date such as 1990-01-31. {FORM}"),
        ("id,reg_ids/id_type,reg_ids/value\np.1,UIN,\n", 2, "reg_ids/value is missing."),
        (
            "id,reg_ids/id_type,reg_ids/value\n,UIN,7\n",
            2,
            "The row continues a record, but there is no record above it.",
        ),
        ("id,given_name\np.1,Anna,Doe\n", 2, "The row has 3 cells, the header 2."),
        ('id,given_name\np.1,"x\ny"\np.2,A\x07\n', 4, "given_name must not hold control characters."),
    ],
)
def test_a_bad_row_has_the_number_of_its_line(text: str, line: int, reason: str) -> None:
    """A bad row is reported with the number of its first line, and the titles of its columns."""
    rejected = [(row.line, row.reasons) for row in read_table("individuals.csv", text) if row.reasons]
    assert rejected == [(line, [reason])]


def test_every_reason_of_a_row_is_reported() -> None:
    """A row is rejected with all of its reasons, in the titles of the file."""
    (row,) = read_table("individuals.csv", "id,Family Name,gender,income,phone\np.1,NULL,x,much,07a11 222 333\n")
    assert row.reasons == [
        "Family Name holds a placeholder instead of a value: leave it empty.",
        "phone must not hold letters.",
        "gender must be 'male', 'female', 'other' or 'unknown'.",
        "income must be a number.",
    ]


WHOSE = "id,given_name,phone,reg_ids/id_type,reg_ids/value,individual_membership_ids/group/id\n"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("b,Beno,2,UIN,B,g.2,extra", "The row has 7 cells, the header 6."),
        ('b,"Beno,2,UIN,B,g.2', "The row is not CSV: field larger than field limit"),
        ("b!,Beno,2,UIN,B,g.2", "id is not valid."),
        ("b,Beno,none,UIN,B,g.2", "phone holds a placeholder"),
        ("b,Beno,2,nin,B-NIN,g.2", "reg_ids/id_type or reg_ids/value must hold each identifier once"),
    ],
)
def test_continuation_rows_of_a_rejected_row_are_not_loaded(bad: str, reason: str) -> None:
    """Continuation rows of a rejected row, and its memberships, are not loaded."""
    if '"' in bad:  # a quote that is never closed takes the rest of the file
        text = f"{WHOSE}a,Anna,1,UIN,A,g.1\n{bad}{'x' * 140_000}\n,,3,NIN,B-NIN,\n"
    else:
        text = f"{WHOSE}a,Anna,1,UIN,A,g.1\n{bad}\n,,3,NIN,B-NIN,\n\n,,,,,g.3\nc,Cleo,,,,\n,,4,,,g.4\n"
    read = read_table("individuals.csv", text)
    anna = [
        Person(
            id="a",
            name=Name(given_name="Anna"),
            phone_numbers=("1",),
            identifiers=(Identifier(identifier_type="UIN", identifier_value="A"),),
        ),
        Membership(person_id="a", group_id="g.1"),
    ]
    cleo = [
        Person(id="c", name=Name(given_name="Cleo"), phone_numbers=("4",)),
        Membership(person_id="c", group_id="g.4"),
    ]
    assert [row.record for row in read if row.record] == (anna if '"' in bad else anna + cleo)
    (rejected,) = [row for row in read if row.reasons]
    assert (rejected.line, rejected.reasons[0].startswith(reason)) == (3, True)


def test_a_record_with_an_unreadable_continuation_row_is_rejected() -> None:
    """A record is rejected when one of its continuation rows cannot be read: a part of it would be lost."""
    read = read_table("individuals.csv", f"{WHOSE}a,Anna,1,UIN,A,g.1\n,,2,UIN,B,g.2,\nc,Cleo,,,,\n")
    assert [row.record for row in read if row.record] == [Person(id="c", name=Name(given_name="Cleo"))]
    assert [(row.line, row.reasons) for row in read if row.reasons] == [(3, ["The row has 7 cells, the header 6."])]


def test_roles_below_a_rejected_membership_are_rejected() -> None:
    """Further roles below a rejected membership are not added to the membership before."""
    text = "group,individual,kind\ng.1,p.1,Head\ng.1,p.2,,x\n,,Principal\n"
    read = read_table("memberships.csv", text)
    assert [row.record for row in read if row.record] == [
        Membership(person_id="p.1", group_id="g.1", roles=("head",))
    ]
    assert [(row.line, row.reasons) for row in read if row.reasons] == [(3, ["The row has 4 cells, the header 3."])]


def test_semicolons_separate_cells() -> None:
    """Semicolons separate cells where a comma is the decimal mark."""
    assert table_records("groups.csv", "\ufeffid;name\ng.1;Hill, north\n") == [Group(id="g.1", name="Hill, north")]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("people.csv", b"id\n1\n", "begins with individuals, groups or memberships"),
        ("memberships.csv", b"id,kind\n", "has no column group_id and person_id"),
        ("groups.csv", b"", "has no column that is known: its first line must name the columns"),
        ("groups.csv", b"List of groups\n\nid,name\n", "has no column that is known"),
        ("groups.csv", b'"' + b"x" * 140_000, "the header cannot be read"),
    ],
)
def test_an_unreadable_file_ends_the_import(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    """A file that cannot be understood ends the import before anything is written."""
    path = tmp_path / name
    path.write_bytes(content)
    with Rejects([str(path)]) as rejects, closing(Staging()) as staging, pytest.raises(CommandError, match=said):
        stage_files([path], staging, rejects)


def test_csv_files_make_a_registry(registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The three files make a registry; bad rows are rejected unchanged, and unknown columns named."""
    (tmp_path / "individuals.csv").write_text("id,given_name,shoe_size\np.1,Anna,38\np.1,Anna again,\np.2,Beno,41\n")
    (tmp_path / "Groups.CSV").write_text("id,name\r\ng.1,Hill\r\n")
    (tmp_path / "memberships.csv").write_text("group,individual,kind\ng.1,p.1,Head\ng.1,p.9,\n")
    paths = [tmp_path / name for name in ("memberships.csv", "Groups.CSV", "individuals.csv")]
    assert import_into(registry, *paths) == 1
    said = capsys.readouterr().err
    assert "individuals.csv: ignored columns: shoe_size\n" in said
    assert "Reading: 6 rows in " in said
    twice, missing = (
        "The person p.1 is in the files twice.",
        "Neither the files nor the registry have the person p.9.",
    )
    assert rejected_rows(paths[2]) == [{"reason": twice, "id": "p.1", "given_name": "Anna again", "shoe_size": ""}]
    assert rejected_rows(paths[0]) == [{"reason": missing, "group": "g.1", "individual": "p.9", "kind": ""}]
    registry.assert_holds(
        Person(id="p.1", name=Name(given_name="Anna")),
        Person(id="p.2", name=Name(given_name="Beno")),
        Group(id="g.1", name="Hill"),
        Membership(person_id="p.1", group_id="g.1", roles=("head",)),
    )
