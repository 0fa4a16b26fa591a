"""The peer of our token endpoint: Authlib and Flask, served by gunicorn.

The client's secret is stored as ours is, and the access token has the same claims and algorithm. Clients are in
PostgreSQL: a token request reads its client and records the use of the secret, as ours does in DynamoDB. With
`PEERS_DATABASE` empty they are in memory, and nothing is recorded.
"""

from __future__ import annotations

import gc
import hashlib
import hmac
import json
import logging
import os
import sys
import time
from typing import Any, NamedTuple

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from flask import Flask, Response, request
from joserfc.jwk import ECKey
from sqlalchemy import create_engine

_LIFETIME = 600  # seconds
_FIND = (
    "SELECT client_id, secret_digest, scope FROM clients"
    " WHERE client_id = %s AND status = 'enabled' AND failures < 10"
)
_USE = "UPDATE clients SET last_used = now() WHERE client_id = %s"

_issuer, _database = os.environ["PEERS_ISSUER"], os.environ["PEERS_DATABASE"]
_key = ECKey.import_key(json.loads(os.environ["PEERS_PRIVATE_KEY"]))
_engine = create_engine(
    f"postgresql+psycopg://dci@/postgres?host={_database}", isolation_level="AUTOCOMMIT", pool_reset_on_return=None
)
_log = logging.getLogger("token")
_log.addHandler(logging.StreamHandler(sys.stdout))
_log.setLevel(logging.INFO)
_log.propagate = False


class _Stored(NamedTuple):
    client_id: str
    secret_digest: str
    scope: str


class Client(ClientMixin):  # type: ignore[misc] # which has no types
    """A client with a secret, of which the SHA-256 is stored."""

    def __init__(self, stored: _Stored) -> None:
        self._stored = stored

    def get_client_id(self) -> str:
        """Return the client's id."""
        return self._stored.client_id

    def get_allowed_scope(self, scope: str | None) -> str:
        """Return those of the requested scopes that the client holds; all of them if none are requested."""
        held = self._stored.scope.split()
        return " ".join(one for one in scope.split() if one in held) if scope else self._stored.scope

    def check_client_secret(self, client_secret: str) -> bool:
        """Return whether this is the client's secret, and record its use."""
        sent = hashlib.sha256(client_secret.encode()).hexdigest()
        is_right = hmac.compare_digest(sent, self._stored.secret_digest)
        if is_right and _database:
            with _engine.connect() as connection:
                connection.exec_driver_sql(_USE, (self._stored.client_id,))
        return is_right

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Return whether the client may authenticate so."""
        return endpoint == "token" and method in {"client_secret_post", "client_secret_basic"}

    def check_grant_type(self, grant_type: str) -> bool:
        """Return whether the client may use this grant."""
        return grant_type == "client_credentials"


class AccessTokens(JWTBearerTokenGenerator):  # type: ignore[misc] # likewise
    """Access tokens as RFC 9068 has them."""

    def get_jwks(self) -> ECKey:
        """Return the key that signs."""
        return _key

    def get_audiences(self, *_: object) -> str:
        """Return the audience of all tokens."""
        return _issuer


class ClientCredentials(grants.ClientCredentialsGrant):  # type: ignore[misc] # likewise
    """The grant, with both forms of a secret."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_post", "client_secret_basic")


def find_client(client_id: str) -> Client | None:
    """Return an enabled client."""
    if not _database:
        return _in_memory if client_id == _in_memory.get_client_id() else None
    with _engine.connect() as connection:
        row = connection.exec_driver_sql(_FIND, (client_id,)).one_or_none()
    return Client(_Stored(*row)) if row else None


def token() -> Response:
    """Answer a token request, and write a log line."""
    started = time.perf_counter()
    response: Response = _server.create_token_response()
    line = {
        "level": "INFO",
        "message": "request",
        "method": "POST",
        "route": "/oauth2/client/token",
        "status": response.status_code,
        "latency": round(1000 * (time.perf_counter() - started), 3),
        "client_id": request.form.get("client_id", ""),
    }
    _log.info(json.dumps(line))
    return response


def _lifetime(*_: Any) -> int:  # noqa: ANN401 - Authlib's own types, which it does not declare
    return _LIFETIME


_in_memory = Client(_Stored(**json.loads(os.environ["PEERS_CLIENT"])))
app = Flask(__name__)
app.add_url_rule("/oauth2/client/token", view_func=token, methods=["POST"])
_server = AuthorizationServer(app, query_client=find_client, save_token=lambda *_: None)
_server.register_grant(ClientCredentials)
_server.register_token_generator("default", AccessTokens(_issuer, alg="ES256", expires_generator=_lifetime))
gc.freeze()
gc.set_threshold(20_000, 50, 1_000)
