"""Keys of RegistryTable.

Every key of a record is derived here and nowhere else, by writers and readers alike.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind

Key = dict[str, Any]

RECORD = "RECORD"
NEVER = "9999-12-31"  # the end of a membership that has none
REGISTRY_KEY: Key = {"pk": {"S": "REGISTRY"}, "sk": {"S": "SETTINGS"}}


def record_pk(kind: Kind, record_id: str) -> str:
    """Return the partition of a record and of its memberships."""
    return f"{kind}#{record_id}"


def record_key(kind: Kind, record_id: str) -> Key:
    """Return the key of a record's item."""
    return {"pk": {"S": record_pk(kind, record_id)}, "sk": {"S": RECORD}}


def part_key(kind: Kind, record_id: str, number: int) -> Key:
    """Return the key of a part of a large record's body; numbers begin with 1."""
    return {"pk": {"S": record_pk(kind, record_id)}, "sk": {"S": f"BODY#{number}"}}


def membership_keys(person_id: str, group_id: str) -> tuple[Key, Key]:
    """Return the keys of both sides of a membership: the person's, the group's."""
    person, group = record_pk(Kind.PERSON, person_id), record_pk(Kind.GROUP, group_id)
    return {"pk": {"S": person}, "sk": {"S": group}}, {"pk": {"S": group}, "sk": {"S": f"MEMBER#{person_id}"}}


def shard(kind: Kind, record_id: str, shards: int) -> str:
    """Return the index partition of a record: a stable hash of its id spreads the records over `shards`."""
    return f"{kind}#{zlib.crc32(record_id.encode()) % shards}"


def body_shard(kind: Kind) -> str:
    """Return the index partition of records that only their body describes exactly (see facets.py)."""
    return f"{kind}#body"


def restricted_shard(kind: Kind) -> str:
    """Return the index partition of restricted records: no query but those of entitled clients looks there."""
    return f"{kind}#restricted"


def slot_value(value: str, record_id: str) -> str:
    """Return what an index slot holds: ordered by the value, then by the id."""
    return f"{value}#{record_id}"


def identifier_pk(type_: str, value: str) -> str:
    """Return the partition of an identifier's lookup item."""
    return f"IDENTIFIER#{normalize.identifier_type(type_)}#{value.strip()}"


def phone_pk(value: str) -> str:
    """Return the partition of the owners of a phone number."""
    return f"PHONE#{normalize.phone(value)}"


def email_pk(value: str) -> str:
    """Return the partition of the owners of an e-mail address."""
    return f"EMAIL#{normalize.email(value)}"


def is_active(membership: Mapping[str, Any], today: date) -> bool:
    """Tell whether a membership, as a view holds it, is in force on `today`."""
    day = today.isoformat()
    return bool(membership.get("start", day) <= day < membership.get("end", NEVER))
