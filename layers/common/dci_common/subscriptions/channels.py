"""Channels: events of one client, address and schedule are sent together, page by page.

| pk | sk | carries |
|---|---|---|
| `CHANNEL#<id>` | `CHANNEL` | client, address and schedule; `version`, counted with every event that is put |
| | | `due`, when events are to be sent, if there are any; the index `due` lists it, in `CHANNEL#0` to `CHANNEL#3` |
| | | `page`, the correlation id of the latest page of events: while that is open, no other is made |
| | | `last`, the sort key of that page's last event: others have their turn in the next one |
| | | `paused`, since when no page is made; then the index `due` lists it, in the partition `PAUSED_CHANNEL` |
| | `EVENT#<kind>#<record id>#<code>` | what happened to a record, as a subscription sees it (outbox.py) |
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dci_common.exchange.exchange_lists import ExchangeLists
from dci_common.exchange.exchange_table import ExchangeTable, number
from dci_common.exchange.queues import Queues
from dci_common.subscriptions.schedule import schedule_of

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.runtime import Runtime
    from dci_common.subscriptions.subscription import Subscription

_PARTITIONS = 4  # of the index of what is due
QUEUES = tuple(f"CHANNEL#{number}" for number in range(_PARTITIONS))
_KEPT_SECONDS = 31 * 86_400  # of a channel without events
PAUSED_CHANNELS = "PAUSED_CHANNEL"
_QUEUE = {"#queue": "queue"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel. `frequency` is the schedule as its subscriptions have it; `due` and `paused` are epoch seconds."""

    id: str
    client_id: str
    callback_url: str
    frequency: Any
    version: int
    due: int | None = None
    page: str = ""
    last: str = ""
    paused: int | None = None

    def next_due(self, now: float) -> int | None:
        """Return when events that come now are sent; None if its schedule has ended."""
        return schedule_of(self.frequency).following(now)


