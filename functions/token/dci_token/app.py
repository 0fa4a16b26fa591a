"""The token function's routes: the authorization server."""

from __future__ import annotations

from dci_common.edge.application import Resource, application
from dci_common.runtime import LambdaHandler, Runtime, lambda_handler
from dci_token.endpoints import OAuthEndpoints, oauth_error
from dci_token.metadata import INTROSPECT, JWKS, METADATA, REVOKE, TOKEN


def create_app(runtime: Runtime) -> LambdaHandler:
    """Build the function: the OAuth endpoints, the public keys and the metadata."""
    endpoints = OAuthEndpoints(runtime)
    authenticated = {TOKEN: endpoints.token, REVOKE: endpoints.revoke, INTROSPECT: endpoints.introspect}
    no_cache = {"Pragma": "no-cache"}
    return application(
        {
            **{path: Resource({"POST": do}, oauth_error, no_cache) for path, do in authenticated.items()},
            JWKS: Resource({"GET": endpoints.jwks}),
            METADATA: Resource({"GET": endpoints.metadata}),
        },
        runtime,
    )


handler = lambda_handler(create_app)
