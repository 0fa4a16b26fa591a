"""When two identifiers are equal, in SQL: as the registry's keys have them, so that the database finds the others."""

from __future__ import annotations

import sys
import unicodedata
from functools import cache

from dci_cli.registry.follow.openspp.connection import literal
from dci_cli.registry.follow.openspp.terms import CONTROL


def equal_form(column: str) -> str:
    """Return the expression of an identifier's value in the form that equal ones share.

    It says the same as `normalize.identifier` of a value that was cleaned and checked: without invisible characters,
    surrounding spaces, a spreadsheet's apostrophe and decimals, and with the digits 0 to 9.
    """
    digits, others, replaced, spaces = _characters()
    visible = f"translate({column}, {literal(digits + others)}, {literal(replaced)})"
    stripped = f"btrim({visible}, {literal(spaces)})"
    unmarked = rf"btrim(regexp_replace({stripped}, '^''(.+)$', '\1'), {literal(spaces)})"
    whole = rf"regexp_replace({unmarked}, '^([0-9]+)[.,]0+$', '\1')"
    return f"""(CASE WHEN {column} ~ '^[A-Za-z0-9-]+$' THEN {column} ELSE {whole} END COLLATE "C")"""


@cache
def _characters() -> tuple[str, str, str, str]:
    """Return the digits of all scripts, what is dropped, what the digits become, and what surrounds a text."""
    every = [char for char in map(chr, range(1, sys.maxunicode + 1)) if not "\ud800" <= char <= "\udfff"]
    digits = "".join(char for char in every if char.isdecimal() and not char.isascii())
    dropped = "".join(char for char in every if unicodedata.category(char) == "Cf" or CONTROL.match(char))
    spaces = "".join(char for char in every if char.isspace() and not CONTROL.match(char))
    return digits, dropped, "".join(str(unicodedata.decimal(char)) for char in digits), spaces
