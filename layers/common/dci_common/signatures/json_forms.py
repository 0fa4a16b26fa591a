"""JSON for signatures: read so that it has one meaning, and written as the JSON libraries of partners write it.

A signature covers bytes, but what arrives is a message that software on the way may have parsed and written again. So
each dialect signs the bytes that one library makes of the parsed message. All forms are compact, with the members of
objects sorted by code point; they differ in characters beyond ASCII and in numbers.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

MAX_DEPTH = 100
_LONGEST_FLOAT = 308  # digits: a longer integer may be beyond a float, which not every library can hold
_EXPONENT = re.compile(r"\de[+-]\d")
# A string, or a number as Python writes it with an exponent.
_EXPONENTS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|(\d(?:\.\d+)?)e([+-])0?(\d+)')


class Unreadable(ValueError):
    """A text is not JSON that has one meaning; the message is a sentence that says why."""


def parse(body: bytes) -> dict[str, Any]:
    """Return the members of a JSON object. Raises Unreadable for what libraries read in different ways.

    Integers are exact, and all other numbers are floats: together with the strings, this is all that a form needs.
    """
    try:
        value = _DECODER.decode(body.decode())
        _check_depth(value)
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except Unreadable:
        raise
    except UnicodeEncodeError as error:
        raise Unreadable("A string has an escape of half a character (a lone surrogate).") from error
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise Unreadable("It is not JSON in UTF-8.") from error
    if not isinstance(value, dict):
        raise Unreadable("It is not a JSON object.")
    return value


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) < len(members):
        raise Unreadable("An object has the same member twice.")
    return value


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise Unreadable("A number is too large: it must fit in a double-precision float.")
    return value


def _integer(text: str) -> int:
    if len(text) > _LONGEST_FLOAT:
        _float(text)
    return int(text)


def _constant(text: str) -> float:
    raise Unreadable(f"{text} is not JSON.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_float, parse_int=_integer, parse_constant=_constant
)


def _check_depth(value: object) -> None:
    """Raise Unreadable for deep nesting, level by level, so that what follows can recurse."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        containers = [each for each in level if isinstance(each, dict | list)]
        level = [child for each in containers for child in (each.values() if isinstance(each, dict) else each)]
        if not containers:
            return
    raise _too_deep()


def _too_deep() -> Unreadable:
    return Unreadable(f"It is nested too deep: {MAX_DEPTH} levels are accepted.")


def python_form(value: Mapping[str, Any]) -> bytes:
    """Return the bytes of Python's `json.dumps` with sorted keys: ASCII with escapes, `1e+16`, `1e-05`."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def orjson_forms(value: Mapping[str, Any]) -> tuple[bytes, ...]:
    """Return the bytes of orjson's `dumps` with OPT_SORT_KEYS: UTF-8, `1e+16`, `1e-7`, `0.00001`.

    For floats from 1e16, orjson until 3.11.6 writes no plus (`1e16`): then both are returned, the current one first.
    """
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if not _EXPONENT.search(text):
        return (text.encode(),)
    current, former = _EXPONENTS.sub(_current_exponent, text), _EXPONENTS.sub(_former_exponent, text)
    return (current.encode(),) if current == former else (current.encode(), former.encode())


def _current_exponent(number: re.Match[str]) -> str:
    digits, sign, exponent = number.groups()
    if digits is None:
        return number[0]
    if (sign, exponent) == ("-", "5"):
        return f"0.0000{digits.replace('.', '')}"
    return f"{digits}e{sign}{exponent}"


def _former_exponent(number: re.Match[str]) -> str:
    current = _current_exponent(number)
    return current if number[1] is None else current.replace("+", "")


def same_json(one: object, other: object) -> bool:
    """Return whether two parsed values are the same to JavaScript, in which 1.0 is 1, and `true` is no number.

    Two integers must be equal in all their digits, although JavaScript keeps 53 bits of each: one whose last digits
    changed on the way is another identifier.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    if type(one) is not type(other) and _is_number(one) and _is_number(other):
        return float(one) == float(other)  # type: ignore[arg-type] # both are numbers
    return type(one) is type(other) and one == other


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
