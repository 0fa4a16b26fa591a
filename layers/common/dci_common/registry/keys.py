"""Keys of RegistryTable, and the forms in which identifiers, phones and e-mail addresses are looked up.

Every key of a record is derived here and nowhere else, by writers and readers alike.
"""

from __future__ import annotations

import re
import zlib
from datetime import date
from typing import Any

from dci_common.registry.model import Kind

Key = dict[str, Any]

RECORD = "RECORD"
REGISTRY_KEY: Key = {"pk": {"S": "REGISTRY"}, "sk": {"S": "SETTINGS"}}
MAX_VALUE_BYTES = 512

_PHONE_PUNCTUATION = re.compile(r"[\s().\-/]+")


def record_pk(kind: Kind, record_id: str) -> str:
    """Return the partition of a record and of its memberships."""
    return f"{kind}#{record_id}"


def record_key(kind: Kind, record_id: str) -> Key:
    """Return the key of a record's item."""
    return {"pk": {"S": record_pk(kind, record_id)}, "sk": {"S": RECORD}}


def shard(kind: Kind, record_id: str, shards: int) -> str:
    """Return the index partition of a record: a stable hash of its id spreads the records over `shards`."""
    return f"{kind}#{zlib.crc32(record_id.encode()) % shards}"


def slot_value(value: str, record_id: str) -> str:
    """Return what an index slot holds: ordered by the value, then by the id."""
    return f"{value}#{record_id}"


def identifier_type(text: str) -> str:
    """Return an identifier type as it is matched: case and spacing do not count."""
    return " ".join(text.split()).upper()


def phone(text: str) -> str:
    """Return a phone number as it is matched: no punctuation, and `+` for an international `00`."""
    digits = _PHONE_PUNCTUATION.sub("", text)
    return "+" + digits[2:] if digits.startswith("00") else digits


def email(text: str) -> str:
    """Return an e-mail address as it is matched: case does not count."""
    return text.strip().casefold()


def identifier_pk(type_: str, value: str) -> str:
    """Return the partition of an identifier's lookup item."""
    return f"IDENTIFIER#{identifier_type(type_)}#{value.strip()}"


def phone_pk(value: str) -> str:
    """Return the partition of the owners of a phone number."""
    return f"PHONE#{phone(value)}"


def email_pk(value: str) -> str:
    """Return the partition of the owners of an e-mail address."""
    return f"EMAIL#{email(value)}"


def is_active(membership: dict[str, Any], today: date) -> bool:
    """Tell whether a membership, as a view holds it, is in force on `today`."""
    day = today.isoformat()
    return bool(membership.get("start", day) <= day < membership.get("end", "9999-12-31"))
