"""The metadata of the authorization server (RFC 8414)."""

from __future__ import annotations

from typing import Any

from dci_common.oauth.assertions import ALGORITHMS, METHOD
from dci_common.scopes import SCOPES

TOKEN, REVOKE, INTROSPECT = (f"/oauth2/client/{name}" for name in ("token", "revoke", "introspect"))
JWKS, METADATA = (f"/.well-known/{name}" for name in ("jwks.json", "oauth-authorization-server"))
_ENDPOINTS = {"token": TOKEN, "revocation": REVOKE, "introspection": INTROSPECT}


def metadata(issuer: str) -> dict[str, Any]:
    """Return the metadata document of an issuer."""
    described: dict[str, Any] = {
        "issuer": issuer,
        "jwks_uri": f"{issuer}{JWKS}",
        "scopes_supported": list(SCOPES),
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
    }
    for name, path in _ENDPOINTS.items():
        described[f"{name}_endpoint"] = f"{issuer}{path}"
        described[f"{name}_endpoint_auth_methods_supported"] = ["client_secret_basic", "client_secret_post", METHOD]
        described[f"{name}_endpoint_auth_signing_alg_values_supported"] = list(ALGORITHMS)
    return described


def audiences(issuer: str, path: str) -> frozenset[str]:
    """Return the names of this server in the client assertion of a request to `path` (RFC 7523 §3).

    They are its issuer, the token endpoint, and the endpoint that is called, which some libraries name.
    """
    return frozenset({issuer, f"{issuer}{TOKEN}", f"{issuer}{path}"})
