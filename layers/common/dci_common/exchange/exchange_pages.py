"""Pages of lists of exchanges, for operators: a client's own, and those of the index `due`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from dci_common.exchange.exchange_table import ExchangeTable
from dci_common.exchange.exchanges import FAILED, OPEN_QUEUES, Exchange, exchange_key, from_item
from dci_common.exchange.worker_places import PAUSED_QUEUE

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.runtime import Runtime

Position = Mapping[str, str]  # where a page starts: the members of a key, numbers as text
Page = tuple[list[Exchange], Position | None]  # exchanges, and where the next page starts


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
        """Return a page of the exchanges in partitions of the index, one partition after the other.

        Failed ones are in the order of their end, the latest first; open ones of when they are due, the earliest
        first. The index is eventually consistent, so that a change can be missing for moments.
        """
        ids: list[str] = []
        for queue in queues[queues.index(after["queue"]) if after else 0 :]:
            items, last = self._table.page(_in_queue(queue, limit - len(ids), after))
            ids += (item["pk"]["S"].partition("#")[2] for item in items)
            if last or len(ids) == limit:
                is_last = queue == queues[-1]
                return self._exchanges(ids), _position(last or (None if is_last else items[-1]))
            after = None
        return self._exchanges(ids), None

    def head(self, queue: str, limit: int) -> tuple[list[tuple[str, int]], bool]:
        """Return the first ids in a partition of the index, and when they are due, and whether there are others.

        Those that failed are in the order of their end, the latest first; all others the earliest first.
        """
        forward = queue not in {state.upper() for state in FAILED}
        items, last = self._table.page({**_in_queue(queue, limit, None), "ScanIndexForward": forward})
        return [(item["pk"]["S"].partition("#")[2], int(item["due"]["N"])) for item in items], last is not None

    def many(self, correlation_ids: Iterable[str]) -> list[Exchange]:
        """Return exchanges in the order of their ids; unknown and expired ones are left out."""
        return self._exchanges(correlation_ids)

    def paused(self, limit: int, after: Position | None) -> tuple[list[tuple[str, int]], Position | None]:
        """Return a page of the ids of paused clients, and since when they are, the longest paused first."""
        items, last = self._table.page({**_in_queue(PAUSED_QUEUE, limit, after), "ScanIndexForward": True})
        return [(item["pk"]["S"].partition("#")[2], int(item["due"]["N"])) for item in items], _position(last)

    def _exchanges(self, correlation_ids: Iterable[str]) -> list[Exchange]:
        wanted = dict.fromkeys(correlation_ids)  # one that moves to another partition may be listed twice
        items = self._table.items([exchange_key(correlation_id) for correlation_id in wanted])
        found = {exchange.correlation_id: exchange for exchange in map(from_item, items)}
        now = self._runtime.clock()
        return [found[id_] for id_ in wanted if id_ in found and found[id_].is_kept(now)]


def _in_queue(queue: str, limit: int, after: Position | None) -> Item:
    return {
        "IndexName": "due",
        "KeyConditionExpression": "#queue = :queue",
        "ExpressionAttributeNames": {"#queue": "queue"},
        "ExpressionAttributeValues": {":queue": {"S": queue}},
        "ScanIndexForward": queue in OPEN_QUEUES,
        "Limit": limit,
        **_start(after),
    }


def _start(after: Position | None) -> Item:
    key = {name: {"N" if name == "due" else "S": value} for name, value in (after or {}).items()}
    return {"ExclusiveStartKey": key} if key else {}


def _position(key: Item | None) -> Position | None:
    return {name: str(next(iter(value.values()))) for name, value in key.items()} if key else None
