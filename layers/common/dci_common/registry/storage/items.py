"""From views to the items of RegistryTable: records with their index slots and facets, memberships, lookups."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind, plain
from dci_common.registry.model.views import View, membership_fields
from dci_common.registry.storage import keys
from dci_common.registry.storage.facets import index_attributes

if TYPE_CHECKING:
    from dci_common.registry.model.records import Membership

Item = dict[str, Any]
Ref = tuple[str, str]  # an item's pk and sk

# A body above this many characters (300 KB at most, in UTF-8) stands in items of its own.
_PART_CHARACTERS = 75_000
_PART_BYTES = 4 * _PART_CHARACTERS
# One for all: json.dumps makes one for each call. A view holds no view that holds it.
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def ref_of(item: Item) -> Ref:
    """Return an item's key as a pair."""
    return item["pk"]["S"], item["sk"]["S"]


class TornBody(ValueError):
    """The parts of a body are not those that its record was written with."""


def all_items(kind: Kind, view: View, shards: int, today: date) -> Iterator[Item]:
    """Build every item of a new record but its memberships."""
    yield from record_items(kind, view, shards, today, version=1)
    yield from lookup_items(kind, view).values()


def record_items(kind: Kind, view: View, shards: int, today: date, *, version: int, pending: str = "") -> list[Item]:
    """Build a record's item, then the parts of a body too large for it.

    `pending` names what of a long write is still to be done (see committer.py).
    """
    body = _encode(view)
    encoded = body.encode()
    parts = _cut(body) if len(encoded) > _PART_BYTES else []
    record = {
        **keys.record_key(kind, view["id"]),
        "version": {"N": str(version)},
        "digest": {"S": _digest(encoded)},
        **index_attributes(kind, view, shards, today),
        **({"parts": {"N": str(len(parts))}} if parts else {"body": {"S": body}}),
        **({"pending": {"S": pending}} if pending else {}),
    }
    return [record, *(_part(kind, view["id"], number, text) for number, text in enumerate(parts, 1))]


def part_keys(record: Item) -> list[Item]:
    """Return the keys of the parts of a record's body, in their order; none when it is in the record's item."""
    kind, _, record_id = record["pk"]["S"].partition("#")
    count = int(record.get("parts", {"N": "0"})["N"])
    return [keys.part_key(Kind(kind), record_id, number) for number in range(1, count + 1)]


def body_view(record: Item, parts: Sequence[Item]) -> View:
    """Read a record's view back from its items, the parts in their order. Raises TornBody."""
    if "body" in record:
        return dict(from_json(record["body"]["S"]))
    body = "".join(part["body"]["S"] for part in parts)
    if _digest(body.encode()) != record["digest"]["S"]:
        raise TornBody(record["pk"]["S"])
    return dict(from_json(body))


def membership_items(membership: Membership) -> list[Item]:
    """Build both sides of a membership."""
    return sides(membership.person_id, membership.group_id, plain(membership))


def sides(person_id: str, group_id: str, entry: Mapping[str, Any]) -> list[Item]:
    """Build both sides of a membership, of which a view's entry says all but whose it is."""
    body = {"S": _encode({"person_id": person_id, "group_id": group_id, **membership_fields(entry)})}
    return [{**key, "body": body} for key in keys.membership_keys(person_id, group_id)]


def lookup_items(kind: Kind, view: Mapping[str, Any]) -> dict[Ref, Item]:
    """Build the items that find a record by its identifiers, phone numbers and e-mail addresses, by their keys."""
    owner = keys.record_pk(kind, view["id"])
    identifiers = (
        keys.identifier_pk(identifier["identifier_type"], identifier["identifier_value"])
        for identifier in view.get("identifiers", ())
    )
    shared = [keys.phone_pk(number) for number in view.get("phone_numbers", ())]
    shared += [keys.email_pk(address) for address in view.get("emails", ())]
    found = [*((pk, keys.RECORD) for pk in identifiers), *((pk, owner) for pk in shared)]
    return {(pk, sk): {"pk": {"S": pk}, "sk": {"S": sk}, "owner": {"S": owner}} for pk, sk in found}


def identifier_types(view: Mapping[str, Any]) -> set[str]:
    """Return the identifier types that a record has, in their matched form."""
    return {normalize.identifier_type(identifier["identifier_type"]) for identifier in view.get("identifiers", ())}


def settings_item(shards: int, types: Iterable[str]) -> Item:
    """Build the registry's own item: how many shards its indexes have, and which identifier types it knows."""
    known = sorted(set(types))
    return {
        **keys.REGISTRY_KEY,
        "shards": {"N": str(shards)},
        **({"identifier_types": {"SS": known}} if known else {}),
    }


def _part(kind: Kind, record_id: str, number: int, text: str) -> Item:
    return {**keys.part_key(kind, record_id, number), "body": {"S": text}}


def _cut(body: str) -> list[str]:
    return [body[start : start + _PART_CHARACTERS] for start in range(0, len(body), _PART_CHARACTERS)]


def _digest(body: bytes) -> str:
    """Return what tells a body from every other: a version does not, a record made anew begins with 1 again."""
    return hashlib.blake2b(body, digest_size=12).hexdigest()
