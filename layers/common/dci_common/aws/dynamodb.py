"""The DynamoDB habits that every store needs: reading many items by key, and patience when DynamoDB is busy."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from dci_common.deadline import Deadline
from dci_common.errors import ServiceUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]

MAX_BATCH = 100  # BatchGetItem's own limit
_ATTEMPTS = 9  # where there is no deadline
_LONGEST_PAUSE = 1.0
_THROTTLED = {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"}
_UNHURRIED = Deadline()


class Account(Protocol):
    """For whom DynamoDB is read: until when, and who is told the read units that it took."""

    @property
    def deadline(self) -> Deadline:
        """When reading must be over."""

    def consume(self, units: float) -> None:
        """Count read units."""


@dataclass(frozen=True, slots=True)
class Unmetered:
    """An account of which only the deadline counts."""

    deadline: Deadline

    def consume(self, units: float) -> None:
        """Count nothing."""


def typed(value: object) -> Item:
    """Write a text, a whole number, a truth or a list of these as DynamoDB's own JSON has it."""
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case list() | tuple():
            return {"L": [typed(part) for part in value]}
    raise TypeError(type(value).__name__)


def plain(value: Mapping[str, Any]) -> Any:  # noqa: ANN401 - what `typed` takes
    """Read a value back from DynamoDB's own JSON."""
    ((type_, content),) = value.items()
    match type_:
        case "N":
            return int(content)
        case "L":
            return [plain(part) for part in content]
    return content


def batch_get(
    dynamodb: DynamoDBClient,
    table: str,
    keys: Sequence[Item],
    *,
    consistent: bool = True,
    projection: str = "",
    account: Account | None = None,
) -> list[Item]:
    """Read the items of distinct keys, in no particular order; keys without an item are left out.

    `projection` names the attributes wanted, where not all are.
    Raises ServiceUnavailable when DynamoDB stays too busy for some of them.
    """
    chunks = (keys[start : start + MAX_BATCH] for start in range(0, len(keys), MAX_BATCH))
    wanted = {"ConsistentRead": consistent, **({"ProjectionExpression": projection} if projection else {})}
    requests = ({"Keys": chunk, **wanted} for chunk in chunks)
    return [item for request in requests for item in _batch(dynamodb, table, request, account)]


def query_page(dynamodb: DynamoDBClient, request: dict[str, Any], account: Account) -> dict[str, Any]:
    """Read a page of a query. Raises ServiceUnavailable when DynamoDB stays too busy."""
    attempts = _attempts(account.deadline)
    while True:
        next(attempts)
        try:
            answer: Any = dynamodb.query(ReturnConsumedCapacity="TOTAL", **request)
        except ClientError as error:
            _check_throttled(error)
        else:
            account.consume(answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0))
            return dict(answer)


def pages(operation: Callable[..., Any], **request: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - its own
    """Read all pages of a Query or a Scan: `pages(dynamodb.scan, TableName=...)`."""
    while True:
        page = operation(**request)
        yield page
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _batch(dynamodb: DynamoDBClient, table: str, wanted: Item, account: Account | None) -> Iterator[Item]:
    request: Any = wanted
    for _ in _attempts(account.deadline if account else _UNHURRIED):
        try:
            answer: Any = dynamodb.batch_get_item(RequestItems={table: request}, ReturnConsumedCapacity="TOTAL")
        except ClientError as error:
            _check_throttled(error)
            continue
        if account:
            account.consume(sum(part["CapacityUnits"] for part in answer.get("ConsumedCapacity", ())))
        yield from answer["Responses"].get(table, [])
        request = {**request, "Keys": answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])}
        if not request["Keys"]:
            return


def _attempts(deadline: Deadline) -> Iterator[None]:
    """Yield once an attempt, with longer and longer pauses between them. Raises ServiceUnavailable when none is left.

    A client makes attempts of its own within each, with random pauses, so that rivals part ways.
    """
    for number in itertools.count(1):
        yield
        pause = min(_LONGEST_PAUSE, 0.01 * 2**number)
        if pause > deadline.left() or (deadline.at is None and number == _ATTEMPTS):
            raise ServiceUnavailable("The registry is busy; try again shortly.", retry_after=2)
        time.sleep(pause)


def _check_throttled(error: ClientError) -> None:
    if error.response["Error"]["Code"] not in _THROTTLED:
        raise error
