"""Lists of exchanges: a client's own, those that are due, those that failed; and the attempts to deliver one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dci_common.aws.dynamodb import Item
from dci_common.exchange.exchange_table import ExchangeTable, number
from dci_common.exchange.exchanges import Exchange, Kind, exchange_key, transaction_key

if TYPE_CHECKING:
    from dci_common.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Names:
    """The ids by which a client knows one of its exchanges."""

    correlation_id: str
    transaction_id: str
    references: frozenset[str]
    kind: Kind


class ExchangeLists:
    """Reads lists of exchanges; it changes nothing."""

    def __init__(self, runtime: Runtime) -> None:
        self._table = ExchangeTable(runtime)

    def of_transaction(self, client_id: str, transaction_id: str, kinds: Iterable[Kind]) -> list[str]:
        """Return the correlation ids of the newest exchange of each kind, of a client's transaction."""
        items = self._table.items([transaction_key(client_id, transaction_id, kind) for kind in kinds])
        return [item["correlation_id"]["S"] for item in items]

    def newest(self, client_id: str, limit: int) -> Iterator[Names]:
        """Yield what names a client's newest exchanges, so many at most, in one read of a megabyte at most."""
        request: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": f"CLIENT#{client_id}"}},
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": limit,
        }
        items, _ = self._table.page(request)
        for item in items:
            transaction_id, references, *kinds = json.loads(item["ids"]["S"])
            kind: Kind = kinds[0] if kinds else "search" if references else "status"  # before there were others
            yield Names(item["sk"]["S"].partition("#")[2], transaction_id, frozenset(references), kind)

    def listed(self, queue: str, until: int | None = None) -> Iterator[str]:
        """Yield the correlation ids of a partition of the index `due`, the earliest first, those due until then."""
        return (name for name, _ in self.in_queue(queue, until))

    def in_queue(self, queue: str, until: int | None = None) -> Iterator[tuple[str, int]]:
        """Yield the ids in a partition of the index `due`, and when they are due, the earliest first."""
        condition, values = "#queue = :queue", {":queue": {"S": queue}}
        if until is not None:
            condition, values = f"{condition} AND due <= :until", {**values, ":until": number(until)}
        request = {
            "IndexName": "due",
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": {"#queue": "queue"},
            "ExpressionAttributeValues": values,
        }
        for item in self._table.query(request):
            yield item["pk"]["S"].partition("#")[2], int(item["due"]["N"])

    def attempts(self, exchange: Exchange, limit: int) -> list[Item]:
        """Return the latest attempts to deliver an exchange, the newest first."""
        request = {
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
            "ExpressionAttributeValues": {
                ":pk": exchange_key(exchange.correlation_id)["pk"],
                ":sk": {"S": "ATTEMPT#"},
            },
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": limit,
        }
        items, _ = self._table.page(request)
        return items

    def contents(self, exchange: Exchange) -> Iterator[Item]:
        """Yield the keys, and when they expire, of what an exchange found, and at last those of its message."""
        request = {
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :keys AND :request",
            "ExpressionAttributeValues": {
                ":pk": exchange_key(exchange.correlation_id)["pk"],
                ":keys": {"S": "KEYS#"},
                ":request": {"S": "REQUEST"},
            },
            "ProjectionExpression": "pk, sk, expires",
            "ConsistentRead": True,
        }
        return self._table.query(request)
