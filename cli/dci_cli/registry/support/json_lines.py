"""Canonical JSON Lines: each line is an object with exactly one of `person`, `group` and `membership`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

from pydantic_core import from_json, to_json

from dci_cli.registry.support.plausibility import Fields
from dci_cli.registry.support.record_check import check_record, dotted, sentences
from dci_common.registry.model.records import AnyRecord, Group, Membership, Person

_MODELS: dict[str, type[AnyRecord]] = {"person": Person, "group": Group, "membership": Membership}
_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":")
).encode  # json.dumps creates an encoder for each call
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class BadLine(Exception):
    """A line is not a record; the message names the field and what is expected, and contains no value of the line."""


def parse_line(line: str | bytes) -> tuple[str, type[AnyRecord], Fields]:
    """Return the kind, the model and the fields of the record of a line. Raises BadLine."""
    parsed = _parse(line)
    if not isinstance(parsed, dict):
        raise BadLine("The line must be an object.")
    if parsed.keys() - _MODELS:
        raise BadLine("The line holds an unknown field.")
    kinds = [kind for kind in parsed if parsed[kind] is not None]
    if len(kinds) != 1:
        raise BadLine("The line must hold one of person, group and membership.")
    kind = kinds[0]
    if not isinstance(parsed[kind], dict):
        raise BadLine(f"{kind} must be an object.")
    return kind, _MODELS[kind], parsed[kind]


def read_line(line: str | bytes, today: date = date.max, warn: Callable[[str], None] = lambda _: None) -> AnyRecord:
    """Return the record of a line; `warn` is called with what is improbable. Raises BadLine."""
    kind, model, fields = parse_line(line)
    checked = check_record(model, fields, today, size=len(line))
    if checked.record is None:
        raise BadLine(" ".join(sentences(checked.reasons, lambda path: dotted((kind, *path)))))
    for sentence in sentences(checked.warnings, lambda path: dotted((kind, *path))):
        warn(sentence)
    return checked.record


def _parse(line: str | bytes) -> object:
    """Return the value of a line of JSON. Raises BadLine."""
    if isinstance(line, bytes) and b"\\" not in line:
        with suppress(ValueError):
            parsed = from_json(line, allow_inf_nan=False)
            # A repeated key is lost, and its colon with it. No other colon can be: there are no escapes.
            if to_json(parsed).count(b":") == line.count(b":"):
                return parsed
    try:  # more slowly, and with the reason of an error
        line = line if isinstance(line, str) else line.decode()
        parsed = _decode(line)
    except (ValueError, RecursionError) as error:
        raise BadLine("The line is not valid JSON.") from error
    _check_characters(line, parsed)
    return parsed


def _check_characters(line: str, parsed: object) -> None:
    """Raise BadLine for half of a surrogate pair, which JSON can spell, and which no file or table can hold."""
    if not _SURROGATE.search(line):
        return
    try:
        _encode(parsed).encode()
    except UnicodeEncodeError as error:
        raise BadLine(
            "The line holds half of a surrogate pair, such as \\ud800: write the whole character."
        ) from error


def _check_keys(pairs: list[tuple[str, Any]]) -> Fields:
    """Return an object. Raises BadLine for a repeated key, because one of its values would be lost."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise BadLine(f"The line has {repeated} more than once in an object.")
    return fields


def _reject_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are not JSON


_decode = json.JSONDecoder(object_pairs_hook=_check_keys, parse_constant=_reject_constant).decode


def write_line(name: str, fields: dict[str, Any]) -> str:
    """Return the line of a record, with its newline; `name` is its kind, and `fields` are JSON values."""
    return _encode({name: fields}) + "\n"
