"""Talking HTTP to AWS: a server that does what a test says, over real sockets."""

from __future__ import annotations

import gc
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoRegionError,
    ReadTimeoutError,
)

from dci_common import aws
from dci_common.endpoint import Answer, Endpoint, trust

GOOD = b'{"Item": {}}'


def written(status: int, body: bytes, *headers: str) -> bytes:
    """Write a response."""
    lines = [f"HTTP/1.1 {status} .", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


ANSWERS = {
    "good": written(200, GOOD, f"x-amz-crc32: {zlib.crc32(GOOD)}"),
    "last": written(200, GOOD),  # and then the connection is closed
    "damaged": written(200, GOOD, f"x-amz-crc32: {zlib.crc32(GOOD) + 1}"),
    "cut": written(200, GOOD)[:-1],
    "dropped": b"",
    "silent": b"",
    "garbage": b"what?\r\n\r\n",
    "html": written(503, b"<html>busy</html>"),
    "throttled": written(400, b'{"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"}'),
    "denied": written(400, b'{"__type": "AccessDeniedException", "Message": "no"}'),
    "empty": written(200, b"[]"),
}
STAYING = {"good", "damaged", "html", "throttled", "denied", "empty"}


class Server(ThreadingHTTPServer):
    """Answers each request by the next of `answers`, and the last one again and again; `seen` is what came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[str] = ["good"]
        self.seen: list[tuple[int, dict[str, str], bytes]] = []  # the client's port, headers, body
        self.held = threading.Event()

    def endpoint(self) -> Endpoint:
        """Return the endpoint that this is."""
        return Endpoint("dynamodb", f"http://127.0.0.1:{self.server_port}", "eu-west-1")


class Handler(BaseHTTPRequestHandler):
    """Does as the server's list says."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.client_address[1], dict(self.headers), body))
        answers = self.server.answers
        name = answers.pop(0) if len(answers) > 1 else answers[0]
        if name == "silent":
            self.server.held.wait(30)
        self.wfile.write(ANSWERS[name])
        self.close_connection = name not in STAYING

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a server."""
    with Server() as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.held.set()
        running.shutdown()


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


def test_nobody_there() -> None:
    """A port that nobody listens at, and a name that nobody has, are told apart from silence."""
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        for host in (f"127.0.0.1:{unused.getsockname()[1]}", "nowhere.invalid"):
            with pytest.raises(EndpointConnectionError):
                ask(Endpoint("dynamodb", f"http://{host}", "eu-west-1"))


def test_a_connection_that_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is a connection waited for any longer than it may take."""

    def connect(_: Any, timeout: float, *__: Any) -> None:
        raise TimeoutError(timeout)

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(ConnectTimeoutError):
        ask(Endpoint("dynamodb", "http://127.0.0.1:1", "eu-west-1"))


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


@contextmanager
def _asked(server: Server, monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> Iterator[Any]:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(time, "sleep", pauses.append)
    yield aws.dynamodb()


@pytest.mark.parametrize("answer", ["damaged", "cut", "dropped", "garbage", "html", "throttled"])
def test_what_another_attempt_mends(server: Server, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """What passes is tried again, after a pause: the same request, to the letter."""
    pauses: list[float] = []
    server.answers = [answer, answer, "good"]
    with _asked(server, monkeypatch, pauses) as dynamodb:
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
def test_what_stays(server: Server, monkeypatch: pytest.MonkeyPatch, answer: str, code: str, attempts: int) -> None:
    """What does not pass is raised, with the service's code or else the status; nothing of a foreign body is told."""
    server.answers = [answer]
    with _asked(server, monkeypatch, []) as dynamodb, pytest.raises(ClientError) as raised:
        dynamodb.get_item()
    assert raised.value.response["Error"]["Code"] == code
    assert "html" not in str(raised.value)
    assert len(server.seen) == attempts


def test_nothing_is_left_behind(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither an answer nor a refusal leaves what only the garbage collector frees, whose visits are rare."""
    server.answers = [*["good", "denied"] * 20, "good"]
    with _asked(server, monkeypatch, []) as dynamodb:
        for _ in range(4):
            with suppress(ClientError):
                dynamodb.get_item()
        gc.collect()
        gc.disable()
        try:
            for _ in range(20):
                with suppress(ClientError):
                    dynamodb.get_item()
            assert gc.collect() < 20
        finally:
            gc.enable()


def test_a_server_that_stays_away(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a few attempts without an answer that is told as it is."""
    server.answers = ["dropped"]
    with _asked(server, monkeypatch, []) as dynamodb, pytest.raises(ConnectionClosedError):
        dynamodb.get_item()
    assert len(server.seen) == 3
