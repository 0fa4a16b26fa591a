"""Imports into a registry that has records, stopped by another writer, by throttling or by Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dci_cli.__main__ import main
from dci_cli.aws import OperatorRuntime
from dci_cli.command_error import CommandError
from dci_cli.registry.importer import command
from dci_cli.registry.importer.target import Target
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Membership
from support.import_files import jsonl
from support.import_groups import CROWD, GROUPS, IN_GROUPS, PEOPLE, disturbed, load
from support.registry_harness import Registry


@pytest.mark.exhaustive
def test_another_writer_ends_an_import_with_what_was_written(registry: Registry, tmp_path: Path) -> None:
    """Where another writer changes a record again and again, the rest is written, and the error says how to go on."""
    registry.put(*PEOPLE[:4], hill := Group(id="hill"), CROWD, Membership(person_id="p000", group_id="hill"))
    runtime, client = disturbed(registry)
    client.before = lambda number: registry.put(Group(id="hill", name=f"Hill {number}"))
    joins = [Membership(person_id="p001", group_id="hill")]
    path = jsonl(tmp_path / "f.jsonl", [*joins, PEOPLE[5]])
    with pytest.raises(CommandError) as stopped:
        load(runtime, path)
    assert str(stopped.value) == (
        "Another writer changes the same records again and again: wait until it has finished. "
        "1 records and memberships were written. Run the same command again: it skips what is written, and goes on "
        "from there."
    )
    client.calm()
    assert load(runtime, path) == 0
    there = registry.view(Kind.GROUP, "hill")["name"]
    registry.assert_holds(
        *PEOPLE[:4],
        PEOPLE[5],
        hill.model_copy(update={"name": there}),
        CROWD,
        Membership(person_id="p000", group_id="hill"),
        *joins,
    )


def throttled(_: object) -> None:
    """Refuse a transaction, as a table does that has no capacity left."""
    error = {"Code": "ProvisionedThroughputExceededException", "Message": "Too many writes."}
    raise ClientError({"Error": error}, "TransactWriteItems")  # type: ignore[typeddict-item]


def interrupted(_: object) -> None:
    """Press Ctrl-C."""
    raise KeyboardInterrupt


def test_throttling_ends_an_import_with_what_was_written(registry: Registry, tmp_path: Path) -> None:
    """Where DynamoDB throttles for long, the error says what was written and how to go on."""
    registry.put(*PEOPLE[:4], *GROUPS[:1])
    runtime, client = disturbed(registry)
    client.before = throttled
    with pytest.raises(
        CommandError, match=r"TransactWriteItems.* 1 records and memberships were written\. Run the same"
    ):
        load(runtime, jsonl(tmp_path / "f.jsonl", [PEOPLE[9], *IN_GROUPS[:4]]))


@pytest.mark.parametrize("where", ["reading", "writing"])
def test_ctrl_c_says_how_to_go_on(
    registry: Registry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    where: str,
) -> None:
    """An import that the user interrupts ends with 130 and a sentence that says how to go on, without a traceback."""
    places: dict[str, tuple[object, str]] = {
        "reading": (command, "stage_files"),
        "writing": (Target, "write_settings"),
    }
    monkeypatch.setattr(*places[where], lambda *_, **__: interrupted(None))
    path = jsonl(tmp_path / "f.jsonl", PEOPLE[:3])
    assert main(["registry", "import", "--table", registry.table, str(path)]) == 130
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("dci: Interrupted. ")
    assert "un the same command again" in said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("export", "The output is not complete: run the same command again."),
        ("reindex", "0 records were checked. Run the same command again: it goes on from the beginning"),
    ],
)
def test_ctrl_c_ends_long_commands(
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    name: str,
    said: str,
) -> None:
    """Export and reindex say how to go on; an export that is interrupted leaves no file."""
    client = Interrupting(registry.operator.dynamodb)
    monkeypatch.setattr(OperatorRuntime, "dynamodb", property(lambda _: client))
    output = ["--output", str(tmp_path / "f.jsonl")] if name == "export" else []
    assert main(["registry", name, "--table", registry.table, *output]) == 130
    assert f"dci: Interrupted. {said}" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


class Interrupting:
    """A client whose user presses Ctrl-C while it scans."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dynamodb, name)

    def scan(self, **_: Any) -> Any:
        raise KeyboardInterrupt
