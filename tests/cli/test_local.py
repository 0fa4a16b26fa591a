"""`--local`: every command works on the running server, with a key that only its user can read."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from dci_cli.environment import environment
from dci_cli.local.demo import demo_population
from dci_cli.local.engine_server import engine_over_http
from dci_cli.local.load import load
from dci_cli.local.tables import create_tables
from dci_cli.local_server import LocalEngine, published
from dci_common.registry.model.records import Person
from support.import_files import jsonl
from support.registries import TODAY, tables
from support.server_process import ServerProcess, command, dci_serve

from .conftest import Dci

NAMES = {"RegistryTable": "dci-local-registry", "ClientsTable": "dci-local-clients", "AuditTable": "dci-local-audit"}
VARIABLES = {"REGISTRY_TABLE": "dci-local-registry", "CLIENTS_TABLE": "dci-local-clients"} | {
    "AUDIT_TABLE": "dci-local-audit"
}
KNOWN = "847951632"


@dataclass(frozen=True)
class Server:
    """A local server's engine, and its credentials file."""

    engine: LocalEngine
    credentials: Path


@pytest.fixture(scope="module")
def server(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:  # noqa: ARG001 - must be running
    """Serve a demo registry of its own on moto, as `dci serve` does, without its API."""
    credentials = tmp_path_factory.mktemp("server") / "credentials.json"
    client = {"client_id": "1", "client_secret": "2", "sender_id": "3"}
    credentials.write_text(json.dumps({"base_url": "http://127.0.0.1:1", "admin": client}))
    with environment({"AWS_ENDPOINT_URL_DYNAMODB": None}):
        dynamodb = boto3.client("dynamodb")
        create_tables(dynamodb, tables(), NAMES)
        load(dynamodb, NAMES["RegistryTable"], demo_population(), 2, TODAY)
    with engine_over_http() as served, published(credentials, served, VARIABLES):
        yield Server(served, credentials)


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set AWS up for other work, with other tables, in a process that has used AWS for nothing yet."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    for name in VARIABLES:
        monkeypatch.setenv(name, "another-table")
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")


@pytest.mark.exhaustive
@pytest.mark.usefixtures("unset")
def test_registry_commands_work_without_other_settings(server: Server, dci: Dci, tmp_path: Path) -> None:
    """Commands read and write the server's tables, whatever the user's environment says."""
    local = ("--credentials", str(server.credentials))
    assert json.loads(dci("registry", "stats", "--json", *local).out)["people"] == 250
    assert dci("registry", "import", str(jsonl(tmp_path / "one.jsonl", [Person(id="one")])), *local).status == 0
    assert dci("registry", "show", "one", *local).out.startswith("person one, version 1\n")
    (changed,) = json.loads(dci("audit", "--person", "one", "--json", *local).out)
    assert (changed["command"], changed["records"]) == ("import", ["PERSON#one"])
    assert changed["operator"].startswith("local:")
    assert dci("registry", "delete", "one", "--yes", *local).status == 0
    assert json.loads(dci("bootstrap", *local).out)["name"] == "administrator"


@pytest.mark.exhaustive
@pytest.mark.usefixtures("unset")
def test_the_default_server_is_that_of_the_checkout(
    server: Server, dci: Dci, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--local` alone means the credentials file that a server has by default."""
    monkeypatch.setattr("dci_cli.local_server.local_folder", lambda: server.credentials.parent)
    assert dci("registry", "stats", "--local").status == 0


def test_only_its_user_can_read_the_key(server: Server) -> None:
    """The file with the key has mode 0600, and the key 256 random bits."""
    path = server.credentials.with_suffix(".json.engine")
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["access_key_id"] == server.engine.access_key_id
    assert len(bytes.fromhex(server.engine.access_key_id)) == 32


def ask(server: Server, after: str = "", **headers: str) -> tuple[int, Any]:
    """List the tables after one, with other headers, and return the status and the response."""
    credential = f"{server.engine.access_key_id}/20260301/eu-west-1/dynamodb/aws4_request"
    sent = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0",
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
        "Content-Type": "application/x-amz-json-1.0",
        **headers,
    }
    connection = HTTPConnection(urlsplit(server.engine.endpoint).netloc, timeout=10)
    connection.request("POST", "/", json.dumps({"ExclusiveStartTableName": after} if after else {}), sent)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, json.loads(content)


def test_the_key_opens_dynamodb(server: Server) -> None:
    """A request with the key is answered."""
    status, answer = ask(server)
    assert status == 200
    names = list(answer["TableNames"])
    while after := answer.get("LastEvaluatedTableName"):  # a page has 100, and other tests make tables too
        answer = ask(server, after)[1]
        names += answer["TableNames"]
    assert set(NAMES.values()) <= set(names)


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer x", "AWS4-HMAC-SHA256 Credential=/", "AWS4-HMAC-SHA256 Credential=local/20260301/x, Signature=0"],
)
def test_a_request_without_the_key_is_rejected(server: Server, authorization: str) -> None:
    """Without the key nothing is read, and the response says nothing of it."""
    status, answer = ask(server, Authorization=authorization)
    assert (status, answer["__type"]) == (400, "UnrecognizedClientException")
    assert server.engine.access_key_id not in json.dumps(answer)


def test_a_part_of_the_key_is_not_the_key(server: Server) -> None:
    """A key that begins like the right one, or goes on after it, is rejected."""
    key = server.engine.access_key_id
    for wrong in (key[:-1], key + "0", key.upper() + "x"):
        assert ask(server, Authorization=f"AWS4-HMAC-SHA256 Credential={wrong}/20260301/")[0] == 400


def test_a_web_page_cannot_reach_it(server: Server) -> None:
    """A request with the name of a web site, which leads to 127.0.0.1, is rejected even with the key."""
    assert ask(server, Host="attacker.example.org") == (421, {"message": "Misdirected Request"})


def test_the_key_opens_nothing_but_dynamodb(server: Server) -> None:
    """The signing keys, which the same process has in Secrets Manager, cannot be read."""
    status, answer = ask(server, **{"X-Amz-Target": "secretsmanager.ListSecrets"})
    assert (status, answer["__type"]) == (400, "UnknownOperationException")


@pytest.mark.exhaustive
def test_a_large_batch_arrives(server: Server) -> None:
    """A batch of 16 MB, DynamoDB's limit, is accepted although its characters are escaped."""
    client = boto3.client(
        "dynamodb",
        endpoint_url=server.engine.endpoint,
        aws_access_key_id=server.engine.access_key_id,
        aws_secret_access_key="x",
    )
    keys = [{"pk": {"S": f"DAY#{number}"}, "sk": {"S": "1"}} for number in range(25)]
    items = [{**key, "text": {"S": "ñ" * 150_000}} for key in keys]
    requests: Any = [{"PutRequest": {"Item": item}} for item in items]
    answer = client.batch_write_item(RequestItems={NAMES["AuditTable"]: requests})
    assert answer["UnprocessedItems"] == {}


@pytest.mark.parametrize(
    "content", [None, "", "{}", '{"endpoint": "http://127.0.0.1:1", "access_key_id": "", "variables": {}}']
)
def test_a_server_that_is_not_running_is_reported(dci: Dci, tmp_path: Path, content: str | None) -> None:
    """A missing file, a damaged one, and one of a server that was killed are reported in one sentence."""
    credentials = tmp_path / "credentials.json"
    client = {"client_id": "1", "client_secret": "2", "sender_id": "3"}
    credentials.write_text(json.dumps({"base_url": "http://127.0.0.1:1", "admin": client}))
    if content is not None:
        credentials.with_suffix(".json.engine").write_text(content)
    for words in (
        ("registry", "stats"),
        ("audit", "--client", "1"),
        ("clients", "list"),
        ("keys", "list"),
        ("doctor",),
    ):
        assert dci(*words, "--credentials", str(credentials)).problem == (
            f"No local server with the credentials file {credentials} is running: start it with make run, or name the"
            " file of another with --credentials."
        )


def test_the_file_is_removed_when_the_server_stops(tmp_path: Path) -> None:
    """A stopped server leaves no key behind, in whatever way it ended."""
    stack = ExitStack()
    stack.enter_context(published(tmp_path / "c.json", LocalEngine("http://127.0.0.1:1", "k"), {}))
    assert (tmp_path / "c.json.engine").exists()
    with pytest.raises(KeyboardInterrupt), stack:
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_servers_in_one_folder_have_their_own_files(tmp_path: Path) -> None:
    """Credentials files whose names differ in the extension alone belong to different servers."""
    with published(tmp_path / "c.json", LocalEngine("http://127.0.0.1:1", "k"), {}):
        with published(tmp_path / "c.test", LocalEngine("http://127.0.0.1:2", "l"), {}):
            assert json.loads((tmp_path / "c.json.engine").read_text())["access_key_id"] == "k"
        assert [path.name for path in tmp_path.iterdir()] == ["c.json.engine"]


def run(server: ServerProcess, *arguments: str) -> str:
    """Run a command on the server, in a process without any setting, and return what it prints."""
    line, variables = command(*arguments, "--credentials", str(server.credentials_file))
    clean = {name: value for name, value in variables.items() if not name.startswith(("AWS_", "DCI_"))}
    done = subprocess.run(line, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def check_every_command(server: ServerProcess, folder: Path) -> None:
    """Run each group of commands on a server that has just started."""
    people = [Person(id=f"new-{number}") for number in range(60)]
    assert "60 people" in run(server, "registry", "import", str(jsonl(folder / "new.jsonl", people)))
    assert json.loads(run(server, "registry", "find", "uin", KNOWN, "--json"))[0]["kind"] == "person"
    assert "person new-7" in run(server, "registry", "show", "new-7")
    assert run(server, "registry", "verify") == ""
    assert "Deleted the person new-7" in run(server, "registry", "delete", "new-7", "--yes")
    changes = json.loads(run(server, "audit", "--person", "new-7", "--json"))
    assert [change["command"] for change in changes] == ["import", "delete"]
    assert "Demo partner" in run(server, "clients", "list")
    assert "current" in run(server, "keys", "list")
    assert "failed" not in run(server, "doctor")
    assert "client_secret" in run(server, "bootstrap")


@pytest.mark.exhaustive
def test_every_command_works_while_a_server_runs(tmp_path: Path) -> None:
    """On moto, all commands work on the server without any variable, and its file goes with it."""
    with dci_serve(tmp_path) as server:
        check_every_command(server, tmp_path)
        endpoint = json.loads(server.credentials_file.with_suffix(".json.engine").read_text())["endpoint"]
        assert "registry stats" not in server.log.read_text()
    assert not server.credentials_file.with_suffix(".json.engine").exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", urlsplit(endpoint).port or 0))


@pytest.mark.dynamodb_local
def test_every_command_works_on_dynamodb_local(tmp_path: Path) -> None:
    """The same commands work on a server whose engine is DynamoDB Local."""
    with dci_serve(tmp_path, "--engine", "dynamodb-local") as server:
        check_every_command(server, tmp_path)
