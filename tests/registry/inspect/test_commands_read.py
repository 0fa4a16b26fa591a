"""`dci registry export`, `show`, `stats`, `verify`: what an operator sees of a registry."""

from __future__ import annotations

import json
import re

import pytest

from dci_cli.__main__ import main
from dci_common.registry.storage import keys
from support.commands import Commands
from support.registry_harness import Registry


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
