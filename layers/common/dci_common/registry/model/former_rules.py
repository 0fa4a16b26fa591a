"""How version 1 of the rules normalised: the tables that it wrote have such values until they are reindexed."""

from __future__ import annotations

import re
import unicodedata

_MAX_TEXT_BYTES = 256
_PHONE_PUNCTUATION = re.compile(r"[\s().\-/]+")
_FIRST_ACCENT = 10
_BASE_LETTERS = str.maketrans(
    {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
)


def identifier(value: str) -> str:
    """Return an identifier's value without surrounding spaces."""
    return value.strip()


def phone(value: str) -> str:
    """Return a phone number without punctuation, an international `00` written as `+`."""
    digits = _PHONE_PUNCTUATION.sub("", value)
    return "+" + digits[2:] if digits.startswith("00") else digits


def name(value: str) -> str:
    """Return a text without differences of accents, case, punctuation or spacing."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", value).casefold())
    letters = (char for char in decomposed.translate(_BASE_LETTERS) if unicodedata.combining(char) < _FIRST_ACCENT)
    words = "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in letters).split()
    cut = "-".join(words).encode()[:_MAX_TEXT_BYTES].decode(errors="ignore")
    return cut.removesuffix("-")
