"""Periods of membership: a person may leave a group and come back, and belongs to it in several periods then.

A period is identified by its start. The periods of a person in a group do not overlap, so at most one of them is in
force on any day. A period is any object with the fields of a membership, such as an entry of a view.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from dci_common.registry.model.base import record_fields
from dci_common.registry.model.views import AnyView, View, is_active, membership_fields

if TYPE_CHECKING:
    from dci_common.registry.model.records import Membership


class PeriodConflict(Exception):
    """A membership contradicts the other periods of its person in its group; the message says how."""


def with_period(membership: Membership, periods: Sequence[View], today: date) -> list[View]:
    """Return the periods of a person in a group with a membership, in place of the one that it means.

    Raises PeriodConflict.
    """
    period = _period_meant(membership, periods, today)
    others = [other for other in periods if start_of(other) != start_of(period)]
    if overlapping := find_overlap(period, others):
        raise PeriodConflict(overlap_text(membership, overlapping))
    return [*others, period]


def without_period(periods: Sequence[View], start: str | None) -> list[View]:
    """Return the periods without the one with this start ("" for none), or None: without the only one.

    Raises PeriodConflict when there are several, and `start` is None.
    """
    if start is None and len(periods) > 1:
        raise PeriodConflict(f"The membership has several periods: {_texts(periods)}. Give the start of one.")
    return [period for period in periods if start is not None and start_of(period) != start]


def find_overlap(period: AnyView, others: Iterable[AnyView]) -> AnyView | None:
    """Return one of these other periods that overlaps a period; an absent start or end has no bound."""
    return next((other for other in others if _begins_in(other, period) and _begins_in(period, other)), None)


def overlap_text(membership: Membership, other: AnyView) -> str:
    """Say that a membership overlaps another period."""
    return (
        f"The person {membership.person_id} belongs to the group {membership.group_id} {period_text(other)} already, "
        "which overlaps: end that membership first, or delete it by its start."
    )


def start_of(period: AnyView) -> str:
    """Return the first day of a period; "", which is before every day, if it has none."""
    return str(period.get("start", ""))


def period_text(period: AnyView) -> str:
    """Describe when a period begins and ends."""
    begins = f"from {period['start']}" if "start" in period else "without a start"
    return f"{begins} until {period['end']}" if "end" in period else begins


def meant(membership: Membership, periods: Sequence[View], today: date) -> View | None:
    """Return the one of these periods that a membership means; None when it is a new one.

    One that was given without `start` means the period in force, or else the only one. Raises PeriodConflict when it
    may mean several.
    """
    if "start" in membership.model_fields_set:
        start = membership.start.isoformat() if membership.start else ""
        return next((period for period in periods if start_of(period) == start), None)
    found = [period for period in periods if is_active(period, today)] or list(periods)
    if len(found) > 1:
        raise PeriodConflict(
            f"The person {membership.person_id} belonged to the group {membership.group_id} in several periods, and "
            f"none is in force: {_texts(periods)}. Give the start of one of them, or of a new one."
        )
    return found[0] if found else None


def _period_meant(membership: Membership, periods: Sequence[View], today: date) -> View:
    """Return a membership's own fields, with the start of the one of these periods that it means.

    Raises PeriodConflict when it may mean several, or ends before the one that it means begins.
    """
    fields = membership_fields(record_fields(membership))
    if (period := meant(membership, periods, today)) is None:
        return fields
    start = start_of(period)
    if "end" in fields and fields["end"] < start:
        raise PeriodConflict(f"The membership began on {start}: its end must not be before that.")
    return fields | ({"start": start} if start else {})


def _begins_in(period: AnyView, other: AnyView) -> bool:
    """Return whether a period begins before another one ends."""
    return "end" not in other or start_of(period) < other["end"]


def _texts(periods: Iterable[AnyView]) -> str:
    return "; ".join(map(period_text, periods))
