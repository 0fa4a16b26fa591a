"""Compact JWS (RFC 7515) of messages: the form, the protected header and the keys. PyJWT does the cryptography."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import jwt
from jwt.utils import base64url_decode

from dci_common.signatures.dialect import MAX_CHARACTERS, InvalidSignature, fitting_keys, unknown_key
from dci_common.signatures.json_forms import Unreadable, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dci_common.oauth.key_ring import SigningKey
    from dci_common.signatures.dialect import KeyFinder

ALGORITHMS = ("EdDSA", "ES256", "RS256")
# Members that bring a key along, or change what is signed.
_REFUSED = {"b64", "crit", "enc", "jku", "jwk", "x5c", "x5u", "zip"}
_COMPACT = re.compile(r"([\w-]+)\.([\w-]*)\.([\w-]+)", re.ASCII)


class Parts(NamedTuple):
    """The parts of a compact JWS, in base64url; `payload` is empty in a detached one."""

    protected: str
    payload: str
    signature: str

    def identity(self) -> bytes:
        """Return the SHA-256 of the signing input."""
        return hashlib.sha256(f"{self.protected}.{self.payload}".encode()).digest()

    def is_signed_by_one_of(self, keys: Sequence[jwt.PyJWK]) -> bool:
        """Return whether one of the keys signed the parts."""
        return any(self._is_signed_by(key) for key in keys)

    def _is_signed_by(self, key: jwt.PyJWK) -> bool:
        try:
            jwt.api_jws.decode(".".join(self), key, algorithms=[key.algorithm_name])
        except (jwt.PyJWTError, ValueError):
            return False
        return True


def read(signature: str) -> Parts:
    """Return the parts of a signature. Raises InvalidSignature for any other text."""
    parts = _COMPACT.fullmatch(signature)
    if parts is None or len(parts[1]) + len(parts[3]) > MAX_CHARACTERS:
        raise InvalidSignature("form", "The signature must be a compact JWS, whose own parts are short.")
    return Parts(*parts.groups())


def signers(parts: Parts, find: KeyFinder) -> Sequence[jwt.PyJWK]:
    """Return the client's keys that fit the protected header. Raises InvalidSignature when it is not accepted."""
    header = _protected_header(parts.protected)
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise InvalidSignature("algorithm", f"The signature's alg must be one of {', '.join(ALGORITHMS)}.")
    if refused := sorted(_REFUSED & header.keys()):
        raise InvalidSignature("form", f"The signature's protected header must not have {', '.join(refused)}.")
    if not isinstance(kid, str | None):
        raise InvalidSignature("form", "The signature's kid must be a string.")
    keys = fitting_keys(find, kid, algorithm)
    if not keys:
        raise unknown_key(algorithm)
    return keys


def _protected_header(encoded: str) -> dict[str, Any]:
    try:
        return parse(base64url_decode(encoded))
    except Unreadable as error:
        raise InvalidSignature("form", f"The signature's protected header cannot be read. {error}") from error
    except ValueError as error:
        raise InvalidSignature("form", "The signature's protected header is not base64url.") from error


def compact(key: SigningKey, payload: bytes, typ: str | None) -> Parts:
    """Sign a payload."""
    return Parts(*jwt.api_jws.encode(payload, key.private_key, key.alg, {"kid": key.kid, "typ": typ}).split("."))
