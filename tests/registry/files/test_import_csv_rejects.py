"""CSV files: rows that are rejected, with the number of their line, and what is rejected with them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from dci_cli.command_error import CommandError
from dci_cli.registry.files.rejects import Rejects
from dci_cli.registry.importer.file_reader import stage_files
from dci_cli.registry.importer.staging import Staging
from dci_common.registry.model.records import Identifier, Membership, Name, Person
from support.import_files import read_table


@pytest.mark.parametrize("column", ["restricted", "is_group"])
@pytest.mark.parametrize("cell", ["maybe", "ja", "-1", "2", "on", "yess", "true?"])
def test_any_other_word_rejects_the_row(column: str, cell: str) -> None:
    """Any other word is never treated as no: the row is rejected."""
    (row,) = read_table("individuals.csv", f"id,given_name,{column}\np.1,Anna,{cell}\n")
    assert (row.record, row.reasons) == (None, [f"{column} must be true or false."])


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
