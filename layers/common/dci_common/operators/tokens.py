"""Access tokens of operators: verified as strictly as this API's own ones, and apart from them.

A token is `at+jwt` (RFC 9068), whose `aud` has OperatorAudience. Or it is as Cognito makes it: `token_use` is
`access`, and `client_id` is OperatorAudience. An ID token is neither of these.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jwt
from pydantic_core import from_json

from dci_common.errors import Unauthenticated
from dci_common.oauth.assertions import ALGORITHMS
from dci_common.operators.operator import Operator
from dci_common.operators.roles import ROLES
from dci_common.printable import is_printable

if TYPE_CHECKING:
    from dci_common.operators.provider import FindKey
    from dci_common.settings import Settings

_MAX_CHARACTERS = 8192
_MAX_LIFETIME = 86_400  # seconds: what no provider exceeds for access tokens
_MAX_GROUPS = 1000
_MAX_NAME = 200  # characters
_CLOCK_SKEW_SECONDS = 60
_RFC_9068 = {"at+jwt", "application/at+jwt"}
_SUBJECT = re.compile(r"[\x21-\x7e]{1,255}")  # OpenID Connect Core §2
_NAMES = ("name", "preferred_username", "username")  # the last one is Cognito's
_INVALID = "The token is not valid: sign in again at the provider of this API's operators."
Claims = dict[str, Any]


def claims_issuer(token: str) -> object:
    """Return the `iss` of a token that is not verified, by which its verifier is chosen; None without one."""
    if len(token) > _MAX_CHARACTERS:
        return None
    try:
        claims = from_json(jwt.utils.base64url_decode(token.split(".")[1]))
    except (ValueError, IndexError, RecursionError):
        return None
    return claims.get("iss") if isinstance(claims, dict) else None


def verify_operator_token(token: str, settings: Settings, find: FindKey, clock: Callable[[], float]) -> Operator:
    """Verify signature, type, issuer, audience and times, and return the operator. Raises Unauthenticated.

    The key is the provider's one with the token's `kid`, and the algorithm is the key's own. Raises also what `find`
    raises.
    """
    try:
        claims = _decode(token, settings, find)
        _check_times(claims, clock())
        return _operator(claims, settings)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, RecursionError) as error:
        # PyJWT's own message may quote the token, so it is not repeated.
        expired = isinstance(error, jwt.ExpiredSignatureError)
        raise Unauthenticated(
            "The token has expired: sign in again." if expired else _INVALID, token_sent=True
        ) from error


def _decode(token: str, settings: Settings, find: FindKey) -> Claims:
    if len(token) > _MAX_CHARACTERS:
        raise jwt.InvalidTokenError
    header = jwt.get_unverified_header(token)
    kid, algorithm = header.get("kid"), header.get("alg")
    if not isinstance(kid, str) or not kid or algorithm not in ALGORITHMS or "crit" in header:
        raise jwt.InvalidTokenError
    key = find(kid, algorithm)
    claims: Claims = jwt.decode(
        token,
        key,
        algorithms=[key.algorithm_name],
        issuer=settings.operator_issuer,
        # The audience is checked below, and the times against the injected clock in _check_times.
        options={
            "require": ["iss", "sub", "iat", "exp"],
            "verify_aud": False,
            "verify_exp": False,
            "verify_iat": False,
            "verify_nbf": False,
        },
    )
    if not _is_access_token(header, claims, settings.operator_audience):
        raise jwt.InvalidTokenError
    return claims


def _is_access_token(header: Claims, claims: Claims, audience: str) -> bool:
    if claims["sub"] == claims.get("client_id"):  # of a client of the provider, and no person
        return False
    if "token_use" in claims:  # Cognito's, which have no `typ`, and no `aud` unless a resource is asked for
        return (claims["token_use"], claims.get("client_id")) == ("access", audience)
    named = claims.get("aud")
    audiences = named if isinstance(named, list) else [named]
    return str(header.get("typ", "")).lower() in _RFC_9068 and audience in audiences


def _check_times(claims: Claims, now: float) -> None:
    issued, expires, since = claims["iat"], claims["exp"], claims.get("nbf", claims["iat"])
    if not all(type(moment) is int for moment in (issued, expires, since)):
        raise jwt.InvalidTokenError
    if max(issued, since) > now + _CLOCK_SKEW_SECONDS or expires - issued > _MAX_LIFETIME:
        raise jwt.InvalidIssuedAtError
    if now >= expires:
        raise jwt.ExpiredSignatureError


def _operator(claims: Claims, settings: Settings) -> Operator:
    if not isinstance(claims["sub"], str) or not _SUBJECT.fullmatch(claims["sub"]):
        raise jwt.InvalidTokenError
    groups = claims.get(settings.operator_groups_claim, [])
    if not isinstance(groups, list) or len(groups) > _MAX_GROUPS or not all(isinstance(one, str) for one in groups):
        raise jwt.InvalidTokenError
    name = next((text for text in (_text(claims.get(member)) for member in _NAMES) if text), "")
    roles = ROLES.keys() & set(groups)
    return Operator(settings.operator_issuer, claims["sub"], name, _text(claims.get("email")), frozenset(roles))


def _text(value: object) -> str:
    """Return a text for the log, or nothing where it is none."""
    return value if isinstance(value, str) and is_printable(value) and len(value) <= _MAX_NAME else ""
