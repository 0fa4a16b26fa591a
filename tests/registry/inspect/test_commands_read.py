"""`dci registry export`, `show`, `stats`, `verify`: what an operator sees of a registry."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest

from dci_cli.__main__ import main
from dci_cli.registry.support.json_lines import read_line
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import (
    AdditionalAttribute,
    AnyRecord,
    Group,
    Identifier,
    Membership,
    Name,
    Person,
)
from dci_common.registry.storage import keys
from support.commands import Commands
from support.import_files import import_into
from support.registry_harness import Registry, registry_with

UIN = Identifier(identifier_type="UIN", identifier_value="847951632")
WHEN = "2026-01-31T09:30:00Z"
ANNA = Person(
    id="anna",
    last_updated=WHEN,
    name=Name(given_name="Anna", surname="Đặng"),
    identifiers=(UIN,),
    birth_date="1990-01-31",
    emails=("Anna@example.org",),
    is_disabled=False,
)
BENO = Person(
    id="beno", last_updated=WHEN, name=Name(given_name="Beno"), phone_numbers=("+1 555 0100",), restricted=True
)
HILL = Group(id="hill", last_updated=WHEN, name="Hill", poverty_score=2.5, phone_numbers=("+1 555 0100",))
ANNA_ON_HILL = Membership(
    person_id="anna", group_id="hill", roles=("head", "principal_recipient"), start="2020-01-01"
)
BENO_ON_HILL = Membership(person_id="beno", group_id="hill", end="2024-01-01")
ALL: tuple[AnyRecord, ...] = (ANNA, BENO, HILL, ANNA_ON_HILL, BENO_ON_HILL)
LARGE = tuple(AdditionalAttribute(key=f"{number}", value="ñ" * 450) for number in range(100))  # some 90 KB


@pytest.fixture
def filled(registry: Registry) -> Registry:
    """Return a registry with two people and their household."""
    registry.put(*ALL)
    return registry


@pytest.mark.usefixtures("filled")
def test_export_writes_every_record(dci: Commands) -> None:
    """Each record is a line: people and groups first, then memberships, restricted people included."""
    done = dci("export")
    records = [read_line(line) for line in done.out.splitlines()]
    assert done.status == 0
    assert {type(record) for record in records[:3]} == {Person, Group}
    assert sorted(map(repr, records)) == sorted(map(repr, ALL))


@pytest.mark.exhaustive
def test_an_imported_export_gives_the_same_items(filled: Registry, dci: Commands, tmp_path: Path) -> None:
    """A registry imported from an export has the same items, including those of a body in parts."""
    for number in range(4):
        filled.put(
            Person(id=f"p{number}", additional_attributes=LARGE), Membership(person_id=f"p{number}", group_id="hill")
        )
    assert filled.items()["GROUP#hill", "RECORD"]["parts"] == {"N": "3"}
    path = tmp_path / "all.jsonl"
    assert dci("export", "--output", path).status == 0
    with registry_with() as other:
        assert import_into(other, path) == 0
        assert without_versions(other) == without_versions(filled)


def without_versions(registry: Registry) -> dict[Any, Any]:
    """Read the whole table but the versions, which count how often a record was written."""
    return {
        ref: {name: value for name, value in item.items() if name != "version"}
        for ref, item in registry.items().items()
    }


@pytest.mark.usefixtures("filled")
def test_an_exported_file_is_private_and_complete(dci: Commands, tmp_path: Path) -> None:
    """An exported file is readable by its owner only, replaces an older one, and leaves no other file."""
    path = tmp_path / "all.jsonl"
    path.write_text("older")
    path.chmod(0o644)
    assert dci("export", "--output", path).status == 0
    assert len(path.read_text(encoding="utf-8").splitlines()) == len(ALL)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("filled")
def test_a_missing_folder_is_named(dci: Commands, tmp_path: Path) -> None:
    """A folder that does not exist is named in one line."""
    problem = dci("export", "--output", tmp_path / "none" / "all.jsonl").problem
    assert problem.endswith("all.jsonl cannot be written: No such file or directory.")


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
        # Beno is restricted, so an entitled client is told from the body how many there are.
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


@pytest.mark.usefixtures("filled")
def test_stats_as_json_counts_the_table(dci: Commands) -> None:
    """The counts are those of the table, and the sizes those that DynamoDB computes."""
    shown = json.loads(dci("stats", "--json").out)
    sizes = shown.pop("items")
    assert shown == {
        "shards": 2,
        "people": 2,
        "restricted": 1,
        "groups": 1,
        "memberships": 2,
        "largest_group": {"id": "hill", "members": 2},
        "unfinished_writes": 0,
        "identifiers": {"UIN": 1},
    }
    assert {sort: size["items"] for sort, size in sizes.items()} == {
        "e-mail addresses": 1,
        "groups": 1,
        "identifiers": 1,
        "memberships": 4,
        "people": 2,
        "phone numbers": 2,
        "settings": 1,
    }
    # pk, sk, owner, restricted and their values.
    keys_and_owner = "IDENTIFIER#UIN#847951632" + "RECORD" + "PERSON#anna"
    assert sizes["identifiers"]["bytes"] == len("pkskownerrestricted" + keys_and_owner) + 1
    named = "pksk" + "shards" + "identifier_types" + "matching_rules"
    assert sizes["settings"]["bytes"] == len(named + "REGISTRYSETTINGS" + "UIN" + "2") + 2


@pytest.mark.usefixtures("filled")
def test_stats_prints_counts(dci: Commands) -> None:
    """Without --json the counts are lines."""
    lines = dci("stats").out.splitlines()
    assert lines[:3] == [
        "people                           2   of whom restricted: 1",
        "groups                           1   the largest: hill with 2 members",
        "memberships                      2",
    ]


@pytest.mark.usefixtures("filled")
def test_verify_of_a_consistent_registry_finds_nothing(dci: Commands) -> None:
    """A consistent registry has no findings, and the exit status is 0."""
    done = dci("verify")
    assert (done.status, done.out) == (0, "")
    reading, conclusion = done.err.splitlines()
    assert re.fullmatch(r"Reading: 12 items in .* s", reading)
    assert conclusion == "The registry is consistent."


def test_verify_prints_each_inconsistency(filled: Registry, dci: Commands) -> None:
    """Each inconsistency is a line that names the item, and the exit status is 1."""
    lost = {"pk": {"S": "IDENTIFIER#UIN#847951632"}, "sk": {"S": "RECORD"}}
    filled.runtime.dynamodb.delete_item(TableName=filled.table, Key=lost)
    done = dci("verify")
    assert (done.status, done.err.splitlines()[-1]) == (1, "1 inconsistency found.")
    assert done.out.splitlines() == [
        "PERSON#anna RECORD: IDENTIFIER#UIN#847951632 RECORD: missing, or not what follows from the body"
    ]


@pytest.mark.parametrize("command", [["export"], ["show", "anna"], ["stats"], ["verify"], ["reindex"]])
def test_an_empty_table_is_no_registry(
    registry: Registry, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    """A table into which nothing was loaded is reported, not treated as an empty registry."""
    registry.runtime.dynamodb.delete_item(TableName=registry.table, Key=keys.REGISTRY_KEY)
    assert main(["registry", *command, "--table", registry.table]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("dci: ")


@pytest.mark.parametrize("command", [["export"], ["show", "anna"], ["stats"], ["verify"], ["reindex"], ["put", "-"]])
def test_a_missing_table_option_is_reported(
    command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a table every command says how to name one."""
    monkeypatch.setenv("REGISTRY_TABLE", "")
    assert main(["registry", *command]) == 2
    assert capsys.readouterr().err == (
        "dci: The table's name is missing or not valid:"
        " give the stack's output RegistryTable with --table or REGISTRY_TABLE, or use --local.\n"
    )


def test_the_environment_names_the_table(
    filled: Registry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """REGISTRY_TABLE names the table, as for the functions."""
    monkeypatch.setenv("REGISTRY_TABLE", filled.table)
    assert main(["registry", "show", "anna"]) == 0
    assert capsys.readouterr().out.startswith("person anna")


@pytest.mark.usefixtures("registry")
def test_an_error_of_aws_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """An error of AWS is reported in one line."""
    assert main(["registry", "stats", "--table", "no-such-table"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("dci: There is no such table in the AWS region ")
    assert line.endswith(": give the stack's output RegistryTable, and its region.")
