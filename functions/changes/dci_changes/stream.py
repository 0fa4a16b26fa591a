"""The records of RegistryTable's stream: what a write changed, as Lambda passes it on.

A record in the queue has only the members that are read here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import own_fields
from dci_common.registry.storage.body import decompressed_body
from dci_common.registry.storage.keys import RECORD
from dci_common.subscriptions.changed_record import ChangedRecord

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.registry.model.views import View

StreamRecord = dict[str, Any]

_RELATED = {Kind.PERSON: "households", Kind.GROUP: "members"}
_DIGITS = 40  # a sequence number has up to so many
_ATTRIBUTES = ("body", "compressed", "pending", "before", "quiet")  # those that are read


def changed_record(record: StreamRecord) -> ChangedRecord | None:
    """Return the change that a record of the stream reports; None if no registrant has changed."""
    change = record["dynamodb"]
    name, _, record_id = change["Keys"]["pk"]["S"].partition("#")
    kind = next((kind for kind in Kind if kind.value == name), None)
    if change["Keys"]["sk"]["S"] != RECORD or kind is None:  # lookup items of identifiers have this sk too
        return None
    old, new = change.get("OldImage", {}), change.get("NewImage", {})
    if "pending" in new or not (_has_body(old) and _has_body(new)):
        return None
    before, after = _body_before(old), _body(new)
    if before == after:  # a new version, or other index attributes
        return None
    changed = ChangedRecord(
        kind=kind,
        id=record_id,
        before=_view(before),
        after=_view(after),
        sequence=sequence_number(record).zfill(_DIGITS),
        written=change["ApproximateCreationDateTime"],
        is_quiet="quiet" in new,
    )
    views = [view for view in (changed.before, changed.after) if view]
    return changed if all(_RELATED[kind] in view for view in views) else _without_related(changed)


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


def _has_body(image: Item) -> bool:
    """Return whether an image has its body; an earlier version did not compress those in parts, until a reindex."""
    return not image or not image.keys().isdisjoint(("body", "compressed", "pending"))


def _body_before(image: Item) -> str:
    """Return the body of an old image, empty without one: that from before the write, if the image is pending."""
    if "pending" not in image:
        return _body(image)
    return decompressed_body(image["before"]["S"]) if "before" in image else ""


def _body(image: Item) -> str:
    """Return the body of an image, empty without one; it may be abridged, to a record without its related ones."""
    if "compressed" in image:
        return decompressed_body(image["compressed"]["S"])
    return str(image["body"]["S"]) if image else ""


def _view(body: str) -> View | None:
    return dict(from_json(body)) if body else None


def _without_related(changed: ChangedRecord) -> ChangedRecord:
    """Return a change of which one view has no related records as if neither had any: they can be compared then."""
    none: View = {_RELATED[changed.kind]: []}
    before, after = (view and own_fields(view) | none for view in (changed.before, changed.after))
    return changed._replace(before=before, after=after, lacks_related=True)
