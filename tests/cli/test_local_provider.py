"""The OpenID provider of `dci serve`: what it grants, and what it rejects."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from urllib.parse import urlencode

import pytest

from dci_cli.local.openid.people import PEOPLE
from dci_common.operators.roles import ROLES
from support.local_provider import CHALLENGE, GOOD, Provider, came_back
from support.operator_provider import create_client, list_clients
from support.people_over_http import PeopleApi


@pytest.fixture
def provider() -> Provider:
    """Return a provider."""
    return Provider()


def test_each_role_can_be_tried(people: PeopleApi) -> None:
    """There is a person for each role, and one with two; the API accepts their tokens, and no ID token."""
    provider = Provider(people.provider)
    assert {group for person in PEOPLE.values() for group in person.groups} == ROLES.keys()
    assert sorted(len(person.groups) for person in PEOPLE.values()) == [1, 1, 1, 1, 2]
    for subject, person in PEOPLE.items():
        tokens = provider.tokens(subject)
        assert list_clients(people.api, tokens["access_token"]).status == 200
        made = create_client(people.api, tokens["access_token"])
        assert made.status == (201 if "client-manager" in person.groups else 403)
        assert list_clients(people.api, tokens["id_token"]).status == 401


def test_a_server_starts_without_it() -> None:
    """What takes long to import is imported when somebody signs in, not when the server starts."""
    code = "import sys, dci_cli.local.openid.provider; sys.exit('authlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_page_has_no_scripts(provider: Provider) -> None:
    """The page lists the people, runs nothing, cannot be framed, and leads to itself and the redirect URI only."""
    page = provider.get(**GOOD)
    policy = page["headers"]["Content-Security-Policy"]
    assert all(person.name in page["body"] for person in PEOPLE.values())
    assert "<script" not in page["body"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:1;" in policy
    assert "frame-ancestors 'none'" in policy
    [style] = re.findall("<style>(.*)</style>", page["body"])
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy
    assert page["headers"]["Cache-Control"] == "no-store"


def test_a_request_without_pkce_is_rejected(provider: Provider) -> None:
    """A challenge is needed, by SHA-256, and the verifier that fits it; a failed attempt uses up the code."""
    for changes in (
        {"code_challenge": ""},
        {"code_challenge_method": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
        {"code_challenge": "", "code_challenge_method": ""},
    ):
        answer = came_back(provider.get(**GOOD | changes))
        assert (answer["error"], answer["state"], answer["iss"]) == ("invalid_request", "s", provider.local.issuer)
    for verifier in ("", "w" * 43, CHALLENGE):
        code = provider.choose()["code"]
        assert provider.redeem(code, code_verifier=verifier)["statusCode"] == 400
        assert json.loads(provider.redeem(code)["body"])["error"] == "invalid_grant"


def test_nobody_is_redirected_to_another_machine(provider: Provider) -> None:
    """A redirect URI that is not this machine's is answered with a page, and never followed, not even by an error."""
    for url in (
        "https://evil.example/callback",
        "http://evil.example:1/callback",
        "http://127.0.0.1.evil.example:1/callback",
        "http://127.0.0.1:1@evil.example/callback",
        "http://evil.example@127.0.0.1:1/callback",
        "http://127.0.0.1:1\\@evil.example/callback",
        "http://127.0.0.1/callback",
        "http://127.0.0.1:1/callback#x",
        "http://127.0.0.1:1/callback?x=y",
        "http://127.0.0.1:1//evil.example;x",
        "https://127.0.0.1:1/callback",
        "//127.0.0.1:1/callback",
        "javascript:alert(1)",
        "http://[::1",
        "",
    ):
        for changes in ({}, {"response_type": "token"}, {"code_challenge": ""}):
            answer = provider.get(**GOOD | changes | {"redirect_uri": url})
            assert (answer["statusCode"], "Location" in answer["headers"]) == (400, False), url
    answer = provider.get(**GOOD | {"client_id": "another"})
    assert (answer["statusCode"], "Location" in answer["headers"]) == (400, False)
    for url in ("http://localhost:65535/callback", "http://[::1]:8080/"):
        assert provider.get(**GOOD | {"redirect_uri": url})["statusCode"] == 200


def test_a_code_is_used_once_and_by_whom_it_is_for(provider: Provider) -> None:
    """A code is good for a minute, once, at the redirect URI and for the client of its request."""
    code = provider.choose()["code"]
    assert provider.redeem(code)["statusCode"] == 200
    assert provider.redeem(code)["statusCode"] == 400
    for changes in ({"redirect_uri": "http://127.0.0.1:2/callback"}, {"redirect_uri": ""}, {"client_id": "another"}):
        assert provider.redeem(provider.choose()["code"], **changes)["statusCode"] == 400
    assert provider.redeem(provider.choose()["code"], client_secret="guess")["statusCode"] == 400
    late = provider.choose()["code"]
    provider.now += 60
    assert provider.redeem(late)["statusCode"] == 400


def test_another_page_chooses_nobody(provider: Provider) -> None:
    """A choice needs the secret of a page that was shown, once, and one of the people."""
    [request] = re.findall('name="request" value="([^"]+)"', provider.get(**GOOD)["body"])
    for form in ({"person": "esi"}, {"person": "esi", "request": "guess"}, {"person": "nobody", "request": request}):
        answer = provider.post("/authorize", **form)
        assert (answer["statusCode"], "Location" in answer["headers"]) == (400, False)
    assert provider.post("/authorize", person="esi", request=request)["statusCode"] == 400  # it was used
    [oldest] = re.findall('name="request" value="([^"]+)"', provider.get(**GOOD)["body"])
    for _ in range(100):
        provider.get(**GOOD)
    assert provider.post("/authorize", person="esi", request=oldest)["statusCode"] == 400


def test_a_refresh_token_is_used_once(provider: Provider) -> None:
    """A refresh token gives a new one, and a revoked one nothing."""
    token = provider.tokens()["refresh_token"]
    form = {"grant_type": "refresh_token", "client_id": "dci"}
    renewed = provider.post("/token", refresh_token=token, **form)
    assert renewed["statusCode"] == 200
    assert provider.post("/token", refresh_token=token, **form)["statusCode"] == 400
    token = json.loads(renewed["body"])["refresh_token"]
    assert provider.post("/revoke", token=token)["statusCode"] == 200
    assert provider.post("/token", refresh_token=token, **form)["statusCode"] == 400


def test_odd_requests_are_rejected(provider: Provider) -> None:
    """Repeated and unprintable parameters, other grants and other methods are rejected, and nothing is repeated."""
    query = urlencode(GOOD)
    for odd in (
        f"{query}&state=t",
        f"{query}&x=%00",
        f"{query}&x=%C3%A9",
        f"{query}&x=%FF",
        "x",
        f"{query}&x={'y' * 3000}",
    ):
        assert provider.send("GET", "/authorize", odd)["statusCode"] == 400
    assert provider.send("POST", "/token", body="////")["statusCode"] == 400
    assert provider.post("/token", grant_type="client_credentials", client_id="dci")["statusCode"] == 400
    assert provider.post("/token", grant_type="password", client_id="dci", username="amina")["statusCode"] == 400
    answer = came_back(provider.get(**GOOD | {"response_type": "token"}))
    assert (answer["error"], answer["iss"]) == ("unsupported_response_type", provider.local.issuer)
    refused = provider.send("PUT", "/authorize")
    assert (refused["statusCode"], refused["headers"]["Allow"]) == (405, "GET, POST")
