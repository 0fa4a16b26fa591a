"""`last_updated`: every change of a record stamps it. The stamp alone is no difference between two records."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import takewhile

from dci_common.registry.model.records import Registrant
from dci_common.registry.model.views import AnyView, View

_STAMP = "last_updated"
_FIELDS_BEFORE = frozenset(takewhile(lambda name: name != _STAMP, Registrant.model_fields))


def moment(epoch_seconds: float) -> str:
    """Return a stamp, in whole seconds, as records have it: `2026-03-01T09:30:00Z`."""
    return datetime.fromtimestamp(int(epoch_seconds), UTC).isoformat().replace("+00:00", "Z")


def stamp(fields: View, now: str | None) -> View:
    """Return a new record's own fields, with `now` as their stamp if they have none; None adds none."""
    return fields if now is None or _STAMP in fields else _with_stamp(fields, now)


def stamped(fields: View, before: AnyView | None, now: str) -> View:
    """Return a record's own fields, with the stamp that they get when they are written; `before` are those there.

    A record that does not differ keeps its stamp. One that does keeps its own if that is newer than the one there,
    and gets `now` otherwise.
    """
    had = before.get(_STAMP) if before else None
    if before is not None and is_same(fields, before):
        return _with_stamp(fields, had) if had else _without_stamp(fields)
    own = fields.get(_STAMP)
    return fields if own and (not had or _is_later(own, had)) else _with_stamp(fields, now)


def is_same(fields: AnyView, others: AnyView) -> bool:
    """Return whether two records' own fields are the same, but for the stamp."""
    return _without_stamp(fields) == _without_stamp(others)


def _with_stamp(fields: View, value: str) -> View:
    """Return fields with the stamp in its place: a record is the same text, whoever wrote it."""
    first = {name: some for name, some in fields.items() if name in _FIELDS_BEFORE}
    return {
        **first,
        _STAMP: value,
        **{name: some for name, some in fields.items() if name not in first | {_STAMP: 0}},
    }


def _without_stamp(fields: AnyView) -> View:
    return {name: value for name, value in fields.items() if name != _STAMP}


def _is_later(one: str, other: str) -> bool:
    return datetime.fromisoformat(one) > datetime.fromisoformat(other)
