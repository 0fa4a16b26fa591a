"""Matching: which changes of records are events, and to which subscriptions.

Nothing but one item is read while nobody subscribes. Subscriptions by identifier are found by index entries, so their
number costs nothing. Those by condition are kept in memory, and each change is compared with all of them.

Clients are read with each batch. One that is disabled, or has lost the scope, is kept in the outbox like any other:
delivery asks again before it sends anything, and a client that is enabled again within days has missed nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dci_changes.conditions import Conditions, Searches
from dci_common.clients.store import ClientStore
from dci_common.registries.social.catalogue import social_catalogue
from dci_common.registry.storage.store import RegistryStore
from dci_common.subscriptions.change import Change
from dci_common.subscriptions.event_types import Event
from dci_common.subscriptions.outbox import Outbox, SubscribedEvent
from dci_common.subscriptions.subscription_store import SubscriptionStore
from dci_common.subscriptions.watches import WatchKeys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dci_changes.conditions import SubscribedSearch
    from dci_common.registry.storage.store import RegistrySettings
    from dci_common.runtime import Runtime
    from dci_common.subscriptions.changed_record import ChangedRecord
    from dci_common.subscriptions.subscription import Subscription
    from dci_common.subscriptions.subscription_store import Watched


class Matching:
    """Finds the subscriptions that changes of records are events to."""

    def __init__(self, runtime: Runtime) -> None:
        self._clients = ClientStore(runtime)
        self._registry = RegistryStore(runtime)
        self._store = SubscriptionStore(runtime)
        self._conditions = Conditions(self._store)
        self._outbox = Outbox(runtime)
        self._reported: set[str] = set()

    def put_events(self, changed: Sequence[ChangedRecord]) -> None:
        """Put the events of changed records into the outbox; the same batch may be put again."""
        watched = self._store.watched()
        if watched.is_nothing or not changed:
            return
        settings = self._registry.settings()
        found = self._found(changed, watched, settings)
        conditions = self._conditions.read(watched)
        ids = {one.client_id for some in (*found, conditions) for one in some}
        searches = Searches(self._clients.many(ids), settings, self._reported)
        events = [
            event
            for change, subscriptions in zip(changed, found, strict=True)
            for event in _events(
                change,
                [
                    *searches.of(subscriptions, change.day),
                    *self._conditions.searches(searches, change.kind, change.day),
                ],
            )
        ]
        if events:
            self._outbox.put(events)

    def _found(
        self, changed: Sequence[ChangedRecord], watched: Watched, settings: RegistrySettings
    ) -> list[list[Subscription]]:
        """Return the subscriptions by identifier that each change concerns, before or after it."""
        catalogue = social_catalogue(settings.known_types(restricted=True), settings.country)
        keys = WatchKeys(catalogue, settings.former, watched.ways)
        hit = [
            {watch for view in (change.before, change.after) if view for watch in keys.of(change.kind, view)}
            for change in changed
        ]
        codes = self._store.codes_watching({watch for some in hit for watch in some})
        known = self._store.many([code for some in codes.values() for code in some])
        concerned = [{code for watch in some for code in codes.get(watch, ())} for some in hit]
        return [[known[code] for code in sorted(some & known.keys())] for some in concerned]


def _events(changed: ChangedRecord, searches: Sequence[SubscribedSearch]) -> Iterator[SubscribedEvent]:
    """Yield the events that a change is; of a quiet one, those that end a client's sight of the record."""
    change = Change(changed.kind, changed.before, changed.after, lacks_related=changed.lacks_related)
    was_restricted = bool(changed.before and changed.before.get("restricted"))
    for subscription, event_type, search in searches:
        event = change.event(search, event_type)
        if event is None or (changed.is_quiet and not event.ends_sight):
            continue
        if not subscription.covers(changed.written):  # a change can wait here for days
            continue
        yield SubscribedEvent(
            subscription=subscription,
            kind=changed.kind,
            record_id=changed.id,
            event=event,
            identified=change.identified(search) if event.ends_sight else None,
            sequence=changed.sequence,
            restricted=was_restricted,
            joined=change.joined(search) if event is Event.JOINED else frozenset(),
        )
