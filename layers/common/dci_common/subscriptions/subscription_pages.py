"""Pages of lists of subscriptions, for operators: a client's own, and all by condition; and how many there may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dci_common.exchange.exchange_table import ExchangeTable
from dci_common.subscriptions.subscription_store import Limits, SubscriptionStore

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.runtime import Runtime
    from dci_common.subscriptions.subscription import Subscription

Position = Mapping[str, str]  # where a page starts: the members of a key
Page = tuple[list["Subscription"], Position | None]  # subscriptions, and where the next page starts
Usage = dict[str, dict[str, int]]  # how many are `used` of the `most` that there may be, by how they are matched
_LIMITS = Limits()
_CONDITION = "CONDITION#"


def is_position(position: Position, client_id: str | None) -> bool:
    """Return whether a position is one in the list of a client's subscriptions, or else of all by condition."""
    is_in_list = client_id is not None or position["sk"].startswith(_CONDITION)
    return is_in_list and position["pk"] == _partition(client_id)


class SubscriptionPages:
    """Reads pages of active subscriptions, each read consistently."""

    def __init__(self, runtime: Runtime) -> None:
        self._table = ExchangeTable(runtime)
        self._store = SubscriptionStore(runtime)

    def listed(self, client_id: str | None, limit: int, after: Position | None) -> Page:
        """Return a page of a client's subscriptions, or else of all by condition, in no particular order."""
        request = {
            "KeyConditionExpression": "pk = :pk" + (" AND begins_with(sk, :sk)" if client_id is None else ""),
            "ExpressionAttributeValues": {
                ":pk": {"S": _partition(client_id)},
                **({":sk": {"S": _CONDITION}} if client_id is None else {}),
            },
            "ConsistentRead": True,
            "Limit": limit,
            **({"ExclusiveStartKey": {name: {"S": value} for name, value in after.items()}} if after else {}),
        }
        items, last = self._table.page(request)
        codes = [code for item in items if (code := _code(item))]
        found = self._store.many(codes)
        active = [found[code] for code in codes if code in found and found[code].is_active]
        return active, {name: value["S"] for name, value in last.items()} if last else None

    def usage(self, client_id: str | None) -> Usage:
        """Return how many subscriptions a client has, or else how many by condition all clients have."""
        if client_id is None:
            return {"conditions": {"used": self._store.watched().conditions, "most": _LIMITS.conditions}}
        counts = self._table.item({"pk": {"S": _partition(client_id)}, "sk": {"S": "COUNT"}}) or {}
        most = {"conditions": _LIMITS.client_conditions, "identifiers": _LIMITS.client_identifiers}
        used = {name: int(counts.get(name, {"N": "0"})["N"]) for name in most}
        return {name: {"used": used[name], "most": most[name]} for name in most}

    def subscribes(self, client_id: str) -> bool:
        """Return whether a client has a subscription."""
        return any(kind["used"] for kind in self.usage(client_id).values())


def _partition(client_id: str | None) -> str:
    return "SUBSCRIPTIONS" if client_id is None else f"SUBSCRIBED#{client_id}"


def _code(item: Item) -> str:
    """Return the code that an item of a list names; the client's counts name none."""
    return str(item["code"]["S"]) if "code" in item else item["sk"]["S"].partition(_CONDITION)[2]
