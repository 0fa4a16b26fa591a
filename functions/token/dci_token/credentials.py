"""Parameters and credentials of requests to the OAuth endpoints, in every accepted form.

RFC 6749 §2.3.1 (HTTP Basic, or the form body), RFC 7523 (a signed assertion), and OpenSPP 17's JSON body.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, unquote_plus

from dci_common.clients.authentication import ClientAssertion, ClientSecret
from dci_common.edge.errors import UnsupportedMediaType
from dci_common.edge.http import Request, check_numbers
from dci_common.errors import InvalidClient, InvalidRequest, UnsupportedGrantType
from dci_common.oauth import assertions

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
_PARAMETERS = frozenset(
    {
        *("grant_type", "scope", "token", "token_type_hint"),
        *("client_id", "client_secret", "client_assertion", "client_assertion_type"),
    }
)

Parameters = Mapping[str, str]
Credentials = ClientSecret | ClientAssertion


def read_parameters(request: Request) -> Parameters:
    """Return the parameters; one without a value counts as absent. Raises InvalidRequest or UnsupportedMediaType."""
    if request.query:
        raise InvalidRequest("Parameters belong in the request body, never in the URL.")
    # OpenSPP 17's client sends its JSON without a Content-Type.
    content_type = request.content_type() or (JSON if request.body.lstrip().startswith(b"{") else "")
    if content_type not in {FORM, JSON}:
        raise UnsupportedMediaType(f"Send the request as {FORM}.")
    try:
        if content_type == JSON:
            check_numbers(request.body)
        text = request.body.decode()
        pairs = _form(text) if content_type == FORM else _json(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("The body is not valid for its Content-Type.") from error
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise InvalidRequest("A parameter is repeated: send each one once.")
    return {name: value for name, value in pairs if value}


def _form(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=50)


def _json(text: str) -> list[tuple[str, str]]:
    members = json.loads(text, object_pairs_hook=_Members)
    if not isinstance(members, _Members):
        raise InvalidRequest("The body must be a JSON object.")
    # Unknown members, such as OpenSPP's db_name, are ignored whatever their value; a scope never is.
    sent = [(name, "" if value is None else value) for name, value in members if name in _PARAMETERS]
    if not all(isinstance(value, str) for _, value in sent):
        raise InvalidRequest("grant_type, client_id, client_secret, scope and all other parameters must be strings.")
    return [(name, str(value)) for name, value in sent]


class _Members(list[tuple[str, object]]):
    """The members of a JSON object as they were sent, including repeated ones."""

    def __init__(self, pairs: Iterable[tuple[str, object]]) -> None:
        super().__init__(pairs)


def read_credentials(request: Request, parameters: Parameters) -> Credentials:
    """Return the credentials of the client, not verified yet. Raises InvalidRequest or InvalidClient."""
    authorization = request.headers.get("authorization", "")
    secret, assertion = parameters.get("client_secret"), parameters.get("client_assertion")
    if sum(map(bool, (authorization, secret, assertion))) > 1:
        raise InvalidRequest(
            "More than one credential is sent: send only the Basic header, the secret or the assertion."
        )
    client_id = parameters.get("client_id", "")
    if assertion:
        if parameters.get("client_assertion_type") != assertions.TYPE:
            raise InvalidClient(f"The client_assertion_type must be {assertions.TYPE}.")
        return ClientAssertion(client_id, assertion)
    if authorization:
        basic = _basic(authorization)
        if client_id not in {"", basic.client_id}:
            raise InvalidRequest("client_id differs between the Basic header and the body.")
        return basic
    if not client_id or not secret:
        raise InvalidClient
    return ClientSecret(client_id, secret)


def _basic(authorization: str) -> ClientSecret:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise InvalidClient from error
    if not colon:
        raise InvalidClient
    return ClientSecret(unquote_plus(client_id), unquote_plus(secret))


def check_grant_type(parameters: Parameters) -> None:
    """Check that the grant is client_credentials. Raises InvalidRequest or UnsupportedGrantType."""
    grant_type = parameters.get("grant_type")
    if not grant_type:
        raise InvalidRequest("grant_type is missing: send grant_type=client_credentials.")
    if grant_type != "client_credentials":
        raise UnsupportedGrantType("This grant is not offered: send grant_type=client_credentials.")


def read_token(parameters: Parameters) -> str:
    """Return the token to revoke or introspect. Raises InvalidRequest."""
    if "token" not in parameters:
        raise InvalidRequest("token is missing: send the access token to revoke or introspect.")
    return parameters["token"]
