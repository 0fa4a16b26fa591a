"""Keys of RegistryTable: writers and readers derive every key of a record here."""

from __future__ import annotations

import zlib

from dci_common.aws.dynamodb import Item
from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind

RECORD = "RECORD"
MEMBER = "MEMBER#"  # begins the sort key of a group's side of a membership
NO_START = "-"  # in the key of a membership without a first day
REGISTRY_KEY: Item = {"pk": {"S": "REGISTRY"}, "sk": {"S": "SETTINGS"}}
FOLLOW_KEY: Item = {
    "pk": {"S": "REGISTRY"},
    "sk": {"S": "FOLLOW"},
}  # which database is followed, by whom, and how far


def record_pk(kind: Kind, record_id: str) -> str:
    """Return the partition of a record and of its memberships."""
    return f"{kind}#{record_id}"


def record_key(kind: Kind, record_id: str) -> Item:
    """Return the key of a record's item."""
    return {"pk": {"S": record_pk(kind, record_id)}, "sk": {"S": RECORD}}


def part_key(kind: Kind, record_id: str, number: int) -> Item:
    """Return the key of a part of a large record's body; numbers begin with 1."""
    return {"pk": {"S": record_pk(kind, record_id)}, "sk": {"S": f"BODY#{number}"}}


def membership_keys(person_id: str, group_id: str, start: str) -> tuple[Item, Item]:
    """Return the keys of both sides of a membership: the person's, the group's. A person may have several in a group.

    `start` is its first day, or empty.
    """
    return _sides(person_id, group_id, f"#{start or NO_START}")


def former_membership_keys(person_id: str, group_id: str) -> tuple[Item, Item]:
    """Return the keys that version 2 of the rules gave to both sides of a person's only membership of a group."""
    return _sides(person_id, group_id, "")


def is_former_membership(item: Item) -> bool:
    """Return whether an item is a group's side of a membership with such a key. No id has a `#`."""
    sk: str = item["sk"]["S"]
    return sk.startswith(MEMBER) and "#" not in sk.removeprefix(MEMBER)


def _sides(person_id: str, group_id: str, period: str) -> tuple[Item, Item]:
    person, group = record_pk(Kind.PERSON, person_id), record_pk(Kind.GROUP, group_id)
    return (
        {"pk": {"S": person}, "sk": {"S": f"{group}{period}"}},
        {"pk": {"S": group}, "sk": {"S": f"{MEMBER}{person_id}{period}"}},
    )


def shard(kind: Kind, record_id: str, shards: int) -> str:
    """Return the index partition of a record: a stable hash of its id spreads the records over `shards`."""
    return f"{kind}#{zlib.crc32(record_id.encode()) % shards}"


def body_shard(kind: Kind) -> str:
    """Return the index partition of records that only their body describes exactly (see facets.py)."""
    return f"{kind}#body"


def restricted_shard(kind: Kind) -> str:
    """Return the index partition of restricted people, or of groups with restricted members (see facets.py)."""
    return f"{kind}#restricted"


def slot_value(value: str, record_id: str) -> str:
    """Return the value of an index slot: ordered by the attribute's value, then by the id."""
    return f"{value}#{record_id}"


def identifier_pk(type_: str, matched: str) -> str:
    """Return the partition of an identifier's lookup item, by the matched form of its value."""
    return f"IDENTIFIER#{normalize.identifier_type(type_)}#{matched}"


def phone_pk(matched: str) -> str:
    """Return the partition of the owners of a phone number, by its matched form."""
    return f"PHONE#{matched}"


def email_pk(matched: str) -> str:
    """Return the partition of the owners of an e-mail address, by its matched form."""
    return f"EMAIL#{matched}"
