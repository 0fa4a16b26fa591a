"""The token function's routes: the authorization server."""

from __future__ import annotations

from dci_common.clients.store import Client
from dci_common.edge.bearer import issuer
from dci_common.edge.http import Request, Resource, Response, application
from dci_common.errors import ApiError, BadRequest
from dci_common.oauth.authentication import Authenticator, ClientAssertion, ClientSecret
from dci_common.oauth.key_ring import PublicKeys
from dci_common.runtime import LambdaHandler, Runtime, lambda_handler
from dci_token.credentials import Parameters, read_credentials, read_parameters
from dci_token.metadata import INTROSPECT, JWKS, METADATA, REVOKE, TOKEN, audiences, metadata
from dci_token.service import TokenService

# Shorter than a retired key is kept, longer than a burst of first requests.
_PUBLIC = {"Cache-Control": "public, max-age=300"}


def create_app(runtime: Runtime) -> LambdaHandler:
    """Build the function: the OAuth endpoints, the public keys and the metadata."""
    keys = PublicKeys(runtime)
    service = TokenService(runtime, keys)
    authenticator = Authenticator(runtime)

    def authenticated(request: Request, sent: ClientSecret | ClientAssertion) -> Client:
        client = authenticator.authenticate(sent, audiences(issuer(runtime, request)), request.source)
        request.facts["client_id"] = client.client_id
        return client

    def token(request: Request) -> Response:
        parameters = read_parameters(request)
        sent = read_credentials(request, parameters)
        _check_grant(parameters)
        client = authenticated(request, sent)
        issued = service.issue(client, parameters.get("scope", ""), issuer(runtime, request))
        return Response.of(
            200,
            {
                "access_token": issued.access_token,
                "token_type": "Bearer",
                "expires_in": issued.expires_in,
                "scope": " ".join(issued.scopes),
            },
        )

    def revoke(request: Request) -> Response:
        parameters = read_parameters(request)
        client = authenticated(request, read_credentials(request, parameters))
        service.revoke(client, _token(parameters), issuer(runtime, request))
        return Response(200)

    def introspect(request: Request) -> Response:
        parameters = read_parameters(request)
        client = authenticated(request, read_credentials(request, parameters))
        return Response.of(200, service.introspect(client, _token(parameters), issuer(runtime, request)))

    def jwks(_: Request) -> Response:
        return Response(200, keys.document(), _PUBLIC)

    def describe(request: Request) -> Response:
        return Response.of(200, metadata(issuer(runtime, request)), _PUBLIC)

    endpoints = {TOKEN: token, REVOKE: revoke, INTROSPECT: introspect}
    return application(
        {
            **{path: Resource({"POST": do}, _oauth_error, {"Pragma": "no-cache"}) for path, do in endpoints.items()},
            JWKS: Resource({"GET": jwks}),
            METADATA: Resource({"GET": describe}),
        },
        runtime,
    )


def _check_grant(parameters: Parameters) -> None:
    grant_type = parameters.get("grant_type")
    if not grant_type:
        raise BadRequest("grant_type is missing: send grant_type=client_credentials.")
    if grant_type != "client_credentials":
        raise BadRequest(
            "This grant is not offered: send grant_type=client_credentials.", oauth_error="unsupported_grant_type"
        )


def _token(parameters: Parameters) -> str:
    if "token" not in parameters:
        raise BadRequest("token is missing: send the access token that this is about.")
    return parameters["token"]


def _oauth_error(error: ApiError, _request: Request, _now: float) -> object:
    """Render an error as RFC 6749 §5.2 says."""
    return {"error": error.oauth_error, "error_description": error.message}


handler = lambda_handler(create_app)
