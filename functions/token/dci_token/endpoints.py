"""The OAuth endpoints: each reads the request, authenticates its client, and asks the token service."""

from __future__ import annotations

from typing import Any

from dci_common.clients.authentication import Authenticator
from dci_common.clients.model import Client
from dci_common.edge.bearer import issuer
from dci_common.edge.errors import ErrorResponse
from dci_common.edge.http import Request, Response
from dci_common.oauth.public_key_store import KeyUse, PublicKeys
from dci_common.runtime import Runtime
from dci_token.credentials import Credentials, check_grant_type, read_credentials, read_parameters, read_token
from dci_token.key_set import KeySet
from dci_token.metadata import audiences, metadata
from dci_token.service import TokenService

# Shorter than a retired key stays published, longer than a burst of first requests.
_PUBLIC = {"Cache-Control": "public, max-age=300"}


class OAuthEndpoints:
    """The endpoints of the authorization server."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._keys = KeySet(runtime)
        self._service = TokenService(runtime, PublicKeys(runtime, KeyUse.TOKENS))
        self._authenticator = Authenticator(runtime)

    def token(self, request: Request) -> Response:
        """Issue an access token (RFC 6749 §4.4)."""
        parameters = read_parameters(request)
        credentials = read_credentials(request, parameters)
        check_grant_type(parameters)
        client = self._authenticated(request, credentials)
        issued = self._service.issue(client, parameters.get("scope", ""), issuer(self._runtime, request))
        return Response.of(
            200,
            {
                "access_token": issued.access_token,
                "token_type": "Bearer",
                "expires_in": issued.expires_in,
                "scope": " ".join(issued.scopes),
            },
        )

    def revoke(self, request: Request) -> Response:
        """Revoke an access token (RFC 7009)."""
        parameters = read_parameters(request)
        client = self._authenticated(request, read_credentials(request, parameters))
        self._service.revoke(client, read_token(parameters), issuer(self._runtime, request))
        return Response(200)

    def introspect(self, request: Request) -> Response:
        """Return the claims of an access token (RFC 7662)."""
        parameters = read_parameters(request)
        client = self._authenticated(request, read_credentials(request, parameters))
        claims = self._service.introspect(client, read_token(parameters), issuer(self._runtime, request))
        return Response.of(200, claims)

    def jwks(self, _: Request) -> Response:
        """Return the public keys (RFC 7517)."""
        return Response(200, self._keys.document(), _PUBLIC)

    def metadata(self, request: Request) -> Response:
        """Return the metadata of the authorization server (RFC 8414)."""
        return Response.of(200, metadata(issuer(self._runtime, request)), _PUBLIC)

    def _authenticated(self, request: Request, credentials: Credentials) -> Client:
        names = audiences(issuer(self._runtime, request), request.path)
        client = self._authenticator.authenticate(credentials, names, request.source)
        request.log_fields["client_id"] = client.client_id
        return client


def oauth_error(error: ErrorResponse, _request: Request, _now: float) -> dict[str, Any]:
    """Return an error as RFC 6749 §5.2 shapes it."""
    return {"error": error.oauth_error, "error_description": error.message}
