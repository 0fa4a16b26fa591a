"""Drafts: records as they are and as they shall be, and the small changes of views that make them."""

from __future__ import annotations

from dataclasses import dataclass

from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View, group_view, own_fields, person_view, summary
from dci_common.registry.storage.store import Stored


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A record as it was and as it shall be; None where it is not."""

    kind: Kind
    before: Stored | None
    after: View | None

    @property
    def is_change(self) -> bool:
        """Whether anything of the record is to be written."""
        return self.before is None or self.after != self.before.view

    @property
    def touches_members(self) -> bool:
        """Whether the members of a group show something else of it now."""
        if self.kind is not Kind.GROUP or self.before is None or self.after is None:
            return False
        return summary(self.before.view) != summary(self.after)


def with_member(group: View, entry: View) -> View:
    """Return a group's view with this entry of a member, instead of the one that there was."""
    return group_view(own_fields(group), [*_others(group["members"], entry["id"]), entry])


def without_member(group: View, person_id: str) -> View:
    """Return a group's view without a member."""
    return group_view(own_fields(group), _others(group["members"], person_id))


def with_household(person: View, entry: View) -> View:
    """Return a person's view with this entry of a household, instead of the one that there was."""
    return person_view(own_fields(person), [*_others(person["households"], entry["id"]), entry])


def without_household(person: View, group_id: str) -> View:
    """Return a person's view without a household."""
    return person_view(own_fields(person), _others(person["households"], group_id))


def _others(entries: list[View], id_: str) -> list[View]:
    return [entry for entry in entries if entry["id"] != id_]
