"""The words of OpenSPP's lists: each has a spelling that is used, and further ones by which `--map` may name it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from pydantic_core import from_json

from dci_cli.registry.files import cells
from dci_cli.registry.files.cells import Notation
from dci_common.registries.social.code_lists import MARITAL_STATUS, SEX

LANGUAGE = "en_US"  # which Odoo always has
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]+")  # which no text may hold
_FORBIDDEN_IN_TYPES = re.compile(r"[#\x00-\x1f\x7f-\x9f]+")
_LONGEST_TYPE = 100
_UNKNOWN_MARITAL_STATUS = "U"  # in OpenSPP2; with us it is unmarried


class Term(NamedTuple):
    """An entry of a list: `text` is used, unless `--map` names that or one of the others."""

    text: str
    others: tuple[str, ...] = ()

    def named(self, names: Mapping[str, str]) -> str:
        """Return the name that `--map` gives, or else the text."""
        if names:
            for spelled in (self.text, *self.others):
                if spelled in names:
                    return names[spelled]
        return self.text


def clean(value: str | None) -> str:
    """Return a text without control characters and surrounding spaces; "" for none."""
    if not value:
        return ""
    return (value if value.isprintable() else CONTROL.sub("", value)).strip()


def translated(value: str | None, *, is_json: bool, language: str = LANGUAGE) -> str:
    """Return a text in a language, or in English, or in any."""
    if not value or not is_json:
        return clean(value)
    spelled = from_json(value)
    if not isinstance(spelled, dict):
        return clean(str(spelled)) if spelled else ""
    texts = {key: clean(text) for key, text in spelled.items() if isinstance(text, str)}
    return texts.get(language) or texts.get(LANGUAGE) or next(filter(None, texts.values()), "")


def identifier_type(term: Term, names: Mapping[str, str]) -> str:
    """Return an identifier type without what a type must not have."""
    return _FORBIDDEN_IN_TYPES.sub("-", term.named(names)).strip()[:_LONGEST_TYPE].strip()


def sex(term: Term, names: Mapping[str, str]) -> str:
    """Return a sex, from the first spelling that is one; "" when none is."""
    for spelled in (term.named(names), term.text, *term.others):
        word = cells.sex(spelled, _PLAIN)
        if SEX.normalize(word):
            return word
    return ""


def marital_status(term: Term, names: Mapping[str, str], *, is_code: bool) -> str:
    """Return the code of a marital status; "" if it has no code. `is_code`: of OpenSPP2."""
    named = term.named(names)
    if is_code and named == term.text == _UNKNOWN_MARITAL_STATUS:
        return ""
    for spelled in (named, *(() if is_code else term.others)):
        found = cells.marital_status(spelled, _PLAIN)
        if MARITAL_STATUS.normalize(found):
            return found
    return ""


def role(term: Term, names: Mapping[str, str]) -> str:
    """Return the role of a kind of membership; a comma would make two of it."""
    found = cells.roles(term.named(names).replace(",", " "), _PLAIN)
    return found[0] if found else ""


_PLAIN = Notation()
