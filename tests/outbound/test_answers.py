"""What servers answer: no answer holds a request up, fills the memory or leads elsewhere."""

from __future__ import annotations

import gzip
import itertools
import socket
import threading
from contextlib import suppress

import pytest

from dci_common.outbound.answers import HttpAnswer, NoAnswer
from support.partner_server import Behaviour, Receiver, TestNetwork, Timer, client, read_request, receiver

URL = "http://localhost/x"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LIMIT = 64 * 1024
NOW = 1_767_225_600  # 2026-01-01T00:00:00Z


def post(partner: Receiver) -> HttpAnswer:
    """Call a receiver back."""
    return client(TestNetwork(partner), clock=lambda: NOW).post(URL, b"{}", {})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", (200, b"abc")),
        (b"HTTP/1.1 202 Accepted\r\n\r\nuntil it closes", (202, b"until it closes")),
        (b"HTTP/1.0 200 OK\r\n\r\nold", (200, b"old")),
        (CHUNKED + b"2\r\nab\r\n1;x=y\r\nc\r\n0\r\nTrailer: x\r\n\r\n", (200, b"abc")),
        (b"HTTP/1.1 204 No Content\r\n\r\n", (204, b"")),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", (200, b"")),
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", (401, b"")),
        (b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", (413, b"")),
        (b"HTTP/1.1 503 \r\nContent-Length: 0\r\n\r\n", (503, b"")),
    ],
)
def test_an_answer_is_returned_whatever_its_framing(answer: bytes, expected: tuple[int, bytes]) -> None:
    """The status and the body of an answer are returned, whatever they are; informational answers are skipped."""
    with receiver(answer) as partner:
        returned = post(partner)
    assert (returned.status, returned.body) == expected


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    """A redirect is the answer: its address is neither resolved nor called."""
    answer = f"HTTP/1.1 {status} Moved\r\nLocation: http://127.0.0.1/secret\r\nContent-Length: 0\r\n\r\n"
    with receiver(answer.encode()) as partner:
        network = TestNetwork(partner)
        assert client(network).post(URL, b"{}", {}).status == status
    assert (network.resolved, len(network.connected), len(partner.requests)) == (["localhost"], 1, 1)


def test_cookies_are_not_kept() -> None:
    """A cookie that a receiver sets is not sent back."""
    with receiver(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n") as partner:
        sender = client(TestNetwork(partner))
        sender.post(URL, b"{}", {})
        sender.post(URL, b"{}", {})
    assert [b"cookie" in request.lower() for request in partner.requests] == [False, False]


def test_nothing_is_decompressed() -> None:
    """A compressed body, which could become a thousand times larger, is returned as it is."""
    packed = gzip.compress(b"0" * 10_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    with receiver(head.encode() + packed) as partner:
        assert post(partner).body == packed


def _endless(start: bytes, part: bytes) -> Behaviour:
    def answer(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(start)
        while True:
            connection.sendall(part)

    return answer


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 4096),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n", b"x" * 4096),
        (CHUNKED, b"4\r\nxxxx\r\n" * 512),
        (CHUNKED, b"1;" + b"e" * 4096 + b"\r\nx\r\n"),
        (CHUNKED + b"1;", b"e" * 4096),
        (CHUNKED + b"1\r\nx\r\n0\r\n", b"Trailer: x\r\n" * 512),
    ],
)
def test_the_status_of_an_endless_answer_counts(start: bytes, part: bytes) -> None:
    """No more than 64 KiB of an answer is read; its status counts."""
    with receiver(_endless(start, part)) as partner:
        answer = post(partner)
    assert answer.status == 200
    assert len(answer.body) < LIMIT


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-Header: x\r\n" * 512),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x" * 4096),
        (b"", b"x" * 4096),
        (b"HTTP/1.1 200 ", b"O" * 4096),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 512),
    ],
)
def test_endless_headers_are_no_answer(start: bytes, part: bytes) -> None:
    """No more than 64 KiB is read before the status is known."""
    with receiver(_endless(start, part)) as partner, pytest.raises(NoAnswer):
        post(partner)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 20",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
        CHUNKED + b"5\r\nab",
        CHUNKED + b"2\r\nab\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"PRIVATE\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",  # which was not asked for
        b"HTTP/1.1 999999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nPRIVATE\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        CHUNKED + b"PRIVATE\r\nab\r\n",
        b"\x16\x03\x01\x00\x05hello",
    ],
)
def test_an_answer_that_is_cut_or_malformed_is_no_answer(answer: bytes) -> None:
    """The body may have arrived, and no error has anything that the receiver sent."""
    with receiver(answer) as partner, pytest.raises(NoAnswer) as raised:
        post(partner)
    assert "PRIVATE" not in repr(raised.value)
    assert raised.value.__suppress_context__
    assert raised.value.__cause__ is None
    assert len(partner.requests) == 1


