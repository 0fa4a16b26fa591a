"""What the dialects of signed messages have in common: their two functions, keys, results and reasons."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import jwt

if TYPE_CHECKING:
    from dci_common.oauth.key_ring import SigningKey

MAX_CHARACTERS = 8192  # of a signature that does not contain the message
CLOCK_SKEW_SECONDS = 60
_DAY = 86_400

Reason = Literal["form", "algorithm", "key_unknown", "digest", "times", "signature", "content"]
# Returns those of the client's own keys that fit a key id (None: any) and one of the algorithms.
KeyFinder = Callable[[str | None, Collection[str]], Sequence[jwt.PyJWK]]


class Verified(NamedTuple):
    """A signature that is valid.

    `identity` is the SHA-256 of what was signed, never of the signature itself: with ECDSA, anyone can turn a
    signature into another that is valid too. `expires` is the epoch second until which the message is accepted.
    """

    identity: bytes
    expires: int


class InvalidSignature(Exception):
    """A signature is not valid: `reason` for programs, and a sentence for the partner."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class Dialect(Protocol):
    """A module of this package that verifies and signs messages in one dialect.

    `verify` raises InvalidSignature. `sign` takes header and message as the JSON texts that are sent, and a key of
    the algorithm `ALGORITHM`; it returns the value of the member `signature`, which holds both if `IS_ATTACHED`.
    """

    ALGORITHM: str
    IS_ATTACHED: bool

    def verify(self, signature: str, content: Mapping[str, Any], find: KeyFinder, now: float) -> Verified: ...  # noqa: D102

    def sign(self, key: SigningKey, header: str, message: str, now: float) -> str: ...  # noqa: D102


def dialect_of(name: str) -> Dialect:
    """Return a dialect by the name that a client's registration has; each is imported when it is used."""
    match name:
        case "openspp2":
            from dci_common.signatures import openspp2  # noqa: PLC0415

            return openspp2
        case "openg2p":
            from dci_common.signatures import openg2p  # noqa: PLC0415

            return openg2p
        case "opencrvs":
            from dci_common.signatures import opencrvs  # noqa: PLC0415

            return opencrvs
    raise ValueError(name)


def signed_content(content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what is signed of a parsed message: its header and its message, which must be objects."""
    parts = {name: content.get(name) for name in ("header", "message")}
    objects = {name: part for name, part in parts.items() if isinstance(part, dict)}
    if len(objects) < len(parts):
        raise InvalidSignature("form", "A signed message has two objects, header and message.")
    return objects


def sent_until(header: Mapping[str, Any], now: float) -> int:
    """Return when a message without times of its own expires: a day after its signed `message_ts`."""
    sent = _moment(header.get("message_ts"))
    if not -CLOCK_SKEW_SECONDS <= now - sent <= _DAY:
        raise InvalidSignature(
            "times",
            f"The signed header.message_ts is more than 24 hours ago, or more than {CLOCK_SKEW_SECONDS} seconds in "
            "the future: write the time of sending, with its offset.",
        )
    return math.ceil(sent) + _DAY


def _moment(value: object) -> float:
    try:
        moment = datetime.fromisoformat(str(value).upper())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidSignature("times", "The signed header.message_ts must be a date-time with an offset.")
    return moment.timestamp()


def fitting_keys(find: KeyFinder, kid: str | None, algorithm: str) -> Sequence[jwt.PyJWK]:
    """Return the client's keys that may have signed. An algorithm of another key is never taken from a message."""
    return [key for key in find(kid, [algorithm]) if key.algorithm_name == algorithm]


def unknown_key(algorithm: str) -> InvalidSignature:
    """Return the error for a signature whose key is not registered."""
    return InvalidSignature(
        "key_unknown",
        f"The client has no {algorithm} key with the signature's key id: register it, or sign with a registered key.",
    )


@lru_cache(maxsize=4)
def private_key(algorithm: str, pem: str) -> Any:  # noqa: ANN401 - PyJWT's algorithms differ in the type
    """Return a private key for PyJWT. Loading an RSA key checks its primes, which takes longer than to sign."""
    return jwt.api_jws.get_algorithm_by_name(algorithm).prepare_key(pem)


def is_signed(text: bytes, seal: bytes, keys: Sequence[jwt.PyJWK]) -> bool:
    """Return whether one of the keys made the signature `seal` of a text."""
    return any(key.Algorithm.verify(text, key.key, seal) for key in keys)


def base64_bytes(encoded: str, alphabet: Literal["+/", "-_"]) -> bytes:
    """Return the bytes of base64 with padding. Raises InvalidSignature for any text but the one that encodes them."""
    try:
        decoded = base64.b64decode(encoded, alphabet.encode(), validate=True)
    except ValueError:
        decoded = b""
    if base64.b64encode(decoded, alphabet.encode()).decode() != encoded:
        raise InvalidSignature(
            "form", "The signature is not valid base64: characters are missing, changed or not in its alphabet."
        )
    return decoded
