"""What the functions' client of AWS makes of answers: attempts, pauses and errors."""

from __future__ import annotations

import gc
import time
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from dci_common.aws import client
from support.answering import Server


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Collect the pauses instead of waiting."""
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


@pytest.fixture
def dynamodb(server: Server, pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ARG001 - no waiting
    """Return a client of the server."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{server.server_port}")
    return client.dynamodb()


@pytest.mark.parametrize("answer", ["damaged", "cut", "dropped", "garbage", "html", "throttled"])
def test_what_another_attempt_mends(server: Server, dynamodb: Any, pauses: list[float], answer: str) -> None:
    """What passes is tried again, after a pause: the same request, to the letter."""
    server.answers = [answer, answer, "good"]
    assert dynamodb.transact_write_items(TransactItems=[]) == {"Item": {}}
    assert len(pauses) == 2
    assert all(0 <= pause <= 1 for pause in pauses)
    assert len({body for _, _, body in server.seen}) == 1
    assert b"ClientRequestToken" in server.seen[0][2]


@pytest.mark.parametrize(
    ("answer", "code", "attempts"),
    [
        ("html", "503", 3),
        ("throttled", "ThrottlingException", 3),
        ("denied", "AccessDeniedException", 1),
        ("empty", "200", 1),
    ],
)
def test_what_stays(server: Server, dynamodb: Any, answer: str, code: str, attempts: int) -> None:
    """What does not pass is raised, with the service's code or else the status; nothing of a foreign body is told."""
    server.answers = [answer]
    with pytest.raises(ClientError) as raised:
        dynamodb.get_item()
    assert raised.value.response["Error"]["Code"] == code
    assert "html" not in str(raised.value)
    assert len(server.seen) == attempts


def test_a_server_that_stays_away(server: Server, dynamodb: Any) -> None:
    """After a few attempts without an answer that is told as it is."""
    server.answers = ["dropped"]
    with pytest.raises(ConnectionClosedError):
        dynamodb.get_item()
    assert len(server.seen) == 3


def test_nothing_is_left_behind(server: Server, dynamodb: Any) -> None:
    """Neither an answer nor a refusal leaves what only the garbage collector frees, whose visits are rare."""

    def ask(times: int) -> None:
        for _ in range(times):
            with suppress(ClientError):
                dynamodb.get_item()

    server.answers = [*["good", "denied"] * 20, "good"]
    ask(4)
    gc.collect()
    gc.disable()
    try:
        ask(20)
        assert gc.collect() < 20
    finally:
        gc.enable()


def test_operations_are_named_as_botocore_names_them(dynamodb: Any) -> None:
    """What is no operation's name is no attribute: nobody takes the client for something that it is not."""
    for name in ("__deepcopy__", "_private"):
        assert not hasattr(dynamodb, name)
        assert not hasattr(dynamodb.exceptions, name)
