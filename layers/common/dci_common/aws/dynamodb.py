"""What every store needs of DynamoDB: its JSON, reading many items by key, and retries while it is busy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from botocore.exceptions import ClientError

from dci_common.aws.retry import Backoff, is_throttled
from dci_common.deadline import Deadline, calls_end_by, current_deadline
from dci_common.errors import Unavailable

if TYPE_CHECKING:
    from dci_common.aws.protocol import DynamoDB
    from dci_common.aws.retry import Retry

Item = dict[str, Any]

MAX_BATCH = 100  # BatchGetItem's own limit
_BUSY = Backoff(attempts=12, first=0.02, longest=1)
_BUSY_UNTIL_DEADLINE = _BUSY._replace(attempts=1_000_000)


class Access(Protocol):
    """The client and the retries that reading needs; a Runtime has both."""

    @property
    def dynamodb(self) -> DynamoDB:
        """The client of DynamoDB."""

    @property
    def retry(self) -> Retry:
        """The pauses between attempts."""


class ReadMeter(Protocol):
    """When reading must end, and the read units that it took."""

    @property
    def deadline(self) -> Deadline:
        """When reading must end."""

    def consume(self, units: float) -> None:
        """Count read units."""


class Unmetered(NamedTuple):
    """A meter that counts nothing, and has only a deadline."""

    deadline: Deadline

    def consume(self, units: float) -> None:
        """Count nothing."""


def serialize(value: object) -> Item:
    """Return a string, an integer, a boolean or a list of these in DynamoDB's JSON. Raises TypeError."""
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case list() | tuple():
            return {"L": [serialize(part) for part in value]}
    raise TypeError(type(value).__name__)


def deserialize(value: Mapping[str, Any]) -> Any:  # noqa: ANN401 - what `serialize` takes
    """Return a value that `serialize` wrote."""
    ((type_, content),) = value.items()
    match type_:
        case "N":
            return int(content)
        case "L":
            return [deserialize(part) for part in content]
    return content


def batch_get(
    access: Access,
    table: str,
    keys: Sequence[Item],
    *,
    consistent: bool = True,
    projection: Sequence[str] = (),
    meter: ReadMeter | None = None,
) -> list[Item]:
    """Return the items of distinct keys, in no particular order; keys without an item are left out.

    `projection` names the attributes to read, where not all are needed.
    Raises Unavailable when DynamoDB stays too busy to return them all.
    """
    options: Item = {"ConsistentRead": consistent}
    if projection:  # by placeholders, because a name may be a reserved word
        names = {f"#{name}": name for name in projection}
        options |= {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}
    metered, found = meter or Unmetered(current_deadline()), list[Item]()
    for start in range(0, len(keys), MAX_BATCH):
        found += _batch(access, table, {"Keys": keys[start : start + MAX_BATCH], **options}, metered)
    return found


def query_page(access: Access, request: dict[str, Any], meter: ReadMeter) -> dict[str, Any]:
    """Return a page of a query. Raises Unavailable when DynamoDB stays too busy."""
    for _ in _attempts(access.retry, meter.deadline):
        try:
            with calls_end_by(meter.deadline):
                answer: Any = access.dynamodb.query(ReturnConsumedCapacity="TOTAL", **request)
        except ClientError as error:
            _check_throttled(error)
            continue
        meter.consume(answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0))
        return dict(answer)
    raise _busy()


def pages(operation: Callable[..., Any], **request: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - its own
    """Yield all pages of an operation: `pages(dynamodb.query, TableName=...)`."""
    while True:
        page = operation(**request)
        yield page
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _batch(access: Access, table: str, request: Item, meter: ReadMeter) -> list[Item]:
    found: list[Item] = []
    for _ in _attempts(access.retry, meter.deadline):
        try:
            with calls_end_by(meter.deadline):
                answer: Any = access.dynamodb.batch_get_item(
                    RequestItems={table: request},  # type: ignore[dict-item] # as AWS takes it
                    ReturnConsumedCapacity="TOTAL",
                )
        except ClientError as error:
            _check_throttled(error)
            continue
        meter.consume(sum([part["CapacityUnits"] for part in answer.get("ConsumedCapacity", ())]))
        found += answer["Responses"].get(table, [])
        request = {**request, "Keys": answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])}
        if not request["Keys"]:
            return found
    raise _busy()


def _attempts(retry: Retry, deadline: Deadline) -> Iterator[int]:
    return retry.attempts(_BUSY if deadline.at is None else _BUSY_UNTIL_DEADLINE, deadline.left)


def _check_throttled(error: ClientError) -> None:
    """Raise any error but throttling."""
    if not is_throttled(error):
        raise error


def _busy() -> Unavailable:
    return Unavailable("The registry is busy; try again shortly.", retry_after=2)
