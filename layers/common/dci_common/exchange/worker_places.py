"""Places for workers: at most two collect for a client at once, and two deliver, so that others have their turn.

| pk | sk | carries |
|---|---|---|
| `OPEN#<client id>` | `OPEN` | for each place, such as `collecting_0`, the epoch second until which it is taken |
| | | `paused`, since when nothing is delivered; then the index `due` lists it, in the partition `PAUSED` |
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from dci_common.exchange.exchange_table import ExchangeTable, number

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.runtime import Runtime

PLACES = 2
PAUSED_QUEUE = "PAUSED"
Work = Literal["collecting", "delivering"]


@dataclass(frozen=True, slots=True)
class Place:
    """A place that a worker has taken, which is free again at `until`, if it is not given back before.

    `is_paused` says that nothing is delivered to the client: its receiver said that it is gone.
    """

    client_id: str
    name: str
    until: int
    is_paused: bool = False


class NoPlace(Exception):
    """All places of a client are taken, which has so many open exchanges."""

    def __init__(self, open_exchanges: int) -> None:
        super().__init__()
        self.open_exchanges = open_exchanges


class WorkerPlaces:
    """Takes places, and gives them back."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def take(self, client_id: str, work: Work, seconds: int) -> Place:
        """Take a place for so many seconds. Raises NoPlace when all of the client's are taken."""
        now = int(self._runtime.clock())
        item: Item = {}
        for number_ in range(PLACES):
            place = Place(client_id, f"{work}_{number_}", now + seconds)
            item, is_taken = self._set(
                client_id, place.name, place.until, ("attribute_not_exists(#name) OR #name < :other", now)
            )
            if is_taken:
                return replace(place, is_paused="paused" in item)
        raise NoPlace(int(item.get("open_exchanges", {"N": "0"})["N"]))

    def give_back(self, place: Place) -> None:
        """Give a place back, unless it was taken by somebody else meanwhile."""
        self._set(place.client_id, place.name, 0, ("#name = :other", place.until))

    def vacate(self, client_id: str) -> None:
        """Free all places of a client, whose workers have ended without giving them back."""
        for name in (f"{work}_{number_}" for work in get_args(Work) for number_ in range(PLACES)):
            self._set(client_id, name, 0)

    def is_paused(self, client_id: str) -> bool:
        """Return whether nothing is delivered to a client, read consistently."""
        return self.open(client_id)[1] is not None

    def open(self, client_id: str) -> tuple[int, int | None]:
        """Return how many exchanges of a client are open, and since when nothing is delivered to it, if so."""
        item = ExchangeTable(self._runtime).item(_key(client_id)) or {}
        paused = int(item["paused"]["N"]) if "paused" in item else None
        return int(item.get("open_exchanges", {"N": "0"})["N"]), paused

    def pause(self, client_id: str) -> None:
        """Deliver nothing to a client, and accept nothing that would be delivered to it, until `resume`."""
        self._runtime.dynamodb.update_item(
            TableName=self._runtime.settings.exchange_table,
            Key=_key(client_id),
            UpdateExpression="SET paused = :now, due = :now, #queue = :queue",
            ExpressionAttributeNames={"#queue": "queue"},
            ExpressionAttributeValues={
                ":now": number(int(self._runtime.clock())),
                ":queue": {"S": PAUSED_QUEUE},
            },
        )

    def resume(self, client_id: str) -> bool:
        """Deliver to a client again. Return whether that was paused."""
        try:
            self._runtime.dynamodb.update_item(
                TableName=self._runtime.settings.exchange_table,
                Key=_key(client_id),
                UpdateExpression="REMOVE paused, due, #queue",
                ConditionExpression="attribute_exists(paused)",
                ExpressionAttributeNames={"#queue": "queue"},
            )
        except self._runtime.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _set(
        self, client_id: str, name: str, value: int, condition: tuple[str, int] | None = None
    ) -> tuple[Item, bool]:
        """Set an attribute if the condition holds. Return the item, and whether it was set."""
        request: dict[str, Any] = {"ConditionExpression": condition[0]} if condition else {}
        other = {":other": number(condition[1])} if condition else {}
        try:
            answer = self._runtime.dynamodb.update_item(
                TableName=self._runtime.settings.exchange_table,
                Key=_key(client_id),
                UpdateExpression="SET #name = :value",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":value": number(value), **other},
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **request,
            )
        except self._runtime.dynamodb.exceptions.ConditionalCheckFailedException as error:
            stored: Any = error.response.get("Item", {})
            return stored, False
        return answer["Attributes"], True


def _key(client_id: str) -> Item:
    return {"pk": {"S": f"OPEN#{client_id}"}, "sk": {"S": "OPEN"}}
