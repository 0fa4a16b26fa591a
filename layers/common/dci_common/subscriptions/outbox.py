"""The outbox: what happened to records, as subscriptions see them, until it is packed into a page of its channel.

| pk | sk | carries |
|---|---|---|
| `CHANNEL#<id>` | `EVENT#<kind>#<record id>#<code>` | first and last event since the last page, and their sequences |
| | | `identifiers`: at an end, the record with the identifiers by which the client knew it, and whether it was |
| | | `restricted` |
| | | `joined`: the members or households that were new, of all events |
| | | `taken_from`, `taken_until`: the sequences of what was taken last, which may be put again |

Several events of a record are one item: how they are sent together is decided when they are packed. An item without
a last event is not sent: it keeps an event that a page had and did not send, for what is reported of a later one;
or which ones were taken, so that one of them that is put again is not taken for a new one, which a later one undoes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from dci_common.deadline import with_deadline
from dci_common.exchange.exchange_table import ExchangeTable, number
from dci_common.subscriptions.channels import Channels, channel_key
from dci_common.subscriptions.event_types import Event
from dci_common.subscriptions.schedule import schedule_of
from dci_common.subscriptions.stored_event import EVENTS, StoredEvent, event_sk, stored_event

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.registry.model.base import Kind
    from dci_common.registry.model.views import View
    from dci_common.runtime import Runtime
    from dci_common.subscriptions.subscription import Subscription

KEPT_SECONDS = 14 * 86_400  # of an event that is due
COLLECTED_SECONDS = 31 * 86_400  # until it is due by a schedule, at most
_TAKEN_SECONDS = 86_400  # that RegistryTable's stream keeps a change, which can come again so long
_THREADS = 8
_MAX_JOINED = 100  # whose ids are kept of an event
_CROSSES_FILTER = {Event.ENTERED, Event.LEFT}  # one undoes the other


class SubscribedEvent(NamedTuple):
    """An event of a record to a subscription; at an end, the record `identified` as the client knew it.

    `restricted` is whether the record was, before the change, and `joined` are the ids of whom it shows since.
    `sequence` is that of the change (ChangedRecord): it orders the events of a record.
    """

    subscription: Subscription
    kind: Kind
    record_id: str
    event: Event
    identified: View | None
    sequence: str
    restricted: bool = False
    joined: frozenset[str] = frozenset()


class Outbox:
    """Puts events, and takes them to be packed."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._table = ExchangeTable(runtime)
        self._channels = Channels(runtime)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="outbox")

    def put(self, events: Sequence[SubscribedEvent]) -> None:
        """Store events, which may have been put before, and have their channels be due.

        Raises errors of AWS's: then they must be put again, all of them.
        """
        done = [self._threads.submit(with_deadline(self._put), event) for event in events]
        for each in done:
            each.result()
        for subscription in {event.subscription.channel: event.subscription for event in events}.values():
            self._channels.wake(subscription)

    def remember(self, subscription: Subscription, event: StoredEvent) -> None:
        """Store an event that a page had and did not send, as the first of those that follow."""
        key = channel_key(subscription.channel, event.sk)
        self._change(key, _first(event.first, event.first_sequence, self._expires(subscription)))

    def events(self, channel_id: str, after: str = "") -> Iterator[StoredEvent]:
        """Yield the events of a channel that are to be sent, read consistently.

        They are in the order of their sort keys: those after one first, so that each has its turn, and then the
        others.
        """
        first, start = {":first": {"S": EVENTS}}, after or EVENTS
        yield from self._events(channel_id, "sk > :start", {":start": {"S": start}})
        yield from self._events(channel_id, "sk BETWEEN :first AND :start", {**first, ":start": {"S": start}})

    def _events(self, channel_id: str, which: str, values: dict[str, Item]) -> Iterator[StoredEvent]:
        request = {
            "KeyConditionExpression": f"pk = :pk AND {which}",
            "FilterExpression": "attribute_exists(last_event) AND expires > :now",
            "ExpressionAttributeValues": {
                ":pk": channel_key(channel_id)["pk"],
                ":now": number(int(self._runtime.clock())),
                **values,
            },
            "ConsistentRead": True,
        }
        return map(stored_event, self._table.query(request))

    def _put(self, event: SubscribedEvent) -> None:
        key = channel_key(event.subscription.channel, event_sk(event.kind, event.record_id, event.subscription.code))
        expires = self._expires(event.subscription)
        stored = self._change(key, _last(event, expires))
        if stored and _is_first(event.sequence, stored):  # it comes late
            self._change(key, _first(event.event, event.sequence, expires))
        if stored and event.joined:
            self._change(key, _joining(event))

    def _expires(self, subscription: Subscription) -> int:
        """Return until when an event is kept that comes now."""
        now = int(self._runtime.clock())
        due = schedule_of(subscription.criteria.get("frequency")).following(now)
        return min(due or now, now + COLLECTED_SECONDS) + KEPT_SECONDS

    def _change(self, key: Item, change: dict[str, Any]) -> Item | None:
        """Make a change if its condition holds; else return what is stored."""
        try:
            self._runtime.dynamodb.update_item(
                TableName=self._runtime.settings.exchange_table,
                Key=key,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **change,
            )
        except self._runtime.dynamodb.exceptions.ConditionalCheckFailedException as error:
            stored: Any = error.response.get("Item", {})
            return dict(stored)
        return None


