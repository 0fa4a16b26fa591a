"""The exit statuses of all commands, as docs/settings.md lists them."""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from dci_cli.command_error import CommandError
from dci_cli.registry.inspect import verify
from support.events import ROOT
from support.registries import registry_of
from support.registry_harness import population
from support.server_process import command

from .conftest import Dci

LISTED = re.findall(
    r"^\| `(\d+)` \| (.*?) \|", (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), re.MULTILINE
)


def test_each_status_is_listed() -> None:
    """The table has the statuses that the tests below expect, with their commands."""
    assert LISTED == [
        ("0", "all"),
        ("1", "`dci registry import`, `create-from-s3`"),
        ("1", "`dci registry verify`"),
        ("1", "`dci registry find`"),
        ("1", "`dci doctor`"),
        ("2", "all"),
        ("130", "all"),
    ]


@pytest.mark.usefixtures("engine")
def test_findings_have_status_1(dci: Dci, tmp_path: Path) -> None:
    """Rejected rows, inconsistencies and nobody found are status 1; work that is done is 0."""
    path = tmp_path / "people.jsonl"
    path.write_text('{"person": {"id": "one"}}\n{}\n')
    with registry_of(population([])) as name:
        table = ("--table", name)
        assert dci("registry", "import", str(path), *table).status == 1
        assert dci("registry", "show", "one", *table).status == 0
        assert dci("registry", "verify", *table).status == 0
        assert dci("registry", "find", "--name", "nobody", *table).status == 1


@pytest.mark.exhaustive
def test_a_failed_check_has_status_1(dci: Dci) -> None:
    """A deployment that does not answer fails a check of dci doctor."""
    assert dci("doctor", "--api", "http://127.0.0.1:1").status == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("registry", "stats", "--table", "no-such-table"),
        ("audit", "--changes", "--table", "no-such-table"),
        ("bootstrap", "--clients-table", "no-such-table"),
        ("clients", "list", "--api", "http://127.0.0.1:1", "--client-id", "1", "--client-secret", "2"),
        ("keys", "list", "--api", "http://127.0.0.1:1", "--client-id", "1", "--client-secret", "2"),
        ("doctor", "--api", "not a url"),
        ("serve", "--port", "x"),
    ],
)
@pytest.mark.usefixtures("engine")
def test_work_that_cannot_be_done_has_status_2(dci: Dci, arguments: tuple[str, ...]) -> None:
    """A command that cannot do its work says why in a line, with status 2."""
    assert dci(*arguments).problem


@pytest.mark.parametrize("arguments", [(), ("registry",), ("clients",)])
def test_a_missing_command_has_status_2(dci: Dci, arguments: tuple[str, ...]) -> None:
    """Without a command the help is printed, with status 2."""
    assert dci(*arguments).status == 2


@pytest.mark.parametrize("arguments", [("no-such-command",), ("audit",), ("registry", "show")])
def test_a_wrong_usage_has_status_2(dci: Dci, arguments: tuple[str, ...]) -> None:
    """Arguments that the parser rejects have status 2 as well."""
    with pytest.raises(SystemExit) as ended:
        dci(*arguments)
    assert ended.value.code == 2


def test_ctrl_c_has_status_130(dci: Dci, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupted command has the status that a shell reports."""

    def interrupted(_: argparse.Namespace) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        raise CommandError("not interrupted")

    signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(verify, "run", interrupted)
    assert dci("registry", "verify").status == 130


def test_ctrl_c_while_a_command_is_imported_has_status_130(dci: Dci, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that is interrupted before it runs has no traceback either."""

    def interrupted(_: argparse.ArgumentParser) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(verify, "add_arguments", interrupted)
    assert (dci("registry", "verify").status, dci("registry", "verify").err) == (130, "")


@pytest.mark.exhaustive
def test_a_closed_pipe_has_status_0() -> None:
    """When the reader of the output has closed it, the command ends silently with status 0."""
    arguments, variables = command("registry", "generate", "--households", "2000")
    with subprocess.Popen(arguments, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) == 0
