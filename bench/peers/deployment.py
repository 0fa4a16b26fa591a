"""One registry for all servers: the same people, the same client with the same secret, and the same key of tokens."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from engine import NO_CREDENTIALS
from jwt.algorithms import ECAlgorithm
from warm import VARIABLES, Bench

from dci_common.clients.secrets import digest
from dci_common.oauth.key_ring import KeyRing, SigningKey
from dci_common.registries.social.disclosure import disclosure
from dci_common.registries.social.renderers import sr_person
from peers.database import fill
from peers.servers import Program, Request, Server, function, http_server
from support.postgres import Cluster

_ROOT = Path(__file__).parents[2]
_PEERS = _ROOT / ".venv-peers" / "bin"
_SERVICES = ("DYNAMODB", "SECRETS_MANAGER", "SQS")
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_LIMIT = 1_000_000_000  # requests a minute: the limit is counted, and never reached

LAMBDA, SERVE = "search by id, as Lambda", "search by id, dci serve"
FASTAPI, USUAL_FASTAPI = "search by id, lean FastAPI", "search by id, usual FastAPI"
OURS = {LAMBDA, SERVE}
TOKEN, TOKEN_SERVE = "token, as Lambda", "token, dci serve"
AUTHLIB, AUTHLIB_MEMORY, OIDC = "token, Authlib with PostgreSQL", "token, Authlib in memory", "token, oidc-provider"


class Registry:
    """A canned registry for our functions, and the same one for the peers."""

    def __init__(self) -> None:
        self.bench = Bench()
        client, self._secret = self.bench.client, self.bench.secret
        self._client = {"client_id": client.client_id, "scope": " ".join(client.scopes)}
        self._issuer = VARIABLES["ISSUER"]
        ring = self.bench.engine.answer("GetSecretValue", json.dumps({"SecretId": "keys"}).encode())
        self._key = signing_key(json.loads(ring)["SecretString"])

    @property
    def public_key(self) -> jwt.PyJWK:
        """The key that verifies all tokens."""
        return jwt.PyJWK(self._key.public)

    @property
    def client_id(self) -> str:
        """The client's id."""
        return self._client["client_id"]

    @property
    def scope(self) -> str:
        """The scopes that the client holds."""
        return self._client["scope"]

    def fill(self, database: Cluster) -> None:
        """Copy the people, their identifiers and the client into the peers' database."""
        items = [item for item in self.bench.registry() if item["pk"]["S"].startswith("PERSON#") and "body" in item]
        views = [json.loads(item["body"]["S"]) for item in items]
        full, today = disclosure(("full",)), datetime.now(UTC).date()
        records = [(view["id"], json.dumps(sr_person(view, full, today), ensure_ascii=False)) for view in views]
        identifiers = [
            (one["identifier_type"], one["identifier_value"], view["id"])
            for view in views
            for one in view.get("identifiers", ())
        ]
        client = self.bench.client
        ids = (client.client_id, client.sender_id, digest(self._secret), self._client["scope"])
        columns = "client_id, sender_id, secret_digest, scope, status, requests_a_minute"
        fill(
            database,
            {
                "people": records,
                "identifiers": identifiers,
                f"clients ({columns})": [(*ids, "enabled", _LIMIT)],
            },
        )

    def search(self, number: int) -> Request:
        """Return a search for a person by identifier."""
        event = self.bench.search_event(self.bench.by_id(number % len(self.bench.uins)))
        return Request("/registry/sync/search", _JSON, event["body"], event["headers"]["authorization"])

    def token(self) -> Request:
        """Return a token request."""
        form = {"grant_type": "client_credentials", "client_id": self._client["client_id"]}
        return Request("/oauth2/client/token", _FORM, urlencode({**form, "client_secret": self._secret}))

    def servers(self, database: Cluster, folder: Path, stack: ExitStack) -> dict[str, Server]:
        """Run all servers until the stack is closed, and return them by the names of their figures."""
        host, port = self.bench.aws.address
        functions = {
            **VARIABLES,
            **NO_CREDENTIALS,
            **{f"AWS_ENDPOINT_URL_{service}": f"http://{host}:{port}" for service in _SERVICES},
            "POWERTOOLS_LOG_LEVEL": "INFO",
            "POWERTOOLS_SERVICE_NAME": "dci",
            "PYTHONPATH": os.environ["PYTHONPATH"],
        }
        python = [sys.executable, "-m"]
        # As in `dci serve`: its gateway writes a line for each request, and the functions write none.
        quiet = {"POWERTOOLS_LOG_LEVEL": "ERROR", "STACK_NAME": ""}
        local = Program([*python, "peers.local_server", "{port}"], functions | quiet)
        search, token = (
            Program([*python, "peers.function", f"dci_{name}.app.handler"], functions) for name in ("search", "token")
        )
        started: dict[str, Server] = {
            LAMBDA: stack.enter_context(function(search, folder)),
            TOKEN: stack.enter_context(function(token, folder)),
            SERVE: stack.enter_context(http_server(local, folder)),
        }
        started[TOKEN_SERVE] = started[SERVE]
        for name, (program, has_worker) in self._peers(database).items():
            started[name] = stack.enter_context(http_server(program, folder, has_worker=has_worker))
        return started

    def _peers(self, database: Cluster) -> dict[str, tuple[Program, bool]]:
        """Return the peers' programs, and whether a worker of each answers."""
        public = self._key.public
        variables = {
            "PYTHONPATH": str(_ROOT / "bench"),
            "PEERS_ISSUER": self._issuer,
            "PEERS_DATABASE": str(database.folder),
            "PEERS_PUBLIC_KEY": json.dumps(public),
            "PEERS_PRIVATE_KEY": json.dumps(private_jwk(self._key)),
            "PEERS_CLIENT": json.dumps({**self._client, "secret_digest": digest(self._secret)}),
        }
        uvicorn: list[str | Path] = [
            _PEERS / "uvicorn",
            "--port",
            "{port}",
            "--timeout-keep-alive",
            "600",
            "--log-level",
            "warning",
        ]
        gunicorn: list[str | Path] = [
            _PEERS / "gunicorn",
            "--bind",
            "127.0.0.1:{port}",
            "--worker-class",
            "sync",
            "--workers",
            "1",
        ]
        node: list[str | Path] = [
            shutil.which("node") or "node",
            _ROOT / "bench" / "peers" / "token_provider.mjs",
            "{port}",
        ]
        in_memory = json.dumps({**self._client, "client_secret": self._secret})
        return {
            FASTAPI: (Program([*uvicorn, "--no-access-log", "peers.search_service:app"], variables), False),
            USUAL_FASTAPI: (Program([*uvicorn, "peers.usual_search_service:app"], variables), False),
            AUTHLIB: (Program([*gunicorn, "peers.token_service:app"], variables), True),
            AUTHLIB_MEMORY: (
                Program([*gunicorn, "peers.token_service:app"], variables | {"PEERS_DATABASE": ""}),
                True,
            ),
            OIDC: (Program(node, variables | {"PEERS_CLIENT": in_memory}), False),
        }


def signing_key(secret: str) -> SigningKey:
    """Return the key of a ring that signs tokens."""
    ring = KeyRing.from_secret(secret)
    if ring is None:
        raise SystemExit("The ring has no key.")
    return ring.current[0]


def private_jwk(key: SigningKey) -> dict[str, Any]:
    """Return a key as a private JWK."""
    private = load_pem_private_key(key.private_key.encode(), None)
    if not isinstance(private, EllipticCurvePrivateKey):
        raise SystemExit("The key is not one of ES256.")
    members = ECAlgorithm.to_jwk(private, as_dict=True)
    return {name: members[name] for name in ("kty", "crv", "x", "y", "d")} | {
        "kid": key.kid,
        "alg": "ES256",
        "use": "sig",
    }


def numbers(turns: int) -> Iterator[int]:
    """Yield the numbers of the people that are searched for, the same for each server."""
    yield from (turn * 7 for turn in range(turns))