def test_a_reset_connection_is_no_answer() -> None:
    """A receiver that closes the connection while the body is on its way may have read it."""
    with (
        receiver(lambda connection: connection.recv(1)) as partner,
        pytest.raises(NoAnswer),
    ):
        client(TestNetwork(partner)).post(URL, b"x" * 30_000_000, {})


@pytest.mark.parametrize("reads_on", [True, False])
def test_an_answer_before_the_end_of_the_body_counts(*, reads_on: bool) -> None:
    """A receiver may reject a body before it has read all of it, and even close the connection."""

    def answer(connection: socket.socket) -> None:
        connection.recv(1)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        while reads_on and connection.recv(65536):
            pass

    with receiver(answer) as partner:
        assert client(TestNetwork(partner)).post(URL, b"x" * 30_000_000, {}).status == 413


def test_a_silent_receiver_is_given_up() -> None:
    """A receiver that answers nothing more is given up at the end of the time limit."""
    timer = Timer()

    def answer(connection: socket.socket) -> None:
        read_request(connection)
        timer.seconds = 14.95
        connection.sendall(b"H")  # after which the client looks at the time again
        connection.recv(1)

    with receiver(answer) as partner, pytest.raises(NoAnswer, match="time limit"):
        client(TestNetwork(partner), time_limit=15, timer=timer).post(URL, b"{}", {})


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n", CHUNKED])
def test_a_dripping_answer_is_given_up(start: bytes) -> None:
    """An answer of which each byte comes in time ends with the time limit all the same."""
    timer = Timer()

    def answer(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(start)
        for _ in itertools.count():
            timer.seconds += 1
            connection.sendall(b"1\r\nx\r\n" if start == CHUNKED else b"x")

    with receiver(answer) as partner, pytest.raises(NoAnswer):
        client(TestNetwork(partner), time_limit=15, timer=timer).post(URL, b"{}", {})


def test_a_receiver_that_reads_slowly_is_given_up() -> None:
    """A body of which each part is taken in time is given up with the time limit all the same."""
    timer, body, received, ended = Timer(), b"x" * 50_000_000, list[int](), threading.Event()

    def read(connection: socket.socket) -> None:
        with suppress(ConnectionResetError):
            while part := connection.recv(65536):
                timer.seconds += 1
                received.append(len(part))
        ended.set()

    with receiver(read) as partner:
        with pytest.raises(NoAnswer, match="time limit"):
            client(TestNetwork(partner), time_limit=15, timer=timer).post(URL, body, {})
        ended.wait()
    assert sum(received) < len(body)


@pytest.mark.parametrize("name", ["Retry-After", "retry-after"])
def test_retry_after_is_returned(name: str) -> None:
    """An answer has the seconds that its Retry-After header asks for, by the client's clock."""
    answer = f"HTTP/1.1 503 Busy\r\n{name}: Thu, 01 Jan 2026 00:02:00 GMT\r\nContent-Length: 0\r\n\r\n"
    with receiver(answer.encode()) as partner:
        assert post(partner).retry_after == 120
