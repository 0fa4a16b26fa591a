"""Identifiers, phone numbers and e-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from dci_cli.registry.files import cells
from dci_cli.registry.follow.openspp.parts import Mapping, Remarks, Row
from dci_cli.registry.follow.openspp.terms import clean
from dci_common.registry.model import normalize
from dci_common.registry.model.records import MAX_CONTACTS, MAX_IDENTIFIERS

_ADDRESS = re.compile(r"<([^<>@]*@[^<>]*)>")  # takes time that grows with the text only
_EMAIL_SEPARATORS = re.compile(r"[,;]")


def identifiers(rows: Sequence[Row], mapping: Mapping, remarks: Remarks) -> list[dict[str, str]]:
    """Return the identifiers, the newest first. One that several registrants have is the one's with the lowest id."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for owner, type_id, raw, _, first, last in rows:
        name, value = mapping.types.get(type_id, ""), clean(raw)
        if not (name and value):
            continue
        if first != last:
            remarks.contested = True
        if first != owner:
            remarks.add("reg_ids", "An identifier belongs to a registrant with a lower id too, who keeps it.")
            continue
        key = (normalize.identifier_type(name), normalize.identifier(value))
        found.setdefault(key, {"identifier_type": name, "identifier_value": value})
    return _first(list(found.values()), MAX_IDENTIFIERS, "reg_ids", "identifiers", remarks)


def phones(rows: Sequence[Row], columns: Iterable[str | None], remarks: Remarks) -> list[str]:
    """Return the phone numbers: those of the table that are not disabled, then those of the registrant's columns."""
    found = []
    for number in dict.fromkeys(_numbers(rows, columns)):
        if any(char.isdecimal() for char in number):
            found.append(number)
        else:
            remarks.add("phone", "A phone number has no digit, and is left out.")
    if len(found) > 1:
        found = _unique(found, normalize.phone)
    return _first(found, MAX_CONTACTS, "phone", "phone numbers", remarks)


def emails(text: str | None, remarks: Remarks) -> list[str]:
    """Return the e-mail addresses of a text, without the names beside them."""
    if not text:
        return []
    found = []
    for part in _EMAIL_SEPARATORS.split(text):
        unwrapped = _ADDRESS.search(part)
        if address := clean(unwrapped[1] if unwrapped else part):
            found.append(address)
    return _first(_unique(found, normalize.email), MAX_CONTACTS, "email", "e-mail addresses", remarks)


def _unique(values: Iterable[str], normalized: Callable[[str], str]) -> list[str]:
    """Return the first of those values that are equal."""
    found: dict[str, str] = {}
    for value in values:
        found.setdefault(normalized(value), value)
    return list(found.values())


def _numbers(rows: Iterable[Row], columns: Iterable[str | None]) -> Iterator[str]:
    for _, number, is_disabled, _ in rows:
        if not is_disabled:
            yield from cells.several(clean(number))
    for text in columns:
        if text:
            yield from cells.several(clean(text))


def _first(values: list[Any], limit: int, name: str, what: str, remarks: Remarks) -> list[Any]:
    if len(values) > limit:
        remarks.add(name, f"There are more than {limit} {what}: the others are left out.")
    return values[:limit]