class Channels:
    """Reads and changes channels."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._table = ExchangeTable(runtime)
        self._lists = ExchangeLists(runtime)
        self._queues = Queues(runtime)

    def get(self, channel_id: str) -> Channel | None:
        """Return a channel, read consistently; None if it is not known."""
        item = self._table.item(channel_key(channel_id))
        return _from_item(item) if item else None

    def wake(self, subscription: Subscription) -> None:
        """Have a channel be due for an event that was put, by its schedule, and queue it if that is now.

        It must follow the event: a worker without an event in a version of the channel knows that none came before.
        """
        now, frequency = self._runtime.clock(), subscription.criteria.get("frequency")
        due = schedule_of(frequency).following(now)
        if due is None:
            return
        channel_id = subscription.channel
        self._update(
            channel_id,
            "SET client_id = :client_id, callback_url = :callback_url, frequency = :frequency, "
            "due = if_not_exists(due, :due), #queue = if_not_exists(#queue, :queue) "
            "REMOVE expires ADD version :one",
            {
                ":client_id": {"S": subscription.client_id},
                ":callback_url": {"S": subscription.callback_url},
                ":frequency": {"S": json.dumps(frequency)},
                ":due": number(due),
                ":queue": {"S": _queue(channel_id)},
                ":one": number(1),
            },
        )
        if due <= now:
            self._queues.put_channel(channel_id, subscription.client_id)

    def due(self) -> Iterator[str]:
        """Yield the ids of the channels that are due."""
        for queue in QUEUES:
            yield from self._lists.listed(queue, until=int(self._runtime.clock()))

    def queue(self, channel: Channel) -> None:
        """Queue a channel, as well as that is possible: the sweep finds it if that fails."""
        self._queues.put_channel(channel.id, channel.client_id)

    def rest(self, channel: Channel) -> None:
        """Have a channel not be due, since it has no events; nothing happens if it is another version meanwhile."""
        expires = int(self._runtime.clock()) + _KEPT_SECONDS
        values = {":version": number(channel.version), ":expires": number(expires)}
        update = "SET expires = :expires REMOVE due, #queue"
        self._change(channel.id, update, values, "version = :version AND attribute_not_exists(paused)")

    def postpone(self, channel: Channel, due: int) -> None:
        """Have a channel be due later; nothing happens if somebody else has changed that meanwhile."""
        values = {":due": number(due), ":was": number(channel.due or 0)}
        self._change(channel.id, "SET due = :due", values, "due = :was AND attribute_not_exists(paused)")

    def pause(self, channel: Channel) -> None:
        """Make no further page of a channel, because one could not be delivered. Its events stay for 14 days."""
        values = {
            ":now": number(int(self._runtime.clock())),
            ":queue": {"S": PAUSED_CHANNELS},
            ":page": {"S": channel.page},
        }
        update = "SET paused = :now, due = :now, #queue = :queue"
        self._change(channel.id, update, values, "attribute_not_exists(paused) AND page = :page")

    def paused(self) -> list[Channel]:
        """Return the paused channels, the longest paused first."""
        return self.many_paused(self._lists.listed(PAUSED_CHANNELS))

    def many_paused(self, channel_ids: Iterable[str]) -> list[Channel]:
        """Return those of some channels that are paused, the longest paused first."""
        items = self._table.items([channel_key(channel_id) for channel_id in dict.fromkeys(channel_ids)])
        found = [channel for channel in map(_from_item, items) if channel.paused is not None]
        return sorted(found, key=lambda channel: channel.paused or 0)

    def resume(self, client_id: str) -> int:
        """Have the events of a client's paused channels sent again, and return how many channels these are.

        The sweep finds them within a minute.
        """
        own = [channel for channel in self.paused() if channel.client_id == client_id]
        for channel in own:
            values = {":now": number(int(self._runtime.clock())), ":queue": {"S": _queue(channel.id)}}
            # Without its page, which is dead: the next one is made, whatever came of this one.
            update = "SET due = :now, #queue = :queue REMOVE paused, page"
            self._change(channel.id, update, values, "attribute_exists(paused)")
        return len(own)

    def _change(self, channel_id: str, update: str, values: dict[str, Item], condition: str) -> None:
        try:
            self._update(channel_id, update, values, ConditionExpression=condition)
        except self._runtime.dynamodb.exceptions.ConditionalCheckFailedException:
            return

    def _update(self, channel_id: str, update: str, values: dict[str, Item], **condition: Any) -> None:  # noqa: ANN401 - AWS's own
        names: Any = {"ExpressionAttributeNames": _QUEUE} if "#queue" in update else {}
        self._runtime.dynamodb.update_item(
            TableName=self._runtime.settings.exchange_table,
            Key=channel_key(channel_id),
            UpdateExpression=update,
            ExpressionAttributeValues=values,
            **names,
            **condition,
        )


def channel_key(channel_id: str, sk: str = "CHANNEL") -> Item:
    """Return the key of a channel, or of an event in it."""
    return {"pk": {"S": f"CHANNEL#{channel_id}"}, "sk": {"S": sk}}


def paging(channel: Channel, page: str, last: str, due: int) -> Item:
    """Return the change that makes a page the latest of a channel, whose further events are due then.

    `last` is the sort key of its last event.

    It fails if somebody else has made another page meanwhile, or paused the channel.
    """
    is_same = "page = :was" if channel.page else "attribute_not_exists(page)"
    was = {":was": {"S": channel.page}} if channel.page else {}
    return {
        "Update": {
            "Key": channel_key(channel.id),
            "UpdateExpression": "SET page = :page, #last = :last, due = :due, #queue = :queue",
            "ConditionExpression": f"{is_same} AND attribute_not_exists(paused)",
            "ExpressionAttributeNames": _QUEUE | {"#last": "last"},
            "ExpressionAttributeValues": {
                ":page": {"S": page},
                ":last": {"S": last},
                ":due": number(due),
                ":queue": {"S": _queue(channel.id)},
                **was,
            },
        }
    }


def _from_item(item: Item) -> Channel:
    return Channel(
        id=item["pk"]["S"].partition("#")[2],
        client_id=item["client_id"]["S"],
        callback_url=item["callback_url"]["S"],
        frequency=json.loads(item["frequency"]["S"]),
        version=int(item["version"]["N"]),
        due=int(item["due"]["N"]) if "due" in item else None,
        page=item.get("page", {"S": ""})["S"],
        last=item.get("last", {"S": ""})["S"],
        paused=int(item["paused"]["N"]) if "paused" in item else None,
    )


def _queue(channel_id: str) -> str:
    return QUEUES[sum(channel_id.encode()) % _PARTITIONS]
