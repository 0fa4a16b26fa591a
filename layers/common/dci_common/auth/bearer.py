"""Who is asking: the bearer token of a request, verified, and the enabled client behind it."""

from __future__ import annotations

from dci_common.auth.clients import Client, ClientStore
from dci_common.auth.keys import PublicKeys
from dci_common.auth.tokens import verify
from dci_common.cache import AgingCache
from dci_common.errors import Forbidden, Unauthorized
from dci_common.http import Request
from dci_common.runtime import Runtime

# A client disabled or deleted is refused everywhere within this time.
_CLIENT_SECONDS = 60


def issuer(runtime: Runtime, request: Request) -> str:
    """Return the issuer and audience of this API's tokens: the setting, else the domain the request came to."""
    return runtime.settings.issuer or f"https://{request.domain}"


class BearerGate:
    """Lets a request pass when its token holds, carries the scope, and its client is enabled."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._keys = PublicKeys(runtime)
        self._store = ClientStore(runtime)
        self._clients: AgingCache[str, Client | None] = AgingCache(_CLIENT_SECONDS, runtime.clock)

    def admit(self, request: Request, scope: str) -> Client:
        """Return the client that asks. Raises Unauthorized or Forbidden."""
        grant = verify(_bearer_token(request), issuer(self._runtime, request), self._keys, self._runtime.clock)
        client = self._clients.get(grant.client_id, lambda: self._store.find(grant.client_id, consistent=False))
        if client is None or client.status != "enabled":
            raise Unauthorized("The client of this token is not enabled.", token_sent=True)
        request.facts["client_id"] = client.client_id
        # A scope taken from the client since the token was issued counts at once, like a disabled client.
        if scope not in grant.scopes or scope not in client.scopes:
            raise Forbidden(scope)
        return client


def _bearer_token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("Send the access token as Authorization: Bearer.", token_sent=False)
    return token.strip()
