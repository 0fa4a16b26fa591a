"""Places for workers: at most two collect for a client at once, and two deliver, so that others have their turn.

| pk | sk | carries |
|---|---|---|
| `OPEN#<client id>` | `OPEN` | for each place, such as `collecting_0`, the epoch second until which it is taken |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dci_common.exchange.exchange_table import number

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.runtime import Runtime

PLACES = 2
Work = Literal["collecting", "delivering"]


@dataclass(frozen=True, slots=True)
class Place:
    """A place that a worker has taken, which is free again at `until`, if it is not given back before."""

    client_id: str
    name: str
    until: int


class WorkerPlaces:
    """Takes places, and gives them back."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def take(self, client_id: str, work: Work, seconds: int) -> Place | None:
        """Take a place for so many seconds; None when all of the client's are taken."""
        now = int(self._runtime.clock())
        for place in range(PLACES):
            taken = Place(client_id, f"{work}_{place}", now + seconds)
            if self._set(taken, taken.until, "attribute_not_exists(#place) OR #place < :other", now):
                return taken
        return None

    def give_back(self, place: Place) -> None:
        """Give a place back, unless it was taken by somebody else meanwhile."""
        self._set(place, 0, "#place = :other", place.until)

    def _set(self, place: Place, until: int, condition: str, other: int) -> bool:
        key: Item = {"pk": {"S": f"OPEN#{place.client_id}"}, "sk": {"S": "OPEN"}}
        try:
            self._runtime.dynamodb.update_item(
                TableName=self._runtime.settings.exchange_table,
                Key=key,
                UpdateExpression="SET #place = :until",
                ConditionExpression=condition,
                ExpressionAttributeNames={"#place": place.name},
                ExpressionAttributeValues={":until": number(until), ":other": number(other)},
            )
        except self._runtime.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True
