"""What happened to a record since the last page of its channel, as the outbox and pages store it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from dci_common.json_text import json_text
from dci_common.registry.model.base import Kind
from dci_common.subscriptions.event_types import Event

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.registry.model.views import View

EVENTS = "EVENT#"  # how the sort keys of events begin, which are the last of their channel
_BEGINS = {Event.REGISTERED, Event.ENTERED}


class StoredEvent(NamedTuple):
    """The first and the last event of a record, as a subscription with this code sees it.

    At an end, it is `identified` as the client knew it, and whether it was `restricted` then. `joined` are the ids of
    members or households that were new. `sequence` and `first_sequence` are those of the changes.
    """

    code: str
    kind: Kind
    record_id: str
    first: Event
    first_sequence: str
    last: Event
    sequence: str
    identified: View | None
    restricted: bool
    joined: list[str]

    @property
    def sk(self) -> str:
        """The sort key of its item in the outbox."""
        return event_sk(self.kind, self.record_id, self.code)

    @property
    def notified(self) -> Event | None:
        """The one event of the record that the client is notified of; None if there is none."""
        return merged(self.first, self.last)

    def text(self) -> str:
        """Return the event as a page names it."""
        first, last = self.first.value, self.last.value
        return json_text([*self._replace(first=first, last=last)])  # type: ignore[arg-type] # JSON has no Event


def merged(first: Event, last: Event) -> Event | None:
    """Return the one event that is reported of a record, of which these were the first and the last; None if none is.

    A record that came and went was never reported; one that went and came again is changed; and one that came and was
    changed is new to the client.
    """
    if first in _BEGINS:
        return None if last.ends_sight else first if last is Event.UPDATED else last
    return Event.UPDATED if first.ends_sight and last in _BEGINS else last


def event_sk(kind: Kind, record_id: str, code: str) -> str:
    """Return the sort key of an event in the outbox."""
    return f"{EVENTS}{kind}#{record_id}#{code}"


def event_of(text: str) -> StoredEvent:
    """Return the event that a page names."""
    code, kind, record_id, first, first_sequence, last, *others = json.loads(text)
    return StoredEvent(code, Kind(kind), record_id, Event(first), first_sequence, Event(last), *others)


def stored_event(item: Item) -> StoredEvent:
    """Return the event of an item of the outbox."""
    _, kind, rest = item["sk"]["S"].split("#", 2)
    record_id, _, code = rest.rpartition("#")
    return StoredEvent(
        code=code,
        kind=Kind(kind),
        record_id=record_id,
        first=Event(item["first_event"]["S"]),
        first_sequence=item["first_sequence"]["S"],
        last=Event(item["last_event"]["S"]),
        sequence=item["last_sequence"]["S"],
        identified=json.loads(item["identifiers"]["S"]) if "identifiers" in item else None,
        restricted=item.get("restricted", {"BOOL": False})["BOOL"],
        joined=item.get("joined", {"SS": []})["SS"],
    )
