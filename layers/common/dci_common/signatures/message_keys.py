"""The keys with which the registry signs its answers and callbacks; its tokens have other keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dci_common.errors import Unavailable
from dci_common.oauth.key_ring import SigningKeys
from dci_common.oauth.public_key_store import KeyUse, PublicKeys

if TYPE_CHECKING:
    from dci_common.oauth.key_ring import SigningKey
    from dci_common.runtime import Runtime


class MessageKeys:
    """The private ring of message keys, read at its first use and then cached for five minutes."""

    def __init__(self, runtime: Runtime) -> None:
        self._keys = SigningKeys(runtime, runtime.settings.message_keys_secret, PublicKeys(runtime, KeyUse.MESSAGES))

    def current(self, algorithm: str) -> SigningKey:
        """Return the key of this algorithm that signs now.

        Raises Unavailable while the ring has no such key, or its keys are not published.
        """
        for key in self._keys.current():
            if key.alg == algorithm:
                return key
        raise Unavailable("The registry has no key to sign its answer with; try again in a minute.", retry_after=60)
