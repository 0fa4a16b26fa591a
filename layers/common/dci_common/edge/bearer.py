"""Who is asking: the bearer token of a request, verified, and the enabled client behind it."""

from __future__ import annotations

from dci_common.cache import AgingCache
from dci_common.clients.store import Client
from dci_common.edge.http import Request
from dci_common.errors import Forbidden, Unauthorized
from dci_common.oauth.key_ring import PublicKeys
from dci_common.oauth.revocation import client_in_force
from dci_common.oauth.tokens import VerifiedToken, verify
from dci_common.runtime import Runtime

# A token that was ended, or whose client was disabled or deleted, is refused everywhere within this time.
_IN_FORCE_SECONDS = 60


def issuer(runtime: Runtime, request: Request) -> str:
    """Return the issuer and audience of this API's tokens: the setting, else the domain the request came to."""
    return runtime.settings.issuer or f"https://{request.domain}"


class BearerGate:
    """Lets a request pass when its token holds, carries a scope that suffices, and its client is enabled."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._keys = PublicKeys(runtime)
        self._in_force: AgingCache[VerifiedToken, Client | None] = AgingCache(_IN_FORCE_SECONDS, runtime.clock)

    def admit(self, request: Request, *scopes: str) -> Client:
        """Return the client that asks; any of `scopes` suffices, the least of them first.

        Raises Unauthorized or Forbidden.
        """
        grant = verify(_bearer_token(request), issuer(self._runtime, request), self._keys, self._runtime.clock)
        client = self._in_force.get(grant, lambda: client_in_force(self._runtime, grant, request.deadline))
        if client is None:
            raise Unauthorized("The token was revoked, or its client is not enabled.", token_sent=True)
        request.facts["client_id"] = client.client_id
        # A scope taken from the client since the token was issued counts at once, like a disabled client.
        if not grant.scopes.intersection(scopes, client.scopes):
            raise Forbidden(*scopes)
        return client


def _bearer_token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("Send the access token as Authorization: Bearer.", token_sent=False)
    return token.strip()
