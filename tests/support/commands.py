"""`dci registry`, called in this process on a test's own registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from dci_cli.__main__ import main
from support.operator_input import Operator, nothing
from support.registry_harness import Registry


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def problem(self) -> str:
        """The line in which the command reports why it failed."""
        assert (self.status, self.out) == (2, "")
        line = self.err.splitlines()[-1]
        assert "dci: " in line  # a question may be before it
        return line.partition("dci: ")[2]


Commands = Callable[..., Outcome]


def commands_on(registry: Registry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Return `dci registry` as a function of its arguments, of stdin, and of what happens before stdin is read."""

    def run(command: str, *arguments: object, stdin: str = "", meanwhile: Callable[[], object] = nothing) -> Outcome:
        monkeypatch.setattr("sys.stdin", Operator(stdin, meanwhile))
        capsys.readouterr()
        status = main(["registry", command, "--table", registry.table, *map(str, arguments)])
        printed = capsys.readouterr()
        return Outcome(status, printed.out, printed.err)

    return run
