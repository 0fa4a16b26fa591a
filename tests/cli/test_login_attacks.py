"""What others try while a person signs in with `dci login`, and afterwards with their tokens."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from support.api import Api
from support.people_over_http import Browser, PeopleApi, fetch, people_over_http

from .conftest import Dci, Outcome


def test_answers_of_other_pages_are_ignored(
    sign_in: Callable[..., Outcome], browser: Browser, kept: Callable[..., dict[str, Any]]
) -> None:
    """A page that guesses the address cannot end or take over the sign-in: without its state nothing is accepted."""
    seen: list[int] = []

    def attack(page: dict[str, str]) -> None:
        address, state = page["redirect_uri"], page["state"]
        queries = ("", "code=x", "code=x&state=guess", f"code=x&state={state}&state=y", f"code=x&state={state}x")
        seen.extend(fetch(f"{address}?{query}")[0] for query in queries)
        seen.append(fetch(f"{address}/other?code=x&state={state}")[0])
        seen.append(fetch(f"{address}?code=x&state={state}", Host="registry.example.org")[0])
        seen.append(fetch(f"{address}?code=x&state={state}", {})[0])
        seen.append(fetch(f"{address}?{'&'.join(f'a{n}=' for n in range(99))}&state={state}")[0])

    browser.before = attack
    assert sign_in().status == 0
    assert seen == [400] * 5 + [404, 404, 501, 400]
    assert kept()["access_token"]
    assert "Close this page" in browser.last[1]


def test_a_code_of_another_sign_in_is_of_no_use(
    sign_in: Callable[..., Outcome], browser: Browser, kept: Callable[..., dict[str, Any]]
) -> None:
    """A code that was injected, even with the right state, was issued for another verifier."""
    other = Browser("esi")

    def inject(answer: dict[str, str]) -> dict[str, str]:
        challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        page = browser.opened[0].partition("code_challenge=")[0]
        location = other.location(f"{page}code_challenge={challenge}&code_challenge_method=S256")
        return {**answer, "code": location.partition("code=")[2].partition("&")[0]}

    browser.tamper = inject
    said = sign_in()
    assert (said.status, "The provider does not accept it: Code challenge failed." in said.err) == (2, True)
    assert kept() == {}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://accounts.example.org"}, "The answer in the browser is of another provider"),
        ({"iss": None}, "The answer in the browser is of another provider"),
        ({"code": None, "error": "access_denied"}, "The provider has not signed you in: access_denied."),
        ({"code": None, "error": "\x1b[2Jx"}, "The provider has not signed you in: [2Jx."),
        ({"code": "made up"}, "The provider does not accept it: Invalid 'code' in request."),
    ],
)
def test_an_answer_that_does_not_fit_signs_nobody_in(
    sign_in: Callable[..., Outcome],
    browser: Browser,
    kept: Callable[..., dict[str, Any]],
    changes: dict[str, str | None],
    reason: str,
) -> None:
    """The answer must name the provider that was asked, and have a code; no control character of it is shown."""
    browser.tamper = lambda answer: {
        name: value for name, value in {**answer, **changes}.items() if value is not None
    }
    said = sign_in()
    assert (said.status, reason in said.err) == (2, True)
    assert kept() == {}


@pytest.mark.usefixtures("browser")
def test_a_token_changes_no_request(sign_in: Callable[..., Outcome], people: PeopleApi) -> None:
    """What a provider sends as a token is not sent to the API, unless it is one."""
    for answer in ({"access_token": "a\r\nHost: x"}, {"access_token": "a b"}, {"access_token": ["a"]}, {}):
        content = {"token_type": "Bearer", "expires_in": 60, **answer}
        people.replace("/token", {"statusCode": 200, "headers": {}, "body": json.dumps(content)})
        assert "The provider issued no token: status 200." in sign_in().err
    assert people.paths == []


def test_only_this_machine_is_a_redirect(sign_in: Callable[..., Outcome], browser: Browser) -> None:
    """A code is never sent anywhere else: other redirect URIs are rejected before a page is opened."""
    for url in (
        "https://registry.example.org/callback",
        "http://registry.example.org:80/callback",
        "https://127.0.0.1:1/callback",
        "http://127.0.0.1/callback",
        "http://127.0.0.1:0@example.org/callback",
        "http://127.0.0.1:0/callback?next=x",
        "http://[::1",
        "http://127.0.0.1:99999/callback",
        "http://0.0.0.0:0/callback",
        "callback",
    ):
        assert "The redirect URI must be of this machine" in sign_in("--redirect-uri", url).problem
    assert browser.opened == []


def test_an_issuer_is_given_to_the_letter(
    sign_in: Callable[..., Outcome], dci: Dci, people: PeopleApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider must name itself by the issuer that was given, over TLS; what is missing is named."""
    assert "names it as issuer" in sign_in("--issuer", f"{people.provider.issuer}/").problem
    assert "names it as issuer" in sign_in("--issuer", people.url).problem
    assert "must be an https:// URL" in sign_in("--issuer", "http://accounts.example.org").problem
    assert "must be an https:// URL" in sign_in("--issuer", "https://[::1").problem
    assert "give --issuer" in dci("login", "--api", people.url).problem
    assert "give --application" in dci("login", "--api", people.url, "--issuer", people.provider.issuer).problem
    for changes, reason in (
        ({"authorization_endpoint": "file:///etc/passwd"}, "authorization_endpoint must be an https:// URL"),
        ({"token_endpoint": "http://accounts.example.org/token"}, "token_endpoint must be an https:// URL"),
        (
            {"authorization_endpoint": "https://accounts.example.org/\x1b[2J"},
            "authorization_endpoint must be an https",
        ),
        ({"token_endpoint": None}, "token_endpoint must be an https:// URL"),
        ({"code_challenge_methods_supported": ["plain"]}, "does not support PKCE"),
    ):
        with monkeypatch.context() as patch:
            answered = people.provider.configuration() | changes
            patch.setattr(people.provider, "configuration", lambda answered=answered: answered)
            assert reason in sign_in().problem


