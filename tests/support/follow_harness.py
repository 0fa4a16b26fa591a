"""`dci registry follow`, called in this process on a test's own registry and source."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dci_cli.__main__ import main
from dci_cli.aws import OperatorRuntime
from dci_cli.command_error import report_errors
from dci_cli.command_table import build_parser
from dci_cli.registry.follow import command
from dci_cli.registry.follow.source import Source
from dci_cli.registry.support.registry_table import registry_command
from dci_common.aws.dynamodb import Item, pages
from dci_common.aws.retry import Retry
from dci_common.registry.model.base import Kind
from support.commands import Outcome
from support.killed_client import Killed, KilledClient
from support.registry_harness import Registry, expected_views, unstamped
from support.retry_pauses import NO_PAUSES
from support.stored_items import tests_client


@dataclass
class FollowHarness:
    """A registry that follows sources, with the state in a file."""

    registry: Registry
    state: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, source: Source | str, *arguments: object) -> Outcome:
        """Run the command, on a source or the address of a database."""
        self.capsys.readouterr()
        given = ["registry", "follow", "openspp", "--table", self.registry.table, "--state", str(self.state)]
        given += map(str, arguments)
        if isinstance(source, str):
            status = main([*given, "--database", source])
        else:
            options = build_parser(given).parse_args(given)
            run = registry_command(lambda options: command.follow(source, options))
            status = report_errors(lambda: run(options))
        printed = self.capsys.readouterr()
        return Outcome(status, printed.out, printed.err)

    def kill(self, source: Source | str, at: int, *arguments: object, before: bool) -> None:
        """Run the command in a process that is killed at this call of DynamoDB, if there are so many."""
        self.through(lambda client: KilledClient(client, at, before=before), source, *arguments)

    def through(self, wrap: Callable[[Any], Any], source: Source | str, *arguments: object) -> Outcome:
        """Run the command with a client of DynamoDB in place of its own."""
        runtime = OperatorRuntime(self.registry.runtime.settings, retry=NO_PAUSES)
        vars(runtime)["dynamodb"] = wrap(runtime.dynamodb)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(command, "runtime_of", lambda _: runtime)
            return self(source, *arguments)

    def without_pauses(self, source: Source, *arguments: object) -> Outcome:
        """Run the command so that nothing that failed waits longer than a pass."""
        runtime = OperatorRuntime(self.registry.runtime.settings, retry=Retry(lambda _: None, lambda low, _: low))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(command, "runtime_of", lambda _: runtime)
            return self(source, *arguments)

    def killed(self, source: Source | str, at: int, *arguments: object, before: bool) -> bool:
        """Run the command so, and return whether it was killed."""
        try:
            self.kill(source, at, *arguments, before=before)
        except Killed:
            return True
        return False

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


def audit_records() -> list[Item]:
    """Return what operators' commands recorded, in the order of time."""
    scanned = pages(tests_client().scan, TableName=os.environ["AUDIT_TABLE"], ConsistentRead=True)
    found = [item for page in scanned for item in page["Items"] if "command" in item]
    return sorted(found, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
