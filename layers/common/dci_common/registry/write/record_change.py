"""Changes of records: each as it was and as it shall be, and the small changes of views of which they are made."""

from __future__ import annotations

from dataclasses import dataclass, field

from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Membership
from dci_common.registry.model.views import View, group_view, own_fields, person_view, summary
from dci_common.registry.storage.store import Stored


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A record before and after a change; None where it does not exist."""

    kind: Kind
    before: Stored | None
    after: View | None

    @property
    def is_change(self) -> bool:
        """Whether anything of the record is to be written."""
        return self.before is None or self.after != self.before.view

    @property
    def touches_members(self) -> bool:
        """Whether the views of a group's members must change with it."""
        if self.kind is not Kind.GROUP or self.before is None or self.after is None:
            return False
        return summary(self.before.view) != summary(self.after)


@dataclass(frozen=True, slots=True)
class Changes:
    """What is written together: records, memberships, and memberships (person id, group id) that are `removed`."""

    records: list[RecordChange]
    memberships: list[Membership] = field(default_factory=list)
    removed: list[tuple[str, str]] = field(default_factory=list)


def with_member(group: View, entry: View) -> View:
    """Return a group's view with this entry of a member, in place of the one it had."""
    return group_view(own_fields(group), [*_others(group["members"], entry["id"]), entry])


def without_member(group: View, person_id: str) -> View:
    """Return a group's view without a member."""
    return group_view(own_fields(group), _others(group["members"], person_id))


def with_household(person: View, entry: View) -> View:
    """Return a person's view with this entry of a household, in place of the one it had."""
    return person_view(own_fields(person), [*_others(person["households"], entry["id"]), entry])


def without_household(person: View, group_id: str) -> View:
    """Return a person's view without a household."""
    return person_view(own_fields(person), _others(person["households"], group_id))


def _others(entries: list[View], id_: str) -> list[View]:
    return [entry for entry in entries if entry["id"] != id_]
