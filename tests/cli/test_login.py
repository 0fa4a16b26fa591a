"""`dci login` and `dci logout`: people sign in at the provider, and commands send their tokens."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dci_cli.sign_in import login
from support.admin_client import Admin
from support.api import Api
from support.people_over_http import REDIRECT, Browser, PeopleApi, fetch, people_over_http

from .conftest import NEW, Dci, Outcome


@pytest.fixture
def people(new_api: Callable[..., Api]) -> Iterator[PeopleApi]:
    """Run an API and a provider."""
    with people_over_http(new_api) as running:
        yield running


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    """Return the browser that the command opens."""
    browser = Browser()
    monkeypatch.setattr("webbrowser.open", browser.open)
    return browser


@pytest.fixture
def sign_in(dci: Dci, people: PeopleApi) -> Callable[..., Outcome]:
    """Return `dci login` for the API."""
    given = ("--issuer", people.provider.issuer, "--application", "dci", "--redirect-uri", REDIRECT)
    return lambda *more: dci("login", "--api", people.url, *given, *more)


@pytest.fixture
def kept(configuration: Path, people: PeopleApi) -> Callable[..., dict[str, Any]]:
    """Return what is kept of the sign-in for the API; keywords change it before."""
    path = configuration.with_name("sign-ins.json")

    def read(**changes: Any) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        found: dict[str, Any] = content.get(people.url, {})
        if changes:
            path.write_text(json.dumps({people.url: {**found, **changes}}))
        return {**found, **changes}

    return read


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


def test_an_issuer_is_given_to_the_letter(
    sign_in: Callable[..., Outcome], dci: Dci, people: PeopleApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider must name itself by the issuer that was given, over TLS; what is missing is named."""
    assert "names it as issuer" in sign_in("--issuer", f"{people.provider.issuer}/").problem
    assert "names it as issuer" in sign_in("--issuer", people.url).problem
    assert "must be an https:// URL" in sign_in("--issuer", "http://accounts.example.org").problem
    assert "give --issuer" in dci("login", "--api", people.url).problem
    assert "give --application" in dci("login", "--api", people.url, "--issuer", people.provider.issuer).problem
    for changes, reason in (
        ({"authorization_endpoint": "file:///etc/passwd"}, "authorization_endpoint must be an https:// URL"),
        ({"token_endpoint": "http://accounts.example.org/token"}, "token_endpoint must be an https:// URL"),
        ({"token_endpoint": None}, "token_endpoint must be an https:// URL"),
        ({"code_challenge_methods_supported": ["plain"]}, "does not support PKCE"),
    ):
        with monkeypatch.context() as patch:
            answered = people.provider.configuration() | changes
            patch.setattr(people.provider, "configuration", lambda answered=answered: answered)
            assert reason in sign_in().problem


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
    for broken in ("secret", "[]", json.dumps({json.loads(path.read_text()).popitem()[0]: {"secret": 1}})):
        path.write_text(broken)
        problem = dci("clients", "list").problem
        assert ("is not valid: delete it" in problem, "secret" in problem) == (True, False)
