"""What events count for their client's quota when they are packed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dci_common.exchange.disclosed_records import shown_members
from dci_common.registries.social.disclosure import disclosure
from dci_common.registry.model.base import Kind
from dci_common.timestamps import day
from dci_delivery.subscribed_records import SubscribedRecordsReader

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.deadline import Deadline
    from dci_common.exchange.stored_answer import StoredAnswers
    from dci_common.runtime import Runtime
    from dci_common.subscriptions.stored_event import StoredEvent

_RELATED = "household"  # what discloses the members of groups


class EventCharges:
    """Counts the records of events."""

    def __init__(self, runtime: Runtime, answers: StoredAnswers) -> None:
        self._runtime = runtime
        self._reader = SubscribedRecordsReader(runtime, answers)

    def a_day(self, client: Client) -> int:
        """Return how many records a client may receive a day; 0 is no limit."""
        own = client.records_a_day
        return self._runtime.settings.records_a_day if own is None else own

    def of(self, client: Client, events: Sequence[StoredEvent], deadline: Deadline) -> list[int]:
        """Return what each event counts: one, and the members that a group shows; all of a day at most.

        Only groups that show members are read for it.
        """
        groups = [
            event for event in events if event.kind is Kind.GROUP and event.notified and not event.notified.ends_sight
        ]
        if not groups or _RELATED not in disclosure(client.disclosure):
            return [1] * len(events)
        records, today, a_day = (
            self._reader.read(client, groups, deadline),
            day(self._runtime.clock()),
            self.a_day(client),
        )
        charges: list[int] = []
        for event in events:
            subscribed = records.get(event.code)
            view = subscribed and subscribed.matching.get(event.record_id)
            search = subscribed.compiled.search if subscribed else None
            members = shown_members(event.kind, [view], search.disclosure, today) if view and search else ()
            charges.append(min(1 + len(members), a_day or 1 + len(members)))
        return charges
