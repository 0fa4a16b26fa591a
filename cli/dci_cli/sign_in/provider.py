"""The OpenID provider at which people sign in, as a public client without a secret reaches it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlencode

from dci_cli.api import Api, Reply
from dci_cli.command_error import CommandError
from dci_common.printable import is_printable

_CONFIGURATION = "/.well-known/openid-configuration"
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 §2.1
_SHORT = 300  # seconds, where a provider does not say how long a token is valid
_MAX_SAID = 200  # characters of an error of the provider


class Provider(NamedTuple):
    """What a provider publishes. `names_itself` is whether it adds `iss` to its answers (RFC 9207)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str
    names_itself: bool


class Tokens(NamedTuple):
    """The tokens of a person. `lifetime` is in seconds; without a refresh token, it is empty."""

    access_token: str
    lifetime: int
    refresh_token: str


class GrantEnded(CommandError):
    """The provider accepts a code or a refresh token no longer."""


def discover(issuer: str) -> Provider:
    """Return the provider that publishes a configuration as this very issuer. Raises CommandError."""
    reply = _endpoint(issuer, "issuer").send("GET", _CONFIGURATION)
    content = reply.json
    if reply.status != HTTPStatus.OK or not isinstance(content, dict) or content.get("issuer") != issuer:
        raise CommandError(
            f"{issuer} publishes no configuration that names it as issuer: give the issuer to the letter, as the"
            " deployment's parameter OperatorIssuer has it."
        )
    methods = content.get("code_challenge_methods_supported", ["S256"])  # some providers do not say
    if not isinstance(methods, list) or "S256" not in methods:
        raise CommandError(f"{issuer} does not support PKCE with S256, so nobody can sign in there safely.")
    for name in ("authorization_endpoint", "token_endpoint"):
        _endpoint(_text(content, name), name)
    return Provider(
        issuer,
        authorization_endpoint=_text(content, "authorization_endpoint"),
        token_endpoint=_text(content, "token_endpoint"),
        revocation_endpoint=_text(content, "revocation_endpoint"),
        names_itself=content.get("authorization_response_iss_parameter_supported") is True,
    )


def request_tokens(provider: Provider, form: Mapping[str, str]) -> Tokens:
    """Return the tokens for a grant. Raises GrantEnded where it is not accepted (any more), else CommandError."""
    reply = _endpoint(provider.token_endpoint, "token_endpoint").send("POST", "", urlencode(form))
    content = reply.json if isinstance(reply.json, dict) else {}
    if content.get("error") == "invalid_grant":
        raise GrantEnded(f"The provider does not accept it: {_reason(reply, content)}.")
    token, type_ = _text(content, "access_token"), _text(content, "token_type")
    if reply.status != HTTPStatus.OK or not is_token(token) or type_.lower() != "bearer":
        raise CommandError(f"The provider issued no token: {_reason(reply, content)}.")
    lifetime = content.get("expires_in")
    return Tokens(token, lifetime if type(lifetime) is int else _SHORT, _text(content, "refresh_token"))


def revoke(provider: Provider, application: str, token: str) -> bool:
    """Revoke a token (RFC 7009), and return whether the provider did that."""
    if not provider.revocation_endpoint:
        return False
    form = urlencode({"token": token, "client_id": application})
    reply = _endpoint(provider.revocation_endpoint, "revocation_endpoint").send("POST", "", form)
    return reply.status == HTTPStatus.OK


def is_token(text: str) -> bool:
    """Return whether a text can be sent as a bearer token."""
    return bool(_TOKEN.fullmatch(text))


def printable(text: str) -> str:
    """Return what may be printed of a text that a server sent."""
    return "".join(character for character in text[:_MAX_SAID] if is_printable(character))


def _endpoint(url: str, name: str) -> Api:
    try:
        return Api(url)
    except CommandError as error:
        raise CommandError(f"The provider's {name} must be an https:// URL without a query.") from error


def _text(content: Mapping[str, Any], name: str) -> str:
    value = content.get(name)
    return value if isinstance(value, str) else ""


def _reason(reply: Reply, content: Mapping[str, Any]) -> str:
    said = _text(content, "error_description") or _text(content, "error")
    return printable(said).rstrip(".") or f"status {reply.status}"
