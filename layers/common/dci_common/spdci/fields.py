"""Types of the standard's scalar fields as partners send them: blank for absent, strings for numbers."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

MAX_ID_BYTES = 512
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)


class Message(BaseModel):
    """The base of all parts of a message: members that the standard does not name are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _absent_when_blank(value: object) -> object:
    return None if value == "" else value


def _not_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticCustomError("rule", "must be a whole number")
    return value


def _date_time(value: str) -> str:
    try:
        if not _DATE_TIME.fullmatch(value):
            raise ValueError
        datetime.fromisoformat(value.upper())
    except ValueError:
        raise PydanticCustomError(
            "rule", "must be a date-time with an offset, such as 2026-03-01T09:30:00Z"
        ) from None
    return value


def _short(value: str) -> str:
    if len(value.encode()) > MAX_ID_BYTES:
        raise PydanticCustomError("rule", f"must have at most {MAX_ID_BYTES} bytes")
    return value


Blankable = BeforeValidator(_absent_when_blank)
OptionalText = Annotated[str | None, Blankable]
OptionalObject = Annotated[dict[str, Any] | None, Blankable]
DateTime = Annotated[str, AfterValidator(_date_time), WithJsonSchema({"type": "string", "format": "date-time"})]
Id = Annotated[str, StringConstraints(min_length=1), AfterValidator(_short)]
RepeatedId = Annotated[str, AfterValidator(_short)]  # an empty one is accepted, and repeated as it came
OptionalId = Annotated[Id | None, Blankable]
Count = Annotated[int, Field(ge=0), BeforeValidator(_not_boolean)]
Ordinal = Annotated[int, Field(ge=1), BeforeValidator(_not_boolean)]
