"""What a token request says: the grant, the client's credentials and the scope, from any accepted form.

RFC 6749 §2.3.1 (HTTP Basic, or the form body), §4.4.2 (client credentials), and OpenSPP 17's JSON body.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote_plus

from dci_common.errors import BadRequest, InvalidClient, UnsupportedMediaType
from dci_common.http import Request

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
_PARAMETERS = frozenset({"grant_type", "client_id", "client_secret", "scope"})


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A token request, its client not yet authenticated."""

    client_id: str
    client_secret: str = field(repr=False)
    scope: str


def read_token_request(request: Request) -> TokenRequest:
    """Read a token request. Raises BadRequest, UnsupportedMediaType or InvalidClient."""
    _refuse_query_credentials(request.query)
    parameters = _parameters(request)
    grant_type = parameters.get("grant_type", "")
    client_id, client_secret = _credentials(request.headers.get("authorization", ""), parameters)
    if not grant_type:
        raise BadRequest("grant_type is missing: send grant_type=client_credentials.")
    if grant_type != "client_credentials":
        raise BadRequest(
            "This grant is not offered: send grant_type=client_credentials.",
            oauth_error="unsupported_grant_type",
        )
    return TokenRequest(client_id, client_secret, parameters.get("scope", ""))


def _refuse_query_credentials(query: str) -> None:
    if query:
        raise BadRequest("Parameters belong in the request body, never in the URL.")


def _parameters(request: Request) -> dict[str, str]:
    content_type = request.content_type()
    if content_type not in {FORM, JSON}:
        raise UnsupportedMediaType(f"Send the request as {FORM}.")
    try:
        text = request.body.decode()
        pairs = _form(text) if content_type == FORM else _json(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body can not be read as its Content-Type says.") from error
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise BadRequest("A parameter is repeated: send each one once.")
    return {name: value for name, value in pairs if value}


def _form(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=50)


def _json(text: str) -> list[tuple[str, str]]:
    members = json.loads(text, object_pairs_hook=_Members)
    if not isinstance(members, _Members):
        raise BadRequest("The body must be a JSON object.")
    # What a grant does not need, such as OpenSPP's db_name, is overlooked whatever it holds; a scope never is.
    sent = [(name, "" if value is None else value) for name, value in members if name in _PARAMETERS]
    if not all(isinstance(value, str) for _, value in sent):
        raise BadRequest("grant_type, client_id, client_secret and scope must be strings.")
    return [(name, str(value)) for name, value in sent]


class _Members(list[tuple[str, object]]):
    """The members of a JSON object as they were sent, repeated ones too."""

    def __init__(self, pairs: Iterable[tuple[str, object]]) -> None:
        super().__init__(pairs)


def _credentials(authorization: str, parameters: dict[str, str]) -> tuple[str, str]:
    in_body = parameters.get("client_id", ""), parameters.get("client_secret", "")
    if not authorization:
        if not all(in_body):
            raise InvalidClient
        return in_body
    if in_body[1]:
        raise BadRequest("Two ways of authentication at once: send either the Basic header or the body's secret.")
    basic = _basic(authorization)
    if in_body[0] and in_body[0] != basic[0]:
        raise BadRequest("client_id differs between the Basic header and the body.")
    return basic


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise InvalidClient from error
    if not colon:
        raise InvalidClient
    return unquote_plus(client_id), unquote_plus(secret)
