"""Tokens that are sent again: what was verified is remembered, and what may have changed is checked each time."""

from __future__ import annotations

from dataclasses import dataclass

import jwt
import pytest

from dci_common.errors import Unauthenticated
from dci_common.oauth.key_ring import SigningKey, generate
from dci_common.oauth.tokens import TokenVerifier, sign_token

ISSUER = "https://registry.example.org"
NOW = 1_772_366_400


@dataclass
class Partner:
    """What a token is issued to."""

    client_id: str = "0b0a1c8e"
    token_lifetime: int = 600
    tokens_not_before: int = 0
    tokens_generation: int = 0


class Keys:
    """The published keys, which a test may replace."""

    def __init__(self, *keys: SigningKey) -> None:
        self.publish(*keys)

    def publish(self, *keys: SigningKey) -> None:
        self._keys = {key.kid: jwt.PyJWK(dict(key.public), key.alg) for key in keys}

    def find(self, kid: str) -> jwt.PyJWK | None:
        return self._keys.get(kid)


class Verified:
    """A verifier with a key, a clock that stands, and a token that it has verified."""

    def __init__(self) -> None:
        self.now = float(NOW)
        self.key = generate("ES256")
        self.keys = Keys(self.key)
        self.verifier = TokenVerifier(self.keys)  # type: ignore[arg-type] # like PublicKeys
        self.token = sign_token(self.key, Partner(), ("registry.search",), ISSUER, NOW, b"1" * 16)
        self.first = self.verifier.verify(self.token, ISSUER, self.now)

    def is_accepted(self, token: str, issuer: str = ISSUER) -> bool:
        try:
            return self.verifier.verify(token, issuer, self.now) == self.first
        except Unauthenticated:
            return False


@pytest.fixture
def verified() -> Verified:
    """Return a verifier of its own for each test."""
    return Verified()


def test_a_token_is_verified_once(verified: Verified) -> None:
    """A token that is sent again is answered from what is known of it."""
    assert verified.verifier.verify(verified.token, ISSUER, verified.now) is verified.first
    verified.now += 599
    assert verified.verifier.verify(verified.token, ISSUER, verified.now) is verified.first


@pytest.mark.parametrize("seconds", [600, 10_000, -61])
def test_a_known_token_expires(verified: Verified, seconds: float) -> None:
    """A token is rejected outside its times, whether or not it was verified before."""
    verified.now += seconds
    assert not verified.is_accepted(verified.token)


def test_a_known_token_ends_with_its_key(verified: Verified) -> None:
    """A token whose key is withdrawn is rejected when the published keys are read again, and not later."""
    verified.keys.publish(generate("ES256"))
    assert not verified.is_accepted(verified.token)


def test_a_key_may_be_withdrawn_meanwhile(verified: Verified) -> None:
    """A token that was just verified is answered, also if its key is withdrawn before it is remembered."""

    class Withdrawn(Keys):
        def find(self, kid: str) -> jwt.PyJWK | None:
            found = super().find(kid)
            self.publish()
            return found

    verified.verifier = TokenVerifier(Withdrawn(verified.key))  # type: ignore[arg-type] # like PublicKeys
    assert verified.is_accepted(verified.token)
    assert not verified.is_accepted(verified.token)


def test_keys_that_are_read_again_verify_again(verified: Verified) -> None:
    """A key with the same id that does not verify the token is not mistaken for the one that did."""
    other = generate("ES256")
    forged = SigningKey(other.alg, other.private_key, {**other.public, "kid": verified.key.kid})
    verified.keys.publish(forged)
    assert not verified.is_accepted(verified.token)
    verified.keys.publish(verified.key)
    assert verified.is_accepted(verified.token)


def test_a_known_token_is_not_good_elsewhere(verified: Verified) -> None:
    """A token of one issuer is rejected by another, and one that is altered is another token."""
    assert not verified.is_accepted(verified.token, "https://other.example.org")
    head, claims, signature = verified.token.split(".")
    assert not verified.is_accepted(f"{head}.{claims}.{signature[::-1]}")


def test_not_all_tokens_are_remembered(verified: Verified) -> None:
    """However many tokens are sent, so many are remembered at most that they do not fill the memory."""
    for number in range(1100):
        token = sign_token(verified.key, Partner(), ("registry.search",), ISSUER, NOW, number.to_bytes(16, "big"))
        verified.verifier.verify(token, ISSUER, verified.now)
    assert len(verified.verifier._verified) <= 1024  # noqa: SLF001
