"""Client secrets: two slots for each client, so that an old secret and a new one can overlap."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from dci_common.errors import Conflict

SLOTS = ("1", "2")
OVERLAP_SECONDS = 7 * 86_400
MAX_OVERLAP_SECONDS = 90 * 86_400
_PREFIX = "dcis_"  # by which leak scanners recognise a secret


class Secret(NamedTuple):
    """What is stored of a secret, which is not the secret itself. `expires` is in epoch seconds; None is no end."""

    slot: str
    secret_id: str
    created: str
    digest: str
    expires: int | None = None

    def is_live(self, now: float) -> bool:
        """Return whether the secret is accepted at this moment (epoch seconds)."""
        return self.expires is None or now < self.expires


def generate_secret(random_bytes: Callable[[int], bytes]) -> str:
    """Return a new secret of 256 random bits, in characters that need no escape in a URL."""
    return _PREFIX + base64.urlsafe_b64encode(random_bytes(32)).rstrip(b"=").decode()


def digest(secret: str) -> str:
    """Return what is stored of a secret: a plain hash, since the secret has 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def free_slot(live: Sequence[Secret]) -> str:
    """Return the slot for a further secret. Raises Conflict when two are live."""
    free = [slot for slot in SLOTS if slot not in {secret.slot for secret in live}]
    if not free:
        raise Conflict("The client has two secrets already: delete one of them first, or wait until one expires.")
    return free[0]
