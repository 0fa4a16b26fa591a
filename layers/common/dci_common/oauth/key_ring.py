"""Signing keys: the private rings in Secrets Manager, one for tokens and one for messages.

A ring has generations of keys: the current one signs, the next one follows it. A generation has one key for each
algorithm of the ring. The ring's JSON, as its secret holds it:

    {"next": KEYS, "current": KEYS, "retired": [JWK, ...]}

with KEYS a list of `{"alg": ..., "private_key": PKCS#8 PEM, "public": JWK}`, or one such object, which is how earlier
versions wrote a ring and still read it. A new deployment's secret has no `current`: that is an empty ring. The next
keys are published before they are used, so that verifiers always know the key of a signature. Of retired keys the
public half is kept until nothing that they signed is verified any more. `functions/rotation` rotates a ring, or
replaces it: a rotation whose name starts with REPLACING keeps no key, because they may be stolen.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from dci_common.cache import AgingCache
from dci_common.errors import Unavailable
from dci_common.oauth.public_key_store import RING_SECONDS, Jwk, State

if TYPE_CHECKING:
    from dci_common.oauth.public_key_store import PublicKeys
    from dci_common.runtime import Runtime

KeyAlgorithm = Literal["ES256", "RS256", "EdDSA"]

_THUMBPRINT_MEMBERS = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}
REPLACING = "revoke-"


def thumbprint(jwk: Jwk) -> str:
    """Return the key's RFC 7638 thumbprint (RFC 8037 for Ed25519)."""
    members = {name: jwk[name] for name in _THUMBPRINT_MEMBERS[jwk["kty"]]}
    digest = hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair; `private_key` is PKCS#8 PEM, which only the functions that sign and the rotation can read."""

    alg: KeyAlgorithm
    private_key: str = field(repr=False)
    public: Jwk

    @property
    def kid(self) -> str:
        """The key's id in signatures and in the public set."""
        return str(self.public["kid"])


Generation = tuple[SigningKey, ...]


def generate(alg: KeyAlgorithm) -> SigningKey:
    """Return a new key pair: P-256 for ES256, Ed25519 for EdDSA, 3,072 bits for RS256. Its id is its thumbprint."""
    private: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
    if alg == "ES256":
        private = ec.generate_private_key(ec.SECP256R1())
        public = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    elif alg == "EdDSA":
        private = ed25519.Ed25519PrivateKey.generate()
        public = OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)
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
    """The keys of a secret; `retired` are public halves, the latest first."""

    next: Generation
    current: Generation
    retired: tuple[Jwk, ...] = ()

    def rotated(self, new: Generation, expired: Collection[str]) -> KeyRing:
        """Return the ring after a rotation: `next` becomes `current`, `current` is retired, `new` becomes `next`.

        `expired` are the ids of retired keys to drop, because nothing that they signed is verified any more.
        """
        kept = (jwk for jwk in self.retired if jwk["kid"] not in expired)
        return KeyRing(next=new, current=self.next, retired=(*(key.public for key in self.current), *kept))

    @classmethod
    def from_secret(cls, secret: str) -> KeyRing | None:
        """Return the ring of a secret's JSON; None when it is still empty."""
        content = json.loads(secret)
        if "current" not in content:
            return None
        return cls(
            next=_generation(content["next"]),
            current=_generation(content["current"]),
            retired=tuple(content["retired"]),
        )

    def to_secret(self) -> str:
        """Return the ring as the secret's JSON."""
        return json.dumps(
            {"next": _content(self.next), "current": _content(self.current), "retired": list(self.retired)}
        )

    def public_keys(self) -> list[tuple[Jwk, State]]:
        """Return the public half of each key with its state."""
        current: list[tuple[Jwk, State]] = [(key.public, "current") for key in self.current]
        following: list[tuple[Jwk, State]] = [(key.public, "next") for key in self.next]
        return [*current, *following, *((jwk, "retired") for jwk in self.retired)]

    def is_published(self, kids: Iterable[str]) -> bool:
        """Return whether the current keys are among those published, whose ids are given; else they are revoked."""
        return {key.kid for key in self.current} <= set(kids)


def _generation(content: Any) -> Generation:  # noqa: ANN401 - JSON
    return tuple(SigningKey(**key) for key in (content if isinstance(content, list) else [content]))


def _content(generation: Generation) -> Any:  # noqa: ANN401 - JSON
    keys = [asdict(key) for key in generation]
    return keys if len(keys) > 1 else keys[0]


class SigningKeys:
    """The private ring of a secret, for the functions that sign with it, cached for five minutes."""

    def __init__(self, runtime: Runtime, secret_id: str, published: PublicKeys) -> None:
        self._runtime = runtime
        self._secret_id = secret_id
        self._published = published
        self._cache: AgingCache[str, KeyRing] = AgingCache(RING_SECONDS, runtime.clock)

    def current(self) -> Generation:
        """Return the keys that sign now. Raises Unavailable while the ring is empty, or a key is not published.

        A key is published before it signs, and until it is revoked. Either may have happened since both were read.
        """
        for _ in range(2):
            current = self._cache.get("ring", self._load).current
            if all(self._published.find(key.kid) for key in current):
                return current
            self._cache.forget("ring")
            self._published.forget()
        raise Unavailable("The signing keys are being replaced; try again in a moment.", retry_after=5)

    def _load(self) -> KeyRing:
        secret = self._runtime.secrets.get_secret_value(SecretId=self._secret_id, VersionStage="AWSCURRENT")
        ring = KeyRing.from_secret(secret["SecretString"])
        if ring is None:
            raise Unavailable("The signing keys do not exist yet; try again in a minute.", retry_after=60)
        return ring
