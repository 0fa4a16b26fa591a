"""How a cell of a table is read: each function returns the value that the model validates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dci_common.registries.social.code_lists import MARITAL_STATUS, SEX
from dci_common.registry.model.characters import digits

_ISO = re.compile(r"\d{4}(-\d\d)?(-\d\d)?")
_TIME_OF_DAY = re.compile(r"(\d{4}-\d\d-\d\d)[ T].*")
_GROUPED = re.compile(r"-?(\d{1,3}([. \u00a0\u202f]\d{3})+|\d+)(,\d+)?")
_TRUTHS = {
    **dict.fromkeys(("true", "yes", "y", "t", "1", "x"), True),
    **dict.fromkeys(("false", "no", "n", "f", "0", ""), False),
}
_NEITHER = "neither"  # which the model rejects as a boolean
_SEXES = {"not_known": "unknown", "not_applicable": "other"}  # ISO 5218, as OpenSPP2 displays it
_ROLES = {
    "principal": "principal_recipient",
    "alternative": "alternative_recipient",
    "alternate_recipient": "alternative_recipient",
}


@dataclass(frozen=True, slots=True)
class Notation:
    """How the cells of a file are written: dates by a format of strptime, the decimal mark, names of codes."""

    date_format: str = ""
    decimal: str = "."
    names: Mapping[str, str] = field(default_factory=dict)


def text(cell: str, _: Notation) -> str:
    """Return a text."""
    return cell


def coded(cell: str, notation: Notation) -> str:
    """Return a code of a list, or the name that the mapping gives to it."""
    return notation.names.get(cell, cell)


def day(cell: str, notation: Notation) -> str:
    """Return a day, or what is known of it; Odoo exports a day with a time, which is cut off."""
    plain = _TIME_OF_DAY.sub(r"\1", digits(cell))
    if _ISO.fullmatch(plain) or not notation.date_format:
        return plain
    try:
        read = datetime.strptime(plain, notation.date_format)  # noqa: DTZ007 - a calendar date
    except ValueError:
        return cell
    return read.strftime(_known_part(notation.date_format)).rjust(4, "0")


def moment(cell: str, notation: Notation) -> str:
    """Return a date-time; a day that is written by the date format is its beginning."""
    return day(cell, notation) if notation.date_format and not _TIME_OF_DAY.match(cell) else cell


def number(cell: str, notation: Notation) -> str:
    """Return a number with a decimal point."""
    if notation.decimal == ".":
        return cell
    if not _GROUPED.fullmatch(cell):
        return cell.replace(".", ",")  # which the model rejects: a point separates thousands only
    return re.sub(r"[. \u00a0\u202f]", "", cell).replace(",", ".")


def truth(cell: str, _: Notation | None = None) -> bool | str:
    """Return whether a cell means yes or no; a text, which the model rejects, when it means neither."""
    return _TRUTHS.get(cell.casefold(), _NEITHER)


def several(cell: str, _: Notation | None = None) -> list[str]:
    """Return the values of a cell that are separated by commas."""
    return [part for part in map(str.strip, cell.split(",")) if part]


def sex(cell: str, notation: Notation) -> str:
    """Return a sex from a word, a letter, or a code of ISO 5218."""
    word = coded(cell, notation).casefold()
    return _SEXES.get("_".join(word.split())) or SEX.normalize(word) or word


def marital_status(cell: str, notation: Notation) -> str:
    """Return the code of a marital status."""
    word = coded(cell, notation)
    return MARITAL_STATUS.normalize(word).upper() or word


def standard_code(cell: str, notation: Notation) -> str:
    """Return a code of the standard, which is written in capital letters."""
    return coded(cell, notation).upper()


def roles(cell: str, notation: Notation) -> list[str]:
    """Return the roles of membership kinds, given by name or external id (`module.group_membership_kind_head`)."""
    names = (re.sub(r".*group_membership_kind_", "", coded(part, notation)) for part in several(cell))
    words = ("_".join(name.casefold().split()) for name in names)
    return [_ROLES.get(word, word) for word in words]


def _known_part(date_format: str) -> str:
    """Return the format of the part of a date that another format gives."""
    if re.search(r"%[dDjxc]", date_format):
        return "%Y-%m-%d"
    return "%Y-%m" if re.search(r"%[mbB]", date_format) else "%Y"
