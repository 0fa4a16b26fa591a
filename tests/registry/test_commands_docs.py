"""docs/registry.md has every command, option, field, column and limit."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from dci_cli.__main__ import main
from dci_cli.registry.commands import add_commands
from dci_cli.registry.importer import columns
from dci_common.registry.model import normalize, records
from dci_common.registry.write import writer
from support.events import ROOT

DOCUMENT = (ROOT / "docs" / "registry.md").read_text(encoding="utf-8")
CODE = set(re.findall(r"`([^`\n]+)`", DOCUMENT))


def options(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    """Yield each command with each of its options."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to ask
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for name, command in action.choices.items():
                yield from ((name, option) for own in command._actions for option in own.option_strings)  # noqa: SLF001


def test_every_command_and_option() -> None:
    """Each command has a section, and each option is in it; those that all have come before."""
    parser = argparse.ArgumentParser()
    add_commands(parser)
    sections = dict(
        re.findall(r"^## [^\n]*`dci registry ([\w-]+)`\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    )
    found = list(options(parser))
    assert {name for name, _ in found} == sections.keys()
    missing = [pair for pair in found if pair[1].startswith("--") and f"`{pair[1]}`" not in sections[pair[0]]]
    assert {option for _, option in missing} == {"--help", "--table"}


def test_the_help_is_the_commands_own(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The help is what the command line prints."""
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
def test_every_field(kind: type[BaseModel]) -> None:
    """Each field of the records is explained."""
    assert set(kind.model_fields) <= CODE


@pytest.mark.parametrize("known", [columns.PERSON, columns.GROUP, columns.MEMBERSHIP])
def test_every_column(known: tuple[columns.Column, ...]) -> None:
    """Each column of a CSV file is named, with its other names; `...` stands for the beginning of the one before."""
    ends = {name.removeprefix(".../") for name in CODE if name.startswith(".../")}
    for column in known:
        for name in column.all_names:
            assert name in CODE or name.partition("/")[2] in ends


@pytest.mark.parametrize(
    ("what", "limit"),
    [
        ("members of a group", writer.MAX_MEMBERS),
        ("groups of a person", writer.MAX_HOUSEHOLDS),
        ("identifiers of a record", records.MAX_IDENTIFIERS),
        ("phone numbers, and e-mail addresses, of a record", records.MAX_CONTACTS),
        ("an identifier, phone number or e-mail address", normalize.MAX_VALUE_BYTES),
        ("a person or group, without its memberships", records.MAX_BYTES),
    ],
)
def test_every_limit(what: str, limit: int) -> None:
    """Each limit is the one that holds."""
    assert re.search(rf"^\| {what}[^|]*\| {limit:,}\b", DOCUMENT, re.MULTILINE)
