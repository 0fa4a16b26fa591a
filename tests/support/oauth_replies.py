"""Responses of the token endpoint, and the Basic header."""

from __future__ import annotations

import base64
from urllib.parse import quote_plus

import pytest

from support.api import Reply

pytestmark = pytest.mark.usefixtures("over_the_wire")


def basic(client_id: str, secret: str) -> str:
    """Return an HTTP Basic header, its parts form-urlencoded (RFC 6749 §2.3.1)."""
    return "Basic " + base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()


def is_token(reply: Reply) -> None:
    """Check a token response (RFC 6749 §5.1)."""
    assert reply.status == 200
    assert reply.json.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert reply.json["token_type"] == "Bearer"
    assert type(reply.json["expires_in"]) is int
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Pragma"] == "no-cache"


def is_oauth_error(reply: Reply, status: int, error: str) -> None:
    """Check an error response (RFC 6749 §5.2)."""
    assert (reply.status, reply.json["error"]) == (status, error)
    assert reply.json["error_description"]
    assert (reply.headers["Cache-Control"], reply.headers["Pragma"]) == ("no-store", "no-cache")
    assert ("WWW-Authenticate" in reply.headers) == (status == 401)
