"""The table of commands: what it names exists, and a command imports only what it uses."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dci_cli.__main__ import main
from dci_cli.command_table import COMMANDS, Entry, Group
from support.server_process import command

_HEAVY = {"boto3", "botocore", "moto", "pydantic", "rich", "rich_argparse", "yaml", "jwt", "cryptography", "sqlite3"}
_LIST_MODULES = """
import json, sys
from dci_cli.__main__ import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def entries() -> Iterator[tuple[tuple[str, ...], Entry]]:
    """Yield the words and the entry of every command."""
    for name, entry in COMMANDS.items():
        if isinstance(entry, Group):
            yield from (((name, below), own) for below, own in entry.commands.items())
        else:
            yield (name,), entry


def loaded(*arguments: str) -> set[str]:
    """Return the modules that a command loads, in a process of its own."""
    _, variables = command()
    variables = {
        name: value for name, value in variables.items() if not name.startswith("COVERAGE_")
    }  # it loads sqlite3
    line = [sys.executable, "-c", _LIST_MODULES, *arguments]
    done = subprocess.run(line, env=variables, capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize(("words", "entry"), [pytest.param(*one, id=" ".join(one[0])) for one in entries()])
def test_every_command_has_help(words: tuple[str, ...], entry: Entry, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command of the table exists, and its help begins with the table's line."""
    with pytest.raises(SystemExit) as end:
        main([*words, "--help"])
    assert end.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"usage: dci {' '.join(words)}" in shown
    assert f"{entry.help[0].upper()}{entry.help[1:]}." in shown


@pytest.mark.parametrize(("words", "entry"), [pytest.param(*one, id=" ".join(one[0])) for one in entries()])
def test_every_argument_is_described(words: tuple[str, ...], entry: Entry) -> None:
    """The help of each argument says what it is: not only its default, and not in half a sentence."""
    parser = argparse.ArgumentParser(" ".join(words))
    entry.load().add_arguments(parser)
    for action in parser._actions:  # noqa: SLF001 - argparse has no public list
        assert action.help
        assert not re.match(r"default|as |about |[0-9]", action.help)
        assert "; default:" not in action.help


@pytest.mark.parametrize(
    "words", [[], ["keys"], ["clients"], ["exchange"], ["subscriptions"], ["registry"]], ids=" ".join
)
def test_a_missing_command_prints_the_commands(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command the help is printed, with every command that could follow."""
    assert main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    followers = {one[len(words)] for one, _ in entries() if list(one[: len(words)]) == words}
    assert all(re.search(rf"^    {name}\b", printed.err, re.MULTILINE) for name in followers)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "arguments", [["--help"], ["registry", "--help"], ["clients", "--help"], ["no-such-command"], []], ids=" ".join
)
def test_names_import_no_command(arguments: list[str]) -> None:
    """The list of commands is printed without the modules of any command, and without a library."""
    modules = loaded(*arguments)
    assert {name for name in modules if name.startswith("dci_")} == {
        "dci_cli",
        "dci_cli.__main__",
        "dci_cli.command_error",
        "dci_cli.command_table",
    }
    assert not modules & _HEAVY


@pytest.mark.exhaustive
@pytest.mark.parametrize("words", [["keys", "list"], ["clients", "create"], ["doctor"]], ids=" ".join)
def test_commands_over_http_import_no_aws(words: list[str]) -> None:
    """A command that uses only the API loads no AWS library, no models and no other group of commands."""
    modules = loaded(*words, "--help")
    assert not modules & _HEAVY
    others = {"keys", "clients", "doctor", "registry", "local", "audit", "bootstrap"} - {words[0]}
    assert not {f"dci_cli.{name}" for name in others} & modules


@pytest.mark.exhaustive
@pytest.mark.parametrize("group", ["exchange", "subscriptions"])
def test_exchanges_are_listed_without_aws(group: str) -> None:
    """What shows exchanges or subscriptions through the API loads no AWS libraries, nor what changes the table."""
    modules = loaded(group, "list", "--help")
    assert not modules & {*_HEAVY, "dci_cli.exchange.exchange_table"}


@pytest.mark.exhaustive
def test_a_dry_run_without_a_table_imports_no_client(tmp_path: Path) -> None:
    """Files are checked without the libraries that call AWS."""
    file = tmp_path / "people.jsonl"
    file.write_text('{"person": {"id": "p-1", "name": {"given_name": "Maria"}}}\n', encoding="utf-8")
    modules = loaded("registry", "import", str(file), "--dry-run")
    assert "dci_cli.registry.importer.import_run" in modules
    assert not modules & {"boto3", "botocore.session", "urllib3"}


@pytest.mark.exhaustive
def test_a_registry_command_imports_no_other() -> None:
    """A registry command loads its own room and the shared one, not the importer or the local server."""
    modules = loaded("registry", "show", "--help")
    assert "dci_cli.registry.inspect.show" in modules
    rooms = ("importer", "bulk", "edit")
    assert not [name for name in modules if name.startswith(tuple(f"dci_cli.registry.{room}" for room in rooms))]
    assert not {"moto", "rich", "dci_cli.local"} & modules


def test_an_unknown_command_ends_with_the_names(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that no command has is rejected with the names that exist."""
    with pytest.raises(SystemExit) as end:
        main(["clients", "destroy"])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert "invalid choice: 'destroy'" in error
    assert "delete-secret" in error
