"""How the staged memberships of a person differ from those that the registry has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from dci_cli.registry.importer.diff_status import DiffStatus
from dci_cli.registry.importer.merge import MergeConflict, merge_membership
from dci_cli.registry.importer.staged import Staged
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.periods import PeriodConflict, find_overlap, overlap_text, start_of
from dci_common.registry.model.records import Membership
from dci_common.registry.model.views import View, membership_fields
from dci_common.registry.storage.store import Stored
from dci_common.registry.write.record_change import entries_of

if TYPE_CHECKING:
    from dci_cli.registry.importer.staging import Staging


@dataclass(frozen=True, slots=True)
class ComparedMembership:
    """A staged membership; `stored` are the fields of the period that it changes, and `reason` says why it cannot."""

    staged: Staged[Membership]
    merged: Membership
    stored: View | None
    status: DiffStatus
    reason: str = ""

    @property
    def fields(self) -> View:
        """The fields of the period as it shall be."""
        return membership_fields(record_fields(self.merged))


def compare_memberships(
    staging: Staging, person: Stored, today: date, *, replace: bool
) -> Iterator[ComparedMembership]:
    """Yield the staged memberships of a person of the registry, those first that change a period that it has."""
    periods: dict[str, list[View]] = {}
    taken: set[tuple[str, str]] = set()
    resolved = [
        _resolve(staging, staged, person, today, replace=replace) for staged in staging.memberships_of(person.id)
    ]
    for one in sorted(resolved, key=lambda one: one.stored is None):
        group_id, start = one.merged.group_id, start_of(one.fields)
        there = periods.setdefault(group_id, entries_of(person.view["households"], group_id))
        others = [period for period in there if start_of(period) != start]
        overlapping = find_overlap(one.fields, others)
        if one.reason:
            yield one
        elif (group_id, start) in taken:
            text = f"The membership of the person {person.id} in the group {group_id} is in the files twice."
            yield ComparedMembership(one.staged, one.merged, None, DiffStatus.DIFFERENT, text)
        elif overlapping:
            text = overlap_text(one.merged, overlapping)
            yield ComparedMembership(one.staged, one.merged, None, DiffStatus.DIFFERENT, text)
        else:
            taken.add((group_id, start))
            periods[group_id] = [*others, one.fields]
            yield one


def _resolve(
    staging: Staging, staged: Staged[Membership], person: Stored, today: date, *, replace: bool
) -> ComparedMembership:
    had = entries_of(person.view["households"], staged.record.group_id)
    try:
        merged = merge_membership(staged.given, had, today, replace=replace)
    except (MergeConflict, PeriodConflict) as conflict:
        return ComparedMembership(staged, staged.record, None, DiffStatus.DIFFERENT, str(conflict))
    fields = membership_fields(record_fields(merged))
    stored = next((membership_fields(one) for one in had if start_of(one) == start_of(fields)), None)
    is_same = stored == fields and _has_group(staging, merged.group_id)
    return ComparedMembership(staged, merged, stored, DiffStatus.SAME if is_same else DiffStatus.DIFFERENT)


def _has_group(staging: Staging, group_id: str) -> bool:
    """Return whether the registry has a group; after an interrupted import it may only have members of it."""
    status = staging.statuses.of_record(Kind.GROUP, group_id)
    return status in {DiffStatus.SAME, DiffStatus.DIFFERENT} or staging.statuses.is_known(Kind.GROUP, group_id)
