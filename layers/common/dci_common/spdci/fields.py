"""Types of the standard's scalar fields as partners send them: blank for absent, strings for numbers."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

T = TypeVar("T")

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)


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
    if len(value.encode()) > 512:  # noqa: PLR2004 - the limit of every id
        raise PydanticCustomError("rule", "must have at most 512 bytes")
    return value


Blankable = BeforeValidator(_absent_when_blank)
OptionalText = Annotated[str | None, Blankable]
OptionalObject = Annotated[dict[str, Any] | None, Blankable]
DateTime = Annotated[str, AfterValidator(_date_time), WithJsonSchema({"type": "string", "format": "date-time"})]
Id = Annotated[str, StringConstraints(min_length=1), AfterValidator(_short)]
OptionalId = Annotated[Id | None, Blankable]
ShortId = Annotated[str, StringConstraints(min_length=1, max_length=99)]
Count = Annotated[int, BeforeValidator(_not_boolean), Field(ge=0)]
Ordinal = Annotated[int, BeforeValidator(_not_boolean), Field(ge=1)]
