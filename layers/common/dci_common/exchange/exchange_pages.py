"""Pages of lists of exchanges, for operators: a client's own, and those of the index `due`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dci_common.exchange.exchange_table import ExchangeTable
from dci_common.exchange.exchanges import FAILED, Exchange, exchange_key, from_item

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.runtime import Runtime

Position = Mapping[str, str]  # where a page starts: the members of a key, numbers as text
Page = tuple[list[Exchange], Position | None]  # exchanges, and where the next page starts
DEAD_QUEUE = "DEAD"  # a partition of the index `due`
_MOST_DEAD = 100
_LATEST_FIRST = {state.upper() for state in FAILED}  # partitions of the index `due`


class Entry(NamedTuple):
    """An entry of the index `due`: its partition, whose id it is, and when that is due, or was paused, or ended."""

    queue: str
    id: str
    due: int


class ExchangePages:
    """Reads pages of exchanges. Each exchange is read consistently, and left out when it has expired."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._table = ExchangeTable(runtime)

    def of_client(self, client_id: str, limit: int, after: Position | None) -> Page:
        """Return a page of a client's exchanges, the newest first."""
        request = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": f"CLIENT#{client_id}"}},
            "ProjectionExpression": "sk",
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        items, last = self._table.page({**request, "Limit": limit, **_start(after)})
        return self._exchanges(item["sk"]["S"].partition("#")[2] for item in items), _position(last)

    def listed(self, queues: Sequence[str], limit: int, after: Position | None) -> Page:
        """Return a page of the exchanges in partitions of the index, as `entries` has them."""
        found, following = self.entries(queues, limit, after)
        return self._exchanges(entry.id for entry in found), following

    def entries(
        self, queues: Sequence[str], limit: int, after: Position | None
    ) -> tuple[list[Entry], Position | None]:
        """Return a page of the entries in partitions of the index, one partition after the other.

        Failed exchanges are in the order of their end, the latest first; all others the earliest first. The index is
        eventually consistent, so that a change can be missing for moments.
        """
        found: list[Entry] = []
        for queue in queues[queues.index(after["queue"]) if after else 0 :]:
            items, last = self._table.page(_in_queue(queue, limit - len(found), after))
            found += map(_entry, items)
            if last or len(found) == limit:
                is_last = queue == queues[-1]
                return found, _position(last or (None if is_last else items[-1]))
            after = None
        return found, None

    def dead(self, client_id: str, limit: int, after: Position | None) -> Page:
        """Return a page of a client's dead exchanges, the latest first.

        It looks at 100 of all clients at most, so that it can be short, or empty, while others follow.
        """
        entries, following = self.entries([DEAD_QUEUE], _MOST_DEAD, after)
        listed = self._exchanges(entry.id for entry in entries)
        own = {one.correlation_id: one for one in listed if (one.client_id, one.state) == (client_id, "dead")}
        found = [entry for entry in entries if entry.id in own]
        if len(found) > limit:
            found = found[:limit]
            key = exchange_key(found[-1].id) | {"queue": {"S": DEAD_QUEUE}, "due": {"N": str(found[-1].due)}}
            following = _position(key)
        return [own[entry.id] for entry in found], following

    def head(self, queue: str, limit: int) -> tuple[list[tuple[str, int]], bool]:
        """Return the first ids in a partition of the index, and when they are due, and whether there are others.

        Those that failed are in the order of their end, the latest first; all others the earliest first.
        """
        items, last = self._table.page(_in_queue(queue, limit, None))
        return [_entry(item)[1:] for item in items], last is not None

    def many(self, correlation_ids: Iterable[str]) -> list[Exchange]:
        """Return exchanges in the order of their ids; unknown and expired ones are left out."""
        return self._exchanges(correlation_ids)

    def _exchanges(self, correlation_ids: Iterable[str]) -> list[Exchange]:
        wanted = dict.fromkeys(correlation_ids)  # one that moves to another partition may be listed twice
        items = self._table.items([exchange_key(correlation_id) for correlation_id in wanted])
        found = {exchange.correlation_id: exchange for exchange in map(from_item, items)}
        now = self._runtime.clock()
        return [found[id_] for id_ in wanted if id_ in found and found[id_].is_kept(now)]


def _entry(item: Item) -> Entry:
    return Entry(item["queue"]["S"], item["pk"]["S"].partition("#")[2], int(item["due"]["N"]))


def _in_queue(queue: str, limit: int, after: Position | None) -> Item:
    return {
        "IndexName": "due",
        "KeyConditionExpression": "#queue = :queue",
        "ExpressionAttributeNames": {"#queue": "queue"},
        "ExpressionAttributeValues": {":queue": {"S": queue}},
        "ScanIndexForward": queue not in _LATEST_FIRST,
        "Limit": limit,
        **_start(after),
    }


def _start(after: Position | None) -> Item:
    key = {name: {"N" if name == "due" else "S": value} for name, value in (after or {}).items()}
    return {"ExclusiveStartKey": key} if key else {}


def _position(key: Item | None) -> Position | None:
    return {name: str(next(iter(value.values()))) for name, value in key.items()} if key else None
