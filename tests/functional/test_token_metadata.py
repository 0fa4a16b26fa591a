"""GET /.well-known/oauth-authorization-server (RFC 8414): what the server says of itself is so."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dci_common.scopes import SCOPES
from support.deployment import routes
from support.events import event

if TYPE_CHECKING:
    from support.api import Api

ISSUER = "https://registry.example.org"
ENDPOINTS = ("token_endpoint", "revocation_endpoint", "introspection_endpoint")


def test_every_url_is_a_route(api: Api) -> None:
    """Each endpoint that is named is there, under the issuer."""
    metadata = api.send(event("metadata")).json
    for name in (*ENDPOINTS, "jwks_uri"):
        assert metadata[name].startswith(f"{ISSUER}/")
        assert metadata[name].removeprefix(ISSUER) in routes()
    assert metadata["issuer"] == ISSUER


def test_what_it_says_of_clients_and_grants(api: Api) -> None:
    """One grant, three ways of authentication, three algorithms of assertions, all scopes."""
    metadata = api.send(event("metadata")).json
    assert metadata["grant_types_supported"] == ["client_credentials"]
    assert metadata["response_types_supported"] == []
    assert metadata["scopes_supported"] == list(SCOPES)
    for name in ENDPOINTS:
        methods = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
        assert metadata[f"{name}_auth_methods_supported"] == methods
        assert metadata[f"{name}_auth_signing_alg_values_supported"] == ["EdDSA", "ES256", "PS256", "RS256"]


def test_it_may_be_cached(api: Api) -> None:
    """The document is public, and the same for everybody."""
    assert api.send(event("metadata")).headers["Cache-Control"] == "public, max-age=300"


def test_the_issuer_follows_the_domain_when_it_is_not_set(new_api: Callable[..., Api]) -> None:
    """Without the setting every URL is on the API's own domain."""
    sent = event("metadata")
    sent["requestContext"]["domainName"] = "abc.execute-api.eu-west-1.amazonaws.com"
    metadata = new_api(issuer="").send(sent).json
    assert metadata["issuer"] == "https://abc.execute-api.eu-west-1.amazonaws.com"
    assert metadata["token_endpoint"] == f"{metadata['issuer']}/oauth2/client/token"
