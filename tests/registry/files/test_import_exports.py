"""The columns of tables: OpenSPP's exports by technical names and labels, mapped codes, and the model's fields."""

from __future__ import annotations

from pathlib import Path

import pytest

from dci_cli.registry.files.cells import Notation
from dci_cli.registry.files.file_options import FileOptions
from dci_common.registry.model.records import Address, Group, Identifier, Membership, Name, Person, Place
from support.import_files import dry_run, private_rows, read_table, table_records

UIN = (Identifier(identifier_type="UIN", identifier_value="123"),)
NATIONAL_ID = {"spp_base.id_type_national": "National ID", "spp_vocabulary.code_head": "Head", "m": "Maria"}


def test_openspp2s_export_of_individuals_is_read() -> None:
    """The columns of OpenSPP2's import-compatible export of individuals are understood."""
    text = (
        "id,family_name,given_name,gender_id,civil_status_id,occupation_id,reg_ids/id_type_id,reg_ids/value,"
        "individual_membership_ids/group/id,individual_membership_ids/membership_type_ids,"
        "individual_membership_ids/start_date,individual_membership_ids/ended_date,write_date\n"
        "p.1,Doe,Anna,Female,Married,Teacher,UIN,123,g.1,Head,2024-01-01 08:00:00,False,2025-06-01 10:00:00\n"
        "p.2,Roe,Kim,Not known,Single,False,False,False,False,False,False,False,2025-06-01 10:00:00\n"
    )
    person, membership, unknown = table_records("individuals.csv", text)
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
    assert table_records("groups.csv", text) == [
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
    person, membership, group = table_records("individuals.csv", text)
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
    assert table_records("groups.csv", groups) == [
        Group(id="g.1", name="Hill", group_type="Farm"),
        Membership(person_id="p.1", group_id="g.1", roles=("head",)),
    ]


def test_external_ids_become_names_by_a_mapping(tmp_path: Path) -> None:
    """A mapping gives codes their names, and leaves every other column alone; without it there is a warning."""
    text = (
        "id,given_name,reg_ids/id_type_id/id,reg_ids/value,individual_membership_ids/group/id,"
        "individual_membership_ids/membership_type_ids/id\n1,m,spp_base.id_type_national,5,g.1,spp_vocabulary.code_head\n"
    )
    person, membership = table_records("individuals.csv", text, FileOptions(Notation(names=NATIONAL_ID)))
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


def test_external_ids_of_every_code_are_columns() -> None:
    """An import-compatible export has the external ids of all its codes, which become names by a mapping."""
    names = {
        "v.f": "Female",
        "v.m": "Married",
        "v.o": "Farmer",
        "v.d": "D1",
        "v.s": "North",
        "v.c": "PH",
        "v.h": "farm",
    }
    file_options = FileOptions(Notation(names=names))
    titles = "gender_id/id,civil_status_id/id,occupation_id/id,district/id,state_id/id,country_id/id"
    assert table_records("individuals.csv", f"id,{titles}\n1,v.f,v.m,v.o,v.d,v.s,v.c\n", file_options) == [
        Person(
            id="1",
            sex="female",
            marital_status="M",
            occupation="Farmer",
            addresses=(Address(sub_region_code="D1", region_code="North", country_code="PH"),),
        )
    ]
    for title in ("group_type_id/id", "kind/id"):
        assert table_records("groups.csv", f"id,{title}\n1,v.h\n", file_options) == [Group(id="1", group_type="farm")]


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


PERSON_COLUMNS = (
    "id,is_disabled,disability_info/disability_limitation_type,disability_info/functional_severity,language_codes,"
    "related_persons/relationship_type,related_persons/person_id,additional_attributes/key,additional_attributes/value"
)


def test_lists_of_a_person_are_columns() -> None:
    """Disability, languages, relatives and additional attributes load from tables, with continuation rows."""
    text = (
        f'{PERSON_COLUMNS}\n1,yes,vis_ss,3,"en,sw",mother,2,roof,tin\n,,MOB_SS,2,fr,,,floor,earth\n2,False,,,,,,,\n'
    )
    first, second = table_records("individuals.csv", text)
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
    first, second = table_records("groups.csv", text, FileOptions(Notation(decimal=",")))
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
