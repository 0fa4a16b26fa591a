"""What `dci serve` says when it cannot start: one line, and exit status 2."""

from __future__ import annotations

import fcntl
import socket
import subprocess
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import boto3
import pytest

from dci_cli.command_error import CommandError
from dci_cli.local.claim import claimed
from dci_cli.local.deployment import Demo, claimed_credentials, write_credentials
from dci_cli.local.tables import create_tables
from support.api import Api
from support.example_counts import sampled
from support.server_process import command

from .conftest import Dci

NO_TEMPLATE = "is not a SAM template with functions and tables."
TEMPLATE = """
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Handler: {handler}
      Events:
        All: {{ Type: HttpApi, Properties: {{ ApiId: !Ref Api }} }}
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """Return where a test writes its template."""
    return tmp_path / "template.yaml"


@pytest.fixture
def serve(dci: Dci, tmp_path: Path) -> Dci:
    """Return `dci serve` with a credentials file of its own: a server may be running in this checkout."""
    return partial(dci, "serve", "--credentials", str(tmp_path / "credentials.json"))


def test_a_taken_port_is_reported(serve: Dci, tmp_path: Path) -> None:
    """A second server on the same port names the port and the way out, and leaves no file."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert serve("--port", port).problem == (
            f"Port {port} cannot be used (Address already in use):"
            " free it, or choose another, such as PORT=3001 make run."
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--port", "abc"), "The port must be a number from 0 to 65535"),
        (("--data", "somewhere"), "moto keeps no tables: "),
        (("--engine", "dynamodb-local"), "DynamoDB Local needs java, which is not installed."),
        (("--registry", "none.jsonl"), "none.jsonl cannot be read: No such file or directory."),
        (("--registry", "."), ". cannot be read: Is a directory."),
        (("--template", "/no/such/template.yaml"), "The template /no/such/template.yaml cannot be read"),
    ],
)
def test_an_option_that_cannot_work_is_reported_beside_another_server(
    serve: Dci, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], said: str
) -> None:
    """An option is checked before the credentials are claimed: it is reported where another server has them."""
    monkeypatch.setenv("PATH", "/no/such/folder")
    credentials = tmp_path / "credentials.json"
    with claimed_credentials(credentials):
        assert serve(*options).problem.startswith(said)
    assert not list(tmp_path.iterdir())


def test_a_claim_that_was_released_meanwhile_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock on a file that its holder has just deleted is no claim: the file is created and locked again."""
    lock, place = tmp_path / "lock", tmp_path / "place"

    def deleted_before(file: TextIO, operation: int) -> None:
        monkeypatch.undo()
        lock.unlink()
        fcntl.flock(file, operation)

    monkeypatch.setattr("dci_cli.local.claim.fcntl.flock", deleted_before)
    with (
        claimed(lock, place, "Stop it."),
        pytest.raises(CommandError, match="is in use by another"),
        claimed(lock, place, "Stop it."),
    ):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("port", ["x", "-1", "65536", "3000.0", "٣٠٠٠", "9" * 5000])
def test_an_invalid_port_is_rejected(serve: Dci, port: str) -> None:
    """A port that is out of range, or is not a number, is rejected with what is accepted."""
    assert serve("--port", port).problem.startswith("The port must be a number from 0 to 65535")


def test_the_environment_gives_the_port(serve: Dci, monkeypatch: pytest.MonkeyPatch) -> None:
    """`PORT` is the port, unless it is empty or `--port` says another."""
    monkeypatch.setenv("PORT", "nowhere")
    assert "port" in serve().problem
    monkeypatch.setenv("PORT", "")
    assert "template" in serve("--template", "/no/such/template.yaml").problem


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory."),
        (b"Resources: A: B", "is not valid YAML (line 1)."),
        (b"Resources:\n  A: {B: c}\n\tD: e\n", "is not valid YAML (line 3)."),
        (b"\xff\xfe\xff", "is not valid YAML."),
        (b"", NO_TEMPLATE),
        (b"- a list", NO_TEMPLATE),
        (b"Resources: {A: {}}", NO_TEMPLATE),
        (b"Resources: {A: text}", NO_TEMPLATE),
        (b"Resources: {A: {Type: 'AWS::DynamoDB::Table'}}", NO_TEMPLATE),
        (
            b"Resources: {A: {Type: 'AWS::DynamoDB::Table', Properties: {}}}",
            NO_TEMPLATE,
        ),
        (b"Resources: {}", "has no $default route, which answers unknown paths."),
    ],
)
def test_an_unusable_template_is_reported(dci: Dci, template: Path, content: bytes | None, said: str) -> None:
    """The line names the file and what is wrong with it."""
    if content is not None:
        template.write_bytes(content)
    problem = dci("serve", "--port", "0", "--template", str(template)).problem
    assert str(template) in problem
    assert problem.endswith(said)


def test_a_folder_as_template_is_reported(dci: Dci, tmp_path: Path) -> None:
    """A folder is reported as one."""
    assert "cannot be read: Is a directory." in dci("serve", "--port", "0", "--template", str(tmp_path)).problem


@pytest.mark.exhaustive
def test_a_template_without_a_table_is_reported(template: Path) -> None:
    """A table that the API needs and the template lacks is named."""
    functions = "".join(
        f"""
  {name}:
    Type: AWS::Serverless::Function
    Properties: {{ Handler: {handler} }}
