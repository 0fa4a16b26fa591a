"""`dci registry show`: one record, as it is stored."""

from __future__ import annotations

import json

import pytest

from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import (
    Group,
    Membership,
    Person,
)
from support.commands import Commands
from support.inspected_registry import ANNA, WHEN
from support.registry_harness import Registry


@pytest.mark.usefixtures("filled")
def test_show_prints_a_person(dci: Commands) -> None:
    """A person is shown with version, fields, memberships and index entries."""
    shown = dci("show", "anna").out
    assert shown == SHOWN_PERSON


SHOWN_PERSON = """\
person anna, version 2
  identifiers             UIN 847951632
  last_updated            2026-01-31T09:30:00Z
  name                    surname Đặng, given_name Anna
  birth_date              1990-01-31
  emails                  Anna@example.org
  is_disabled             false
belongs to
  hill                    head, principal_recipient, from 2020-01-01
found by
  EMAIL#anna@example.org
  IDENTIFIER#UIN#847951632
  PERSON#1 x01 #anna
  PERSON#1 x02 1990-01-31#anna
  PERSON#1 x03 dang#anna
  PERSON#1 x04 anna#anna
  PERSON#1 x05 anna-dang#anna
  PERSON#1 x08 2026-01-31#anna
"""


def test_show_prints_a_group_as_json(filled: Registry, dci: Commands) -> None:
    """With --json a group is one object."""
    shown = json.loads(dci("show", "hill", "--json").out)
    assert shown == {
        "kind": "group",
        "id": "hill",
        "version": filled.version(Kind.GROUP, "hill"),
        "record": {
            "id": "hill",
            "last_updated": WHEN,
            "name": "Hill",
            "phone_numbers": ["+1 555 0100"],
            "poverty_score": 2.5,
        },
        "memberships": [
            {"person_id": "anna", "roles": ["head", "principal_recipient"], "start": "2020-01-01"},
            {"person_id": "beno", "end": "2024-01-01"},
        ],
        # Beno is restricted, so for an entitled client the body shows how many there are.
        "found_by": [
            "PHONE#+15550100",
            "GROUP#restricted x01 #hill",
            "GROUP#restricted x02 c004000000000000#hill",
            "GROUP#restricted x03 hill#hill",
            "GROUP#restricted x05 bff0000000000000#hill",
            "GROUP#restricted x08 2026-01-31#hill",
        ],
    }


def test_show_prints_only_existing_index_entries(filled: Registry, dci: Commands) -> None:
    """A lookup that is missing from the table is not shown."""
    lost = {"pk": {"S": "IDENTIFIER#UIN#847951632"}, "sk": {"S": "RECORD"}}
    filled.runtime.dynamodb.delete_item(TableName=filled.table, Key=lost)
    assert "IDENTIFIER#" not in dci("show", "anna").out


def test_show_separates_a_long_id_from_what_follows(registry: Registry, dci: Commands) -> None:
    """An id as Odoo exports them, which is longer than its column, is followed by a space."""
    group_id = "__export__.res_partner_190_cd"
    registry.put(ANNA, Group(id=group_id), Membership(person_id="anna", group_id=group_id, roles=("head",)))
    assert f"  {group_id} head\n" in dci("show", "anna").out


@pytest.mark.usefixtures("filled")
def test_show_reports_an_unknown_id(dci: Commands) -> None:
    """An id without a record is reported."""
    assert dci("show", "nobody").problem == "There is no person and no group nobody in the registry."
    assert dci("show", "GROUP#anna").problem == "There is no person and no group GROUP#anna in the registry."


def test_show_asks_for_the_kind_of_an_ambiguous_id(filled: Registry, dci: Commands) -> None:
    """When a person and a group have the same id, the message names both keys."""
    filled.put(Person(id="hill"))
    problem = dci("show", "hill").problem
    assert problem == "Both a person and a group have the id hill: name one of them, PERSON#hill or GROUP#hill."
    assert dci("show", "PERSON#hill").out.startswith("person hill, version 1\n")
