"""Talking HTTP to AWS: a server that does what a test says, over real sockets."""

from __future__ import annotations

import socket
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoRegionError,
    ReadTimeoutError,
)

from dci_common.aws.transport import Answer, Endpoint, trust
from support.answering import GOOD, Server


def ask(endpoint: Endpoint) -> Answer:
    """Send a request."""
    return endpoint.post("DynamoDB_20120810.GetItem", "application/x-amz-json-1.0", b"{}")


def test_what_is_sent(server: Server) -> None:
    """A request says what is asked of whom, and is signed; its body arrives as it was."""
    assert ask(server.endpoint()) == Answer(200, GOOD)
    [(_, headers, body)] = server.seen
    sent = {name.lower(): value for name, value in headers.items()}
    assert (sent["x-amz-target"], sent["content-type"], body) == (
        "DynamoDB_20120810.GetItem",
        "application/x-amz-json-1.0",
        b"{}",
    )
    assert sent["host"] == f"127.0.0.1:{server.server_port}"
    assert sent["authorization"].startswith("AWS4-HMAC-SHA256 Credential=a/")


def test_a_connection_is_kept(server: Server) -> None:
    """Requests one after the other go over one connection; at once, over one each, which are kept as well."""
    endpoint = server.endpoint()
    for _ in range(3):
        ask(endpoint)
    assert len({port for port, _, _ in server.seen}) == 1
    server.seen.clear()
    everybody = threading.Barrier(8)

    def together(_: int) -> Answer:
        everybody.wait()
        return ask(endpoint)

    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            assert list(pool.map(together, range(8))) == [Answer(200, GOOD)] * 8
    assert len({port for port, _, _ in server.seen}) <= 8


def test_a_connection_that_the_other_side_has_ended(server: Server) -> None:
    """A kept connection that is over is replaced before anything is sent on it, as after a function has slept."""
    endpoint = server.endpoint()
    server.answers = ["last", "good"]
    ask(endpoint)
    while not any(_is_over(kept) for kept in endpoint._idle):  # noqa: SLF001 - until the end has arrived
        pass
    assert ask(endpoint) == Answer(200, GOOD)
    assert len(server.seen) == 2


def _is_over(connection: Any) -> bool:
    return connection.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"" if _readable(connection) else False


def _readable(connection: Any) -> bool:
    try:
        connection.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    return True


@pytest.mark.parametrize("answer", ["damaged", "cut", "dropped", "garbage"])
def test_what_is_no_answer(server: Server, answer: str) -> None:
    """An answer that is cut, damaged or no HTTP is none, and its connection is not used again."""
    endpoint = server.endpoint()
    server.answers = [answer, "good"]
    with pytest.raises(ConnectionClosedError):
        ask(endpoint)
    assert ask(endpoint) == Answer(200, GOOD)
    assert len({port for port, _, _ in server.seen}) == 2


def test_a_silent_server(server: Server) -> None:
    """Who does not answer in time is not waited for."""
    endpoint = server.endpoint()
    endpoint.read_seconds = 0.05
    server.answers = ["silent"]
    with pytest.raises(ReadTimeoutError):
        ask(endpoint)


@pytest.mark.usefixtures("server")
def test_nobody_there() -> None:
    """A port that nobody listens at, and a name that nobody has, are told apart from silence."""
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        for host in (f"127.0.0.1:{unused.getsockname()[1]}", "nowhere.invalid"):
            with pytest.raises(EndpointConnectionError):
                ask(Endpoint("dynamodb", f"http://{host}", "eu-west-1"))


@pytest.mark.usefixtures("server")
def test_a_connection_that_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is a connection waited for any longer than it may take."""

    def connect(_: Any, timeout: float, *__: Any) -> None:
        raise TimeoutError(timeout)

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(ConnectTimeoutError):
        ask(Endpoint("dynamodb", "http://127.0.0.1:1", "eu-west-1"))


def test_a_secret_that_is_none(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that fits into no header is not told by the error that it makes, nor by what that came from."""
    for token in ("hidden\n", "hidden\u2028"):
        monkeypatch.setenv("AWS_SESSION_TOKEN", token)
        with pytest.raises(ConnectionClosedError) as raised:
            ask(server.endpoint())
        assert "hidden" not in "".join(traceback.format_exception(raised.value))
    assert server.seen == []


def test_who_can_not_be_trusted(server: Server) -> None:
    """An https endpoint must prove who it is before anything is sent to it."""
    with pytest.raises(EndpointConnectionError):
        ask(Endpoint("dynamodb", f"https://127.0.0.1:{server.server_port}", "eu-west-1"))
    assert server.seen == []
    assert trust().check_hostname
    assert trust().verify_mode.name == "CERT_REQUIRED"
    assert len(trust().get_ca_certs()) > 50


def test_where_a_service_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment says where; by default it is AWS's own place in the function's region."""
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    assert Endpoint.of("dynamodb", "AWS_ENDPOINT_URL_DYNAMODB").url == "https://dynamodb.eu-west-3.amazonaws.com"
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:8000")
    assert Endpoint.of("dynamodb", "AWS_ENDPOINT_URL_DYNAMODB").url == "http://127.0.0.1:8000"
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(NoRegionError):
        Endpoint.of("dynamodb", "AWS_ENDPOINT_URL_DYNAMODB")


def test_a_connection_that_fails_takes_the_kept_ones_along(server: Server) -> None:
    """Connections that died unnoticed while a function slept cost one attempt, however many there are."""
    endpoint = server.endpoint()
    everybody = threading.Barrier(8)

    def together(_: int) -> Answer:
        everybody.wait()
        return ask(endpoint)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(together, range(8)))
    kept = {port for port, _, _ in server.seen}
    server.answers = ["dropped", "good"]
    with pytest.raises(ConnectionClosedError):
        ask(endpoint)
    assert ask(endpoint) == Answer(200, GOOD)
    assert server.seen[-1][0] not in kept
