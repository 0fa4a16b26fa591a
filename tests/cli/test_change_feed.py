"""Streams on a laptop: whoever changes the registry, the functions that read streams are called by `dci serve`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest

from dci_cli.local_server import local_environment
from dci_common.registry.model.records import Person
from dci_common.runtime import Runtime
from dci_common.settings import Settings
from support.import_files import jsonl
from support.server_process import ServerProcess, command, dci_serve, eventually
from support.subscriptions import subscribed

SETTINGS = Settings(exchange_table="dci-exchange")
ON_DISK = ("--engine", "dynamodb-local", "--data")


def put(server: ServerProcess, folder: Path, person_id: str) -> None:
    """Put a person, in another process."""
    file = jsonl(folder / f"{person_id}.jsonl", [Person(id=person_id)])
    line, environment = command("registry", "put", str(file), "--credentials", str(server.credentials_file))
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def sequences() -> dict[str, str]:
    """Return the sequences of the events in the outbox, by the ids of their records."""
    session = boto3.session.Session()  # the default one keeps the credentials of its first client
    items = session.client("dynamodb").scan(TableName=SETTINGS.exchange_table, ConsistentRead=True)["Items"]
    events = [item for item in items if item["sk"]["S"].startswith("EVENT#")]
    return {item["sk"]["S"].split("#")[2]: item["last_sequence"]["S"] for item in events}


@contextmanager
def subscriber(server: ServerProcess) -> Iterator[None]:
    """Have the demo partner subscribe, and reach the server's tables meanwhile."""
    with local_environment(server.credentials_file):
        schedule = {"start_time": "2090-01-01T00:00:00Z", "frequency": "daily"}  # so that events stay in the outbox
        subscribed(Runtime(SETTINGS), server.credentials["partner"]["client_id"], "REGISTER", frequency=schedule)
        yield


def test_a_change_by_another_process_is_an_event_at_once(tmp_path: Path) -> None:
    """On moto, a person who is put by a command reaches the outbox, and nobody else does."""
    with dci_serve(tmp_path) as server, subscriber(server):
        put(server, tmp_path, "new")
        eventually(sequences)
        assert sequences().keys() == {"new"}


def indexed(key: str) -> list[str]:
    """Return the commands that the index of AuditTable has of a record."""
    session = boto3.session.Session()
    items = session.client("dynamodb").scan(TableName="dci-audit", ConsistentRead=True)["Items"]
    return [item["command"]["S"] for item in items if item["pk"]["S"] == f"RECORD#{key}"]


def test_what_is_recorded_is_indexed_at_once(tmp_path: Path) -> None:
    """On moto, the audit record of a command is indexed by the audit index function."""
    with dci_serve(tmp_path) as server, local_environment(server.credentials_file):
        put(server, tmp_path, "new")
        eventually(lambda: indexed("PERSON#new"))
        assert indexed("PERSON#new") == ["put"]


@pytest.mark.exhaustive
@pytest.mark.dynamodb_local
def test_a_stream_is_read_on_after_a_restart(tmp_path: Path) -> None:
    """On DynamoDB Local the next server puts events of new changes, and no event again that the first has put."""
    data = str(tmp_path / "data")
    with dci_serve(tmp_path, *ON_DISK, data) as server, subscriber(server):
        put(server, tmp_path, "first")
        eventually(sequences)
        eventually(lambda: indexed("PERSON#first"))
        first = sequences()
        assert first.keys() == {"first"}
    with dci_serve(tmp_path, *ON_DISK, data) as server, local_environment(server.credentials_file):
        put(server, tmp_path, "second")
        eventually(lambda: "second" in sequences())
        assert {**sequences(), **first} == sequences()
