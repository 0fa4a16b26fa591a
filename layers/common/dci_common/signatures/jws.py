"""Compact JWS (RFC 7515) of messages: the form, the protected header and the keys. PyJWT does the cryptography."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import jwt

from dci_common.signatures.dialect import (
    MAX_CHARACTERS,
    InvalidSignature,
    base64_bytes,
    fitting_keys,
    is_signed,
    private_key,
    unknown_key,
)
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

    def signing_input(self) -> bytes:
        """Return what is signed."""
        return f"{self.protected}.{self.payload}".encode()

    def is_signed(self, keys: Sequence[jwt.PyJWK]) -> bool:
        """Return whether one of the keys signed the parts."""
        return is_signed(self.signing_input(), decode(self.signature), keys)

    def identity(self) -> bytes:
        """Return the SHA-256 of what is signed."""
        return hashlib.sha256(self.signing_input()).digest()


def decode(part: str) -> bytes:
    """Return the bytes of base64url without padding. Raises InvalidSignature."""
    return base64_bytes(part + "=" * (-len(part) % 4), "-_")


def read(signature: str) -> Parts:
    """Return the parts of a signature. Raises InvalidSignature for any other text."""
    parts = _COMPACT.fullmatch(signature)
    if parts is None or len(parts[1]) + len(parts[3]) > MAX_CHARACTERS:
        raise InvalidSignature(
            "form",
            "The signature must be a compact JWS: three parts of base64url with dots between them. The first and the "
            f"last together have up to {MAX_CHARACTERS} characters.",
        )
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
        return parse(decode(encoded))
    except Unreadable as error:
        raise InvalidSignature("form", f"The signature's protected header cannot be read. {error}") from error


def compact(key: SigningKey, payload: bytes, typ: str | None) -> Parts:
    """Sign a payload."""
    private = private_key(key.alg, key.private_key)
    return Parts(*jwt.api_jws.encode(payload, private, key.alg, {"kid": key.kid, "typ": typ}).split("."))
