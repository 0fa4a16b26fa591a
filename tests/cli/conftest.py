"""The command line, called in this process."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from dci_cli.__main__ import main
from dci_cli.local.server import GatewayServer
from support.admin_client import Admin
from support.api import Api, identified, predicate
from support.api_over_http import api_over_http
from support.audited import POPULATION
from support.echo_gateway import echoing
from support.operator_input import Operator, nothing
from support.people_over_http import REDIRECT, Browser, PeopleApi, people_over_http
from support.registries import registry_of
from support.server_process import ServerProcess, dci_serve


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def problem(self) -> str:
        """The one line in which the command said why it could not work."""
        assert (self.status, self.out) == (2, "")
        [line] = self.err.splitlines()
        assert line.startswith("dci: ")
        return line.removeprefix("dci: ")


Dci = Callable[..., Outcome]
Clients = Callable[..., Outcome]
NEW = ("--sender-id", "health.example.org", "--scopes", "registry.search")


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Restore the actions of signals, which commands that serve change."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give the commands a folder for their configuration, which is empty, and none of the developer's variables."""
    for name in ("DCI_API", "DCI_CLIENT_ID", "DCI_CLIENT_SECRET", "DCI_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    return tmp_path / "configuration" / "dci" / "profiles.ini"


@pytest.fixture
def dci(capsys: pytest.CaptureFixture[str]) -> Dci:
    """Return the command line as a function of its arguments."""

    def run(*arguments: str) -> Outcome:
        status = main(arguments)
        printed = capsys.readouterr()
        return Outcome(status, printed.out, printed.err)

    return run


@pytest.fixture
def server() -> Iterator[GatewayServer]:
    """Run a gateway whose handlers answer with the event that they got."""
    with echoing() as server:
        yield server


@pytest.fixture
def admin(api: Api) -> Admin:
    """Return an administrator."""
    return Admin(api)


@pytest.fixture
def clients(admin: Admin, dci: Dci, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """Return `dci clients`, with an administrator's credentials in the environment, and an answer on stdin."""
    monkeypatch.setenv("DCI_CLIENT_ID", admin.client.client_id)
    monkeypatch.setenv("DCI_CLIENT_SECRET", admin.secret)
    with api_over_http(admin.api) as url:
        monkeypatch.setenv("DCI_API", url)

        def run(*arguments: object, stdin: str = "", meanwhile: Callable[[], object] = nothing) -> Outcome:
            monkeypatch.setattr("sys.stdin", Operator(stdin, meanwhile))
            return dci("clients", *map(str, arguments))

        yield run


def new(clients: Clients, api: Api, *options: object) -> dict[str, Any]:
    """Create a client, and return what was printed."""
    name = f"Ministry {api.runtime.random_bytes(8).hex()}"
    made: dict[str, Any] = json.loads(clients("create", name, *NEW, *options, "--json").out)
    return made


@pytest.fixture
def asked(new_api: Callable[..., Api]) -> Iterator[Api]:
    """Return an API with a search for a person, one without matches, and one for a group on the next day."""
    with registry_of(POPULATION) as table:
        api = new_api(registry_table=table)
        purpose = {"purpose": {"code": "benefit"}}
        api.search(predicate(("birth_date", "eq", "1990-01-01"), consent=purpose), token=api.partner_token)
        api.search(identified("UIN", "nobody"))
        api.clock.advance(86_400)
        token = api.token(*api.client()).json["access_token"]
        api.search(predicate(("poverty_score", "eq", 1), reg_record_type="Group"), token=token)
        yield api


@pytest.fixture(scope="session")
def local_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server as it comes, which is only looked at."""
    with dci_serve(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def connection(server: GatewayServer) -> Iterator[HTTPConnection]:
    """Connect to the gateway."""
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    yield connection
    connection.close()


Exchanges = Callable[..., Outcome]


@pytest.fixture
def as_administrator(api: Api, dci: Dci, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Exchanges]]:
    """Return a maker of commands of a group with an administrator's credentials, and the ExchangeTable of `api`."""
    admin = Admin(api)
    monkeypatch.setenv("DCI_CLIENT_ID", admin.client.client_id)
    monkeypatch.setenv("DCI_CLIENT_SECRET", admin.secret)
    monkeypatch.setenv("EXCHANGE_TABLE", api.runtime.settings.exchange_table)
    with api_over_http(api) as url:
        monkeypatch.setenv("DCI_API", url)

        def group(name: str) -> Exchanges:
            def run(*arguments: str, stdin: str = "", meanwhile: Callable[[], object] = nothing) -> Outcome:
                monkeypatch.setattr("sys.stdin", Operator(stdin, meanwhile))
                return dci(name, *arguments)

            return run

        yield group


@pytest.fixture
def exchange(as_administrator: Callable[[str], Exchanges]) -> Exchanges:
    """Return `dci exchange`, with an answer on stdin."""
    return as_administrator("exchange")


@pytest.fixture
def subscriptions(as_administrator: Callable[[str], Exchanges]) -> Exchanges:
    """Return `dci subscriptions`, with an answer on stdin."""
    return as_administrator("subscriptions")


@pytest.fixture
def over_api(api: Api, dci: Dci, monkeypatch: pytest.MonkeyPatch) -> Iterator[Exchanges]:
    """Return `dci exchange list` and `show`, with the credentials of a client that may only read."""
    reader = Admin(api, ("clients.read",))
    monkeypatch.setenv("DCI_CLIENT_ID", reader.client.client_id)
    monkeypatch.setenv("DCI_CLIENT_SECRET", reader.secret)
    with api_over_http(api) as url:
        monkeypatch.setenv("DCI_API", url)
        yield lambda *arguments: dci("exchange", *arguments)


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
