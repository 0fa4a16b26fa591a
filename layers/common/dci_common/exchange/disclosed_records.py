"""Which records an answer discloses: those found, those that it identifies, and those that are shown in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import is_shown
from dci_common.registry.storage.keys import record_pk

if TYPE_CHECKING:
    from datetime import date

    from dci_common.registry.catalogue.attributes import Disclosure
    from dci_common.registry.model.views import View


def shown_members(kind: Kind, views: Iterable[View], disclosed: Disclosure, today: date) -> set[str]:
    """Return the ids of the people whom groups show as their members."""
    if kind is not Kind.GROUP or "household" not in disclosed:
        return set()
    return {entry["id"] for view in views for entry in view["members"] if is_shown(entry, today)}


def disclosed_records(
    kind: Kind, found: Iterable[View], disclosed: Disclosure, today: date, identified: Iterable[str] = ()
) -> list[str]:
    """Return the keys of the records that an answer discloses.

    They are the records found, those `identified` by what was asked for, even if another page is shown, and those
    included in them: a group's members, a person's households.
    """
    other, shown = (Kind.PERSON, "members") if kind is Kind.GROUP else (Kind.GROUP, "households")
    keys = [record_pk(kind, record_id) for record_id in identified]
    for view in found:
        keys.append(record_pk(kind, view["id"]))
        if "household" in disclosed:
            keys += [record_pk(other, entry["id"]) for entry in view[shown] if is_shown(entry, today)]
    return keys
