"""Calls to ExchangeTable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from dci_common.aws.dynamodb import Item, Unmetered, batch_get, query_page
from dci_common.aws.retry import Backoff
from dci_common.deadline import current_deadline
from dci_common.errors import Unavailable

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

CONFLICTS = Backoff(attempts=8, first=0.02, longest=0.5)  # of transactions with others that change the same item


class ExchangeTable:
    """Reads single items and queries consistently, and makes changes together."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._table = runtime.settings.exchange_table

    def item(self, key: Item) -> Item | None:
        """Return an item, or None."""
        answer = self._runtime.dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return answer.get("Item")

    def query(self, request: dict[str, Any]) -> Iterator[Item]:
        """Yield the items of a query, of all its pages."""
        request = {"TableName": self._table, **request}
        while True:
            page = query_page(self._runtime, request, Unmetered(current_deadline()))
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request = {**request, "ExclusiveStartKey": page["LastEvaluatedKey"]}

    def page(self, request: dict[str, Any]) -> tuple[list[Item], Item | None]:
        """Return the items of the first page of a query, and the key after which the next one starts, if any."""
        page = query_page(self._runtime, {"TableName": self._table, **request}, Unmetered(current_deadline()))
        return page["Items"], page.get("LastEvaluatedKey")

    def items(self, keys: Sequence[Item]) -> list[Item]:
        """Return the items of distinct keys, in no particular order; keys without an item are left out."""
        return batch_get(self._runtime, self._table, keys)

    def transact(self, actions: list[Item]) -> list[Item]:
        """Make changes together. Return the reasons, one for each change, when none of them was made."""
        for action in actions:
            for change in action.values():
                change["TableName"] = self._table
        try:
            self._runtime.dynamodb.transact_write_items(TransactItems=actions)  # type: ignore[arg-type] # AWS's JSON
        except ClientError as error:
            reasons: Any = error.response.get("CancellationReasons")
            if not reasons or any(reason.get("Code") == "ValidationError" for reason in reasons):
                raise  # to repeat it does not help
            return list(reasons)
        return []


def opening(client_id: str, count: int, limit: int = 0, *, is_called_back: bool = False) -> Item:
    """Return the change of the number of a client's open exchanges, which must stay within the limit.

    Where one that opens `is_called_back`, callbacks to the client must not be paused.
    """
    update: Item = {
        "Key": {"pk": {"S": f"OPEN#{client_id}"}, "sk": {"S": "OPEN"}},
        "UpdateExpression": "ADD open_exchanges :count",
        "ExpressionAttributeValues": {":count": number(count)},
    }
    conditions: list[str] = []
    if limit:
        conditions.append("(attribute_not_exists(open_exchanges) OR open_exchanges < :limit)")
        update["ExpressionAttributeValues"][":limit"] = number(limit)
    if is_called_back:
        conditions.append("attribute_not_exists(paused)")
    if conditions:
        update["ConditionExpression"] = " AND ".join(conditions)
        update["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return {"Update": update}


def number(value: int) -> Item:
    """Return a number as DynamoDB has it."""
    return {"N": str(value)}


def busy() -> Unavailable:
    """Return the error of a transaction that others kept from being made."""
    return Unavailable("The registry is busy; try again shortly.", retry_after=2)
