"""Operators in ClientsTable: those who have signed in, and those who are disabled, whatever their tokens say.

An operator is the item `OPERATOR#<issuer>#<subject>`, `OPERATOR`:

| attribute | holds |
|---|---|
| `issuer`, `subject` | who they are at the provider |
| `status` | `enabled` or `disabled` |
| `name`, `email`, `roles` | what their last token said; a list of roles |
| `first_seen`, `last_seen` | days; absent where they were disabled before they came |
| `version` | the number of changes of `status` |
| `listed`, `name_key` | `OPERATOR` and the id, which put it into the index `clients` |
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from dci_common.aws.dynamodb import batch_get

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dci_common.aws.dynamodb import Item
    from dci_common.operators.operator import Operator
    from dci_common.runtime import Runtime

LISTED = "OPERATOR"
ENABLED = "enabled"
IS_ENABLED: dict[str, Any] = {
    "ConditionExpression": "#status = :enabled",
    "ExpressionAttributeNames": {"#status": "status"},
    "ExpressionAttributeValues": {":enabled": {"S": ENABLED}},
}
_RECORD = (
    "SET issuer = :issuer, subject = :subject, #name = :name, email = :email, #roles = :roles, last_seen = :today, "
    "first_seen = if_not_exists(first_seen, :today), #status = if_not_exists(#status, :enabled), "
    "listed = :listed, name_key = :id"
)


class StoredOperator(NamedTuple):
    """An operator as they are stored; see above."""

    id: str
    status: str
    name: str
    email: str
    roles: tuple[str, ...]
    first_seen: str
    last_seen: str
    version: int


class OperatorStore:
    """Reads operators, and records those who come."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._table = runtime.settings.clients_table

    def admit(self, operator: Operator) -> bool:
        """Return whether an operator is enabled, as of now. A new operator is recorded, and each one once a day."""
        today = datetime.fromtimestamp(self._runtime.clock(), UTC).date().isoformat()
        found = self.find(operator.id)
        if found is None or (found.status == ENABLED and _is_outdated(found, operator, today)):
            found = self._record(operator, today)
        return found.status == ENABLED

    def find(self, operator_id: str) -> StoredOperator | None:
        """Return an operator, read consistently, or None."""
        answer = self._runtime.dynamodb.get_item(
            TableName=self._table, Key=operator_key(operator_id), ConsistentRead=True
        )
        item = answer.get("Item")
        return operator_from_item(item) if item else None

    def all(self) -> Iterator[StoredOperator]:
        """Yield all operators, in the order of their ids. One who was just recorded can be missing for moments."""
        start: Any = {}
        while start is not None:
            answer: Any = self._runtime.dynamodb.query(
                TableName=self._table,
                IndexName="clients",
                KeyConditionExpression="listed = :listed",
                ExpressionAttributeValues={":listed": {"S": LISTED}},
                **start,
            )
            keys = [{"pk": item["pk"], "sk": item["sk"]} for item in answer["Items"]]
            yield from sorted(map(operator_from_item, batch_get(self._runtime, self._table, keys)))
            last = answer.get("LastEvaluatedKey")
            start = {"ExclusiveStartKey": last} if last else None

    def _record(self, operator: Operator, today: str) -> StoredOperator:
        values = {
            "issuer": operator.issuer,
            "subject": operator.subject,
            "name": operator.name,
            "email": operator.email,
            "today": today,
            "enabled": ENABLED,
            "listed": LISTED,
            "id": operator.id,
        }
        roles: Any = {":roles": {"L": [{"S": role} for role in sorted(operator.roles)]}}
        answer = self._runtime.dynamodb.update_item(
            TableName=self._table,
            Key=operator_key(operator.id),
            UpdateExpression=_RECORD,
            ExpressionAttributeNames={f"#{name}": name for name in ("name", "roles", "status")},
            ExpressionAttributeValues={f":{name}": {"S": value} for name, value in values.items()} | roles,
            ReturnValues="ALL_NEW",
        )
        return operator_from_item(answer["Attributes"])


def operator_key(operator_id: str) -> Item:
    """Return the key of an operator."""
    return {"pk": {"S": f"OPERATOR#{operator_id}"}, "sk": {"S": "OPERATOR"}}


def status_update(operator: StoredOperator, status: str) -> dict[str, Any]:
    """Return the update that gives an operator a status, unless it was changed since they were read."""
    issuer, _, subject = operator.id.partition("#")
    texts = {"status": status, "issuer": issuer, "subject": subject, "listed": LISTED, "id": operator.id}
    numbers = {":before": operator.version, ":next": operator.version + 1}
    return {
        "Key": operator_key(operator.id),
        "UpdateExpression": "SET #status = :status, version = :next, issuer = :issuer, subject = :subject,"
        " listed = :listed, name_key = :id",
        "ConditionExpression": "attribute_not_exists(version) OR version = :before",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": {f":{name}": {"S": value} for name, value in texts.items()}
        | {name: {"N": str(value)} for name, value in numbers.items()},
    }


def operator_from_item(item: Mapping[str, Any]) -> StoredOperator:
    """Return the operator of an item."""
    texts = {name: item.get(name, {"S": ""})["S"] for name in ("name", "email", "first_seen", "last_seen", "status")}
    roles = tuple(role["S"] for role in item.get("roles", {"L": []})["L"])
    version = int(item.get("version", {"N": "0"})["N"])
    return StoredOperator(id=item["pk"]["S"].removeprefix("OPERATOR#"), roles=roles, version=version, **texts)


def _is_outdated(found: StoredOperator, operator: Operator, today: str) -> bool:
    said = (operator.name, operator.email, tuple(sorted(operator.roles)))
    return found.last_seen != today or (found.name, found.email, found.roles) != said
