"""Cursors: where the next page begins, sealed for one client and query, so that nobody reads or alters it."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dci_common.cache import AgingCache
from dci_common.errors import Rejection
from dci_common.registry.query.sort import Place

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

_KEY_SECONDS = 300
_NONCE_BYTES = 12
_MAX_LENGTH = 4096


class Cursors:
    """Seals places in the order of a query's results, and opens them again, with the search function's own key."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._keys: AgingCache[str, AESGCM] = AgingCache(_KEY_SECONDS, runtime.clock)

    def seal(self, place: Place, question: bytes) -> str:
        """Write a place; `question` is whatever it must be opened with."""
        nonce = self._runtime.random_bytes(_NONCE_BYTES)
        text = json.dumps([place.id, *place.values]).encode()
        return _encoded(nonce + self._key().encrypt(nonce, text, question))

    def open(self, cursor: str, question: bytes) -> Place:
        """Read a place back. Raises Rejection when it was not sealed here for this question."""
        try:
            sealed = _decoded(cursor) if len(cursor) <= _MAX_LENGTH else b""
            nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            record_id, *values = json.loads(self._key().decrypt(nonce, text, question))
        except (InvalidTag, ValueError) as error:
            message = (
                "cursor must be the next_cursor of this client's page before, as it was sent, with the same record "
                "type, query and sort."
            )
            raise Rejection("rjct.pagination.invalid", message) from error
        return Place(tuple(values), record_id)

    def _key(self) -> AESGCM:
        return self._keys.get("key", self._load)

    def _load(self) -> AESGCM:
        secret_id = self._runtime.settings.cursor_secret
        secret = self._runtime.secrets.get_secret_value(SecretId=secret_id)["SecretString"]
        return AESGCM(hashlib.sha256(secret.encode()).digest())


def _encoded(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _decoded(cursor: str) -> bytes:
    """Read what `_encoded` wrote. Raises ValueError for any other spelling of it."""
    sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    if _encoded(sealed) != cursor:
        raise ValueError
    return sealed


def question(client_id: str, *parts: object) -> bytes:
    """Return what identifies a client's query, whatever page of it is asked for."""
    return hashlib.sha256(json.dumps([client_id, *parts], sort_keys=True, default=str).encode()).digest()
