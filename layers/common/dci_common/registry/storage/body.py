"""Bodies: records' views as RegistryTable stores them, and compressed for its stream.

The stream has nothing of a body that is stored in parts, which are items of their own. So a record's item has such a
body compressed as well, and the stream has it before and after each write, in one place and from one transaction.
"""

from __future__ import annotations

import bz2
import hashlib
import json
import re
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from pydantic_core import to_json

from dci_common.registry.model.views import own_fields

if TYPE_CHECKING:
    from dci_common.registry.model.views import View

MAX_BODIES = 390_000  # bytes of all bodies in an item, which may have 400 KB
# One encoder for all: json.dumps makes one for each call. Views are never circular.
_json = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
_EXPONENT = re.compile(rb"[0-9]e-[0-9]")


def encoded(value: View) -> bytes:
    """Return what json writes. pydantic writes it in half the time, except for numbers nearer to 0 than 0.0001."""
    written = to_json(value)
    if b"0.0000" in written or (b"e-" in written and _EXPONENT.search(written)):
        return _json(value).encode()
    return written


def digest_of(body: bytes) -> str:
    """Return what identifies a body. A version does not: that of a record made again begins with 1 again."""
    return hashlib.blake2b(body, digest_size=12).hexdigest()


def compressed_body(view: View) -> str:
    """Return a body compressed; if it is still too large for an item, that of the record without its related ones.

    Members repeat each other, over more than gzip's window: bzip2 needs half the space. The largest group of the
    generated registry, with 2,000 members, needs 60 KB.
    """
    whole = _compressed(encoded(view))
    return whole if len(whole) <= MAX_BODIES else _compressed(encoded(own_fields(view)))


def decompressed_body(compressed: str) -> str:
    """Return the body that `compressed_body` wrote."""
    return bz2.decompress(b64decode(compressed)).decode()


def _compressed(body: bytes) -> str:
    return b64encode(bz2.compress(body)).decode()
