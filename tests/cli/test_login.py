"""`dci login` and `dci logout`: people sign in at the provider, and commands send their tokens."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dci_cli.sign_in import login
from support.admin_client import Admin
from support.people_over_http import Browser, PeopleApi, fetch

from .conftest import NEW, Dci, Outcome


@pytest.mark.usefixtures("browser")
def test_commands_are_the_persons_own(sign_in: Callable[..., Outcome], dci: Dci, configuration: Path) -> None:
    """After a login, commands need no client and no URL, and the log has the person's name; tokens are private."""
    said = sign_in()
    assert "You are signed in as Bayani Santos" in said.out
    made = json.loads(dci("clients", "create", "By a person", *NEW, "--json").out)
    [entry] = json.loads(dci("clients", "log", made["client_id"], "--json").out)
    assert entry["by_name"] == "Bayani Santos"
    assert dci("clients", "delete", made["client_id"], "--yes").status == 0
    for path in configuration.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_logout_ends_it(
    sign_in: Callable[..., Outcome],
    browser: Browser,
    dci: Dci,
    people: PeopleApi,
    kept: Callable[..., dict[str, Any]],
) -> None:
    """After a logout the tokens are gone, the provider takes back the refresh token, and a login needs no options."""
    sign_in()
    token = kept()["refresh_token"]
    assert "You are signed out" in dci("logout").out
    assert (kept()["access_token"], kept()["refresh_token"]) == ("", "")
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "dci"}
    assert fetch(f"{people.provider.issuer}/token", form)[0] == 400
    assert "The client for the requests is missing" in dci("clients", "list").problem
    assert "Nobody is signed in" in dci("logout").out
    browser.person = "esi"
    assert "Esi Mensah" in dci("login").out


@pytest.mark.usefixtures("browser")
def test_a_logout_ends_what_another_command_renews(
    sign_in: Callable[..., Outcome],
    dci: Dci,
    people: PeopleApi,
    kept: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A logout that waits for a renewal revokes the new refresh token, not the one that was used for it."""
    sign_in()
    form = {"grant_type": "refresh_token", "client_id": "dci"}

    def renewed(*_: object) -> None:  # as the lock is obtained, after the other command
        body = fetch(f"{people.provider.issuer}/token", {**form, "refresh_token": kept()["refresh_token"]})[1]
        fresh.append(json.loads(body)["refresh_token"])
        kept(refresh_token=fresh[-1])

    fresh: list[str] = []
    monkeypatch.setattr("fcntl.flock", renewed)
    assert "You are signed out" in dci("logout").out
    assert fetch(f"{people.provider.issuer}/token", {**form, "refresh_token": fresh[-1]})[0] == 400


@pytest.mark.usefixtures("browser")
def test_the_command_that_ends_it_is_named(sign_in: Callable[..., Outcome], dci: Dci) -> None:
    """The logout that is printed has the options by which it finds the same API."""
    assert "`dci logout --profile other` ends that." in sign_in("--profile", "other").out
    assert "You are signed out" in dci("logout", "--profile", "other").out
    assert "The API's URL is not valid" in dci("logout", "--api", "registry.example.org").problem


@pytest.mark.usefixtures("browser")
def test_a_logout_needs_no_provider(
    sign_in: Callable[..., Outcome], dci: Dci, people: PeopleApi, kept: Callable[..., dict[str, Any]]
) -> None:
    """Tokens are forgotten also while the provider does not answer, or where it revokes none; that is reported."""
    without = {name: url for name, url in people.provider.configuration().items() if name != "revocation_endpoint"}
    for status, content in ((500, {}), (200, without)):
        assert sign_in().status == 0
        answer = {"statusCode": status, "headers": {}, "body": json.dumps(content)}
        people.replace("/.well-known/openid-configuration", answer)
        said = dci("logout")
        assert "The provider has not revoked the tokens" in said.err
        assert "You are signed out" in said.out
        assert kept()["refresh_token"] == ""
        people.answers.clear()


def test_a_machine_keeps_its_client(
    sign_in: Callable[..., Outcome], browser: Browser, dci: Dci, people: PeopleApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that options or variables name goes before the person, who goes before a client of a profile."""
    browser.person = "amina"
    sign_in()
    admin = Admin(people.api)
    new = ("clients", "create", "By a machine", *NEW, "--json")
    assert "ask for the group client-manager" in dci(*new).problem
    own = ("--api", people.url, "--client-id", admin.client.client_id, "--client-secret", admin.secret)
    made = json.loads(dci(*new, *own).out)
    monkeypatch.setenv("DCI_API", people.url)
    assert "ask for the group client-manager" in dci(*new).problem
    monkeypatch.setenv("DCI_CLIENT_ID", admin.client.client_id)
    monkeypatch.setenv("DCI_CLIENT_SECRET", admin.secret)
    assert dci("clients", "delete", made["client_id"], "--yes").status == 0
    assert "ask for the group client-manager" in dci(*new, "--profile", "default").problem


@pytest.mark.usefixtures("browser")
def test_a_token_that_ends_is_renewed(
    sign_in: Callable[..., Outcome], dci: Dci, kept: Callable[..., dict[str, Any]]
) -> None:
    """A token is renewed before it ends; when that fails, the command stops, and is not somebody else's."""
    sign_in()
    before = kept(expires=0)
    assert dci("clients", "list").status == 0
    after = kept()
    assert after["refresh_token"] != before["refresh_token"]
    assert after["expires"] > before["expires"]
    kept(expires=0, refresh_token=before["refresh_token"])  # which was used
    assert "run `dci login`, or `dci logout`" in dci("clients", "list").problem
    kept(expires=0, refresh_token="")
    assert "Your sign-in for" in dci("clients", "list").problem


@pytest.mark.usefixtures("browser")
def test_a_disabled_person_is_not_signed_in(
    sign_in: Callable[..., Outcome], dci: Dci, people: PeopleApi, kept: Callable[..., dict[str, Any]]
) -> None:
    """The API's reason is shown when it does not accept the person, and nothing is kept."""
    sign_in()
    dci("logout")
    person = f"{people.provider.issuer}#bayani"
    assert dci("operators", "disable", "--clients-table", "dci-clients", "Bayani Santos", "--yes").status in {0, 2}
    assert dci("operators", "disable", "--clients-table", "dci-clients", person, "--yes").status == 0
    people.api.clock.advance(60)
    assert "The operator is disabled in this deployment." in sign_in().err
    assert kept()["access_token"] == ""


@pytest.mark.usefixtures("browser")
def test_a_port_in_use_is_reported(sign_in: Callable[..., Outcome], people: PeopleApi) -> None:
    """Another program at the port is reported, since it could get the code."""
    port = people.url.rpartition(":")[2]
    assert f"Port {port} cannot be used" in sign_in("--redirect-uri", f"http://localhost:{port}/callback").problem


def test_nobody_is_waited_for_without_end(sign_in: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no browser is to be opened, the page's URL is printed; when nobody comes, that is reported."""
    monkeypatch.setattr(login, "_WAIT_SECONDS", 0.01)
    said = sign_in("--no-browser")
    assert said.status == 2
    assert "Sign in at http://127.0.0.1:" in said.err
    assert "Nobody has signed in" in said.err
