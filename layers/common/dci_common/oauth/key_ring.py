"""Signing keys: the private ring in Secrets Manager.

The ring's JSON, as the secret holds it:

    {"next": KEY, "current": KEY, "retired": [JWK, ...]}

with KEY `{"alg": ..., "private_key": PKCS#8 PEM, "public": JWK}`. A new deployment's secret has no `current`: that is
an empty ring. The next key is published before it is used, so that verifiers always know the key of a token. Of
retired keys the public half is kept until the last token that they signed has expired. `functions/rotation` rotates
the ring, or replaces it: a rotation whose name starts with REPLACING keeps no key, because they may be stolen.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from dci_common.cache import AgingCache
from dci_common.errors import Unavailable
from dci_common.oauth.public_key_store import RING_SECONDS, Jwk, State

if TYPE_CHECKING:
    from dci_common.oauth.public_key_store import PublicKeys
    from dci_common.runtime import Runtime
    from dci_common.settings import Algorithm

_THUMBPRINT_MEMBERS = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}
REPLACING = "revoke-"


def thumbprint(jwk: Jwk) -> str:
    """Return the key's RFC 7638 thumbprint, which is its `kid`."""
    members = {name: jwk[name] for name in _THUMBPRINT_MEMBERS[jwk["kty"]]}
    digest = hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair; `private_key` is PKCS#8 PEM, and only the token and rotation functions can read it."""

    alg: Algorithm
    private_key: str = field(repr=False)
    public: Jwk

    @property
    def kid(self) -> str:
        """The key's id in tokens and in the public set."""
        return str(self.public["kid"])


def generate(alg: Algorithm) -> SigningKey:
    """Return a new key pair: P-256 for ES256, 3,072 bits for RS256."""
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if alg == "ES256":
        private = ec.generate_private_key(ec.SECP256R1())
        public = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    else:
        private = rsa.generate_private_key(65537, 3072)
        public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    public.pop("key_ops", None)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningKey(alg, pem.decode(), {**public, "kid": thumbprint(public), "use": "sig", "alg": alg})


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of a deployment; `retired` are public halves, the latest first."""

    next: SigningKey
    current: SigningKey
    retired: tuple[Jwk, ...] = ()

    @classmethod
    def new(cls, alg: Algorithm) -> KeyRing:
        """Return the first ring of a deployment."""
        return cls(next=generate(alg), current=generate(alg))

    def rotated(self, alg: Algorithm, expired: Collection[str]) -> KeyRing:
        """Return the ring after a rotation: `next` becomes `current`, `current` is retired, a new `next` is made.

        `expired` are the ids of retired keys to drop, because no live token was signed with them.
        """
        kept = (jwk for jwk in self.retired if jwk["kid"] not in expired)
        return KeyRing(next=generate(alg), current=self.next, retired=(self.current.public, *kept))

    @classmethod
    def from_secret(cls, secret: str) -> KeyRing | None:
        """Return the ring of a secret's JSON; None when it is still empty."""
        content = json.loads(secret)
        if "current" not in content:
            return None
        return cls(
            next=SigningKey(**content["next"]),
            current=SigningKey(**content["current"]),
            retired=tuple(content["retired"]),
        )

    def to_secret(self) -> str:
        """Return the ring as the secret's JSON."""
        return json.dumps(asdict(self))

    def public_keys(self) -> list[tuple[Jwk, State]]:
        """Return the public half of each key with its state."""
        retired: list[tuple[Jwk, State]] = [(jwk, "retired") for jwk in self.retired]
        return [(self.current.public, "current"), (self.next.public, "next"), *retired]


class SigningKeys:
    """The private ring for the token function, cached for five minutes."""

    def __init__(self, runtime: Runtime, published: PublicKeys) -> None:
        self._runtime = runtime
        self._published = published
        self._cache: AgingCache[str, KeyRing] = AgingCache(RING_SECONDS, runtime.clock)

    def current(self) -> SigningKey:
        """Return the key that signs now. Raises Unavailable while the ring is empty, or its key is not published.

        A key is published before it signs, and until it is revoked. Either may have happened since both were read.
        """
        for _ in range(2):
            current = self._cache.get("ring", self._load).current
            if self._published.find(current.kid):
                return current
            self._cache.forget("ring")
            self._published.forget()
        raise Unavailable("The signing keys are being replaced; try again in a moment.", retry_after=5)

    def _load(self) -> KeyRing:
        secret_id = self._runtime.settings.signing_keys_secret
        ring = KeyRing.from_secret(
            self._runtime.secrets.get_secret_value(SecretId=secret_id, VersionStage="AWSCURRENT")["SecretString"]
        )
        if ring is None:
            raise Unavailable("The signing keys do not exist yet; try again in a minute.", retry_after=60)
        return ring
