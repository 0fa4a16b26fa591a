"""`dci bootstrap`: the first administrator of a deployment."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    EndpointConnectionError,
    SSOTokenLoadError,
)

from dci_cli.aws import aws_errors
from dci_cli.command_error import CommandError
from dci_common.clients.model import Client
from support.api import Api
from support.events import event
from support.server_process import command

from .conftest import Dci

TABLE = "dci-clients"


def test_the_client_manages_clients_and_sees_no_person(api: Api, dci: Dci) -> None:
    """The printed client gets a token that is accepted by /clients and rejected by the search."""
    made = json.loads(dci("bootstrap", "--clients-table", TABLE, "--name", "First of all").out)
    secret, flags = made.pop("client_secret"), made.pop("flags")
    token = api.token(Client(**made, **flags), secret).json
    assert (made["name"], made["scopes"]) == ("First of all", ["clients.manage", "clients.read"])
    assert token["scope"] == "clients.manage clients.read"
    assert api.send(event("clients_list", token=token["access_token"])).status == 200
    assert api.send(event("search", token=token["access_token"])).status == 403


@pytest.mark.usefixtures("engine")
def test_a_name_is_unique(dci: Dci) -> None:
    """A second administrator with the same name is rejected in one line that says what to change."""
    assert dci("bootstrap", "--clients-table", TABLE, "--name", "Twice").status == 0
    problem = dci("bootstrap", "--clients-table", TABLE, "--name", "twice").problem
    assert problem == "A client with this name exists: choose another with --name."


@pytest.mark.parametrize(("name", "said"), [("", "name must not be empty."), ("x" * 201, "200 characters")])
def test_an_invalid_name_is_rejected(dci: Dci, name: str, said: str) -> None:
    """A name that is not valid is rejected before any request to AWS."""
    assert said in dci("bootstrap", "--clients-table", TABLE, "--name", name).problem


@pytest.mark.usefixtures("engine")
def test_a_missing_table_is_reported(dci: Dci) -> None:
    """A table that does not exist is reported with its region, and the stack output that names the right one."""
    assert dci("bootstrap", "--clients-table", "no-such-table").problem == (
        "There is no such table in the AWS region eu-west-1: give the stack's output ClientsTable, and its region."
    )


@pytest.mark.parametrize("table", ["", "x", "not a table's name", "$CLIENTS_TABLE"])
def test_an_invalid_table_name_is_rejected(dci: Dci, table: str) -> None:
    """A name that no table has is rejected before any request to AWS, with the stack output that names the table."""
    assert dci("bootstrap", "--clients-table", table).problem == (
        "The table's name is missing or not valid: give the stack's output ClientsTable with --clients-table or"
        " CLIENTS_TABLE, or use --local."
    )


KEYS = {"AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "made-up"}
REGION = {"AWS_DEFAULT_REGION": "eu-west-1"}


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "words",
    [
        ("bootstrap", "--clients-table", TABLE),
        ("audit", "--person", "1", "--table", TABLE),
        ("registry", "stats", "--table", TABLE),
        ("registry", "create-from-s3", "--bucket", "bucket", "--new-table", TABLE, "no-such-file"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (KEYS, "The AWS region is missing: set AWS_DEFAULT_REGION to the region of the stack, such as eu-west-1."),
        (KEYS | {"AWS_DEFAULT_REGION": "eu west"}, "AWS_DEFAULT_REGION is not a region: set it to "),
        (REGION, "AWS credentials are missing: run `aws configure`, or set AWS_PROFILE, or "),
        (REGION | {"AWS_ACCESS_KEY_ID": "made-up"}, "AWS credentials are missing: run `aws configure`, or "),
        (REGION | {"AWS_PROFILE": "nobody"}, "The AWS profile does not exist: set AWS_PROFILE to one that "),
        (REGION | {"AWS_ENDPOINT_URL": "nowhere"}, "AWS_ENDPOINT_URL must be a URL, such as http://127.0.0.1:8000: "),
    ],
    ids=["no region", "a wrong region", "no credentials", "half of them", "no profile", "no endpoint"],
)
def test_an_incomplete_aws_configuration_is_reported(
    dci: Dci, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], said: str, words: tuple[str, ...]
) -> None:
    """A missing region, missing credentials, a wrong profile or endpoint is reported with what to change."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    for name, value in ({"AWS_EC2_METADATA_DISABLED": "true"} | nothing | environment).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # which remembers credentials
    assert dci(*words).problem.startswith(said)


def error(code: str, message: str = "Its own words.") -> ClientError:
    """Return what AWS answers when it rejects a request."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "PutItem")


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (
            EndpointConnectionError(endpoint_url="https://dynamodb.eu-west-99.amazonaws.com/"),
            "https://dynamodb.eu-west-99.amazonaws.com/ cannot be reached: check the AWS region (eu-west-1) and ",
        ),
        (SSOTokenLoadError(error_msg="none"), "The AWS credentials cannot be read: run `aws sso login`, or see "),
        (error("UnrecognizedClientException"), "AWS rejects the credentials: check them with `aws sts "),
        (error("ExpiredTokenException"), "The AWS credentials have expired: log in again, such as with "),
        (error("AccessDeniedException"), "The AWS credentials do not allow PutItem: use those of an operator"),
        (error("LimitExceeded"), "AWS rejected PutItem: Its own words (LimitExceeded)."),
        (ConfigParseError(path="~/.aws/config"), "AWS cannot be used: Unable to parse config file: ~/.aws/config."),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else "",
)
@pytest.mark.usefixtures("engine")
def test_an_error_of_aws_says_what_to_change(problem: BotoCoreError | ClientError, said: str) -> None:
    """What AWS rejects is reported in a sentence of the project, and what has none in AWS's words."""
    with pytest.raises(CommandError) as raised, aws_errors("ClientsTable"):
        raise problem
    assert str(raised.value).startswith(said)


def _wait_until_asleep(process: subprocess.Popen[str]) -> None:
    """Return when a process waits for something.

    Python acts on a signal between two instructions. One that comes after the last of them, but before the system
    call that waits, is acted on when that ends, which is after a minute here; one that comes while a response is set
    up makes Python report "Exception ignored in" its finalizer.
    """
    stat = Path(f"/proc/{process.pid}/stat")
    while stat.read_text(encoding="ascii").rpartition(")")[2].split()[0] != "S":
        time.sleep(0.01)


@pytest.mark.exhaustive
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc, which says whether a process waits")
def test_it_can_be_interrupted() -> None:
    """Ctrl-C while AWS does not respond ends the command with the status 130, and without output."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job's child would ignore it
    with socket.create_server(("127.0.0.1", 0)) as silent:
        aws = {"AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "made-up", "AWS_DEFAULT_REGION": "eu-west-1"}
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        arguments, variables = command(
            "bootstrap", "--clients-table", TABLE, AWS_ENDPOINT_URL_DYNAMODB=endpoint, **aws
        )
        with subprocess.Popen(arguments, env=variables, stderr=subprocess.PIPE, text=True) as process:
            connection, _ = silent.accept()
            with connection:
                assert connection.recv(1)  # it has sent a request
                _wait_until_asleep(process)
                process.send_signal(signal.SIGINT)
                assert process.wait(30) == 130
            assert process.stderr is not None
            assert process.stderr.read() == ""
