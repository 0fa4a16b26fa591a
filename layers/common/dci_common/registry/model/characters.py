"""Characters that say the same: each table translates a text character by character (`str.translate`)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

_FIRST_ACCENT = 10  # combining classes below it belong to the letters of their script, such as the virama
_LAST_KEPT = 0x3000  # tables keep what they have found out of characters before it, and so stay small
_TATWEEL = "ـ"  # stretches a word
# Modifier letters that are typed for an apostrophe, or for the signs of a transliteration that look like one.
_APOSTROPHES = "ʹʺʻʼʽʾʿˈˊˋˮꞋꞌ"
_LETTERS = {
    # Letters that Unicode does not decompose, without their strokes and ligatures.
    **dict(zip("đðøłħıŧ", "ddolhit", strict=True)),
    **dict(zip("æœþ", ("ae", "oe", "th"), strict=True)),
    # What keyboards for Persian, Urdu and others have in place of an Arabic letter, and letters that are written for
    # each other at the end of a word: as Lucene's normalisers of Arabic and Persian have it.
    **dict.fromkeys("ىی", "ي"),
    **dict.fromkeys("کڪ", "ك"),
    **dict.fromkeys("ةہۃھە", "ه"),
    "ٱ": "ا",
}
_PLUS_SIGNS, _PHONE_PUNCTUATION = "﹢+", "().-/−().⁄/"


class Table(dict[int, str]):
    """A table for `str.translate` that is filled as characters occur."""

    def __init__(self, translate: Callable[[str], str]) -> None:
        super().__init__()
        self._translate = translate

    def __missing__(self, code: int) -> str:
        translated = self._translate(chr(code))
        if code < _LAST_KEPT:
            self[code] = translated
        return translated


def _visible(char: str) -> str:
    """Drop format characters, such as joiners and direction marks; write a digit of any script as 0 to 9."""
    if unicodedata.category(char) == "Cf":
        return ""
    return str(unicodedata.decimal(char)) if char.isdecimal() else char


def _letter(char: str) -> str:
    """Return a character of a casefolded, decomposed text without its accents; a space for punctuation."""
    if char in _LETTERS:
        return _LETTERS[char]
    if char == _TATWEEL or unicodedata.combining(char) >= _FIRST_ACCENT:
        return ""
    if char in _APOSTROPHES:
        return " "
    visible = _visible(char)
    return visible if not visible or unicodedata.category(visible)[0] in "LMN" else " "


def _dialled(char: str) -> str:
    """Return a character of a phone number; nothing for punctuation."""
    if char in _PLUS_SIGNS:
        return "+"
    if char in _PHONE_PUNCTUATION or char.isspace() or unicodedata.category(char) == "Pd":
        return ""
    return _visible(char)


VISIBLE, LETTERS, DIALLED = Table(_visible), Table(_letter), Table(_dialled)


def digits(value: str) -> str:
    """Return a text without format characters, and with the digits 0 to 9."""
    return value if value.isascii() else value.translate(VISIBLE)
