"""Client assertions (RFC 7523 §3): a client proves who it is with a JWT that it signed itself.

What can be said of an assertion without knowing its client is checked first, and told. What depends on the client is
checked with its registered keys, or with the keys of nobody where there are none: the answer is then the same as for
a wrong secret.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from dci_common.errors import InvalidClient

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("ES256", "PS256", "RS256")
METHOD = "private_key_jwt"
MAX_SECONDS_AHEAD = 300
MAX_CHARACTERS = 8192
_CLOCK_SKEW_SECONDS = 60  # of `iat` and `nbf` alone

Claims = dict[str, Any]
Jwk = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assertion whose claims are in order; whose it is remains to be proven. `expires` is in epoch seconds."""

    client_id: str
    token_id: str
    expires: int
    alg: str
    kid: str | None
    text: str = field(repr=False)

    def proof(self, items: Mapping[str, Any], _now: float) -> str | None:
        """Return what proves the client, if one of its keys signed this: the name of the method."""
        stored = items.get("CLIENT", {}).get("jwks", {"S": '{"keys":[]}'})["S"]
        keys = [key for key in json.loads(stored)["keys"] if self._may_be_signed_with(key)]
        signed = any(self._is_signed_with(key) for key in keys or [_nobodys_key(self.alg)])
        return METHOD if signed and keys else None

    def _may_be_signed_with(self, key: Jwk) -> bool:
        return key["alg"] == self.alg and self.kid in {None, key["kid"]}

    def _is_signed_with(self, key: Jwk) -> bool:
        try:
            jwt.api_jws.decode(self.text, jwt.PyJWK(dict(key), self.alg), algorithms=[self.alg])
        except (jwt.PyJWTError, ValueError):
            return False
        return True


def read_assertion(text: str, audiences: frozenset[str], now: float) -> Assertion:
    """Read an assertion meant for one of `audiences`. Raises InvalidClient with what to change."""
    if len(text) > MAX_CHARACTERS:
        raise InvalidClient(f"The client_assertion has more than {MAX_CHARACTERS} characters.")
    try:
        complete = jwt.decode_complete(text, options={"verify_signature": False})
        header, claims = complete["header"], complete["payload"]
        fault = next(_faults(header, claims, audiences, now), "")
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidClient("The client_assertion is no signed JWT that can be read.") from error
    if fault:
        raise InvalidClient(f"The client_assertion is refused: {fault}.")
    return Assertion(claims["iss"], claims["jti"], int(claims["exp"]) + 1, header["alg"], header.get("kid"), text)


def _faults(header: Claims, claims: Claims, audiences: frozenset[str], now: float) -> Iterator[str]:
    if header.get("alg") not in ALGORITHMS or not isinstance(header.get("kid", ""), str):
        yield f"sign it with {', '.join(ALGORITHMS)}, its kid the key's"
    if not _is_text(claims.get("iss")) or claims["iss"] != claims.get("sub"):
        yield "iss and sub must both be the client_id"
    named = claims.get("aud")
    if audiences.isdisjoint(named if isinstance(named, list) else [named]):
        yield "aud must be the issuer or the token endpoint's URL"
    if not _is_time(claims.get("exp"), lambda expires: now < expires <= now + MAX_SECONDS_AHEAD):
        yield f"exp must lie ahead, by {MAX_SECONDS_AHEAD} seconds at most"
    for name in {"iat", "nbf"} & claims.keys():
        if not _is_time(claims[name], lambda moment: moment <= now + _CLOCK_SKEW_SECONDS):
            yield f"{name} must not lie ahead"
    if not _is_text(claims.get("jti")):
        yield "jti must be a text of its own for each assertion"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_time(value: object, holds: Callable[[float], bool]) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and holds(value)


@cache
def _nobodys_key(alg: str) -> Jwk:
    """Return a key that no client has, so that an unknown client costs the same steps as a known one."""
    if alg == "ES256":
        return ECAlgorithm.to_jwk(ec.derive_private_key(1, ec.SECP256R1()).public_key(), as_dict=True)
    return RSAAlgorithm.to_jwk(rsa.RSAPublicNumbers(65537, 2**2048 - 1).public_key(), as_dict=True)


def spend(runtime: Runtime, assertion: Assertion) -> None:
    """Use an assertion up: kept in ExchangeTable until it is over. Raises InvalidClient when it was used before."""
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
