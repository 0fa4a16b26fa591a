"""`dci serve` with one's own registry, and with an engine that lasts."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import pytest

from dci_common.registry.model.records import AnyRecord, Group, Identifier, Membership, Name, Person
from support.api import identified
from support.events import body_of
from support.example_counts import sampled
from support.import_files import jsonl
from support.server_process import ServerProcess, command, dci_serve

ANNA = Person(
    id="anna",
    name=Name(given_name="Anna"),
    identifiers=(Identifier(identifier_type="UIN", identifier_value="1"),),
)
HILL = Group(id="hill", name="Hill")
ALL: tuple[AnyRecord, ...] = (ANNA, HILL, Membership(person_id="anna", group_id="hill"))
KNOWN = "847951632"  # a person of the demo


def names(server: ServerProcess, uin: str) -> list[str]:
    """Search by UIN, and return the given names of those found."""
    message = body_of("search")
    message["message"]["search_request"] = [identified("UIN", uin)]
    reply = server.send("POST", "/registry/sync/search", message, **server.authorization("partner"))
    return [record["name"]["given_name"] for record in reply.records]


@pytest.mark.exhaustive
def test_the_people_of_a_file_are_served(tmp_path: Path) -> None:
    """The people of a file are served instead of the demo registry."""
    with dci_serve(tmp_path, "--registry", str(jsonl(tmp_path / "own.jsonl", ALL))) as server:
        assert "with your registry" in server.welcome
        assert names(server, "1") == ["Anna"]
        assert names(server, KNOWN) == []


@pytest.mark.exhaustive
def test_a_bad_line_is_reported_and_the_rest_served(tmp_path: Path) -> None:
    """A line that cannot be loaded is reported, and the others are served."""
    path = jsonl(tmp_path / "own.jsonl", ALL)
    path.write_text(path.read_text() + "{}\n")
    with dci_serve(tmp_path, "--registry", str(path)) as server:
        reason = "The line must hold one of person, group and membership"
        assert f"{path}: 1 rejected: 1 {reason} (see {path}.rejected.jsonl)" in server.welcome
        assert names(server, "1") == ["Anna"]


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("options", "reason"),
    sampled(
        [
            (["--data", "somewhere"], "moto keeps no tables: --data requires --engine dynamodb-local."),
            (["--registry", "none.jsonl"], "none.jsonl cannot be read: No such file or directory."),
        ]
    ),
)
def test_wrong_options_are_one_line(options: list[str], reason: str, tmp_path: Path) -> None:
    """Options that cannot work are reported in one line."""
    line, environment = command("serve", "--port", "0", "--credentials", str(tmp_path / "credentials.json"), *options)
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"dci: {reason}\n"


def operate(server: ServerProcess, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run an operator's command on the server, as its welcome says."""
    assert server.process.stdout is not None
    while "./dci registry stats" not in server.welcome:
        server.welcome += server.process.stdout.readline()
    [option] = re.findall(r"^\./dci registry stats (.*)$", server.welcome, re.MULTILINE)
    line, environment = command("registry", *arguments, *option.split())
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.dynamodb_local
def test_a_folder_keeps_registry_and_clients(tmp_path: Path) -> None:
    """With a folder for its tables, a server continues with its registry and its clients."""
    own, data = jsonl(tmp_path / "own.jsonl", ALL), tmp_path / "data"
    lasting = ("--engine", "dynamodb-local", "--data", str(data))
    with dci_serve(tmp_path, *lasting, "--registry", str(own)) as server:
        assert names(server, "1") == ["Anna"]
        credentials = server.credentials
        changed = ANNA.model_copy(update={"name": Name(given_name="Ana")})
        assert operate(server, "put", str(jsonl(tmp_path / "changed.jsonl", [changed]))).returncode == 0
        line, environment = command("serve", "--port", "0", *lasting)
        second = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
        assert second.stderr == (
            f"dci: {data} is in use by another dci serve (process {server.process.pid}, {server.base_url})."
            " Stop it, or choose another folder for --data.\n"
        )
    with dci_serve(tmp_path, *lasting) as server:
        assert {**server.credentials, "base_url": ""} == {**credentials, "base_url": ""}
        assert names(server, "1") == ["Ana"]
        assert operate(server, "verify").returncode == 0
        server.credentials_file.unlink()
    with dci_serve(tmp_path, *lasting) as server:
        assert server.credentials["partner"] != credentials["partner"]
        assert names(server, "1") == ["Ana"]
        assert server.stop(signal.SIGTERM) == 0


@pytest.mark.dynamodb_local
def test_an_empty_folder_gets_the_demo_registry(tmp_path: Path) -> None:
    """The first start says that it serves the demo registry, and keeps secrets for callbacks beside its tables."""
    data = tmp_path / "data"
    lasting = ("--engine", "dynamodb-local", "--data", str(data))
    callbacks = {"urls": ["http://127.0.0.1"], "auth": "bearer", "secret": "of-the-partner"}
    partner = {"name": "Ministry", "sender_id": "ministry", "scopes": ["registry.search"], "callbacks": callbacks}
    with dci_serve(tmp_path, *lasting) as server:
        assert "with a demo registry" in server.welcome
        assert server.send("POST", "/clients", partner, **server.authorization("admin")).status == 201
    kept = data / "callback-secrets.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "of-the-partner" in kept.read_text()
    with dci_serve(tmp_path, *lasting) as server:
        assert "with your registry" in server.welcome
