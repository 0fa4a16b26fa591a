"""What a file gives: an absent column or member is not set, an empty one removes the value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dci_cli.registry.support.json_lines import read_line
from dci_common.registry.model.records import Group, Person
from support.import_files import read_table


def given(name: str, text: str, index: int = 0) -> dict[str, Any]:
    """Return what a record of a table gives."""
    row = read_table(name, text)[index]
    assert row.record is not None, row.reasons
    return row.record.model_dump(exclude_unset=True, mode="json")


def test_absent_columns_are_not_given() -> None:
    """A file of ids and phones gives ids and phones."""
    assert given("individuals.csv", "id,phone\n1,+1 555 0100\n") == {"id": "1", "phone_numbers": ["+1 555 0100"]}


def test_empty_cells_are_given() -> None:
    """An empty cell gives the empty value, in the parts of a name alone too."""
    header = "id,phone,email,given_name,birthdate,gender,street,is_disabled,language_codes,income"
    text = f"{header}\n1,,,,,,,,,\n2,,,A,,,,,,\n"
    assert given("individuals.csv", text) == {
        "id": "1",
        "phone_numbers": [],
        "emails": [],
        "name": {"given_name": None},
        "birth_date": None,
        "sex": None,
        "addresses": [],
        "is_disabled": None,
        "language_codes": [],
        "income": None,
    }
    assert given("individuals.csv", text, 1)["name"] == {"given_name": "A"}


def test_empty_cells_of_some_columns_are_not_given() -> None:
    """An empty restriction, identifier or membership changes nothing."""
    text = "id,restricted,reg_ids/id_type,reg_ids/value,individual_membership_ids/group\n1,,,,\n"
    assert given("individuals.csv", text) == {"id": "1"}


def test_a_group_gives_its_place() -> None:
    """An empty place is given, and so is the position of a place whose columns are empty."""
    text = "id,name,place/name,place/latitude,place/longitude\n1,,,,\n2,Hill,Lakeside,,\n"
    assert given("groups.csv", text) == {"id": "1", "name": None, "place": None}
    assert given("groups.csv", text, 1) == {"id": "2", "name": "Hill", "place": {"name": "Lakeside", "geo": None}}
    assert given("groups.csv", "id,place/name\n2,Lakeside\n") == {"id": "2", "place": {"name": "Lakeside"}}


@pytest.mark.parametrize(
    ("name", "text", "index"),
    [
        ("memberships.csv", "group,individual,kind,start_date,ended_date\ng,p,,,\n", 0),
        (
            "groups.csv",
            "id,memberships/person_id,memberships/roles,memberships/start,memberships/end\ng,p,,,\n",
            1,
        ),
    ],
)
def test_a_membership_gives_its_roles_and_end(name: str, text: str, index: int) -> None:
    """Empty roles and an empty end are given; an empty start leaves open which period is meant."""
    assert given(name, text, index) == {"group_id": "g", "person_id": "p", "roles": [], "end": None}
    assert given("memberships.csv", "group,individual\ng,p\n") == {"group_id": "g", "person_id": "p"}


def test_the_whole_name_alone_is_given() -> None:
    """A column with the whole name gives the given name, as it does when it is empty."""
    assert given("individuals.csv", "id,name\n1,Anna Doe\n") == {"id": "1", "name": {"given_name": "Anna Doe"}}
    assert given("individuals.csv", "id,name\n1,\n") == {"id": "1", "name": {"given_name": None}}
    assert given("individuals.csv", "id,name,surname\n1,ANNA DOE,Doe\n") == {"id": "1", "name": {"surname": "Doe"}}


def test_members_of_json_lines_are_given() -> None:
    """A null is given and removes the value; an absent member is not given."""
    person: dict[str, Any] = {
        "id": "1",
        "phone_numbers": None,
        "birth_date": None,
        "addresses": [],
        "name": {"surname": None},
    }
    record = read_line(json.dumps({"person": {**person, "restricted": None, "identifiers": None}}))
    assert record.model_dump(exclude_unset=True, mode="json") == person | {"phone_numbers": []}
    assert record == Person(id="1")
    group = read_line('{"group":{"id":"g","place":null,"phone_numbers":null}}')
    assert group.model_dump(exclude_unset=True, mode="json") == {"id": "g", "place": None, "phone_numbers": []}
    assert group == Group(id="g")


def test_a_name_that_is_null_removes_all_of_it() -> None:
    """A name that is null gives each of its parts."""
    record = read_line('{"person":{"id":"1","name":null}}')
    parts = ("surname", "given_name", "second_name", "maiden_name", "prefix", "suffix")
    assert record.model_dump(exclude_unset=True) == {"id": "1", "name": dict.fromkeys(parts)}
