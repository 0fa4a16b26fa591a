"""Followed records: a digest of what a record has, by which a difference is seen without reading it."""

from __future__ import annotations

import hashlib
import json
from typing import NamedTuple, Self

from dci_common.registry.model.views import AnyView, membership_fields, own_fields

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"), sort_keys=True).encode
_DIGEST_BYTES = 12


class Followed(NamedTuple):
    """The database and the id of the record that a record follows, and the digest of what the record has now."""

    database: str
    source_id: int
    digest: str

    @classmethod
    def read(cls, text: str) -> Self:
        """Return what `str` wrote."""
        database, source_id, digest = text.split("#")
        return cls(database, int(source_id), digest)

    def __str__(self) -> str:
        """Return all three as a text."""
        return f"{self.database}#{self.source_id}#{self.digest}"


def followed(view: AnyView) -> Followed | None:
    """Return what a record follows; None for a record of its own."""
    source = view.get("source")
    return Followed(source["database"], source["id"], content_digest(view)) if source else None


def content_digest(view: AnyView) -> str:
    """Return the digest of a record's own fields, and of the memberships of a group, whenever it was changed."""
    own = {name: value for name, value in own_fields(view).items() if name != "last_updated"}
    members = [[entry["id"], membership_fields(entry)] for entry in view.get("members", ())]
    return hashlib.blake2b(_encode([own, members]).encode(), digest_size=_DIGEST_BYTES).hexdigest()
