"""`dci bootstrap`: the first administrator of a deployment."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess

import boto3
import pytest

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
@pytest.mark.parametrize("table", ["no-such-table", "", "not a table's name"])
def test_a_missing_table_is_reported(dci: Dci, table: str) -> None:
    """The reason of AWS is reported in one line, even if it has several."""
    assert dci("bootstrap", "--clients-table", table).problem.startswith("The table cannot be written to: ")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "region"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "credentials"),
        ({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_PROFILE": "nobody"}, "profile (nobody)"),
        ({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ENDPOINT_URL": "nowhere"}, "endpoint"),
    ],
)
def test_an_incomplete_aws_configuration_is_reported(
    dci: Dci, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], said: str
) -> None:
    """A missing region, missing credentials, a wrong profile or endpoint is reported in one line."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    for name, value in ({"AWS_EC2_METADATA_DISABLED": "true"} | nothing | environment).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # which remembers credentials
    problem = dci("bootstrap", "--clients-table", TABLE).problem
    assert problem.startswith("The table cannot be written to: ")
    assert said in problem


def test_it_can_be_interrupted() -> None:
    """Ctrl-C while AWS does not respond ends the command with the status 130, and without output."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        aws = {"AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "made-up", "AWS_DEFAULT_REGION": "eu-west-1"}
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        arguments, variables = command(
            "bootstrap", "--clients-table", TABLE, AWS_ENDPOINT_URL_DYNAMODB=endpoint, **aws
        )
        with subprocess.Popen(arguments, env=variables, stderr=subprocess.PIPE, text=True) as process:
            connection, _ = silent.accept()
            with connection:
                assert connection.recv(1)  # it has sent a request, and waits
                process.send_signal(signal.SIGINT)
                assert process.wait(30) == 130
            assert process.stderr is not None
            assert process.stderr.read() == ""
