"""Changes of records, and the events that they are to subscriptions.

An event follows from what the client may see of the record before and after its change, on the day of the change, and
from nothing else: a change that it may not see is no event, and neither is the passing of days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dci_common.registry.model.views import View, related_entries, unrestricted
from dci_common.registry.query.tree import matches, reads_related
from dci_common.subscriptions.event_types import Event, EventType

if TYPE_CHECKING:
    from dci_common.exchange.compiled_search import CompiledSearch
    from dci_common.registry.catalogue.attributes import Disclosure
    from dci_common.registry.model.base import Kind

_IDENTIFIER, _RELATED = "identifier", "household"  # what discloses identifiers, and related records
# What a subscriber of updates knows of a record is outdated too when the record enters or leaves its filter.
_NOTIFIED = {
    EventType.REGISTER: frozenset({Event.REGISTERED, Event.ENTERED}),
    EventType.UPDATE: frozenset({Event.ENTERED, Event.UPDATED, Event.LEFT}),
    EventType.DEREGISTER: frozenset({Event.LEFT, Event.DEREGISTERED}),
    EventType.NEW_HOUSEHOLD_MEMBER: frozenset({Event.JOINED}),
}


class Change:
    """A change of a record: its views before and after it, None where it does not exist.

    Subscriptions are searches of the day of the change. What several clients see alike is rendered once.

    If the views lack related records, each condition on these counts as fulfilled: so no end is lost, and delivery
    compares all else with the record as it is.
    """

    def __init__(self, kind: Kind, before: View | None, after: View | None, *, lacks_related: bool = False) -> None:
        self._kind = kind
        self._before = _Side(before, lacks_related=lacks_related)
        self._after = _Side(after, lacks_related=lacks_related)

    def event(self, search: CompiledSearch, asked: EventType) -> Event | None:
        """Return the event of the type asked for that the change is to a subscription; None if it is none."""
        if search.query.kind is not self._kind:
            return None
        event = self._event(search, asked)
        if event not in _NOTIFIED[asked]:
            return None
        # Without an identifier the client would not know whom it is about.
        return event if not event.ends_sight or self.identified(search) else None

    def identified(self, search: CompiledSearch) -> View | None:
        """Return the record with nothing but the identifiers by which the client knew it; None if it knew none."""
        seen = self._before.seen(search)
        if not seen or not seen.get("identifiers") or _IDENTIFIER not in search.disclosure:
            return None
        return search.record_type.render(seen, frozenset({_IDENTIFIER}), search.query.today)

    def joined(self, search: CompiledSearch) -> frozenset[str]:
        """Return the ids of the members, or households, that the client sees since the change."""
        return frozenset(self._after.related(search) - self._before.related(search))

    def _event(self, search: CompiledSearch, asked: EventType) -> Event | None:
        match self._before.is_match(search), self._after.is_match(search):
            case False, True:
                return Event.ENTERED if self._before.seen(search) else Event.REGISTERED
            case True, False:
                return Event.LEFT if self._after.seen(search) else Event.DEREGISTERED
            case True, True if asked is EventType.NEW_HOUSEHOLD_MEMBER:
                return Event.JOINED if self.joined(search) else None
            case True, True if asked is EventType.UPDATE:
                return Event.UPDATED if self._before.rendered(search) != self._after.rendered(search) else None
        return None


class _Side:
    """A record before or after its change, as clients see it."""

    def __init__(self, view: View | None, *, lacks_related: bool) -> None:
        self._view = view
        self._lacks_related = lacks_related
        self._unrestricted: View | None = None
        self._rendered: dict[tuple[str, Disclosure, bool], View] = {}

    def seen(self, search: CompiledSearch) -> View | None:
        """Return the view of which the client sees a part; None if it may not know of the record."""
        if self._view is None or not search.visibility.restricted:
            return None if self._view is None or self._view.get("restricted") else self._view
        if self._unrestricted is None:
            self._unrestricted = unrestricted(self._view)
        return self._unrestricted

    def is_match(self, search: CompiledSearch) -> bool:
        """Return whether the client finds the record."""
        seen = self.seen(search)
        if seen is None or (self._lacks_related and reads_related(search.query.tree)):
            return seen is not None
        return matches(search.query.tree, seen, search.query.today)

    def related(self, search: CompiledSearch) -> set[str]:
        """Return the ids of the members, or households, that the client sees in the record."""
        seen = self.seen(search)
        if seen is None or _RELATED not in search.disclosure:
            return set()
        return {entry["id"] for entry in related_entries(seen, search.query.today)}

    def rendered(self, search: CompiledSearch) -> View:
        """Return the record as the client sees it; it must be a match."""
        key = search.record_type.name, search.disclosure, search.visibility.restricted
        if key not in self._rendered:
            seen = self.seen(search) or {}
            self._rendered[key] = search.record_type.render(seen, search.disclosure, search.query.today)
        return self._rendered[key]
