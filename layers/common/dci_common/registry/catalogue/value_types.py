"""The types of attribute values: how a value is normalised, and what a partner may send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dci_common.registry.model import normalize

Normalizer = Callable[[str], str]


@dataclass(frozen=True, slots=True, eq=False)
class ValueType:
    """A type of values, with its name in the documentation.

    `normalize` returns "" for a text that is not a value of the type. `expected` describes the values for a partner.
    `ordered` values can be compared by `lt` and the like. A value of a `lookup` type has items of its own in storage,
    which name the records that it belongs to; a `unique` value belongs to one record.
    """

    name: str
    normalize: Normalizer
    expected: str
    ordered: bool = True
    lookup: bool = False
    unique: bool = False


IDENTIFIER = ValueType(
    "identifier", normalize.identifier, "a string, a number or a boolean", ordered=False, lookup=True, unique=True
)
PHONE = ValueType("phone", normalize.phone, "a phone number", ordered=False, lookup=True)
EMAIL = ValueType("email", normalize.email, "an e-mail address", ordered=False, lookup=True)
DATE = ValueType("date", normalize.day, "a date such as 1990-01-31")
MOMENT = ValueType("moment", normalize.utc_day, "a date such as 2026-01-31")
NUMBER = ValueType(
    "number",
    normalize.number,
    "a number such as 2.5, with at most 18 digits on each side of the point and 2 in an exponent",
)
TEXT = ValueType("text", normalize.name, "letters or digits")
BOOLEAN = ValueType("boolean", normalize.boolean, "true or false", ordered=False)


def code_list(name: str, codes: Mapping[str, str], expected: str) -> ValueType:
    """Return the type of a code list. `codes` has the code for each word, both normalised as texts are."""
    return ValueType(name, lambda value: codes.get(normalize.name(value), ""), expected)
