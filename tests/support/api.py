"""The whole API in one process, as the tests drive it: events in, replies out, clock and randomness in hand."""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from dci_clients import app as clients_app
from dci_common.clients.registration import NewClient, register
from dci_common.runtime import Runtime
from dci_console import app as console_app
from dci_delivery import app as delivery_app
from dci_exchange import app as exchange_app
from dci_oversight import app as oversight_app
from dci_search import app as search_app
from dci_token import app as token_app
from support import conformance, leaks
from support.events import Event, body_of, event

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.settings import Settings

_ASYNCHRONOUS = ("/registry/search", "/registry/subscribe", "/registry/unsubscribe", "/registry/txn/status")
OVERSIGHT = ("/audit", "/usage", "/administration-log", "/records")
START = 1_772_357_400.0  # 2026-03-01T09:30:00Z
SENDER = "test-client"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@dataclass(frozen=True)
class Reply:
    """What a handler answered."""

    status: int
    headers: dict[str, str]
    text: str
    event: Event = field(repr=False)
    is_base64: bool = False

    @property
    def content(self) -> bytes:
        """The body as its reader has it: decompressed."""
        sent = base64.b64decode(self.text) if self.is_base64 else self.text.encode()
        return gzip.decompress(sent) if self.headers.get("Content-Encoding") == "gzip" else sent

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.content)

    @property
    def items(self) -> list[dict[str, Any]]:
        """The response items of a search."""
        found: list[dict[str, Any]] = self.json["message"]["search_response"]
        return found

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records of the first response item."""
        found: list[dict[str, Any]] = self.items[0]["data"]["reg_records"]
        return found

    @property
    def code(self) -> str:
        """The `err.*` code of an error."""
        return str(self.json["errors"][0]["code"])


class Api:
    """Fresh functions over the session's engine; `clients` makes their clients of AWS, as Runtime takes it.

    `now` is their clock, if it is not the one of the tests.
    """

    def __init__(
        self, settings: Settings, seed: int, clients: Mapping[str, Any], now: Callable[[], float] | None = None
    ) -> None:
        self.clock = Clock()
        self.runtime = Runtime(
            settings, clock=now or self.clock, random_bytes=random.Random(seed).randbytes, **clients
        )
        token, search, clients = (app.create_app(self.runtime) for app in (token_app, search_app, clients_app))
        self._apps = {
            "asynchronous": exchange_app.create_app(self.runtime),
            "/oauth2": token,
            "/.well-known": token,
            "/overview": clients,
            "/clients": clients,
            "/approvals": clients,
            "/handover": clients,
            "/keys": clients,
            "/exchanges": clients,
            "/subscriptions": clients,
            "/console": (console := console_app.create_app(self.runtime)),
            "/docs": console,
            "/openapi.json": console,
            **dict.fromkeys(OVERSIGHT, oversight_app.create_app(self.runtime)),
        }
        self._search, self._home = search, console
        self.deliver = delivery_app.create_app(self.runtime)
        self.context: Any = None  # Lambda's own; the local server has none

    def send(self, sent: Event) -> Reply:
        """Give an event to the function whose route it is on."""
        path = sent["routeKey"].split(" ")[-1]
        is_asynchronous = path.endswith(_ASYNCHRONOUS)
        served = "asynchronous" if is_asynchronous else path
        default = self._home if path in {"/", "$default"} else self._search
        app = next((app for prefix, app in self._apps.items() if served.startswith(prefix)), default)
        answer = app(sent, self.context)
        reply = Reply(answer["statusCode"], answer["headers"], answer["body"], sent, answer["isBase64Encoded"])
        leaks.note(reply.status, reply.text)
        if reply.status != 404 and "/registry/" in path:
            conformance.check(path, reply.status, reply.json)
        return reply

    def client(self, **changes: Any) -> tuple[Client, str]:
        """Register a client of its own name; a partner with full disclosure unless `changes` say otherwise."""
        fields = {"sender_id": SENDER, "scopes": ("registry.search",), "disclosure": ("full",), **changes}
        name = f"client {self.runtime.random_bytes(8).hex()}"
        return register(self.runtime, NewClient.model_validate({"name": name, **fields}))

    def token(self, client: Client, secret: str, **parameters: str) -> Reply:
        """Ask for a token with a form body."""
        form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret}
        return self.send(event("token_form", body=urlencode(form | parameters)))

    def token_of(self, **changes: Any) -> str:
        """Return a token of a new client."""
        return str(self.token(*self.client(**changes)).json["access_token"])

    @cached_property
    def _partner(self) -> tuple[Client, str]:
        return self.client()

    @property
    def partner_id(self) -> str:
        """The id of a partner that sees everything."""
        return self._partner[0].client_id

    @cached_property
    def partner_token(self) -> str:
        """The token of this partner, good until the clock is moved."""
        return str(self.token(*self._partner).json["access_token"])

    def search(self, *items: dict[str, Any], token: str = "", **header: Any) -> Reply:
        """Send a search message with these items (see `item`); keywords change the header."""
        message = body_of("search")
        message["header"] |= header
        message["message"]["search_request"] = list(items)
        return self.send(event("search", body=message, token=token or self.partner_token))


def item(
    query: object, query_type: str = "idtype-value", reference_id: str = "r-1", **criteria: Any
) -> dict[str, Any]:
    """Build a search item."""
    return {
        "reference_id": reference_id,
        "timestamp": "2026-03-01T09:30:00Z",
        "search_criteria": {"query_type": query_type, "query": query, **criteria},
    }


def identified(type_: str, value: object, **criteria: Any) -> dict[str, Any]:
    """Build a search item by identifier."""
    return item({"type": type_, "value": value}, **criteria)


def predicate(*expressions: tuple[str, str, object], condition: str = "and", **criteria: Any) -> dict[str, Any]:
    """Build a search item with one predicate entry of several (attribute, operator, value)."""
    entry: dict[str, Any] = {"seq_num": 1, "condition": condition if len(expressions) > 1 else ""}
    for number, (name, operator, value) in enumerate(expressions, 1):
        entry[f"expression{number}"] = {"attribute_name": name, "operator": operator, "attribute_value": value}
    return item([entry], "predicate", **criteria)
