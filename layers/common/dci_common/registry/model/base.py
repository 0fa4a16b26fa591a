"""What all records have in common. Search needs no more of them: the models (records.py) are slow to import."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Sex = Literal["male", "female", "other", "unknown"]
MaritalStatus = Literal["S", "M", "W", "A", "D", "L", "U"]


class Kind(StrEnum):
    """What a record is about; the value begins its key in RegistryTable."""

    PERSON = "PERSON"
    GROUP = "GROUP"


class Record(BaseModel):
    """The base of all records: immutable, and without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def record_fields(record: Record) -> dict[str, Any]:
    """Return a record as a JSON object without the fields that have no value. It reads back as the same record."""
    return record.model_dump(mode="json", exclude_defaults=True)
