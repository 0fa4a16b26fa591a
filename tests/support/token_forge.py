"""Tokens that the token endpoint would never issue, signed with its own key or with another."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm

from dci_common.oauth.key_ring import KeyRing, SigningKey, generate
from support.api import START

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from support.api import Api

ABSENT: Any = object()  # as a claim's value: the claim is left out
Sign = Callable[[bytes], bytes]


def encode(raw: bytes) -> str:
    """Write bytes in base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Read base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def compact(header: object, claims: object, sign: Sign) -> str:
    """Put a token together by hand, as no library would."""
    signed = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{encode(sign(signed.encode()))}"


@dataclass
class Forge:
    """Makes tokens for a client; the one without any change is good."""

    api: Api
    client: Client

    @cached_property
    def key(self) -> SigningKey:
        """The deployment's own signing key."""
        runtime = self.api.runtime
        secret = runtime.secrets.get_secret_value(
            SecretId=runtime.settings.signing_keys_secret, VersionStage="AWSCURRENT"
        )["SecretString"]
        ring = KeyRing.from_secret(secret)
        assert ring is not None
        [key] = ring.current
        return key

    @cached_property
    def foreign(self) -> SigningKey:
        """A key that the registry does not have."""
        return generate("ES256")

    def header(self, **changes: Any) -> dict[str, Any]:
        """Return the header of a good token, changed."""
        return changed({"typ": "at+jwt", "alg": "ES256", "kid": self.key.kid}, changes)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return the claims of a good token, changed."""
        issuer, now = self.api.runtime.settings.issuer, int(START)
        good: dict[str, Any] = {
            "iss": issuer,
            "aud": issuer,
            "sub": self.client.client_id,
            "client_id": self.client.client_id,
        }
        good |= {"iat": now, "exp": now + 600, "jti": uuid.uuid4().hex, "scope": "registry.search"}
        return changed(good, changes)

    def sign(self, signed: bytes, key: SigningKey | None = None) -> bytes:
        """Sign with the deployment's key, or another."""
        algorithm = ECAlgorithm(ECAlgorithm.SHA256)
        return algorithm.sign(signed, algorithm.prepare_key((key or self.key).private_key))  # type: ignore[arg-type]

    def token(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return a token rightly signed, whatever its header and claims say."""
        return compact(header or self.header(), self.claims(**claims), self.sign)


def changed(good: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return members with others instead of some, and without those that are ABSENT."""
    return {name: value for name, value in (good | changes).items() if value is not ABSENT}


def public_forms(key: SigningKey) -> dict[str, bytes]:
    """Return a public key in the forms in which it may be mistaken for a shared secret."""
    public = jwt.PyJWK(key.public, key.alg).key
    return {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "jwk": json.dumps(key.public).encode(),
        "x": decode(key.public["x"]),
        "empty": b"",
    }
