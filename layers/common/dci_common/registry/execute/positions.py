"""Where records stand in the order of results: by their index entries, or else by their bodies."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View
from dci_common.registry.plan.access_path import AccessPath
from dci_common.registry.query.sort import SortKey
from dci_common.registry.storage.facets import HOUSEHOLD_FACETS, Facets, facet_values


def is_slot_order(sort: Sequence[SortKey], path: AccessPath, kind: Kind, hidden: Collection[str]) -> bool:
    """Return whether the path is one range whose slot has the order asked for, which is not hidden."""
    if len(path.ranges) != 1 or path.ranges[0].slot in hidden:
        return False
    if not sort:
        return True
    (key, *others) = sort
    slot = key.attribute.slots.get(kind)
    return not others and not path.ids and not key.related and slot == path.ranges[0].slot


def is_in_facets(key: SortKey, kind: Kind) -> bool:
    """Return whether the index entries of a kind of record have the value of a sort key."""
    # Lookup values have items of their own; a group's entry carries nothing of its members.
    return not key.attribute.type.lookup and not (key.related and kind is Kind.GROUP)


def sort_value(key: SortKey, view: View | None, facets: Facets | None, today: date) -> str | None:
    """Return the value of a record for a sort key: of its view if it was read, or else of its index entry."""
    if view is not None:
        return key.of_view(view, today)
    own: Facets = facets or {}
    holders = [own[name] for name in HOUSEHOLD_FACETS if name in own] if key.related else [own]
    values = (value for holder in holders for value in facet_values(holder, key.attribute.name))
    return min(values, default=None)
