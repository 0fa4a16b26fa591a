"""Texts of one line, as people write them: words of Persian, Sinhala and more have joiners, which are invisible."""

from __future__ import annotations

_JOINERS = str.maketrans("", "", "\u200c\u200d")


def without_joiners(text: str) -> str:
    """Return a text without its joiners, to compare it with another one that looks the same."""
    return text.translate(_JOINERS)


def has_part(text: str, part: str) -> bool:
    """Return whether a text has a part in it, whatever the case and the joiners of both."""
    return without_joiners(part).casefold() in without_joiners(text).casefold()


def is_printable(text: str) -> bool:
    """Return whether a text has one line, and joiners are all that is invisible in it."""
    return text.isprintable() or without_joiners(text).isprintable()
