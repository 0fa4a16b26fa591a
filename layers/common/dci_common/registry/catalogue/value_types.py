"""The types of attribute values: how a value is normalised, and what a partner may send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dci_common.registry.model import normalize
from dci_common.registry.model.rules import Rules

Normalizer = Callable[[str], str]


@dataclass(frozen=True, slots=True, eq=False)
class ValueType:
    """A type of values, with its name in the documentation.

    `normalize` returns "" for a text that is not a value of the type. `expected` describes the values for a partner.
    `ordered` values can be compared by `lt` and the like. A value of a `lookup` type has items of its own in storage,
    which name the records that it belongs to; a `unique` value belongs to one record. `by_rules` returns how some
    rules normalise a value; `normalize` follows those of this version without a country.
    """

    name: str
    normalize: Normalizer
    expected: str
    ordered: bool = True
    lookup: bool = False
    unique: bool = False
    by_rules: Callable[[Rules], Normalizer] | None = None

    def normalizer(self, rules: Rules) -> Normalizer:
        """Return how rules normalise a value of the type."""
        return self.by_rules(rules) if self.by_rules else self.normalize


IDENTIFIER = ValueType(
    "identifier",
    normalize.identifier,
    "a string, a number or a boolean",
    ordered=False,
    lookup=True,
    unique=True,
    by_rules=lambda rules: rules.identifier,
)
PHONE = ValueType(
    "phone", normalize.phone, "a phone number", ordered=False, lookup=True, by_rules=lambda rules: rules.phone
)
EMAIL = ValueType("email", normalize.email, "an e-mail address", ordered=False, lookup=True)
DATE = ValueType("date", normalize.day, "a date such as 1990-01-31")
PARTIAL_DATE = ValueType("partial date", normalize.partial_date, "a date such as 1990-01-31, 1990-01 or 1990")
MOMENT = ValueType("moment", normalize.utc_day, "a date such as 2026-01-31")
NUMBER = ValueType(
    "number",
    normalize.number,
    "a number such as 2.5, with at most 18 digits on each side of the point and 2 in an exponent",
)
TEXT = ValueType("text", normalize.name, "letters or digits", by_rules=lambda rules: rules.text)
BOOLEAN = ValueType("boolean", normalize.boolean, "true or false", ordered=False)


def code_list(name: str, codes: Mapping[str, str], expected: str) -> ValueType:
    """Return the type of a code list. `codes` has the code for each word, both normalised as texts are."""
    return ValueType(name, lambda value: codes.get(normalize.name(value), ""), expected)
