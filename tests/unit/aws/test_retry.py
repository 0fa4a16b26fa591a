"""The retry policy: which calls are repeated, how often, and after what pauses."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from dci_common.aws.retry import Backoff, Retry, is_throttled, may_repeat

Request = dict[str, Any]

URL = {"endpoint_url": "https://example.org"}
IDEMPOTENT: dict[str, tuple[str, Request]] = {
    "read": ("GetItem", {}),
    "batch read": ("BatchGetItem", {}),
    "query": ("Query", {}),
    "secret": ("GetSecretValue", {}),
    "put": ("PutItem", {"Item": {}}),
    "delete": ("DeleteItem", {"Key": {}}),
    "batch of puts": ("BatchWriteItem", {}),
    "assignment": ("UpdateItem", {"UpdateExpression": "SET #proof = :now, b = :b"}),
    "transaction": ("TransactWriteItems", {"ClientRequestToken": "t"}),
    "new secret": ("CreateSecret", {"ClientRequestToken": "t"}),
    "deletion of a secret": ("DeleteSecret", {"ForceDeleteWithoutRecovery": True}),
    "end of a deletion": ("RestoreSecret", {}),
    "new version of a secret": ("PutSecretValue", {"ClientRequestToken": "t"}),
    "message": ("SendMessage", {"QueueUrl": "q", "MessageBody": "{}"}),
    "rotation": ("RotateSecret", {"ClientRequestToken": "t"}),
}
CONDITION = {"ConditionExpression": "attribute_not_exists(pk)"}
NOT_IDEMPOTENT: dict[str, tuple[str, Request]] = {
    "conditional put": ("PutItem", {"Item": {}, **CONDITION}),
    "conditional delete": ("DeleteItem", {"Key": {}, **CONDITION}),
    "conditional update": ("UpdateItem", {"UpdateExpression": "SET a = :a", **CONDITION}),
    "delete that returns the item": ("DeleteItem", {"Key": {}, "ReturnValues": "ALL_OLD"}),
    "count": ("UpdateItem", {"UpdateExpression": "ADD records :records"}),
    "assignment and count": ("UpdateItem", {"UpdateExpression": "SET a = :a ADD failures :more"}),
    "sum": ("UpdateItem", {"UpdateExpression": "SET a = a + :one"}),
    "update without an expression": ("UpdateItem", {}),
    "label of a secret": ("UpdateSecretVersionStage", {}),
    "unknown": ("CreateTable", {}),
}


def rejected(code: str, status: int = 400) -> ClientError:
    """Return the error that a code and a status of AWS become."""
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "X")  # type: ignore[typeddict-item]


NOT_DONE = [
    rejected("ThrottlingException"),
    rejected("ProvisionedThroughputExceededException"),
    rejected("RequestLimitExceeded"),
    rejected("RequestThrottled"),
    rejected("KmsThrottled"),
    rejected("ReplicatedWriteConflictException"),
    rejected("TransactionConflictException"),
    EndpointConnectionError(**URL),
    ConnectTimeoutError(**URL),
]
UNCERTAIN = [
    ConnectionClosedError(**URL),
    ReadTimeoutError(**URL),
    rejected("InternalServerError", 500),
    rejected("503", 503),
    ClientError({"Error": {"Code": "InternalServerError"}}, "X"),
]
FINAL = [rejected("ConditionalCheckFailedException"), rejected("AccessDeniedException"), NoCredentialsError()]


def names(errors: list[Any]) -> list[str]:
    """Return what the tests of these errors are called."""
    return [
        error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        for error in errors
    ]


@pytest.mark.parametrize("call", [*IDEMPOTENT.values(), *NOT_IDEMPOTENT.values()], ids=[*IDEMPOTENT, *NOT_IDEMPOTENT])
@pytest.mark.parametrize("error", NOT_DONE, ids=names(NOT_DONE))
def test_a_call_that_did_not_happen_is_repeated(
    call: tuple[str, Request], error: BotoCoreError | ClientError
) -> None:
    """Any call that AWS has not begun may be made again."""
    assert may_repeat(error, *call)


@pytest.mark.parametrize("call", IDEMPOTENT.values(), ids=IDEMPOTENT)
@pytest.mark.parametrize("error", UNCERTAIN, ids=names(UNCERTAIN))
def test_an_idempotent_call_is_repeated(call: tuple[str, Request], error: BotoCoreError | ClientError) -> None:
    """A call whose repetition changes nothing may be made again when its answer was lost."""
    assert may_repeat(error, *call)


@pytest.mark.parametrize("call", NOT_IDEMPOTENT.values(), ids=NOT_IDEMPOTENT)
@pytest.mark.parametrize("error", UNCERTAIN, ids=names(UNCERTAIN))
def test_a_write_that_may_have_happened_is_not_repeated(
    call: tuple[str, Request], error: BotoCoreError | ClientError
) -> None:
    """A write that would count twice, or fail on its own effect, is not made again when its answer was lost."""
    assert not may_repeat(error, *call)


@pytest.mark.parametrize("error", FINAL, ids=names(FINAL))
def test_a_rejected_call_is_not_repeated(error: BotoCoreError | ClientError) -> None:
    """What AWS rejects, or what cannot be signed, fails again."""
    assert not any(may_repeat(error, *call) for call in (*IDEMPOTENT.values(), *NOT_IDEMPOTENT.values()))


def test_throttling_is_distinguished_from_other_errors() -> None:
    """Only AWS's codes for too many calls are throttling."""
    assert is_throttled(rejected("ThrottlingException"))
    assert not is_throttled(rejected("ReplicatedWriteConflictException"))
    assert not is_throttled(EndpointConnectionError(**URL))


def attempts(backoff: Backoff, seconds: float, *, share: float = 1) -> tuple[list[int], list[float]]:
    """Make all attempts with so many seconds of time; each pause is this share of its bound."""
    pauses: list[float] = []
    retry = Retry(pauses.append, lambda low, high: low + share * (high - low))
    return list(retry.attempts(backoff, lambda: seconds - sum(pauses))), pauses


def test_pauses_double_up_to_a_bound() -> None:
    """There is a pause between two attempts, none after the last, and no pause is longer than the longest."""
    assert attempts(Backoff(6, 0.5, 3), 100) == ([1, 2, 3, 4, 5, 6], [0.5, 1, 2, 3, 3])


def test_pauses_are_drawn() -> None:
    """A pause lies anywhere between nothing and its bound."""
    assert attempts(Backoff(3, 1, 8), 100, share=0.25)[1] == [0.25, 0.5]


def test_no_attempt_is_made_without_time_for_it() -> None:
    """The attempts end when the next pause would take all the time that is left."""
    assert attempts(Backoff(9, 1, 8), 4) == ([1, 2, 3], [1, 2])
    assert attempts(Backoff(9, 1, 8), 0) == ([1], [])


def test_many_attempts_need_no_large_numbers() -> None:
    """The bound of a very late attempt is still the longest pause."""
    assert Backoff(10**6, 0.01, 1).bound(10**6) == 1