def test_options_that_no_request_can_carry_are_reported(sign_in: Callable[..., Outcome], browser: Browser) -> None:
    """A host, a path, a value or a profile's name that cannot be used is reported before a page opens."""
    for issuer in (
        "https://a..org",
        f"https://{'a' * 64}.org",
        "https://a.org/é",
        "https://a:99999",
    ):
        assert "must be an https:// URL" in sign_in("--issuer", issuer).problem
    for name in ("--issuer", "--application", "--scope", "--resource"):
        assert f"{name} must be printable" in sign_in(name, "a\udcff").problem
    assert "The profile's name must have" in sign_in("--profile", "a b").problem
    assert browser.opened == []


def test_a_closed_connection_is_not_printed(sign_in: Callable[..., Outcome], browser: Browser) -> None:
    """A browser, or another page in it, that resets connections writes no traceback into the terminal."""

    def reset(page: dict[str, str]) -> None:
        address = ("127.0.0.1", urlsplit(page["redirect_uri"]).port or 0)
        for sent in (b"GET /callb", b"GET /favicon.ico HTTP/1.1\r\n\r\n"):
            with socket.create_connection(address) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.sendall(sent)

    browser.before = reset
    said = sign_in()
    assert (said.status, "Traceback" in said.err) == (0, False)


@pytest.mark.usefixtures("browser")
def test_a_token_goes_to_its_own_api_alone(
    sign_in: Callable[..., Outcome], dci: Dci, people: PeopleApi, new_api: Callable[..., Api]
) -> None:
    """A command for another API does not send the token, and a login for it does not replace the profile."""
    sign_in()
    with people_over_http(new_api) as other:
        assert "The client for the requests is missing" in dci("clients", "list", "--api", other.url).problem
        assert other.paths == ["/oauth2/client/token"]
        assert "is of another API" in dci("login", "--api", other.url).problem
    assert people.paths == ["/clients"]


def test_a_file_of_others_is_not_used(
    sign_in: Callable[..., Outcome], browser: Browser, dci: Dci, configuration: Path
) -> None:
    """Tokens that others could have read or replaced are not sent, and a broken file is reported without content."""
    assert sign_in().status == 0
    assert browser.last[0] == 200
    path = configuration.with_name("sign-ins.json")
    path.chmod(0o644)
    assert "Other users can read" in dci("clients", "list").problem
    path.chmod(0o600)
    [(url, kept)] = json.loads(path.read_text()).items()
    for broken in (
        "secret",
        "[]",
        "[" * 100_000,
        json.dumps({url: {"secret": 1}}),
        json.dumps({url: {**kept, "expires": "secret"}}),
        json.dumps({url: {**kept, "access_token": "secret\nsecret"}}),
        json.dumps({url: {**kept, "access_token": "secret\ud800"}}),
    ):
        path.write_text(broken)
        problem = dci("clients", "list").problem
        assert ("is not valid: delete it" in problem, "secret" in problem) == (True, False)
