"""People of providers that others have written: npm's oidc-provider, and Cognito as moto has it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
import requests

from dci_cli.__main__ import main
from support.api import Api
from support.api_over_http import api_over_http
from support.events import ROOT
from support.operator_provider import create_client, list_clients
from support.people_over_http import fetch

MODULE = ROOT / "bench" / "peers" / "node_modules" / "oidc-provider" / "lib" / "index.js"
AUDIENCE = "https://registry.example.org/administration"
NOT_INSTALLED = (
    "npm's oidc-provider is not installed: make bench/peers/node_modules/installed.stamp does it (needs npm)"
)


@pytest.fixture
def redirect_uri() -> str:
    """Return a redirect URI at a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/callback"


@pytest.fixture
def issuer(redirect_uri: str) -> Iterator[str]:
    """Run npm's oidc-provider; the checks of CI must not leave it out."""
    if not MODULE.exists() and os.environ.get("DCI_BUILT") != "1":
        pytest.skip(NOT_INSTALLED)
    node = which("node")
    assert node, "node is missing"
    script = str(ROOT / "tests" / "support" / "oidc_provider.mjs")
    command = [node, "--no-warnings", script, str(MODULE), redirect_uri, AUDIENCE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        try:
            yield next(line.strip() for line in process.stdout if line.startswith("http://"))
        finally:
            process.terminate()


def at_present(api: Api) -> Api:
    """Return an API at the time that it is, which the tokens of others have."""
    api.clock.advance(time.time() - api.clock())
    return api


def choose(url: str, person: str) -> int:
    """Sign in as a person whom the provider knows by name, and return the status of the last page."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), _Choice(person))
    with browser.open(url, timeout=30) as page:
        return int(page.status)


class _Choice(urllib.request.HTTPRedirectHandler):
    """Follows redirects, and chooses a person on the page that asks for one."""

    def __init__(self, person: str) -> None:
        self._person = person

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        chosen = f"{newurl}?{urlencode({'as': self._person})}" if "/choose/" in newurl else newurl
        return super().redirect_request(req, fp, code, msg, headers, chosen)


@pytest.mark.exhaustive
def test_people_of_another_provider_sign_in(
    issuer: str,
    redirect_uri: str,
    new_api: Callable[..., Api],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`dci login` works with a provider of others: with PKCE; tokens are renewed and revoked, and roles apply."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("DCI_API", "DCI_CLIENT_ID", "DCI_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    settings = {"operator_issuer": issuer, "operator_audience": AUDIENCE, "operator_groups_claim": "groups"}
    api = at_present(new_api(**settings))
    kept = tmp_path / "dci" / "sign-ins.json"
    new = ("clients", "create", f"Of another provider {issuer}", "--sender-id", "a", "--scopes", "registry.search")
    with api_over_http(api) as url:
        given = ("--api", url, "--issuer", issuer, "--application", "dci", "--redirect-uri", redirect_uri)
        for person, status in (("amina", 2), ("bayani", 0)):
            monkeypatch.setattr("webbrowser.open", lambda page, person=person: choose(page, person) == 200)
            assert main(["login", *given, "--resource", AUDIENCE]) == 0, capsys.readouterr().err
            assert main(new) == status
        content = json.loads(kept.read_text())
        content[url]["expires"] = 0
        kept.write_text(json.dumps(content))
        assert main(["clients", "log", "--limit", "1", "--json"]) == 0
        renewed = json.loads(kept.read_text())[url]
        assert renewed["refresh_token"] != content[url]["refresh_token"]
        assert main(["logout"]) == 0
    printed = capsys.readouterr()
    assert "You are signed in as Bayani Santos" in printed.out
    assert '"by_name": "Bayani Santos"' in printed.out
    assert "has not revoked" not in printed.err
    form = {"grant_type": "refresh_token", "refresh_token": renewed["refresh_token"], "client_id": "dci"}
    assert fetch(f"{issuer}/token", form)[0] == 400


def test_people_of_cognito_are_accepted(new_api: Callable[..., Api]) -> None:
    """Access tokens as Cognito shapes them are accepted by role; its ID tokens, and those of other clients, never."""
    cognito: Any = boto3.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="operators")["UserPool"]["Id"]
    flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    clients = [
        cognito.create_user_pool_client(UserPoolId=pool, ClientName=name, ExplicitAuthFlows=flows)["UserPoolClient"]
        for name in ("dci", "another")
    ]
    issuer = f"https://cognito-idp.eu-west-1.amazonaws.com/{pool}"
    api = at_present(new_api(operator_issuer=issuer, operator_audience=clients[0]["ClientId"]))
    publish(api, issuer)
    tokens = [sign_in(cognito, pool, "amina", "auditor", client["ClientId"]) for client in clients]
    assert list_clients(api, tokens[0]["AccessToken"]).status == 200
    assert create_client(api, tokens[0]["AccessToken"]).status == 403
    assert list_clients(api, tokens[0]["IdToken"]).status == 401
    assert list_clients(api, tokens[1]["AccessToken"]).status == 401
    manager = sign_in(cognito, pool, "bayani", "client-manager", clients[0]["ClientId"])["AccessToken"]
    assert create_client(api, manager).status == 201
    nobody = sign_in(cognito, pool, "carmen", "finance", clients[0]["ClientId"])["AccessToken"]
    assert list_clients(api, nobody).status == 403


def publish(api: Api, issuer: str) -> None:
    """Keep the keys of a pool as they are kept once they were fetched: moto answers no connection of a socket."""
    jwks = requests.get(f"{issuer}/.well-known/jwks.json", timeout=30).text
    now = int(api.clock())
    item: Any = {"pk": {"S": "PROVIDER"}, "sk": {"S": issuer}, "jwks": {"S": jwks}}
    item |= {name: {"N": str(now)} for name in ("fetched", "claimed", "ended")}
    api.runtime.dynamodb.put_item(TableName=api.runtime.settings.exchange_table, Item=item)


def sign_in(cognito: Any, pool: str, person: str, group: str, client_id: str) -> dict[str, str]:
    """Return the tokens of a person in a group."""
    password = "Correct-horse-battery-1"
    groups = [one["GroupName"] for one in cognito.list_groups(UserPoolId=pool)["Groups"]]
    if group not in groups:
        cognito.create_group(UserPoolId=pool, GroupName=group)
        cognito.admin_create_user(UserPoolId=pool, Username=person)
        cognito.admin_set_user_password(UserPoolId=pool, Username=person, Password=password, Permanent=True)
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=person, GroupName=group)
    given = {"USERNAME": person, "PASSWORD": password}
    flow = {"AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": given}
    tokens: dict[str, str] = cognito.admin_initiate_auth(UserPoolId=pool, ClientId=client_id, **flow)[
        "AuthenticationResult"
    ]
    return tokens
