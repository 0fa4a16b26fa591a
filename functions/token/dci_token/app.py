"""The token function's routes."""

from __future__ import annotations

from dci_common.auth.bearer import issuer
from dci_common.auth.keys import PublicKeys
from dci_common.errors import ApiError
from dci_common.http import Request, Resource, Response, application
from dci_common.runtime import LambdaHandler, Runtime, lambda_handler
from dci_token.credentials import read_token_request
from dci_token.service import TokenService

# Shorter than a retired key is kept, longer than a burst of first requests.
_JWKS_HEADERS = {"Cache-Control": "public, max-age=300"}


def create_app(runtime: Runtime) -> LambdaHandler:
    """Build the function: `/oauth2/client/token` and `/.well-known/jwks.json`."""
    service = TokenService(runtime)
    keys = PublicKeys(runtime)

    def token(request: Request) -> Response:
        issued = service.issue(read_token_request(request), issuer(runtime, request))
        request.facts["client_id"] = issued.client_id
        return Response.of(
            200,
            {
                "access_token": issued.access_token,
                "token_type": "Bearer",
                "expires_in": issued.expires_in,
                "scope": " ".join(issued.scopes),
            },
        )

    def jwks(_: Request) -> Response:
        return Response(200, keys.document(), _JWKS_HEADERS)

    return application(
        {
            "/oauth2/client/token": Resource({"POST": token}, _oauth_error, {"Pragma": "no-cache"}),
            "/.well-known/jwks.json": Resource({"GET": jwks}),
        },
        runtime,
    )


def _oauth_error(error: ApiError, _request: Request, _now: float) -> object:
    """Render an error as RFC 6749 §5.2 says."""
    return {"error": error.oauth_error, "error_description": error.message}


handler = lambda_handler(create_app)
