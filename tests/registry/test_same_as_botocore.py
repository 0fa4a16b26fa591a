"""The functions' own clients accept, return and raise what botocore's clients do."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from dci_common.runtime import Runtime
from dci_common.settings import Settings
from support.example_counts import sampled
from support.registry_harness import Registry

ITEM: dict[str, Any] = {
    "pk": {"S": "PERSON#Zoë"},
    "sk": {"S": "RECORD"},
    "text": {"S": 'quote " and \\ and 日本'},
    "number": {"N": "0.10"},
    "truth": {"BOOL": True},
    "nothing": {"NULL": True},
    "names": {"SS": ["a", "b"]},
    "list": {"L": [{"S": "x"}, {"M": {"deep": {"N": "1"}}}]},
}
KEY = {"pk": ITEM["pk"], "sk": ITEM["sk"]}
NEW = {"ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
READING: dict[str, dict[str, Any]] = {
    "batch_get_item": {"RequestItems": {"TABLE": {"Keys": [KEY]}}},
    "get_item": {"TableName": "TABLE", "Key": KEY},
    "query": {
        "TableName": "TABLE",
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": KEY["pk"]},
    },
}
REJECTED: dict[str, tuple[str, dict[str, Any]]] = {
    "no table": ("get_item", {"TableName": "nowhere", "Key": KEY}),
    "no condition": ("query", {"TableName": "TABLE", "KeyConditionExpression": "pk ="}),
    "condition": ("put_item", {"TableName": "TABLE", "Item": ITEM, **NEW}),
    "transaction": (
        "transact_write_items",
        {"TransactItems": [{"Put": {"TableName": "TABLE", "Item": ITEM, **NEW}}]},
    ),
}


@pytest.fixture
def clients(registry: Registry) -> tuple[Any, Any]:
    """Return both clients; the item is in the table."""
    registry.runtime.dynamodb.put_item(TableName=registry.table, Item=ITEM)
    return registry.runtime.dynamodb, boto3.client("dynamodb")


def named(request: Any, table: str) -> Any:
    """Put the table's name where TABLE stands, which may be a key."""
    if isinstance(request, dict):
        return {named(name, table): named(value, table) for name, value in request.items()}
    if isinstance(request, list):
        return [named(part, table) for part in request]
    return table if request == "TABLE" else request


@pytest.mark.parametrize("operation", READING)
def test_items_are_those_that_botocore_reads(registry: Registry, clients: tuple[Any, Any], operation: str) -> None:
    """Every type of attribute is read as botocore reads it."""
    ours, theirs = (getattr(client, operation)(**named(READING[operation], registry.table)) for client in clients)
    del theirs["ResponseMetadata"]
    assert ours == theirs
    assert "日本" in str(ours)


@pytest.mark.parametrize("rejected", sampled(list(REJECTED)))
def test_errors_are_those_that_botocore_raises(registry: Registry, clients: tuple[Any, Any], rejected: str) -> None:
    """What DynamoDB rejects is the same exception, with the same code, message, status, request id and members."""
    operation, request = REJECTED[rejected]
    raised: list[ClientError] = []
    for client in clients:
        with pytest.raises(ClientError) as error:
            getattr(client, operation)(**named(request, registry.table))
        code = error.value.response["Error"]["Code"]
        assert isinstance(error.value, getattr(client.exceptions, code, ClientError))
        raised.append(error.value)
    ours, theirs = raised
    assert str(ours) == str(theirs)
    assert members(ours) == members(theirs)


def members(error: ClientError) -> dict[str, Any]:
    """Return what the response of an error has, but for what botocore adds to it and the id, which differs."""
    response: Any = error.response
    assert response["ResponseMetadata"]["RequestId"]
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return {
        **{name: value for name, value in response.items() if name not in {"ResponseMetadata", "message", "Message"}},
        "status": status,
    }


@pytest.mark.usefixtures("engine")
def test_secrets_are_those_that_botocore_reads() -> None:
    """The value, the labels and the errors of a secret are the same."""
    clients: tuple[Any, Any] = Runtime(Settings()).secrets, boto3.client("secretsmanager")
    clients[1].create_secret(Name="same", SecretString="Zoë")
    ours, theirs = (client.get_secret_value(SecretId="same") for client in clients)
    assert (ours["SecretString"], ours["VersionStages"]) == (theirs["SecretString"], theirs["VersionStages"])
    for client in clients:
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_secret_value(SecretId="another")


@pytest.mark.usefixtures("engine")
def test_messages_are_those_that_botocore_sends() -> None:
    """A message has the same body, group and delay, and a queue that does not exist is the same kind of error."""
    clients: tuple[Any, Any] = Runtime(Settings()).sqs, boto3.client("sqs")
    queue = clients[1].create_queue(QueueName="same")["QueueUrl"]
    for client in clients:
        sent = client.send_message(
            QueueUrl=queue, MessageBody='{"id": "Zoë"}', MessageGroupId="client", DelaySeconds=0
        )
        [received] = clients[1].receive_message(QueueUrl=queue, AttributeNames=["MessageGroupId"])["Messages"]
        assert (received["Body"], received["Attributes"]) == ('{"id": "Zoë"}', {"MessageGroupId": "client"})
        assert (received["MessageId"], received["MD5OfBody"]) == (sent["MessageId"], sent["MD5OfMessageBody"])
        with pytest.raises(ClientError, match=r"QueueDoesNotExist|NonExistentQueue"):
            client.send_message(QueueUrl=queue.replace("same", "another"), MessageBody="{}")
