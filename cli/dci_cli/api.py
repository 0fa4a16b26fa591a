"""The API over HTTP, as the operator's commands use it."""

from __future__ import annotations

import argparse
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import cached_property
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from dci_cli.command_error import CommandError
from dci_cli.installation import START
from dci_cli.local_server import add_local

TOKEN_PATH = "/oauth2/client/token"  # noqa: S105 - a path
_TIMEOUT_SECONDS = 40  # longer than a function may run
_LOCAL = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Reply:
    """A response. `headers` is looked up in any case, and gives None for a header that is missing."""

    status: int
    headers: Message[str, str]
    content: bytes = field(repr=False)

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever was sent
        """The body as JSON; None when it is not JSON."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None

    @property
    def error(self) -> str:
        """The message of the API's first error; empty when the body is not an error of the API."""
        try:
            return str(self.json["errors"][0]["message"])
        except (TypeError, KeyError, IndexError):
            return ""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the request may carry a secret."""

    def redirect_request(self, *_: object) -> None:
        return None


class Api:
    """A client of the deployment at a base URL. Every request raises CommandError when there is no response."""

    def __init__(
        self,
        base_url: str,
        client_id: str = "",
        client_secret: str = "",
        person: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Raise CommandError when the URL is not valid, or would send a secret over the network unencrypted.

        `person` returns the token of a person who sends the requests in place of the client, or None.
        """
        parts = _parts(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or set("@?#") & set(base_url):
            raise CommandError("The API's URL is not valid: give one such as https://registry.example.org.")
        if parts.scheme == "http" and parts.hostname not in _LOCAL:
            raise CommandError("The API's URL must begin with https://, since a secret is sent to it.")
        self.base_url = base_url.rstrip("/")
        self.client_id = client_id
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._person = person
        self._opener = urllib.request.build_opener(_NoRedirect)

    def send(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Send a request without a token; a string is sent as a form, any other body as JSON."""
        is_form = isinstance(body, str)
        data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        type_ = {"Content-Type": "application/x-www-form-urlencoded" if is_form else "application/json"}
        sent = {**(type_ if data is not None else {}), **(headers or {})}
        request = urllib.request.Request(f"{self.base_url}{path}", data, sent, method=method)  # noqa: S310
        try:
            with self._opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
                return Reply(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.headers, error.read())
        except (OSError, http.client.HTTPException) as error:
            raise CommandError(f"{self.base_url} cannot be reached{self._remedy(error)}.") from error

    def _remedy(self, error: Exception) -> str:
        found = getattr(error, "reason", error)
        if isinstance(found, ConnectionRefusedError) and urlsplit(self.base_url).hostname in _LOCAL:
            return f": start it with {START}, or give the URL of another"
        return f": {getattr(found, 'strerror', None) or found or type(error).__name__}"

    def request_token(self) -> Reply:
        """Request a token."""
        return self.send("POST", TOKEN_PATH, urlencode({"grant_type": "client_credentials", **self._client}))

    @cached_property
    def token(self) -> str:
        """The person's token, or else the client's. Raises CommandError when it is not issued."""
        if token := self._person():
            return token
        reply = self.request_token()
        content = reply.json if isinstance(reply.json, dict) else {}
        if not content.get("access_token"):
            if not all(self._client.values()):
                raise CommandError(
                    "The client for the requests is missing: run `dci configure` or `dci login`, or set DCI_CLIENT_ID"
                    " and DCI_CLIENT_SECRET beside DCI_API."
                )
            reason = content.get("error_description") or f"status {reply.status}"
            raise CommandError(f"The API issued no token: {reason}")
        return str(content["access_token"])

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Reply:
        """Send a GET request with the token."""
        return self.send("GET", path, headers={**self._authorization(), **(headers or {})})

    def post(self, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Send a POST request with the token."""
        return self.send("POST", path, body, {**self._authorization(), **(headers or {})})

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def _parts(url: str) -> SplitResult:
    """Return the parts of a URL to which a request can be sent; empty parts for any other text."""
    try:
        parts = urlsplit(url)
        _ = parts.port, (parts.hostname or "").encode("idna"), parts.path.encode("ascii")
    except ValueError:  # such as half an IPv6 address
        return urlsplit("")
    return parts if url.isprintable() and " " not in url else urlsplit("")


def add_api_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that `api_of` reads."""
    add_local(parser)
    parser.add_argument(
        "--profile",
        metavar="NAME",
        help="the profile with the API and the client, see `dci configure` (default: DCI_PROFILE, or `default`)",
    )
    parser.add_argument(
        "--api", metavar="URL", help="the base URL of the API instead, the output BaseUrl of the stack (or DCI_API)"
    )
    parser.add_argument(
        "--client-id", metavar="ID", help="the client that sends the requests, for --api (or DCI_CLIENT_ID)"
    )
    parser.add_argument(
        "--client-secret",
        metavar="SECRET",
        help="its secret; other users of this machine can see it here, but not in DCI_CLIENT_SECRET or a profile",
    )


def add_person_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that `api_of_person` reads, but for those of tables."""
    add_local(parser)
    parser.add_argument(
        "--profile",
        metavar="NAME",
        help="without a table: the profile of the API at which you are signed in, see `dci login`",
    )
    parser.set_defaults(api=None, client_id=None, client_secret=None)


def api_of_person(options: argparse.Namespace) -> Api | None:
    """Return the API of the profile if a person is signed in there, and no table is named. Raises CommandError."""
    from dci_cli.connection import connection_of  # noqa: PLC0415 - as below
    from dci_cli.sign_in.store import current_token  # noqa: PLC0415 - as below

    if options.table or options.local is not None:
        return None
    try:
        base_url = connection_of(options).api
    except CommandError:
        if options.profile is not None:
            raise
        return None
    token = current_token(base_url, time.time())
    return Api(base_url, person=lambda: token) if token else None


def api_of(options: argparse.Namespace) -> Api:
    """Return the API that the options name, or the environment, or a profile. Raises CommandError.

    Its requests are those of the person who is signed in for it, unless options or variables name a client.
    """
    # Imported when there is something to send.
    from dci_cli.connection import connection_of, is_for_people  # noqa: PLC0415
    from dci_cli.sign_in.store import current_token  # noqa: PLC0415

    connection = connection_of(options)
    if is_for_people(options, connection):
        return Api(*connection, person=lambda: current_token(connection.api, time.time()))
    return Api(*connection)
