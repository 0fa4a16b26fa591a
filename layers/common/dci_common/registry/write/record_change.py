"""Changes of records: each as it was and as it shall be, and the small changes of views of which they are made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import (
    View,
    group_view,
    membership_fields,
    own_fields,
    person_view,
    summary,
)
from dci_common.registry.storage.store import Stored


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A record before and after a change; None where it does not exist. A person's has their memberships in it."""

    kind: Kind
    before: Stored | None
    after: View | None

    @property
    def is_change(self) -> bool:
        """Whether anything of the record is to be written."""
        return self.before is None or self.after != self.before.view

    @property
    def keeps_own_fields(self) -> bool:
        """Whether the record exists before and after, and differs in nothing but what it shows of others."""
        return bool(self.before and self.after and own_fields(self.before.view) == own_fields(self.after))

    @property
    def touches_members(self) -> bool:
        """Whether the views of a group's members must change with it."""
        if self.kind is not Kind.GROUP or self.before is None or self.after is None:
            return False
        return summary(self.before.view) != summary(self.after)


def with_members(group: View, person_id: str, entries: Iterable[View]) -> View:
    """Return a group's view with these entries of a person, in place of those it had."""
    return group_view(own_fields(group), [*_without(group["members"], person_id), *entries])


def with_all_members(group: View, entries: Mapping[str, Iterable[View]]) -> View:
    """Return a group's view with the entries of these people alone."""
    return group_view(own_fields(group), [entry for some in entries.values() for entry in some])


def with_hidden_members(group: View, ids: Collection[str]) -> View:
    """Return a group's view that shows nothing of these people, but keeps their memberships."""
    members = [
        {"id": entry["id"], "restricted": True, **membership_fields(entry)} if entry["id"] in ids else entry
        for entry in group["members"]
    ]
    return group_view(own_fields(group), members)


def with_households(person: View, group_id: str, entries: Iterable[View]) -> View:
    """Return a person's view with these entries of a group, in place of those it had."""
    return person_view(own_fields(person), [*_without(person["households"], group_id), *entries])


def entries_of(entries: Iterable[View], id_: str) -> list[View]:
    """Return the entries of one person or group: one for each period of membership."""
    return [entry for entry in entries if entry["id"] == id_]


def _without(entries: Iterable[View], id_: str) -> list[View]:
    return [entry for entry in entries if entry["id"] != id_]
