"""The authorization server: issues, revokes and introspects tokens for authenticated clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dci_common.clients.store import ClientStore
from dci_common.errors import InvalidGrant, InvalidScope, Unauthenticated, UnauthorizedClient
from dci_common.oauth.key_ring import SigningKeys
from dci_common.oauth.public_key_store import PublicKeys
from dci_common.oauth.revocation import revoke
from dci_common.oauth.tokens import VerifiedToken, sign_token, verify_token
from dci_common.scopes import CLIENTS_MANAGE, CLIENTS_READ, granted

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.runtime import Runtime


class IssuedToken(NamedTuple):
    """An access token, its scopes, and its lifetime in seconds."""

    access_token: str
    scopes: tuple[str, ...]
    expires_in: int


class TokenService:
    """The client-credentials grant (RFC 6749 §4.4), revocation (RFC 7009) and introspection (RFC 7662)."""

    def __init__(self, runtime: Runtime, keys: PublicKeys) -> None:
        self._runtime = runtime
        self._clients = ClientStore(runtime)
        self._signing = SigningKeys(runtime, runtime.settings.signing_keys_secret, keys)
        self._keys = keys

    def issue(self, client: Client, scope: str, issuer: str) -> IssuedToken:
        """Return a token for the scopes requested, or for all that the client holds.

        Raises InvalidScope, UnauthorizedClient or Unavailable.
        """
        scopes = granted(scope, client.scopes)
        if scopes is None:
            raise InvalidScope(
                "The client does not hold every requested scope: request fewer, or none to get all that it holds."
            )
        if not scopes:
            raise UnauthorizedClient("The client holds no scope: ask the registry's operators for one.")
        now = int(self._runtime.clock())
        [key] = self._signing.current()
        token = sign_token(key, client, scopes, issuer, now, self._runtime.random_bytes(16))
        return IssuedToken(token, scopes, client.token_lifetime)

    def revoke(self, client: Client, token: str, issuer: str) -> None:
        """Revoke one of the client's own tokens, if it is valid. Raises InvalidGrant for another client's token."""
        verified = self._verified(token, issuer)
        if verified is None:
            return
        if verified.client_id != client.client_id:
            raise InvalidGrant("The token belongs to another client: only its own client can revoke it.")
        revoke(self._runtime, verified)

    def introspect(self, client: Client, token: str, issuer: str) -> dict[str, Any]:
        """Return the claims of a token, if it is active (RFC 7662 §2.2). Raises UnauthorizedClient."""
        if not {CLIENTS_READ, CLIENTS_MANAGE}.intersection(client.scopes):
            raise UnauthorizedClient(f"Only a client that holds the scope {CLIENTS_READ} may introspect tokens.")
        verified = self._verified(token, issuer)
        if verified is None or self._clients.token_holder(verified) is None:
            return {"active": False}
        return {
            "active": True,
            "token_type": "Bearer",
            "scope": " ".join(sorted(verified.scopes)),
            "client_id": verified.client_id,
            "sub": verified.client_id,
            "iss": issuer,
            "aud": issuer,
            "iat": verified.issued,
            "exp": verified.expires,
            "jti": verified.token_id,
        }

    def _verified(self, token: str, issuer: str) -> VerifiedToken | None:
        try:
            return verify_token(token, issuer, self._keys, self._runtime.clock())
        except Unauthenticated:
            return None
