"""Canonical JSON Lines: each line is an object with exactly one of `person`, `group` and `membership`."""

from __future__ import annotations

import json
from typing import Any, Self, cast

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from dci_common.registry.model.records import AnyRecord, Group, Membership, Person
from dci_common.validation import describe

_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":")
).encode  # json.dumps creates an encoder for each call


class BadLine(Exception):
    """A line is not a record; the message names the field and what is expected, and contains no value of the line."""


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    person: Person | None = None
    group: Group | None = None
    membership: Membership | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.person is not None) + (self.group is not None) + (self.membership is not None) != 1:
            raise PydanticCustomError("rule", "must hold one of person, group and membership")
        return self


def read_line(line: str | bytes) -> AnyRecord:
    """Return the record of a line. Raises BadLine."""
    try:
        parsed = _Line.model_validate_json(line)
    except ValidationError as error:
        raise BadLine(describe(error, "The line")) from error
    _decode(line if isinstance(line, str) else line.decode())
    return cast("AnyRecord", parsed.person or parsed.group or parsed.membership)


def _check_keys(pairs: list[tuple[str, Any]]) -> None:
    """Raise BadLine for a repeated key: pydantic silently uses the last value."""
    if len(dict(pairs)) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise BadLine(f"The line has {repeated} more than once in an object.")


_decode = json.JSONDecoder(object_pairs_hook=_check_keys).decode


def write_line(name: str, fields: dict[str, Any]) -> str:
    """Return the line of a record, with its newline; `name` is its kind, and `fields` are JSON values."""
    return _encode({name: fields}) + "\n"
