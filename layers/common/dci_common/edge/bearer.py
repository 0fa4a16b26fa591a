"""Authentication by bearer token (RFC 6750): the token is verified, and its client must be enabled."""

from __future__ import annotations

from dci_common.cache import AgingCache
from dci_common.clients.access import Bearer, check_access
from dci_common.clients.model import Client
from dci_common.clients.store import ClientStore
from dci_common.edge.http import Request
from dci_common.errors import Unauthenticated
from dci_common.oauth.public_key_store import KeyUse, PublicKeys
from dci_common.oauth.tokens import TokenVerifier, VerifiedToken
from dci_common.runtime import Runtime

# A token that was revoked, or whose client was disabled or deleted, is rejected everywhere within this time.
REVOCATION_SECONDS = 60


def issuer(runtime: Runtime, request: Request) -> str:
    """Return the issuer and audience of this API's tokens: the setting, else the domain the request came to."""
    return runtime.settings.issuer or f"https://{request.domain}"


class BearerGate:
    """Authenticates requests: their token is valid, carries a sufficient scope, and its client is enabled."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._clients = ClientStore(runtime)
        self._tokens = TokenVerifier(PublicKeys(runtime, KeyUse.TOKENS))
        self._holders: AgingCache[VerifiedToken, Client | None] = AgingCache(REVOCATION_SECONDS, runtime.clock)

    def authenticate(self, request: Request, *scopes: str) -> Client:
        """Return the client that sent the request; see `bearer`."""
        return self.bearer(request, *scopes).client

    def bearer(self, request: Request, *scopes: str) -> Bearer:
        """Return who sent the request; any of `scopes` suffices, the narrowest first.

        Raises Unauthenticated or InsufficientScope.
        """
        now = self._runtime.clock()
        token = self._tokens.verify(bearer_token(request), issuer(self._runtime, request), now)
        holder = self._holders.get(token, lambda: self._clients.token_holder(token, request.deadline))
        if holder:
            request.log_fields["client_id"] = holder.client_id
        return check_access(token, holder, *scopes)


def bearer_token(request: Request) -> str:
    """Return the token of a request. Raises Unauthenticated."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send the access token as Authorization: Bearer.", token_sent=False)
    return token.strip()
