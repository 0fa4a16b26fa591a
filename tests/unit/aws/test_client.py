"""The functions' own clients: attempts, deadlines and errors."""

from __future__ import annotations

import ast
import gc
import inspect
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, EndpointConnectionError
from botocore.session import get_session

from dci_common.aws import protocol
from dci_common.aws.client import DeadlineExceeded
from dci_common.aws.services import MinimalDynamoDB, MinimalSecretsManager, MinimalSQS
from dci_common.deadline import Deadline, calls_end_by
from support.api import Clock
from support.events import ROOT
from support.fake_aws_server import REQUEST_ID, Server
from support.retry_pauses import retry_with_sleep

if TYPE_CHECKING:
    from dci_common.aws.protocol import SQS, DynamoDB, SecretsManager

KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}
NEW = {"ConditionExpression": "attribute_not_exists(pk)"}
READ: Callable[[Any], Any] = lambda client: client.get_item(TableName="t", Key=KEY)  # noqa: E731
REPEATED: dict[str, Callable[[Any], Any]] = {
    "read": READ,
    "put": lambda client: client.put_item(TableName="t", Item=KEY),
    "transaction": lambda client: client.transact_write_items(TransactItems=[{"Put": {"Item": KEY, **NEW}}]),
}
NOT_REPEATED: dict[str, Callable[[Any], Any]] = {
    "conditional put": lambda client: client.put_item(TableName="t", Item=KEY, **NEW),
    "count": lambda client: client.update_item(TableName="t", Key=KEY, UpdateExpression="ADD records :records"),
}


@pytest.fixture
def pauses() -> list[float]:
    """Collect the pauses, which are not made."""
    return []


@pytest.fixture
def dynamodb(server: Server, pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> MinimalDynamoDB:
    """Return a client of the server."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{server.server_port}")
    return MinimalDynamoDB(retry_with_sleep(pauses.append))


@pytest.mark.parametrize("call", REPEATED.values(), ids=REPEATED)
@pytest.mark.parametrize("answer", ["damaged", "cut", "dropped", "garbage", "html", "throttled"])
def test_a_failed_call_is_repeated(
    server: Server, dynamodb: MinimalDynamoDB, pauses: list[float], answer: str, call: Callable[[Any], Any]
) -> None:
    """After a pause the same request is sent again, with the same token where it has one."""
    server.answers = [answer, answer, "good"]
    assert call(dynamodb) == {"Item": {}}
    assert pauses == [0.5, 1]
    assert len({body for _, _, body in server.seen}) == 1


@pytest.mark.parametrize("call", NOT_REPEATED.values(), ids=NOT_REPEATED)
@pytest.mark.parametrize("answer", ["damaged", "cut", "dropped", "garbage", "html"])
def test_a_write_whose_answer_is_lost_is_not_repeated(
    server: Server, dynamodb: MinimalDynamoDB, pauses: list[float], answer: str, call: Callable[[Any], Any]
) -> None:
    """A write that may have happened, and that would not be the same twice, is sent once."""
    server.answers = [answer, "good"]
    with pytest.raises((BotoCoreError, ClientError)):
        call(dynamodb)
    assert (len(server.seen), pauses) == (1, [])


@pytest.mark.parametrize("call", NOT_REPEATED.values(), ids=NOT_REPEATED)
def test_a_throttled_write_is_repeated(server: Server, dynamodb: MinimalDynamoDB, call: Callable[[Any], Any]) -> None:
    """A write of which DynamoDB says that it did not happen is sent again."""
    server.answers = ["throttled", "good"]
    call(dynamodb)
    assert len(server.seen) == 2


def test_only_transactions_and_secrets_have_a_token(server: Server, dynamodb: MinimalDynamoDB) -> None:
    """A transaction carries a token that is its own, and a caller's token is kept."""
    for _ in range(2):
        REPEATED["transaction"](dynamodb)
    dynamodb.transact_write_items(TransactItems=[], ClientRequestToken="mine")
    READ(dynamodb)
    bodies = [body for _, _, body in server.seen]
    assert bodies[0] != bodies[1]
    assert all(b"ClientRequestToken" in body for body in bodies[:2])
    assert b'"ClientRequestToken":"mine"' in bodies[2]
    assert b"ClientRequestToken" not in bodies[3]


@pytest.mark.parametrize(
    ("answer", "code", "attempts"),
    [
        ("html", "503", 3),
        ("throttled", "ThrottlingException", 3),
        ("denied", "AccessDeniedException", 1),
        ("empty", "200", 1),
    ],
)
def test_a_lasting_error_is_raised(
    server: Server, dynamodb: MinimalDynamoDB, answer: str, code: str, attempts: int
) -> None:
    """The last error is raised, with the service's code or else the status, and nothing of a foreign body."""
    server.answers = [answer]
    with pytest.raises(ClientError) as raised:
        READ(dynamodb)
    assert raised.value.response["Error"]["Code"] == code
    assert "html" not in str(raised.value)
    assert len(server.seen) == attempts


def test_an_error_has_the_request_id(server: Server, dynamodb: MinimalDynamoDB) -> None:
    """AWS's request id stands where botocore puts it."""
    server.answers = ["denied"]
    with pytest.raises(ClientError) as raised:
        READ(dynamodb)
    assert raised.value.response["ResponseMetadata"]["RequestId"] == REQUEST_ID


def test_a_silent_service_is_an_error(server: Server, dynamodb: MinimalDynamoDB) -> None:
    """After three attempts without an answer, that is raised."""
    server.answers = ["dropped"]
    with pytest.raises(ConnectionClosedError):
        READ(dynamodb)
    assert len(server.seen) == 3


def test_calls_end_before_the_deadline(server: Server, dynamodb: MinimalDynamoDB, pauses: list[float]) -> None:
    """No pause is made that would leave no time for the attempt after it."""
    clock = Clock()
    server.answers = ["throttled"]
    with calls_end_by(Deadline(clock() + 1.75, clock)), pytest.raises(ClientError, match="ThrottlingException"):
        READ(dynamodb)
    assert (len(server.seen), pauses) == (2, [0.5])


def test_nothing_is_sent_after_the_deadline(server: Server, dynamodb: MinimalDynamoDB) -> None:
    """A call for which no time is left fails without being made."""
    clock = Clock()
    with calls_end_by(Deadline(clock() + 1, clock)), pytest.raises(DeadlineExceeded, match="GetItem"):
        READ(dynamodb)
    assert server.seen == []


@pytest.mark.exhaustive
def test_errors_leave_no_reference_cycles(server: Server, dynamodb: MinimalDynamoDB) -> None:
    """Neither an answer nor an error leaves objects that only the garbage collector frees, which runs rarely."""

    def ask(times: int) -> None:
        for _ in range(times):
            with suppress(ClientError):
                READ(dynamodb)

    server.answers = [*["good", "denied"] * 20, "good"]
    ask(4)
    gc.collect()
    gc.disable()
    try:
        ask(20)
        assert gc.collect() < 20
    finally:
        gc.enable()


@pytest.mark.usefixtures("dynamodb")
def test_unknown_operations_do_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clients have the operations and errors of the protocol, and no attribute is made up."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:1")
    for client in (MinimalDynamoDB(retry_with_sleep(print)), MinimalSecretsManager(retry_with_sleep(print))):
        assert not hasattr(client, "create_table")
        assert not hasattr(client.exceptions, "AccessDeniedException")
    assert not hasattr(MinimalSQS(retry_with_sleep(print)), "receive_message")


