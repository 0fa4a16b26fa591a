"""The enforcement of policies in all tests: what it denies is denied by IAM, however that evaluates a call."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from dci_common.runtime import LambdaHandler, Runtime
from support.api import Api
from support.iam import ENCLOSING, LEADING_KEYS, Call, Statement, calls
from support.iam_enforcement import denials, with_role

PUT = "dynamodb:PutItem"
NAMES = {"c": "ClientsTable"}


def put(*patterns: str, **conditions: Any) -> Statement:
    """Return a statement that allows PutItem on partitions of ClientsTable."""
    keys = {"ForAllValues:StringLike": {LEADING_KEYS: list(patterns)}}
    return Statement(frozenset({PUT}), frozenset({"ClientsTable"}), keys | conditions)


def asked(operation: str, **request: Any) -> set[Call]:
    """Return the calls as which an operation may be evaluated."""
    return set(calls(operation, request, NAMES))


def transaction(*keys: str) -> set[Call]:
    """Return the calls of a transaction that puts items on these partitions."""
    return asked("TransactWriteItems", TransactItems=[{"Put": {"TableName": "c", "Item": item(key)}} for key in keys])


def item(key: str) -> dict[str, Any]:
    """Return an item by its partition key."""
    return {"pk": {"S": key}, "sk": {"S": "sk"}}


def allowed(wanted: set[Call], *statements: Statement) -> bool:
    """Return whether each call is allowed by a statement."""
    return all(any(statement.allows(call) for statement in statements) for call in wanted)


def test_a_transaction_split_over_two_statements_is_denied() -> None:
    """Each key is allowed by one of the statements, but no statement allows both: AWS may deny the transaction."""
    both = transaction("CLIENT#1", "LOG#1")
    assert allowed(both, put("CLIENT#*", "LOG#*"))
    assert not allowed(both, put("CLIENT#*"), put("LOG#*"))
    assert allowed(transaction("CLIENT#1"), put("CLIENT#*"), put("LOG#*"))


def test_a_batch_split_over_two_statements_is_denied() -> None:
    """A batch is evaluated as a whole, too."""
    batch = asked("BatchGetItem", RequestItems={"c": {"Keys": [item("CLIENT#1"), item("SECRET#1")]}})
    assert {call.keys for call in batch} == {
        frozenset({"CLIENT#"}),
        frozenset({"SECRET#"}),
        frozenset({"CLIENT#", "SECRET#"}),
    }


def test_a_condition_on_all_keys_holds_without_a_key() -> None:
    """A condition on all of no keys holds, so it denies no Scan; a Null condition does."""
    keyless = Call(PUT, "ClientsTable")
    assert put("CLIENT#*").allows(keyless)
    assert not put("CLIENT#*", Null={LEADING_KEYS: "false"}).allows(keyless)


def test_a_transaction_must_be_allowed_without_keys() -> None:
    """AWS does not document the keys of a transaction: a Null condition may deny it."""
    assert not allowed(transaction("CLIENT#1"), put("CLIENT#*", Null={LEADING_KEYS: "false"}))


def test_only_a_transaction_has_an_enclosing_operation() -> None:
    """A condition on the enclosing operation denies the same action on its own."""
    enclosed = put("CLIENT#*", **{"ForAnyValue:StringEquals": {ENCLOSING: "TransactWriteItems"}})
    assert allowed(transaction("CLIENT#1"), enclosed)
    assert not allowed(asked("PutItem", TableName="c", Item=item("CLIENT#1")), enclosed)


def test_a_query_states_its_partition() -> None:
    """A query states the kind of partition that it reads, and its index; a Scan states none."""
    values = {":listed": {"S": "CLIENT"}}
    query = {"KeyConditionExpression": "listed = :listed", "ExpressionAttributeValues": values}
    assert asked("Query", TableName="c", IndexName="clients", **query) == {
        Call("dynamodb:Query", "ClientsTable/index/clients", frozenset({"CLIENT"}))
    }
    assert asked("Scan", TableName="c") == {Call("dynamodb:Scan", "ClientsTable")}


@pytest.mark.parametrize("client", ["own", "botocore"])
@pytest.mark.parametrize("threads", [False, True])
def test_a_function_that_does_more_than_it_may_fails(api: Api, client: str, *, threads: bool) -> None:
    """A call that the role does not allow fails as on AWS, also in another thread, and the test fails."""
    dynamodb: Any = api.runtime.dynamodb if client == "own" else boto3.client("dynamodb")

    def query(*_: Any) -> dict[str, Any]:
        found: dict[str, Any] = dynamodb.query(
            TableName=api.runtime.settings.clients_table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": "KEYS"}},
        )
        return found

    def create_app(_: Runtime) -> LambdaHandler:
        return (lambda *_: ThreadPoolExecutor(1).submit(query).result()) if threads else query

    app = with_role("SearchFunction", create_app)(api.runtime)
    with pytest.raises(ClientError, match="AccessDenied"):
        app({}, None)
    [denial] = denials
    assert denial.startswith("SearchFunction: Call(action='dynamodb:Query', resource='ClientsTable', ")
    denials.clear()
    assert query()["Items"] is not None  # outside of a function, a test may do anything
