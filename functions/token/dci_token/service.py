"""What the authorization server does for an authenticated client: tokens are issued, revoked, introspected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dci_common.errors import BadRequest, Unauthorized
from dci_common.oauth.key_ring import PublicKeys, SigningKeys
from dci_common.oauth.revocation import client_in_force, revoke
from dci_common.oauth.scopes import CLIENTS_MANAGE, CLIENTS_READ, granted
from dci_common.oauth.tokens import VerifiedToken, sign, verify

if TYPE_CHECKING:
    from dci_common.clients.store import Client
    from dci_common.runtime import Runtime


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An access token, its scopes, and how long it is good for, in seconds."""

    access_token: str
    scopes: tuple[str, ...]
    expires_in: int


class TokenService:
    """The client-credentials grant (RFC 6749 §4.4), revocation (RFC 7009) and introspection (RFC 7662)."""

    def __init__(self, runtime: Runtime, keys: PublicKeys) -> None:
        self._runtime = runtime
        self._signing = SigningKeys(runtime)
        self._keys = keys

    def issue(self, client: Client, scope: str, issuer: str) -> IssuedToken:
        """Issue a token for the scopes asked for, or for all. Raises BadRequest or ServiceUnavailable."""
        scopes = granted(scope, client.scopes)
        if scopes is None:
            raise BadRequest(
                "The client does not hold every scope asked for: ask for fewer, or for none to get all.",
                oauth_error="invalid_scope",
            )
        if not scopes:
            raise BadRequest(
                "The client holds no scope, so there is no token for it: ask the registry's operators for one.",
                oauth_error="unauthorized_client",
            )
        now = int(self._runtime.clock())
        token = sign(self._signing.current(), client, scopes, issuer, now, self._runtime.random_bytes(16))
        return IssuedToken(token, scopes, client.token_lifetime)

    def revoke(self, client: Client, token: str, issuer: str) -> None:
        """End a token of the client's own, if it holds. Raises BadRequest (`invalid_grant`) for another client's."""
        grant = self._grant(token, issuer)
        if grant is None:
            return
        if grant.client_id != client.client_id:
            raise BadRequest(
                "The token belongs to another client: only its own client can revoke it.", oauth_error="invalid_grant"
            )
        revoke(self._runtime, grant)

    def introspect(self, client: Client, token: str, issuer: str) -> dict[str, Any]:
        """Say what a token is, if it is in force (RFC 7662 §2.2). Raises BadRequest (`unauthorized_client`)."""
        if not {CLIENTS_READ, CLIENTS_MANAGE}.intersection(client.scopes):
            raise BadRequest(
                f"Only a client that holds the scope {CLIENTS_READ} may introspect tokens.",
                oauth_error="unauthorized_client",
            )
        grant = self._grant(token, issuer)
        if grant is None or client_in_force(self._runtime, grant) is None:
            return {"active": False}
        return {
            "active": True,
            "token_type": "Bearer",
            "scope": " ".join(sorted(grant.scopes)),
            "client_id": grant.client_id,
            "sub": grant.client_id,
            "iss": issuer,
            "aud": issuer,
            "iat": grant.issued,
            "exp": grant.expires,
            "jti": grant.token_id,
        }

    def _grant(self, token: str, issuer: str) -> VerifiedToken | None:
        try:
            return verify(token, issuer, self._keys, self._runtime.clock)
        except Unauthorized:
            return None
