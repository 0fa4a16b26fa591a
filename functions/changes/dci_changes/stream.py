"""The records of RegistryTable's stream: what a write changed, as Lambda passes it on.

A record in the queue has only the members that are read here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from dci_common.registry.model.base import Kind
from dci_common.registry.storage.items import decompressed_body
from dci_common.registry.storage.keys import RECORD
from dci_common.subscriptions.changed_record import ChangedRecord

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.registry.model.views import View

StreamRecord = dict[str, Any]

_KINDS = {kind.value for kind in Kind}
_DIGITS = 40  # a sequence number has up to so many
_ATTRIBUTES = ("body", "parts", "pending", "before", "quiet")  # those that are read


def changed_record(record: StreamRecord) -> ChangedRecord | None:
    """Return the change that a record of the stream tells of; None if no registrant has changed."""
    change = record["dynamodb"]
    kind, _, record_id = change["Keys"]["pk"]["S"].partition("#")
    if change["Keys"]["sk"]["S"] != RECORD or kind not in _KINDS:  # lookup items of identifiers have this sk too
        return None
    old, new = change.get("OldImage", {}), change.get("NewImage", {})
    if "pending" in new or not _are_whole(old, new):
        return None
    before, after = _body_before(old), _body(new)
    if before == after:  # a new version, or other index attributes
        return None
    return ChangedRecord(
        kind=Kind(kind),
        id=record_id,
        before=_view(before),
        after=_view(after),
        sequence=sequence_number(record).zfill(_DIGITS),
        written=change["ApproximateCreationDateTime"],
        is_quiet="quiet" in new,
    )


def sequence_number(record: StreamRecord) -> str:
    """Return what identifies a record in its shard."""
    return str(record["dynamodb"]["SequenceNumber"])


def abridged(record: StreamRecord) -> StreamRecord:
    """Return a record with only what `changed_record` reads."""
    change = record["dynamodb"]
    kept = {name: change[name] for name in ("Keys", "SequenceNumber", "ApproximateCreationDateTime")}
    images = {name: _abridged(change[name]) for name in ("OldImage", "NewImage") if name in change}
    return {"dynamodb": kept | images}


def _abridged(image: Item) -> Item:
    return {name: image[name] for name in _ATTRIBUTES if name in image}


def _are_whole(*images: Item) -> bool:
    """Return whether the stream has the bodies: a large one is in items of its own (items.py)."""
    return not any("parts" in image for image in images)


def _body_before(image: Item) -> str:
    """Return the body of an old image, empty without one: that from before the write, if the image is pending."""
    if "pending" not in image:
        return _body(image)
    return decompressed_body(image["before"]["S"]) if "before" in image else ""


def _body(image: Item) -> str:
    return str(image["body"]["S"]) if image else ""


def _view(body: str) -> View | None:
    return dict(from_json(body)) if body else None
