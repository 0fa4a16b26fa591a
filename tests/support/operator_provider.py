"""An OpenID provider on this machine, the tokens of its people, and an API that accepts them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from support import partner_server
from support.api import START, Api
from support.events import event
from support.key_publisher import http
from support.message_signers import Pair, pair
from support.partner_server import Receiver

if TYPE_CHECKING:
    import socket

    from support.api import Reply

AUDIENCE = "dci-administration"
CONFIGURATION, KEYS = "/.well-known/openid-configuration", "/keys"
ROLES = ("auditor", "client-manager", "approver", "data-officer")


def key_pair(number: int = 1, algorithm: str = "RS256") -> Pair:
    """Return a key pair of the provider."""
    return pair(algorithm, f"idp-{number}")


_realms = itertools.count()


@dataclass
class OpenIdProvider:
    """A provider that publishes the keys of `pairs`; `configuration` changes its discovery document.

    `answer` replaces what it answers to each request, and `paths` are those that were asked for, below its issuer.
    Each provider has a realm of its own: keys are kept by issuer, and a later one may get the same port.
    """

    server: Receiver
    pairs: list[Pair] = field(default_factory=lambda: [key_pair()])
    configuration: dict[str, Any] = field(default_factory=dict)
    answer: bytes | None = None
    paths: list[str] = field(default_factory=list)
    realm: str = field(default_factory=lambda: f"/realms/{next(_realms)}")

    @property
    def issuer(self) -> str:
        """The issuer."""
        return f"http://127.0.0.1:{self.server.port}{self.realm}"

    def serve(self, connection: socket.socket) -> None:
        """Answer a request."""
        path = partner_server.read_request(connection).split(b" ")[1].decode().removeprefix(self.realm)
        self.paths.append(path)
        known = {
            CONFIGURATION: {"issuer": self.issuer, "jwks_uri": self.issuer + KEYS, **self.configuration},
            KEYS: {"keys": [one.jwk for one in self.pairs]},
        }
        found = http(json.dumps(known[path]).encode()) if path in known else http(b"", "404 Not Found")
        connection.sendall(found if self.answer is None else self.answer)

    def claims(self, *groups: str, **changes: Any) -> dict[str, Any]:
        """Return the claims of a person in these groups; None takes a claim away."""
        claims = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": "f3a1-amina",
            "client_id": "console",
            "name": "Amina Diallo",
            "iat": int(START),
            "exp": int(START) + 3600,
            "cognito:groups": list(groups),
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, *groups: str, by: Pair | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return the token of a person in these groups, signed by the first of the keys or `by` another."""
        signer = by or self.pairs[0]
        headers = {"typ": "at+jwt", "kid": signer.kid, **(header or {})}
        return jwt.encode(self.claims(*groups, **claims), signer.pem, signer.alg, headers)


@contextmanager
def open_id_provider() -> Iterator[OpenIdProvider]:
    """Run a provider."""
    with partner_server.receiver() as server:
        provider = OpenIdProvider(server)
        server.answer = provider.serve
        yield provider


@pytest.fixture
def provider() -> Iterator[OpenIdProvider]:
    """Run a provider."""
    with open_id_provider() as provider:
        yield provider


@pytest.fixture
def new_operators_api(provider: OpenIdProvider, new_api: Callable[..., Api]) -> Callable[[], Api]:
    """Return a maker of APIs that accept the provider's people; each has functions of its own."""
    return lambda: new_api(operator_issuer=provider.issuer, operator_audience=AUDIENCE)


@pytest.fixture
def operators_api(new_operators_api: Callable[[], Api]) -> Api:
    """Return an API that accepts the provider's people."""
    return new_operators_api()


def list_clients(api: Api, token: str) -> Reply:
    """List the clients, as anyone with a role may."""
    return api.send(event("clients_list", token=token))


def create_client(api: Api, token: str) -> Reply:
    """Register a client, as a client-manager may."""
    name = f"Ministry {api.runtime.random_bytes(8).hex()}"
    body = {"name": name, "sender_id": "health.example.org", "scopes": ["registry.search"]}
    return api.send(event("clients_create", body=body, token=token))