"""
        for name, handler in (
            ("DeliveryFunction", "dci_delivery.app.handler"),
            ("ChangesFunction", "dci_changes.app.handler"),
            ("AuditIndexFunction", "dci_audit_index.app.handler"),
        )
    )
    template.write_text(TEMPLATE.format(handler="dci_search.app.handler") + functions)
    # In a process of its own: in this one the tests' engine may have its tables already.
    credentials = template.with_name("credentials.json")
    options = ("--port", "0", "--template", str(template), "--credentials", str(credentials))
    arguments, variables = command("serve", *options)
    ended = subprocess.run(arguments, env=variables, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (2, "dci: The template has no table ClientsTable.\n")


@pytest.mark.parametrize("handler", ["no_such.app.handler", "dci_search.nothing.handler", "dci_search.app.none", "x"])
def test_an_unknown_handler_is_named(dci: Dci, template: Path, handler: str) -> None:
    """A handler that no function has is named."""
    template.write_text(TEMPLATE.format(handler=handler))
    problem = dci("serve", "--port", "0", "--template", str(template)).problem
    assert problem == f"The template's handler {handler} is in none of the functions."


def test_a_handlers_import_error_is_raised_unchanged(
    dci: Dci, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler that cannot import a module raises Python's own error, for the developer."""
    (template.parent / "dci_lacking.py").write_text("import dci_lack\n")
    monkeypatch.syspath_prepend(template.parent)
    template.write_text(TEMPLATE.format(handler="dci_lacking.handler"))
    with pytest.raises(ModuleNotFoundError, match="dci_lack"):
        dci("serve", "--port", "0", "--template", str(template))


@pytest.mark.parametrize(
    "definition",
    [
        {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "AttributeDefinitions": []},
        {"KeySchema": "pk", "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]},
    ],
)
@pytest.mark.usefixtures("engine")
def test_a_table_that_dynamodb_rejects_is_named(definition: dict[str, Any]) -> None:
    """A table that DynamoDB rejects is named, with DynamoDB's reason."""
    with pytest.raises(CommandError, match="The template's Some cannot be created: "):
        create_tables(boto3.client("dynamodb"), {"Some": definition}, {"Some": "no-such-table"})


@pytest.fixture
def demo(api: Api) -> Demo:
    """Return the clients of a local deployment."""
    return Demo(*api.client(), *api.client())


def test_an_unwritable_credentials_file_is_named(tmp_path: Path, demo: Demo) -> None:
    """A place where the credentials file cannot be is named, with the reason."""
    with pytest.raises(CommandError, match=" cannot be written: "):
        write_credentials(tmp_path, "http://127.0.0.1:3000", demo)


def test_readable_credentials_are_replaced(tmp_path: Path, demo: Demo) -> None:
    """A credentials file that everyone can read is replaced, not filled."""
    path = tmp_path / "credentials.json"
    path.touch(mode=0o666)
    path.chmod(0o666)
    write_credentials(path, "http://127.0.0.1:3000", demo)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "value", "said"),
    sampled(
        [
            ("TOKEN_LIFETIME", "ten minutes", "TOKEN_LIFETIME must be a whole number from 60 to 3600."),
            ("TOKEN_LIFETIME", "59", "TOKEN_LIFETIME must be a whole number from 60 to 3600."),
            ("MAX_EXAMINED", "0", "MAX_EXAMINED must be a whole number from 1 to 10000000."),
            ("SIGNING_ALGORITHM", "HS256", "SIGNING_ALGORITHM must be ES256 or RS256."),
        ],
        2,
    ),
)
def test_an_invalid_setting_is_reported(
    serve: Dci, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    """A variable's line says what it must be."""
    monkeypatch.setenv(name, value)
    assert serve("--port", "0").problem == said
