"""HTTP to AWS over real sockets: connections, timeouts, deadlines and limits."""

from __future__ import annotations

import itertools
import platform
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

from dci_common.aws.transport import Answer, Endpoint, ResponseTooLarge, tls_context
from dci_common.deadline import Deadline
from support.fake_aws_server import GOOD, REQUEST_ID, Server
from support.slow_aws import READ_SECONDS


def ask(endpoint: Endpoint, deadline: Deadline = Deadline()) -> Answer:  # noqa: B008 - it is immutable
    """Send a request."""
    return endpoint.post("DynamoDB_20120810.GetItem", "application/x-amz-json-1.0", b"{}", deadline)


def test_a_request_is_signed_and_complete(server: Server) -> None:
    """A request has the operation, a signature and a user agent, and its body arrives unchanged."""
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
    assert sent["user-agent"] == f"dci-api-server python/{platform.python_version()}"
    assert "user-agent" not in sent["authorization"]  # a proxy may change it


@pytest.mark.exhaustive
def test_connections_are_reused(server: Server) -> None:
    """Requests one after the other share a connection, requests at once do not, and all connections are reused."""
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


def test_a_closed_connection_is_replaced(server: Server) -> None:
    """A connection that the server has closed meanwhile is replaced before anything is sent on it."""
    endpoint = server.endpoint()
    server.answers = ["last", "good"]
    ask(endpoint)
    while not any(_is_over(kept) for kept in endpoint._idle):  # noqa: SLF001 - until the end has arrived
        pass
    assert ask(endpoint) == Answer(200, GOOD)
    assert len(server.seen) == 2


def _is_over(connection: Any) -> bool:
    return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"" if _readable(connection) else False


def _readable(connection: Any) -> bool:
    try:
        connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    return True


@pytest.mark.parametrize("answer", ["damaged", "cut", "dropped", "garbage"])
def test_a_broken_response_counts_as_lost(server: Server, answer: str) -> None:
    """A response that is cut, damaged or not HTTP is an error, and its connection is not used again."""
    endpoint = server.endpoint()
    server.answers = [answer, "good"]
    with pytest.raises(ConnectionClosedError):
        ask(endpoint)
    assert ask(endpoint) == Answer(200, GOOD)
    assert len({port for port, _, _ in server.seen}) == 2


def test_a_silent_server_times_out(server: Server) -> None:
    """A server that does not answer in time is not waited for."""
    endpoint = server.endpoint()
    endpoint.read_seconds = 0.05
    server.answers = ["silent"]
    with pytest.raises(ReadTimeoutError):
        ask(endpoint)


@pytest.mark.usefixtures("server")
def test_an_unreachable_server_is_an_error() -> None:
    """A closed port and an unknown host name have an error of their own."""
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        for host in (f"127.0.0.1:{unused.getsockname()[1]}", "nowhere.invalid"):
            with pytest.raises(EndpointConnectionError):
                ask(Endpoint("dynamodb", f"http://{host}", "eu-west-1"))


@pytest.mark.usefixtures("server")
def test_a_connection_that_takes_too_long_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is not made in time has an error of its own."""

    def connect(_: Any, timeout: float, *__: Any) -> None:
        raise TimeoutError(timeout)

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(ConnectTimeoutError):
        ask(Endpoint("dynamodb", "http://127.0.0.1:1", "eu-west-1"))


def test_an_error_about_a_header_hides_its_value(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session token that no header may hold is in neither the error nor its cause."""
    for token in ("hidden\n", "hidden\u2028"):
        monkeypatch.setenv("AWS_SESSION_TOKEN", token)
        with pytest.raises(ConnectionClosedError) as raised:
            ask(server.endpoint())
        assert "hidden" not in "".join(traceback.format_exception(raised.value))
    assert server.seen == []


def test_a_server_without_a_trusted_certificate_gets_nothing(server: Server) -> None:
    """An https endpoint must prove its identity before anything is sent to it."""
    with pytest.raises(EndpointConnectionError):
        ask(Endpoint("dynamodb", f"https://127.0.0.1:{server.server_port}", "eu-west-1"))
    assert server.seen == []
    assert tls_context().check_hostname
    assert tls_context().verify_mode.name == "CERT_REQUIRED"
    assert len(tls_context().get_ca_certs()) > 50


def test_the_environment_names_the_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is the one of the environment, or AWS's own in the function's region."""
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    assert Endpoint.of("dynamodb", "AWS_ENDPOINT_URL_DYNAMODB").url == "https://dynamodb.eu-west-3.amazonaws.com"
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:8000")
    assert Endpoint.of("dynamodb", "AWS_ENDPOINT_URL_DYNAMODB").url == "http://127.0.0.1:8000"
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(NoRegionError):
        Endpoint.of("dynamodb", "AWS_ENDPOINT_URL_DYNAMODB")


def test_a_failed_connection_closes_the_idle_ones(server: Server) -> None:
    """Connections that died while a function was frozen cost one attempt, however many there are."""
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


@pytest.mark.parametrize("answer", ["huge", "endless"])
def test_a_response_beyond_the_limit_is_an_error(server: Server, answer: str) -> None:
    """Whether its length is announced or not, no more than the limit is read, and the connection is closed."""
    endpoint = server.endpoint()
    server.answers = [answer, "good"]
    with pytest.raises(ResponseTooLarge, match="larger than 33554432 bytes"):
        ask(endpoint)
    assert ask(endpoint) == Answer(200, GOOD)
    assert len({port for port, _, _ in server.seen}) == 2


def test_an_error_has_the_request_id(server: Server) -> None:
    """AWS's request id is read from the header of an error."""
    server.answers = ["denied"]
    assert ask(server.endpoint()).request_id == REQUEST_ID


def until(seconds: float) -> Deadline:
    """Return a deadline that leaves so many seconds for calls; the clock stands."""
    return Deadline(1 + seconds, lambda: 0)


def test_timeouts_are_what_the_deadline_leaves(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection and a response are waited for as long as usual, or as long as the deadline allows."""
    timeouts: list[tuple[str, float]] = []
    create, answer = socket.create_connection, Endpoint._answer  # noqa: SLF001 - what the timeouts are set for

    def connect(address: Any, timeout: float, *rest: Any) -> Any:
        timeouts.append(("connect", timeout))
        return create(address, timeout, *rest)

    def read(endpoint: Endpoint, connection: Any, deadline: Deadline) -> Answer:
        timeouts.append(("read", connection.gettimeout()))
        return answer(endpoint, connection, deadline)

    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr(Endpoint, "_answer", read)
    monkeypatch.setattr(Endpoint, "read_seconds", READ_SECONDS)
    endpoint = server.endpoint()
    for seconds in (3, 1.5, 100):  # on one connection
        ask(endpoint, until(seconds))
    ask(server.endpoint(), until(0.5))
    ask(server.endpoint(), Deadline())
    assert timeouts == [
        *[("connect", 2), ("read", 3), ("read", 1.5), ("read", 5)],
        *[("connect", 0.5), ("read", 0.5)],
        *[("connect", 2), ("read", 5)],
    ]


def test_a_response_that_never_ends_is_cut_off_at_the_deadline(server: Server) -> None:
    """A server that sends a byte now and then does not keep a call beyond its deadline."""
    server.answers = ["dripping"]
    ticks = itertools.count(0, 0.25)  # each look at the clock
    with pytest.raises(ReadTimeoutError):
        ask(server.endpoint(), Deadline(6, lambda: next(ticks)))
