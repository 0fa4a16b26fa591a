"""Access tokens: `at+jwt` (RFC 9068), signed with the ring's current key and verified with the public keys."""

from __future__ import annotations

import base64
from contextlib import suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic_core import to_json

from dci_common.errors import Unauthenticated
from dci_common.settings import ALGORITHMS, MAX_TOKEN_LIFETIME

if TYPE_CHECKING:
    from collections.abc import Callable

    from dci_common.oauth.key_ring import SigningKey
    from dci_common.oauth.public_key_store import PublicKeys

_TYP = "at+jwt"
_GENERATION = "tokens_generation"  # a private claim, absent until the client's tokens are revoked for the first time
_CLAIMS = ("iss", "aud", "sub", "client_id", "iat", "exp", "jti", "scope")
_MAX_CHARACTERS = 8192
_MAX_VERIFIED = 1024  # tokens, so that they do not fill the memory
_CLOCK_SKEW_SECONDS = 60  # between two Lambda hosts; it applies to `iat` alone


class Subject(Protocol):
    """The client that a token is issued to; see Client."""

    @property
    def client_id(self) -> str:
        """The client's id."""

    @property
    def token_lifetime(self) -> int:
        """In seconds."""

    @property
    def tokens_not_before(self) -> int:
        """Tokens issued before this epoch second are not valid."""

    @property
    def tokens_generation(self) -> int:
        """Tokens of another generation are not valid."""


class VerifiedToken(NamedTuple):
    """The claims of a token whose signature and times were verified; times are in epoch seconds."""

    client_id: str
    scopes: frozenset[str]
    token_id: str
    issued: int
    expires: int
    generation: int = 0


def sign_token(
    key: SigningKey, client: Subject, scopes: tuple[str, ...], issuer: str, now: int, token_id: bytes
) -> str:
    """Return a new token for the client, valid for its token lifetime. `token_id` is 16 random bytes or more."""
    now = max(now, client.tokens_not_before)  # valid also in the very second in which all others were revoked
    claims = {
        "iss": issuer,
        "aud": issuer,
        "sub": client.client_id,
        "client_id": client.client_id,
        "iat": now,
        "exp": now + client.token_lifetime,
        "jti": _base64url(token_id),
        "scope": " ".join(scopes),
        **({_GENERATION: client.tokens_generation} if client.tokens_generation else {}),
    }
    header, sign = _signer(key.alg, key.kid, key.private_key)
    signed = f"{header}.{_base64url(to_json(claims))}"
    return f"{signed}.{_base64url(sign(signed.encode()))}"


@lru_cache(maxsize=2)  # loading an RSA key takes longer than a hundred signatures
def _signer(alg: str, kid: str, pem: str) -> tuple[str, Callable[[bytes], bytes]]:
    """Return the header of a key's tokens, encoded, and what signs them."""
    private = load_pem_private_key(pem.encode(), None)
    header = _base64url(to_json({"alg": alg, "kid": kid, "typ": _TYP}))
    return header, partial(jwt.get_algorithm_by_name(alg).sign, key=private)


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class TokenVerifier:
    """Verifies tokens as `verify_token` does, but the signature of a token that is sent again only once.

    Verifying it takes more CPU than anything else in a small search. It is verified again when the published keys are
    read again, so that a key which is withdrawn is as soon withdrawn here; times are checked at each use.
    """

    def __init__(self, keys: PublicKeys) -> None:
        self._keys = keys
        self._verified: dict[tuple[str, str], tuple[jwt.PyJWK, VerifiedToken]] = {}

    def verify(self, token: str, issuer: str, now: float) -> VerifiedToken:
        """Return the claims of a token, at `now` (epoch seconds). Raises Unauthenticated."""
        key, verified = self._verified.get((token, issuer), (None, None))
        if (
            key
            and verified
            and key is self._keys.find(str(key.key_id))
            and verified.issued - _CLOCK_SKEW_SECONDS <= now < verified.expires
        ):
            return verified
        verified = verify_token(token, issuer, self._keys, now)
        if len(self._verified) >= _MAX_VERIFIED:
            self._verified.clear()
        with suppress(jwt.InvalidKeyError):  # the key was withdrawn at this very moment
            self._verified[token, issuer] = _key(token, self._keys), verified
        return verified


def verify_token(token: str, issuer: str, keys: PublicKeys, now: float) -> VerifiedToken:
    """Verify signature, type, issuer, audience and times, and return the claims. Raises Unauthenticated.

    The algorithm is the key's own, never taken from the token's header.
    """
    try:
        claims = _decode(token, issuer, keys)
        _check_times(claims, now)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        # PyJWT's own message may quote the token, so it is not repeated.
        expired = isinstance(error, jwt.ExpiredSignatureError)
        message = (
            "The token has expired: get a new one."
            if expired
            else "The token is not valid: get one from this API's token endpoint."
        )
        raise Unauthenticated(message, token_sent=True) from error
    scopes, generation = frozenset(claims["scope"].split(" ")), claims.get(_GENERATION, 0)
    return VerifiedToken(claims["client_id"], scopes, claims["jti"], claims["iat"], claims["exp"], generation)


def _decode(token: str, issuer: str, keys: PublicKeys) -> dict[str, Any]:
    if len(token) > _MAX_CHARACTERS:
        raise jwt.InvalidTokenError
    key = _key(token, keys)
    claims = jwt.decode(
        token,
        key,
        algorithms=[key.algorithm_name],
        audience=issuer,
        issuer=issuer,
        # The times are checked in _check_times, against the time that is given.
        options={"require": list(_CLAIMS), "verify_exp": False, "verify_iat": False, "verify_nbf": False},
    )
    if not all(claims[name] and isinstance(claims[name], str) for name in ("sub", "client_id", "jti", "scope")):
        raise jwt.InvalidTokenError
    if claims["sub"] != claims["client_id"] or type(claims.get(_GENERATION, 0)) is not int:
        raise jwt.InvalidTokenError
    return claims


def _key(token: str, keys: PublicKeys) -> jwt.PyJWK:
    header = jwt.get_unverified_header(token)
    kid = header.get("kid")
    if str(header.get("typ", "")).lower() != _TYP or header.get("alg") not in ALGORITHMS:
        raise jwt.InvalidTokenError
    key = keys.find(kid) if isinstance(kid, str) else None
    if key is None:
        raise jwt.InvalidKeyError
    return key


def _check_times(claims: dict[str, Any], now: float) -> None:
    expires, issued = claims["exp"], claims["iat"]
    if type(expires) is not int or type(issued) is not int or issued > now + _CLOCK_SKEW_SECONDS:
        raise jwt.InvalidIssuedAtError
    if expires - issued > MAX_TOKEN_LIFETIME:  # which no function issues: a retired key is kept no longer
        raise jwt.InvalidTokenError
    if now >= expires:
        raise jwt.ExpiredSignatureError
