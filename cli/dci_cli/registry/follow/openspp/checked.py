"""The check of a record: it is that of files, and what it rejects is left out, so that the registrant is kept."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar, cast

from dci_cli.registry.follow.openspp.parts import Remarks
from dci_cli.registry.support.plausibility import Fields, Finding, Path
from dci_cli.registry.support.record_check import check_record
from dci_common.registry.model import normalize
from dci_common.registry.model.records import MAX_CONTACTS, MAX_IDENTIFIERS, Group, Membership, Person

_Model = TypeVar("_Model", Person, Group, Membership)
_ENTRIES_WITH_FIELDS = ("addresses",)  # of which a field is left out, and not the entry
_LIMITS = {"identifiers": MAX_IDENTIFIERS, "phone_numbers": MAX_CONTACTS, "emails": MAX_CONTACTS}
_LARGE = ("additional_attributes", "related_persons", "addresses", "place")  # what may make a record too large
_MOST_ROUNDS = 20
_SMALL = 5000  # bytes, more than a membership has
# What OpenSPP calls the fields.
_COLUMNS = {
    "name.surname": "family_name",
    "name.given_name": "given_name",
    "name.second_name": "addl_name",
    "name.prefix": "title",
    "birth_date": "birthdate",
    "identifiers": "reg_ids",
    "identifiers.identifier_type": "reg_ids",
    "identifiers.identifier_value": "reg_ids",
    "phone_numbers": "phone",
    "emails": "email",
    "place.geo.latitude": "partner_latitude",
    "place.geo.longitude": "partner_longitude",
    "start": "start_date",
    "end": "ended_date",
    "addresses.address_line_1": "street",
    "addresses.address_line_2": "street2",
    "addresses.locality": "city",
    "addresses.postal_code": "zip",
}


def check(model: type[_Model], fields: Fields, today: date, remarks: Remarks, size: int = _SMALL) -> _Model:
    """Return the record of some fields, of which what is rejected has been taken out.

    `size` is that of the fields as JSON, if they are not certainly small.
    """
    checked = check_record(model, fields, today, size=size)
    for warning in checked.warnings:
        remarks.add(_column(warning.path), f"{_column(warning.path)} {warning.what}.")
    for _ in range(_MOST_ROUNDS):
        if checked.record is not None:
            return cast("_Model", checked.record)
        _leave_out(fields, checked.reasons, remarks)
        checked = check_record(model, fields, today)
    for name in set(fields) - {"id", "person_id", "group_id", "restricted"}:
        del fields[name]
    return model.model_validate(fields)


def _leave_out(fields: Fields, reasons: list[Finding], remarks: Remarks) -> None:
    entries: dict[str, set[int]] = {}
    for reason in reasons:
        column = _column(reason.path)
        remarks.add(column, f"{column or 'The record'} {reason.what}: it is left out.")
        match reason.path:
            case ():
                large = next((name for name in _LARGE if name in fields), None)
                fields.pop("start" if "start" in fields else large or "last_updated", None)
            case (str(name),):
                _shorten(fields, name)
            case (str(name), int(index)):
                entries.setdefault(name, set()).add(index)
            case (str(name), int(index), *rest) if name not in _ENTRIES_WITH_FIELDS or not rest:
                entries.setdefault(name, set()).add(index)
            case path:
                _delete(fields, path)
    for name, indexes in entries.items():
        fields[name] = [entry for index, entry in enumerate(fields[name]) if index not in indexes]
        if not fields[name]:
            del fields[name]


def _shorten(fields: Fields, name: str) -> None:
    """Take a field out; of a list, what is too much."""
    value = fields.get(name)
    limit = _LIMITS.get(name)
    if not isinstance(value, list) or not limit:
        fields.pop(name, None)
        return
    if name == "identifiers":
        value = list({_identifier_key(entry): entry for entry in reversed(value)}.values())[::-1]
    kept = value[:limit]
    if kept and len(kept) < len(fields[name]):
        fields[name] = kept
    else:
        del fields[name]


def _identifier_key(entry: dict[str, str]) -> tuple[str, str]:
    return normalize.identifier_type(entry["identifier_type"]), normalize.identifier(entry["identifier_value"])


def _delete(fields: Fields, path: Path) -> None:
    """Delete the field at a path, and what contains it if it is empty then."""
    holders: list[tuple[Any, str | int]] = []
    holder: Any = fields
    for key in path:
        is_there = key in holder if isinstance(holder, dict) else isinstance(key, int) and key < len(holder)
        if not is_there:
            break
        holders.append((holder, key))
        holder = holder[key]
        if not isinstance(holder, dict | list):
            break
    is_empty = True
    for container, key in reversed(holders):
        if is_empty:
            del container[key]
        is_empty = is_empty and not container


def _column(path: Path) -> str:
    name = ".".join(part for part in path if isinstance(part, str))
    return _COLUMNS.get(name, name)
