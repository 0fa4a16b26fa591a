"""Issuing a token: authenticate the client, settle the scope, sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dci_common.auth.clients import ClientStore
from dci_common.auth.keys import SigningKeys
from dci_common.auth.scopes import granted
from dci_common.auth.tokens import sign
from dci_common.errors import BadRequest, InvalidClient
from dci_token.credentials import TokenRequest

if TYPE_CHECKING:
    from dci_common.runtime import Runtime


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An access token, its scopes, and how long it is good for, in seconds."""

    access_token: str
    client_id: str
    scopes: tuple[str, ...]
    expires_in: int


class TokenService:
    """The client-credentials grant."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._clients = ClientStore(runtime)
        self._keys = SigningKeys(runtime)

    def issue(self, asked: TokenRequest, issuer: str) -> IssuedToken:
        """Issue a token. Raises InvalidClient, BadRequest (`invalid_scope`) or ServiceUnavailable."""
        client = self._clients.authenticated(asked.client_id, asked.client_secret)
        if client is None or client.status != "enabled":
            raise InvalidClient
        scopes = granted(asked.scope, client.scopes)
        if not scopes:
            raise BadRequest(
                "The client does not hold every scope asked for: ask for fewer, or for none to get all.",
                oauth_error="invalid_scope",
            )
        now = int(self._runtime.clock())
        token = sign(self._keys.current(), client, scopes, issuer, now, self._runtime.random_bytes(16))
        return IssuedToken(token, client.client_id, scopes, client.token_lifetime)
