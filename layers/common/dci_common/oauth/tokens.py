"""Access tokens: `at+jwt` (RFC 9068), signed with the ring's current key and verified with the public set."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from dci_common.errors import Unauthorized
from dci_common.oauth.key_ring import PublicKeys, SigningKey
from dci_common.settings import ALGORITHMS

if TYPE_CHECKING:
    from dci_common.clients.store import Client

_TYP = "at+jwt"
_CLAIMS = ("iss", "aud", "sub", "client_id", "iat", "exp", "jti", "scope")
_MAX_CHARACTERS = 8192
_CLOCK_SKEW_SECONDS = 60  # of `iat` alone: between two Lambda hosts


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """What a verified token says: which client, for what, from when until when (epoch seconds)."""

    client_id: str
    scopes: frozenset[str]
    token_id: str
    issued: int
    expires: int


def sign(key: SigningKey, client: Client, scopes: tuple[str, ...], issuer: str, now: int, token_id: bytes) -> str:
    """Issue a token for `client`, good for its token lifetime. `token_id` is 16 random bytes or more."""
    now = max(now, client.tokens_not_before)  # a new token holds, also in the second in which all others were ended
    claims = {
        "iss": issuer,
        "aud": issuer,
        "sub": client.client_id,
        "client_id": client.client_id,
        "iat": now,
        "exp": now + client.token_lifetime,
        "jti": base64.urlsafe_b64encode(token_id).rstrip(b"=").decode(),
        "scope": " ".join(scopes),
    }
    private = _private_key(key.private_key)
    return jwt.encode(claims, private, algorithm=key.alg, headers={"typ": _TYP, "kid": key.kid})


@lru_cache(maxsize=2)  # an RSA key takes longer to load than a hundred signatures to make
def _private_key(pem: str) -> Any:  # noqa: ANN401 - an EC or RSA key
    return load_pem_private_key(pem.encode(), None)


def verify(token: str, issuer: str, keys: PublicKeys, clock: Callable[[], float]) -> VerifiedToken:
    """Check signature, type, issuer, audience and times. Raises Unauthorized.

    The algorithm is the key's own and one of ours, never the token's word.
    """
    try:
        claims = _decode(token, issuer, keys)
        _check_times(claims, clock())
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        # What PyJWT says may quote the token, so the partner reads our own sentence.
        expired = isinstance(error, jwt.ExpiredSignatureError)
        sentence = "The token has expired: get a new one." if expired else "The token is not one of this API."
        raise Unauthorized(sentence, token_sent=True) from error
    scopes = frozenset(claims["scope"].split(" "))
    return VerifiedToken(claims["client_id"], scopes, claims["jti"], claims["iat"], claims["exp"])


def _decode(token: str, issuer: str, keys: PublicKeys) -> dict[str, Any]:
    if len(token) > _MAX_CHARACTERS:
        raise jwt.InvalidTokenError
    header = jwt.get_unverified_header(token)
    kid = header.get("kid")
    if str(header.get("typ", "")).lower() != _TYP or header.get("alg") not in ALGORITHMS:
        raise jwt.InvalidTokenError
    key = keys.find(kid) if isinstance(kid, str) else None
    if key is None:
        raise jwt.InvalidKeyError
    claims = jwt.decode(
        token,
        key,
        algorithms=[key.algorithm_name],
        audience=issuer,
        issuer=issuer,
        # Times are checked against the injected clock, below.
        options={"require": list(_CLAIMS), "verify_exp": False, "verify_iat": False, "verify_nbf": False},
    )
    if not all(claims[name] and isinstance(claims[name], str) for name in ("sub", "client_id", "jti", "scope")):
        raise jwt.InvalidTokenError
    if claims["sub"] != claims["client_id"]:
        raise jwt.InvalidTokenError
    return claims


def _check_times(claims: dict[str, Any], now: float) -> None:
    expires, issued = claims["exp"], claims["iat"]
    if type(expires) is not int or type(issued) is not int or issued > now + _CLOCK_SKEW_SECONDS:
        raise jwt.InvalidIssuedAtError
    if now >= expires:
        raise jwt.ExpiredSignatureError
