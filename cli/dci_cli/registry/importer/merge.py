"""What a row means for a record that the registry has: only the fields that the row gives change.

A row gives a field if its file has the column or member. What is given replaces what is there; an empty cell and a
JSON `null` remove it. Objects, such as a name, are merged member by member, as by JSON Merge Patch (RFC 7396).
Lists are replaced, except that identifiers are added. A row that does not give `restricted` never changes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError

from dci_cli.registry.support.value_checks import is_before
from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind
from dci_common.registry.model.own_restriction import with_own_restriction
from dci_common.registry.model.periods import meant, start_of
from dci_common.registry.model.records import Group, Membership, Person
from dci_common.registry.model.views import AnyView, View, membership_fields
from dci_common.registry.storage import keys
from dci_common.validation import describe

Given = dict[str, Any]  # what a row gives, as JSON; a value that is None, or an empty list, is removed
MODELS: dict[Kind, type[Person | Group]] = {Kind.PERSON: Person, Kind.GROUP: Group}


class MergeConflict(Exception):
    """A row and what the registry has are not valid together; the message says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Together with what the registry has: {reason}")


def merge_record(kind: Kind, stored: View, given: Given, *, replace: bool) -> Person | Group:
    """Return a record after a row, or in place of it. Raises MergeConflict."""
    fields = _merged_fields(stored, given, replace=replace)
    birth, death = fields.get("birth_date"), fields.get("death_date")
    if birth and death and is_before(death, birth) and not given.keys().isdisjoint({"birth_date", "death_date"}):
        raise MergeConflict("death_date is before the birth.")
    try:
        record = MODELS[kind].model_validate(fields)
    except ValidationError as error:
        raise MergeConflict(describe(error, "the record")) from error
    is_by_row = "restricted" in given and "source" not in given
    return with_own_restriction(record) if is_by_row else record


def _merged_fields(stored: View, given: Given, *, replace: bool) -> View:
    if replace:
        kept = {name: stored[name] for name in ("restricted", "source") if name in stored}
        return kept | given
    fields = _merge(stored, given)
    if "identifiers" in given:
        fields["identifiers"] = _with_identifiers(stored.get("identifiers", []), given["identifiers"])
    return fields


def merge_membership(given: Given, periods: Sequence[View], today: date, *, replace: bool) -> Membership:
    """Return a membership after a row; `periods` are those of its person in its group that the registry has.

    The row changes the period that it means, or is a new one. Raises MergeConflict or PeriodConflict.
    """
    stored = _period_meant(given, periods, today)
    start = {"start": given.get("start") or stored.get("start")}
    ids = {"person_id": given["person_id"], "group_id": given["group_id"]}
    try:
        return Membership.model_validate((given if replace else _merge(stored, given)) | start | ids)
    except ValidationError as error:
        raise MergeConflict(describe(error, "the membership")) from error


def _period_meant(given: Given, periods: Sequence[View], today: date) -> View:
    """Return the period that a row means, without what it shows of its group; nothing for a new one.

    A row without a start means the period that already is as the row says, before all others.
    """
    own = [membership_fields(period) for period in periods]
    fields = membership_fields(given)
    as_given = [period for period in own if not start_of(period) and _merge(period, fields) == period]
    return next(iter(as_given), None) or meant(Membership.model_validate(given), own, today) or {}


def _merge(stored: AnyView, given: AnyView) -> View:
    merged = dict(stored)
    for name, value in given.items():
        if value is None or value == []:
            merged.pop(name, None)
        else:
            merged[name] = _merge(merged.get(name, {}), value) if isinstance(value, dict) else value
    return merged


def _with_identifiers(stored: Sequence[View], given: Sequence[View]) -> list[View]:
    """Return identifiers with others; one that is equal is spelled as the later one."""
    return list({_identifier_pk(one): one for one in (*stored, *given)}.values())


def _identifier_pk(identifier: View) -> str:
    value = normalize.identifier(identifier["identifier_value"])
    return keys.identifier_pk(identifier["identifier_type"], value)
