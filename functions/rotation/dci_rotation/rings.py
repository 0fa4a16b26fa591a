"""The rings of a deployment, each identified by its secret: what its keys sign, and how a generation is made."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from dci_common.oauth.key_ring import Generation, KeyAlgorithm, SigningKey, generate
from dci_common.oauth.public_key_store import KeyUse

if TYPE_CHECKING:
    from dci_common.settings import Settings

_MESSAGE_ALGORITHMS: tuple[KeyAlgorithm, ...] = ("EdDSA", "RS256")  # of the dialects that partners speak
_NAMES = {"EdDSA": "ed25519", "RS256": "rs256"}  # of the algorithms, in the ids of message keys
_RECEIVER_ID = re.compile(r"[!#-+\--\[\]-{}~]+")  # visible ASCII that needs no escape: not " , \ |
_REGISTRY = "registry"


class UnknownSecretError(Exception):
    """The secret holds none of the deployment's rings."""


@dataclass(frozen=True, slots=True)
class Ring:
    """What the keys of a ring sign, and what makes a new generation of them."""

    use: KeyUse
    generate: Callable[[], Generation]


def ring_of(secret_id: str, settings: Settings) -> Ring:
    """Return the ring that a secret holds. Raises UnknownSecretError."""
    if secret_id == settings.message_keys_secret:
        return Ring(KeyUse.MESSAGES, partial(_message_keys, settings.receiver_ids))
    if secret_id == settings.signing_keys_secret:
        return Ring(KeyUse.TOKENS, lambda: (generate(settings.signing_algorithm),))
    raise UnknownSecretError(secret_id)


def _message_keys(receiver_ids: frozenset[str]) -> Generation:
    """Return a new generation of message keys; receivers look for keys whose id begins with that of the registry."""
    owner = min(filter(_RECEIVER_ID.fullmatch, receiver_ids), default=_REGISTRY)
    return tuple(_owned(generate(algorithm), owner) for algorithm in _MESSAGE_ALGORITHMS)


def _owned(key: SigningKey, owner: str) -> SigningKey:
    """Return the key with the id that the standard gives keys of messages."""
    return replace(key, public={**key.public, "kid": f"{owner}|{key.kid}|{_NAMES[key.alg]}"})
