"""`dci operators`: the people who administer a deployment."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from support.admin_client import Admin
from support.api import Api
from support.events import event
from support.lists import whole_list
from support.operator_provider import OpenIdProvider, create_client, list_clients

from .conftest import Clients, Dci

TABLE = ("--clients-table", "dci-clients")


@pytest.fixture
def token(operators_api: Api, provider: OpenIdProvider) -> str:
    """Return the token of a person who has come, and is named by the port of their provider."""
    token = provider.token("client-manager", name=f"Amina {provider.server.port}", email=email(provider))
    assert list_clients(operators_api, token).status == 200
    return token


def email(provider: OpenIdProvider) -> str:
    """Return the person's e-mail address."""
    return f"amina.{provider.server.port}@example.org"


def identifier(provider: OpenIdProvider) -> str:
    """Return the person's id."""
    return f"{provider.issuer}#f3a1-amina"


@pytest.mark.usefixtures("token")
def test_people_are_listed(dci: Dci, provider: OpenIdProvider) -> None:
    """The list has who came with a role, as a table or as JSON."""
    [found] = [
        one for one in json.loads(dci("operators", "list", *TABLE, "--json").out) if email(provider) in one.values()
    ]
    assert (found["id"], found["status"], found["roles"]) == (identifier(provider), "enabled", ["client-manager"])
    assert email(provider) in dci("operators", "list", *TABLE).out


@pytest.mark.parametrize("named", [email, identifier, lambda provider: f"Amina {provider.server.port}"])
def test_a_person_is_disabled_and_enabled(
    operators_api: Api, dci: Dci, provider: OpenIdProvider, token: str, named: Any
) -> None:
    """A disabled person cannot change anything until they are enabled; the log of all clients has both."""
    assert dci("operators", "disable", *TABLE, named(provider), "--yes").status == 0
    assert create_client(operators_api, token).status == 401
    assert "already" in dci("operators", "disable", *TABLE, named(provider)).out
    assert dci("operators", "enable", *TABLE, named(provider), "--yes", "--at-once").status == 0
    operators_api.clock.advance(60)
    assert create_client(operators_api, token).status == 201
    read = event("clients_log", token=Admin(operators_api).token)
    log = whole_list(lambda query: operators_api.send(read | {"rawQueryString": query}), "entries")
    acts = [(entry["act"], entry["by"]) for entry in log if entry["client_id"] == identifier(provider)]
    assert acts == [("operator_enabled", "operator"), ("operator_disabled", "operator")]


@pytest.mark.usefixtures("token")
def test_the_question_has_the_id(dci: Dci, provider: OpenIdProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names come from tokens and may be anybody's: the operator sees whom they disable, and nothing is done yet."""
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    asked = dci("operators", "disable", *TABLE, email(provider))
    question = f"Reject every request of Amina {provider.server.port} ({identifier(provider)})? [y/N]"
    assert (asked.status, question in asked.err) == (2, True)


def test_a_person_who_has_not_come_is_disabled_by_id(dci: Dci) -> None:
    """An issuer and a subject name a person who has not come yet, and anything else is reported."""
    unknown = f"https://accounts.example.org#{id(dci)}"
    assert dci("operators", "disable", *TABLE, unknown, "--yes").status == 0
    found = {one["id"]: one["status"] for one in json.loads(dci("operators", "list", *TABLE, "--json").out)}
    assert found[unknown] == "disabled"
    assert "No operator is named nobody" in dci("operators", "disable", *TABLE, "nobody", "--yes").problem


def test_a_person_who_is_changed_meanwhile_is_not_overwritten(
    dci: Dci, provider: OpenIdProvider, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two commands at once, the second one that writes fails, and says so."""
    assert token
    first: list[int] = []

    def also(*_: object, **__: object) -> None:
        if not first:
            first.append(0)
            first[0] = dci("operators", "disable", *TABLE, identifier(provider), "--yes").status

    monkeypatch.setattr("dci_cli.operators.confirm", also)
    assert "try again" in dci("operators", "disable", *TABLE, identifier(provider)).err
    assert first == [0]


def test_the_log_names_the_person(operators_api: Api, clients: Clients, provider: OpenIdProvider, token: str) -> None:
    """`dci clients log` shows who made a change, by name and by the id at the provider."""
    client_id = create_client(operators_api, token).json["client_id"]
    shown = " ".join(clients("log", client_id).out.split())
    assert f"Amina {provider.server.port} ({identifier(provider)})" in shown
    [entry] = json.loads(clients("log", client_id, "--json").out)
    assert (entry["by"], entry["by_name"]) == (identifier(provider), f"Amina {provider.server.port}")
