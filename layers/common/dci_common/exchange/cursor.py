"""Cursors: where the next page starts, encrypted and authenticated for one client and query."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dci_common.cache import AgingCache
from dci_common.registry.query.sort import Position
from dci_common.spdci.rejections import Rejection

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

_KEY_SECONDS = 300
_NONCE_BYTES = 12
_MAX_LENGTH = 4096


class PageStart(NamedTuple):
    """Where a page starts: after a position in the order of the matches, of which the first page counted `total`."""

    after: Position
    total: int


class Cursors:
    """Seals the starts of pages into cursors, with the search function's own key."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._keys: AgingCache[str, AESGCM] = AgingCache(_KEY_SECONDS, runtime.clock)

    def seal(self, start: PageStart, search_digest: bytes) -> str:
        """Return the cursor of a page; it opens only with the same `search_digest`."""
        nonce = self._runtime.random_bytes(_NONCE_BYTES)
        content = [start.total, start.after.id, *start.after.values]
        text = json.dumps(content, ensure_ascii=False).encode()  # not six bytes for a letter
        return _encoded(nonce + self._key().encrypt(nonce, text, search_digest))

    def open(self, cursor: str, search_digest: bytes) -> PageStart:
        """Return the start of a cursor's page. Raises Rejection when it was not sealed here for this search.

        Cursors of versions that did not seal the total were sealed for other digests, so they are rejected too.
        """
        try:
            sealed = _decoded(cursor) if len(cursor) <= _MAX_LENGTH else b""
            nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            total, record_id, *values = json.loads(self._key().decrypt(nonce, text, search_digest))
        except (InvalidTag, ValueError) as error:
            message = (
                "cursor must be the next_cursor of this client's previous page, unchanged, with the same record "
                "type, query and sort. If it is, the service or what the client may see has changed since: ask for "
                "the first page again."
            )
            raise Rejection("rjct.pagination.invalid", message) from error
        return PageStart(Position(tuple(values), record_id), total)

    def _key(self) -> AESGCM:
        return self._keys.get("key", self._load)

    def _load(self) -> AESGCM:
        secret_id = self._runtime.settings.cursor_secret
        secret = self._runtime.secrets.get_secret_value(SecretId=secret_id)["SecretString"]
        return AESGCM(hashlib.sha256(secret.encode()).digest())


def _encoded(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _decoded(cursor: str) -> bytes:
    """Return the bytes that `_encoded` wrote. Raises ValueError for any other spelling of them."""
    sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    if _encoded(sealed) != cursor:
        raise ValueError
    return sealed
