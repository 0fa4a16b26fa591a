"""docs/registry.md has every command, option, field, column and limit."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from dci_cli.__main__ import main
from dci_cli.command_table import COMMANDS, Group
from dci_cli.registry.files import columns
from dci_common.registry.model import normalize, records
from dci_common.registry.write import put_changes
from support.events import ROOT

DOCUMENT = (ROOT / "docs" / "registry.md").read_text(encoding="utf-8")
CODE = set(re.findall(r"`([^`\n]+)`", DOCUMENT))


def options() -> Iterator[tuple[str, str]]:
    """Yield each command with each of its options."""
    registry = COMMANDS["registry"]
    assert isinstance(registry, Group)
    for name, entry in registry.commands.items():
        parser = argparse.ArgumentParser()
        entry.load().add_arguments(parser)
        actions = parser._actions  # noqa: SLF001 - argparse has no public list
        yield from ((name, option) for action in actions for option in action.option_strings)


def test_every_command_and_option_is_documented() -> None:
    """Each command has a section that names its options; options of all commands come before."""
    sections = dict(
        re.findall(r"^## [^\n]*`dci registry ([\w-]+)`\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    )
    found = list(options())
    assert {name for name, _ in found} == sections.keys()
    missing = [pair for pair in found if pair[1].startswith("--") and f"`{pair[1]}`" not in sections[pair[0]]]
    common = {"--table", "--local", "--credentials", "--audit-table", "--no-audit"}
    assert {option for _, option in missing} == {"--help", *common}
    assert all(any(option in code for code in CODE) for option in common)


def test_the_help_in_the_docs_is_the_printed_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The documented help is the printed one."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main(["registry", "--help"])
    shown = re.findall(r"^ {4}([\w-]+) +(\S.*)", capsys.readouterr().out, re.MULTILINE)
    assert len(shown) > 5
    for name, about in shown:
        assert re.search(rf"^ {{4}}{name} +{re.escape(about)}$", DOCUMENT, re.MULTILINE)


@pytest.mark.parametrize(
    "kind",
    [
        records.Person,
        records.Group,
        records.Membership,
        records.Name,
        records.Address,
        records.Place,
        records.Identifier,
    ],
)
def test_every_field_is_documented(kind: type[BaseModel]) -> None:
    """Each field of the records is documented."""
    assert set(kind.model_fields) <= CODE


@pytest.mark.parametrize("known", [columns.PERSON, columns.GROUP, columns.MEMBERSHIP])
def test_every_column_is_documented(known: tuple[columns.Column, ...]) -> None:
    """Each column of a table is documented with its other names; `...` stands for the previous beginning."""
    ends = {name.removeprefix(".../") for name in CODE if name.startswith(".../")}
    for column in known:
        for name in column.all_names:
            assert name in CODE or name.partition("/")[2] in ends


@pytest.mark.parametrize(
    ("what", "limit"),
    [
        ("members of a group", put_changes.MAX_MEMBERS),
        ("groups of a person", put_changes.MAX_HOUSEHOLDS),
        ("identifiers of a record", records.MAX_IDENTIFIERS),
        ("phone numbers, and e-mail addresses, of a record", records.MAX_CONTACTS),
        ("an identifier, phone number or e-mail address", normalize.MAX_VALUE_BYTES),
        ("a person or group, without its memberships", records.MAX_BYTES),
    ],
)
def test_every_limit_is_documented(what: str, limit: int) -> None:
    """Each documented limit is the one in force."""
    assert re.search(rf"^\| {what}[^|]*\| {limit:,}\b", DOCUMENT, re.MULTILINE)
