"""CSV files: OpenSPP's exports, and hand-written ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from dci_cli.registry.files.header import Header
from dci_common.registry.model.records import Address, Group, Identifier, Membership, Name, Person
from support.import_files import import_into, rejected_rows, table_records
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


def test_semicolons_separate_cells() -> None:
    """Semicolons separate cells where a comma is the decimal mark."""
    assert table_records("groups.csv", "\ufeffid;name\ng.1;Hill, north\n") == [Group(id="g.1", name="Hill, north")]


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