def operations(service: str) -> set[str]:
    """Return the operations of a service, as boto3 names them."""
    names = get_session().get_service_model(service).operation_names
    return {"".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)[1:] for name in names}


def used(clients: set[str], known: set[str]) -> set[str]:
    """Return the operations that the layer and the functions use, called on attributes or names like these."""
    files = [path for folder in ("layers", "functions") for path in (ROOT / folder).rglob("*.py")]
    found = {
        node.attr
        for path in files
        for node in ast.walk(ast.parse(Path(path).read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and getattr(node.value, "attr", getattr(node.value, "id", "")).lstrip("_") in clients
    }
    return found & known


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("protocol_class", "client", "names", "service"),
    [
        (protocol.DynamoDB, MinimalDynamoDB, {"dynamodb"}, "dynamodb"),
        (protocol.SecretsManager, MinimalSecretsManager, {"secrets"}, "secretsmanager"),
        (protocol.SQS, MinimalSQS, {"sqs"}, "sqs"),
    ],
    ids=["dynamodb", "secretsmanager", "sqs"],
)
def test_the_protocol_has_just_the_operations_in_use(
    protocol_class: type, client: type, names: set[str], service: str
) -> None:
    """An operation that no code of the layer or the functions uses any more leaves the protocol and the client."""
    known = operations(service)
    declared = {name for name, _ in inspect.getmembers(protocol_class, inspect.isfunction)} & known
    implemented = {name for name, _ in inspect.getmembers(client, inspect.isfunction)} & known
    assert declared == implemented == used(names, known)


def test_boto3_clients_have_the_protocol() -> None:
    """The clients of the commands have the same operations, which the type checker sees here as well."""
    dynamodb: DynamoDB = boto3.client("dynamodb", region_name="eu-west-1")
    secrets: SecretsManager = boto3.client("secretsmanager", region_name="eu-west-1")
    sqs: SQS = boto3.client("sqs", region_name="eu-west-1")
    clients = ((dynamodb, protocol.DynamoDB), (secrets, protocol.SecretsManager), (sqs, protocol.SQS))
    for client, protocol_class in clients:
        for name, _ in inspect.getmembers(protocol_class, inspect.isfunction):
            assert name.startswith("_") or callable(getattr(client, name))


def test_a_connection_that_is_not_made_is_tried_again(
    dynamodb: MinimalDynamoDB, server: Server, pauses: list[float]
) -> None:
    """A write that was never sent is safe to repeat, whatever it is."""
    post, failures = dynamodb.endpoint.post, [EndpointConnectionError(endpoint_url="x")]

    def fail_once(*request: Any) -> Any:
        if failures:
            raise failures.pop()
        return post(*request)

    vars(dynamodb.endpoint)["post"] = fail_once
    NOT_REPEATED["count"](dynamodb)
    assert (len(server.seen), pauses) == (1, [0.5])
