"""The API over HTTP, as the operator's commands ask it."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urlsplit

from dci_cli.command_error import CommandError

TOKEN_PATH = "/oauth2/client/token"  # noqa: S105 - a path
_SECONDS = 40  # longer than a function may take
_LOCAL = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the API answered. `headers` finds a name in any case, and is None for one that is not there."""

    status: int
    headers: Message[str, str]
    content: bytes = field(repr=False)

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever was sent
        """The body as JSON, None when it is not."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere: the request may carry a secret."""

    def redirect_request(self, *_: object) -> None:
        return None


class Api:
    """A deployment at its base URL, asked as one of its clients. Every request raises CommandError if nobody answers."""

    def __init__(self, base_url: str, client_id: str = "", client_secret: str = "") -> None:
        """Raise CommandError when the URL is none, or would carry a secret over the network in the clear."""
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise CommandError("The API's URL must be such as https://registry.example.org.")
        if parts.scheme == "http" and parts.hostname not in _LOCAL:
            raise CommandError("The API's URL must begin with https://: a secret goes there.")
        self.base_url = base_url.rstrip("/")
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._opener = urllib.request.build_opener(_NoRedirect)

    def send(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Send a request as it stands, without a token; text goes as a form, an object as JSON."""
        is_form = isinstance(body, str)
        data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        type_ = {"Content-Type": "application/x-www-form-urlencoded" if is_form else "application/json"}
        sent = {**(type_ if data is not None else {}), **(headers or {})}
        request = urllib.request.Request(f"{self.base_url}{path}", data, sent, method=method)  # noqa: S310
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                return Reply(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.headers, error.read())
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error) or type(error).__name__
            raise CommandError(f"{self.base_url} can not be reached: {reason}.") from error

    def ask_token(self) -> Reply:
        """Ask for a token."""
        return self.send("POST", TOKEN_PATH, urlencode({"grant_type": "client_credentials", **self._client}))

    @cached_property
    def token(self) -> str:
        """The client's token. Raises CommandError when it is refused."""
        reply = self.ask_token()
        told = reply.json if isinstance(reply.json, dict) else {}
        if not told.get("access_token"):
            raise CommandError(f"There is no token: {told.get('error_description') or f'status {reply.status}'}")
        return str(told["access_token"])

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Reply:
        """Read a path, with the client's token."""
        return self.send("GET", path, headers={**self._authorization(), **(headers or {})})

    def post(self, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Post to a path, with the client's token."""
        return self.send("POST", path, body, {**self._authorization(), **(headers or {})})

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def add_api_options(parser: argparse.ArgumentParser) -> None:
    """Add what `api_of` reads, each with its variable of the environment."""
    parser.add_argument(
        "--api",
        default=os.environ.get("DCI_API"),
        metavar="URL",
        help="the deployment's base URL (BaseUrl of its outputs; default: DCI_API)",
    )
    parser.add_argument(
        "--client-id", default=os.environ.get("DCI_CLIENT_ID", ""), metavar="ID", help="default: DCI_CLIENT_ID"
    )
    parser.add_argument(
        "--client-secret",
        default=os.environ.get("DCI_CLIENT_SECRET", ""),
        metavar="SECRET",
        help="default: DCI_CLIENT_SECRET, which other users of this machine do not see",
    )


def api_of(options: argparse.Namespace) -> Api:
    """Return the API of the options. Raises CommandError."""
    if not options.api:
        raise CommandError("Say which API: --api https://registry.example.org, or DCI_API.")
    return Api(options.api, options.client_id, options.client_secret)
