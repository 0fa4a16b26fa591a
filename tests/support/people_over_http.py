"""The API of a test and the provider of `dci serve`, behind one HTTP server, and a browser that signs in there."""

from __future__ import annotations

import re
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from dci_cli.local.gateway import Routes
from dci_cli.local.openid.provider import LocalProvider
from dci_cli.local.server import GatewayServer
from support.deployment import routes

if TYPE_CHECKING:
    from support.api import Api
    from support.events import Event

REDIRECT = "http://127.0.0.1:0/callback"


@dataclass
class PeopleApi:
    """An API that accepts the people of a local provider; `paths` are those that were asked for."""

    api: Api
    url: str
    provider: LocalProvider
    paths: list[str] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def replace(self, path: str, answer: dict[str, Any]) -> None:
        """Let the provider answer so at a path below its issuer."""
        self.answers[urlsplit(self.provider.issuer).path + path] = answer


@contextmanager
def people_over_http(new_api: Callable[..., Api]) -> Iterator[PeopleApi]:
    """Serve both, at the time that it is: the provider's tokens have it."""
    server = GatewayServer(0, Routes({}))
    server.logs_requests = False
    # Keys and people are kept by issuer, and ports return.
    provider = LocalProvider(server.base_url, path=f"/openid/{secrets.token_hex(8)}")
    settings = {name.lower(): value for name, value in provider.variables().items()}
    api = new_api(**settings)
    api.clock.advance(time.time() - api.clock())
    running = PeopleApi(api, server.base_url, provider)

    def handle(event: Event, _context: object) -> dict[str, Any]:
        running.paths.append(event["rawPath"])
        reply = api.send(event)
        return {"statusCode": reply.status, "headers": reply.headers, "body": reply.text}

    def provide(event: Event, context: object) -> dict[str, Any]:
        path = event["rawPath"]
        return running.answers.get(path) or dict(provider.routes()[path](event, context))

    server.routes = Routes({**dict.fromkeys(routes(), handle), **dict.fromkeys(provider.routes(), provide)})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def fetch(url: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, str, str]:
    """Return the status, the body and the location of an answer; no redirect is followed."""
    data = None if form is None else urlencode(form).encode()
    request = urllib.request.Request(url, data, {name.replace("_", "-"): value for name, value in headers.items()})  # noqa: S310
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=30) as answer:
            return answer.status, answer.read().decode(), ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers.get("Location", "")


@dataclass
class Browser:
    """A browser in which `person` is chosen; `tamper` changes the parameters with which it comes back.

    `before` is called with the page's parameters before anybody signs in. `last` is the page at the end.
    """

    person: str = "bayani"
    tamper: Callable[[dict[str, str]], dict[str, str]] = lambda answer: answer
    before: Callable[[dict[str, str]], object] = lambda _: None
    opened: list[str] = field(default_factory=list)
    last: tuple[int, str] = (0, "")

    def open(self, url: str) -> bool:
        """Open a page, as `webbrowser.open` does, and sign in."""
        self.opened.append(url)
        self.before(dict(parse_qsl(urlsplit(url).query)))
        location = self.location(url)
        address, _, query = location.partition("?")
        self.last = fetch(f"{address}?{urlencode(self.tamper(dict(parse_qsl(query))))}")[:2]
        return True

    def location(self, url: str) -> str:
        """Return where the provider sends the browser after the choice."""
        status, page, location = fetch(url)
        if location:
            return location
        assert status == 200, page
        [request_id] = re.findall('name="request" value="([^"]+)"', page)
        [action] = re.findall('action="([^"]+)"', page)
        return fetch(urljoin(url, action), {"request": request_id, "person": self.person})[2]
