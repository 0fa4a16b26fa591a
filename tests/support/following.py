"""`dci registry follow`, called in this process on a test's own registry and source."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dci_cli.command_error import report_errors
from dci_cli.command_table import build_parser
from dci_cli.registry.follow import command
from dci_cli.registry.follow.source import Source
from dci_cli.registry.support.registry_table import registry_command
from dci_common.registry.model.base import Kind
from support.commands import Outcome
from support.registry_harness import Registry, expected_views, unstamped

Follow = Callable[..., Outcome]


@dataclass
class Following:
    """A registry that follows sources, with the state in a file."""

    registry: Registry
    state: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, source: Source, *arguments: object) -> Outcome:
        """Run the command."""
        self.capsys.readouterr()
        given = ["registry", "follow", "openspp", "--table", self.registry.table, "--state", str(self.state)]
        given += map(str, arguments)
        options = build_parser(given).parse_args(given)
        run = registry_command(lambda options: command.follow(source, options))
        status = report_errors(lambda: run(options))
        printed = self.capsys.readouterr()
        return Outcome(status, printed.out, printed.err)

    def lose_state(self) -> None:
        """Delete the state."""
        self.state.unlink(missing_ok=True)

    def own(self) -> dict[tuple[Kind, str], Any]:
        """Return the views of the followed records, without their stamps and marks."""
        views = {key: view for key, view in self.registry.views().items() if "source" in view}
        return {
            key: {name: some for name, some in view.items() if name != "source"}
            for key, view in unstamped(views).items()
        }

    def assert_follows(self, source: Any) -> None:
        """Demand that the followed records are those of the source, and that the registry agrees with itself."""
        assert self.own() == unstamped(expected_views(source.holds()))
        assert self.registry.findings() == []

    def versions(self) -> dict[tuple[Kind, str], int]:
        """Return the version of each record."""
        return {key: self.registry.version(*key) for key in self.registry.views()}


def audited(table: str = "") -> str:
    """Return the table of audit records."""
    return table or os.environ["AUDIT_TABLE"]
