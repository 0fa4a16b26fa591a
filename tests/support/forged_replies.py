"""Searches with forged tokens, and their rejections."""

from __future__ import annotations

from support.api import Api, Reply
from support.events import event

CLAIMS = ("iss", "aud", "sub", "client_id", "iat", "exp", "jti", "scope")
INVALID_TOKEN = "The token is not valid: get one from this API's token endpoint."


def asked(api: Api, token: str) -> Reply:
    """Search with a token."""
    return api.send(event("search", token=token))


def is_refused(reply: Reply, sentence: str = INVALID_TOKEN) -> None:
    """Check the rejection of RFC 6750 §3.1, which says no more than it must."""
    assert (reply.status, reply.code) == (401, "err.request.unauthorized")
    assert reply.json["errors"][0]["message"] == sentence
    assert reply.headers["WWW-Authenticate"] == f'Bearer error="invalid_token", error_description="{sentence}"'