def taking(channel_id: str, event: StoredEvent, now: int) -> Item:
    """Return the change that takes an event out of the outbox; it fails if it is another one meanwhile."""
    taken: Item = {
        "Key": channel_key(channel_id, event.sk),
        "ConditionExpression": "last_sequence = :last AND first_sequence = :first",
        "ExpressionAttributeValues": {":last": {"S": event.sequence}, ":first": {"S": event.first_sequence}},
    }
    if not _CROSSES_FILTER & {event.first, event.last}:
        return {"Delete": taken}
    taken["UpdateExpression"] = (
        "SET taken_from = first_sequence, taken_until = last_sequence, expires = :expires "
        "REMOVE first_event, first_sequence, last_event, last_sequence, identifiers, restricted"
    )
    taken["ExpressionAttributeValues"][":expires"] = number(now + _TAKEN_SECONDS)
    return {"Update": taken}


def _is_first(sequence: str, stored: Item) -> bool:
    """Return whether a change precedes those of an item's events, and is not one that a page has taken already."""
    is_taken = "taken_from" in stored and stored["taken_from"]["S"] <= sequence <= stored["taken_until"]["S"]
    return not is_taken and "first_sequence" in stored and sequence < stored["first_sequence"]["S"]


def _last(event: SubscribedEvent, expires: int) -> dict[str, Any]:
    """Return the change that makes an event the last one, and the first if there is none."""
    identified: Item = {}
    if event.identified:
        identified = {
            ":identified": {"S": json.dumps(event.identified, ensure_ascii=False)},
            ":restricted": {"BOOL": event.restricted},
        }
    joined = {":joined": _ids(event.joined)} if event.joined else {}
    return {
        "UpdateExpression": "SET last_event = :event, last_sequence = :sequence, expires = :expires, "
        "first_event = if_not_exists(first_event, :event), "
        "first_sequence = if_not_exists(first_sequence, :sequence)"
        + (", identifiers = :identified, restricted = :restricted" if identified else " REMOVE identifiers")
        + (" ADD joined :joined" if joined else ""),
        "ConditionExpression": "(attribute_not_exists(last_sequence) OR last_sequence < :sequence) "
        "AND (attribute_not_exists(taken_from) OR taken_from > :sequence OR taken_until < :sequence)",
        "ExpressionAttributeValues": {
            ":event": {"S": event.event.value},
            ":sequence": {"S": event.sequence},
            ":expires": number(expires),
            **identified,
            **joined,
        },
    }


def _joining(event: SubscribedEvent) -> dict[str, Any]:
    """Return the change that adds the new members of an event to those of later events that wait."""
    return {
        "UpdateExpression": "ADD joined :joined",
        "ConditionExpression": "last_sequence > :sequence",
        "ExpressionAttributeValues": {":sequence": {"S": event.sequence}, ":joined": _ids(event.joined)},
    }


def _ids(joined: frozenset[str]) -> Item:
    """Return the ids of some of those who are new, who stand for very many."""
    return {"SS": sorted(joined)[:_MAX_JOINED]}


def _first(event: Event, sequence: str, expires: int) -> dict[str, Any]:
    """Return the change that makes an event the first one, unless there is an earlier one."""
    return {
        "UpdateExpression": "SET first_event = :event, first_sequence = :sequence, expires = :expires",
        "ConditionExpression": "attribute_not_exists(first_sequence) OR first_sequence > :sequence",
        "ExpressionAttributeValues": {
            ":event": {"S": event.value},
            ":sequence": {"S": sequence},
            ":expires": number(expires),
        },
    }
