"""Key pairs of partners that sign messages, in the forms that the code and independent implementations take."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jwt.algorithms import get_default_algorithms

from dci_common.oauth.key_ring import SigningKey
from dci_common.signatures.dialect import InvalidSignature, dialect_of
from dci_common.signatures.json_forms import parse

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from dci_common.signatures.dialect import Verified

PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
SEED = bytes(range(32))
NOW = 1_772_357_400.5  # 2026-03-01T09:30:00.500Z


@dataclass(frozen=True)
class Pair:
    """A key pair with its algorithm and id."""

    private: PrivateKey
    alg: str
    kid: str

    @property
    def pem(self) -> bytes:
        """The private key."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def public_pem(self) -> bytes:
        """The public key."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def jwk(self) -> dict[str, Any]:
        """The public key as a registration has it."""
        public = json.loads(get_default_algorithms()[self.alg].to_jwk(self.private.public_key()))
        return {**public, "kid": self.kid, "alg": self.alg, "use": "sig"}

    @property
    def signing_key(self) -> SigningKey:
        """The pair as this registry keeps its own."""
        return SigningKey(cast("Any", self.alg), self.pem.decode(), self.jwk)


@cache
def pair(alg: str, kid: str = "k1") -> Pair:
    """Return the one pair of an algorithm and an id."""
    private: PrivateKey
    match alg:
        case "EdDSA":
            private = ed25519.Ed25519PrivateKey.from_private_bytes(
                SEED if kid == "k1" else kid.encode().ljust(32)[:32]
            )
        case "ES256":
            private = ec.generate_private_key(ec.SECP256R1())
        case _:
            private = rsa.generate_private_key(65537, 2048)
    return Pair(private, alg, kid)


@dataclass(frozen=True)
class RegisteredKeys:
    """The keys of one client, as `KeyFinder` finds them."""

    pairs: tuple[Pair, ...]

    def __call__(self, kid: str | None, algorithms: Collection[str]) -> Sequence[jwt.PyJWK]:
        """Return the keys that fit."""
        fitting = [pair for pair in self.pairs if pair.alg in algorithms and kid in {None, pair.kid}]
        return [jwt.PyJWK(pair.jwk, pair.alg) for pair in fitting]


def registered(*pairs: Pair) -> RegisteredKeys:
    """Return the finder of a client with these keys."""
    return RegisteredKeys(pairs)


def header(**changes: Any) -> dict[str, Any]:
    """Return the header of a message that is sent now, changed."""
    good = {
        "version": "1.0.0",
        "message_id": "m-1",
        "message_ts": "2026-03-01T09:30:00Z",
        "action": "search",
        "sender_id": "health.example.org",
        "receiver_id": "registry.example.org",
        "total_count": 1,
    }
    return good | changes


def message(**changes: Any) -> dict[str, Any]:
    """Return a message, changed."""
    return {"transaction_id": "t-1", "name": "José Åström", "score": 12.5, "big": 2**53 - 1} | changes


def body(signature: str, sent_header: dict[str, Any], sent_message: dict[str, Any]) -> str:
    """Return the text of a signed body."""
    return json.dumps({"signature": signature, "header": sent_header, "message": sent_message})


def verify(dialect: str, text: str | bytes, *pairs: Pair, now: float = NOW) -> Verified:
    """Verify a body as this registry does, for a client of a dialect with these keys."""
    content = parse(text.encode() if isinstance(text, str) else text)
    return dialect_of(dialect).verify(content.pop("signature"), content, registered(*pairs), now)


def reason(dialect: str, text: str | bytes, *pairs: Pair, now: float = NOW) -> str:
    """Return why a body is rejected."""
    with pytest.raises(InvalidSignature) as raised:
        verify(dialect, text, *pairs, now=now)
    return raised.value.reason
