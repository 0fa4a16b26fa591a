"""Client assertions (RFC 7523 §3): a client authenticates with a JWT that it signed itself.

What can be checked without knowing the client is checked first, and its faults are reported. The signature is then
checked with the client's registered keys, or with a key of no client where there are none: the answer is the same
as for a wrong secret.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from dci_common.errors import InvalidClient

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("EdDSA", "ES256", "PS256", "RS256")
METHOD = "private_key_jwt"
MAX_SECONDS_AHEAD = 300
MAX_CHARACTERS = 8192
_CLOCK_SKEW_SECONDS = 60

Claims = dict[str, Any]
Jwk = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assertion whose claims are valid, and whose signature is not verified yet.

    `expires` is the epoch second from which it is not accepted, whatever the tolerance; `signed` is what was signed.
    """

    client_id: str
    token_id: str
    expires: int
    alg: str
    kid: str | None
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    def is_signed_by(self, registered: Iterable[Jwk]) -> bool:
        """Return whether one of a client's registered keys signed it."""
        keys = [key for key in registered if key["alg"] == self.alg and self.kid in {None, key["kid"]}]
        signed = any(self._is_signed_with(key) for key in keys or [_key_of_no_client(self.alg)])
        return signed and bool(keys)

    def _is_signed_with(self, key: Jwk) -> bool:
        try:
            loaded = jwt.PyJWK(dict(key), self.alg)
            return bool(loaded.Algorithm.verify(self.signed, loaded.key, self.signature))
        except (jwt.PyJWTError, ValueError):
            return False


def read_assertion(text: str, audiences: frozenset[str], now: float) -> Assertion:
    """Return an assertion that is meant for one of `audiences`. Raises InvalidClient, which says what to change."""
    if len(text) > MAX_CHARACTERS:
        raise InvalidClient(f"The client_assertion has more than {MAX_CHARACTERS} characters.")
    try:
        complete = jwt.decode_complete(text, options={"verify_signature": False})
        header, claims = complete["header"], complete["payload"]
        fault = next(_faults(header, claims, audiences, now), "")
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidClient("The client_assertion cannot be read: it must be a signed JWT.") from error
    if fault:
        raise InvalidClient(f"The client_assertion is rejected: {fault}.")
    ends = int(claims["exp"]) + 1 + _CLOCK_SKEW_SECONDS
    signed = text.rpartition(".")[0].encode()
    return Assertion(
        claims["iss"], claims["jti"], ends, header["alg"], header.get("kid"), signed, complete["signature"]
    )


def _faults(header: Claims, claims: Claims, audiences: frozenset[str], now: float) -> Iterator[str]:
    if header.get("alg") not in ALGORITHMS or not isinstance(header.get("kid", ""), str):
        yield f"sign it with {', '.join(ALGORITHMS)}, and send the key's kid"
    if not _is_text(claims.get("iss")) or claims["iss"] != claims.get("sub"):
        yield "iss and sub must both be the client_id"
    named = claims.get("aud")
    if audiences.isdisjoint(named if isinstance(named, list) else [named]):
        yield "aud must be the issuer, the token endpoint's URL or the URL of this request"
    first, last = now - _CLOCK_SKEW_SECONDS, now + MAX_SECONDS_AHEAD
    if not _is_time(claims.get("exp"), lambda expires: first < expires <= last):
        yield f"exp must be in the future, by {MAX_SECONDS_AHEAD} seconds at most"
    for name in {"iat", "nbf"} & claims.keys():
        if not _is_time(claims[name], lambda moment: moment <= now + _CLOCK_SKEW_SECONDS):
            yield f"{name} must not be in the future"
    if not _is_text(claims.get("jti")):
        yield "jti must be a string that is unique to each assertion"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_time(value: object, holds: Callable[[float], bool]) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and holds(value)


@cache
def _key_of_no_client(alg: str) -> Jwk:
    """Return a key that no client has, so that an unknown client takes the same steps as a known one."""
    if alg == "EdDSA":
        return OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key(), as_dict=True)
    if alg == "ES256":
        return ECAlgorithm.to_jwk(ec.derive_private_key(1, ec.SECP256R1()).public_key(), as_dict=True)
    return RSAAlgorithm.to_jwk(rsa.RSAPublicNumbers(65537, 2**2048 - 1).public_key(), as_dict=True)


def consume(runtime: Runtime, assertion: Assertion) -> None:
    """Record in ExchangeTable that an assertion was used, until it expires. Raises InvalidClient for a second use."""
    digest = hashlib.sha256(assertion.token_id.encode("utf-8", "surrogatepass")).hexdigest()
    try:
        runtime.dynamodb.put_item(
            TableName=runtime.settings.exchange_table,
            Item={
                "pk": {"S": f"ASSERTION#{assertion.client_id}#{digest}"},
                "sk": {"S": "ASSERTION"},
                "expires": {"N": str(assertion.expires)},
            },
            ConditionExpression="attribute_not_exists(pk)",
        )
    except runtime.dynamodb.exceptions.ConditionalCheckFailedException as error:
        raise InvalidClient("The client_assertion was used before: sign a new one for each request.") from error
