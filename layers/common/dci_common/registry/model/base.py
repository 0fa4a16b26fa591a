"""What all records have in common: the search needs no more, and their models (model.py) take long to make."""

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
    """What every part of the registry has in common: it never changes in place, and knows all its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def plain(record: Record) -> dict[str, Any]:
    """Write a record as JSON has it, without what it does not say: it reads back as the same record."""
    return record.model_dump(mode="json", exclude_defaults=True)
