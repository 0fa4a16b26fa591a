"""Responses that no service of AWS sends: what is not exactly one counts as lost, and ends its connection."""

from __future__ import annotations

import pytest
from botocore.exceptions import ConnectionClosedError

from dci_common.aws.transport import Answer
from dci_common.deadline import Deadline
from support.fake_aws_server import ANSWERS, GOOD, STAYING, Server, http_response

WHOLE = http_response(200, GOOD)
CHUNKED = b"HTTP/1.1 200 .\r\nTransfer-Encoding: chunked\r\n"
BROKEN = {
    "a second response": WHOLE + http_response(200, b'{"Item": {"pk": {"S": "forged"}}}'),
    "bytes after the response": WHOLE + b"junk",
    "two lengths": WHOLE.replace(b"\r\n\r\n", b"\r\nContent-Length: 1\r\n\r\n"),
    "a length and chunks": CHUNKED + b"Content-Length: 1\r\n\r\n0\r\n\r\n",
    "a negative length": b"HTTP/1.1 200 .\r\nContent-Length: -1\r\n\r\n",
    "a length that is no number": b"HTTP/1.1 200 .\r\nContent-Length: +2\r\n\r\n{}",
    "no length": b"HTTP/1.1 200 .\r\n\r\n" + GOOD,
    "an unknown encoding": b"HTTP/1.1 200 .\r\nTransfer-Encoding: gzip\r\n\r\n" + GOOD,
    "chunks without an end": CHUNKED + b"\r\n2\r\n{}\r\n",
    "a chunk that is longer than it says": CHUNKED + b"\r\n1\r\n{}\r\n0\r\n\r\n",
    "lines that end with LF": WHOLE.replace(b"\r\n", b"\n"),
    "a folded header": WHOLE.replace(b"\r\n\r\n", b"\r\nX: a\r\n b\r\n\r\n"),
    "a control character": WHOLE.replace(b"\r\n\r\n", b"\r\nX: a\0b\r\n\r\n"),
    "another protocol": WHOLE.replace(b"HTTP/1.1", b"HTTP/2.0"),
    "an upgrade": b"HTTP/1.1 101 .\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    "endless headers": b"HTTP/1.1 200 .\r\n" + b"X: a\r\n" * 20_000,
    "one large header": b"HTTP/1.1 200 .\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
    "endless interim responses": b"HTTP/1.1 100 Continue\r\n\r\n" * 4_000,
    "only an interim response": b"HTTP/1.1 100 Continue\r\n\r\n",
}


def ask(server: Server, *answers: bytes) -> list[Answer | None]:
    """Ask on one endpoint for each response, which leaves its connection open; None stands for one that was lost."""
    server.answers = [f"forged {number}" for number in range(len(answers))]
    named = dict(zip(server.answers, answers, strict=True))
    endpoint, found = server.endpoint(), list[Answer | None]()
    with pytest.MonkeyPatch.context() as patch:
        for name, answer in named.items():
            patch.setitem(ANSWERS, name, answer)
        staying = {name for name, answer in named.items() if answer not in BROKEN.values()}
        patch.setattr("support.fake_aws_server.STAYING", STAYING | staying)
        for _ in answers:
            try:
                found.append(endpoint.post("DynamoDB_20120810.GetItem", "x", b"{}", Deadline()))
            except ConnectionClosedError:
                found.append(None)
    return found


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_one_response_counts_as_lost(server: Server, name: str) -> None:
    """A forged, doubled or malformed response is an error, and the next call has a connection of its own."""
    assert ask(server, BROKEN[name], WHOLE) == [None, Answer(200, GOOD)]
    assert len({port for port, _, _ in server.seen}) == 2


@pytest.mark.parametrize(
    "answer",
    [
        CHUNKED + b"\r\n" + f"{len(GOOD):x};extension=1\r\n".encode() + GOOD + b"\r\n0\r\nX-Trailer: a\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE,
        b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" * 3 + WHOLE,
    ],
)
def test_a_response_in_chunks_or_after_interim_ones_is_read(server: Server, answer: bytes) -> None:
    """Chunks are put together, interim responses are skipped, and the connection is used again."""
    assert ask(server, answer, WHOLE) == [Answer(200, GOOD)] * 2
    assert len({port for port, _, _ in server.seen}) == 1


@pytest.mark.parametrize(
    "answer",
    [
        http_response(200, GOOD, "Connection: close"),
        http_response(200, GOOD, "connection: x, CLOSE"),
        WHOLE.replace(b"HTTP/1.1", b"HTTP/1.0"),
    ],
)
def test_a_connection_that_the_server_ends_is_not_used_again(server: Server, answer: bytes) -> None:
    """`Connection: close` and HTTP/1.0 end a connection, whether or not the server closes it."""
    assert ask(server, answer, WHOLE) == [Answer(200, GOOD)] * 2
    assert len({port for port, _, _ in server.seen}) == 2


@pytest.mark.parametrize("status", [204, 301, 304, 307])
def test_a_redirect_is_not_followed(server: Server, status: int) -> None:
    """Any status is passed on as it is, without a second request."""
    answer = http_response(status, b"", "Location: http://127.0.0.1:1/")
    assert ask(server, answer) == [Answer(status, b"")]
    assert len(server.seen) == 1
