"""The public JWK set (RFC 7517) of the keys that sign tokens, and of those that sign messages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dci_common.cache import AgingCache
from dci_common.oauth.public_key_store import PUBLISHED_SECONDS, KeyUse, read_public_keys

if TYPE_CHECKING:
    from dci_common.runtime import Runtime


class KeySet:
    """The JWK set of the deployment, cached for a minute."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._cache: AgingCache[str, str] = AgingCache(PUBLISHED_SECONDS, runtime.clock)

    def document(self) -> str:
        """Return the JWK set as JSON."""
        return self._cache.get("document", self._load)

    def _load(self) -> str:
        now = self._runtime.clock()
        keys = [key.jwk for use in KeyUse for key in read_public_keys(self._runtime, use).valid(now)]
        return json.dumps({"keys": keys}, separators=(",", ":"))
