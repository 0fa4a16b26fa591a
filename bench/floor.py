"""The floor of a request: the least CPU that its calls of AWS can take, whatever the function around them does.

The same calls are signed, sent on one raw socket, and each answer is received up to its Content-Length. Nothing is
parsed, checked, retried or logged, and no time limit is kept. The signature is computed here, so that the floor does
not move with the code that is compared with it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import socket
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

from canned_aws import Call

ROUNDS = 9
_SCOPE = "{}/eu-west-1/dynamodb/aws4_request"
_SIGNED = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"


class Compared(NamedTuple):
    """The CPU milliseconds of one thing and of another, and their ratio: medians of rounds."""

    cpu_ms: float
    other_ms: float
    ratio: float


def compare(run: Callable[[], object], other: Callable[[], object], turns: int) -> Compared:
    """Measure two things in rounds of so many turns, each in its turn: both find the machine in the same state."""
    rounds = [_round(run, other, turns) for _ in range(ROUNDS)]
    return Compared(
        median(first for first, _ in rounds),
        median(second for _, second in rounds),
        median(first / second for first, second in rounds),
    )


def _round(run: Callable[[], object], other: Callable[[], object], turns: int) -> tuple[float, float]:
    """Return the CPU milliseconds of a turn of each, of all threads of this process."""
    first = second = 0.0
    for _ in range(turns):
        began = time.process_time()
        run()
        between = time.process_time()
        other()
        first, second = first + between - began, second + time.process_time() - between
    return 1000 * first / turns, 1000 * second / turns


class Floor:
    """Makes the same calls again, at the least cost."""

    def __init__(self, address: tuple[str, int], calls: Sequence[Call]) -> None:
        self._host = f"{address[0]}:{address[1]}"
        self._calls = calls
        self._socket = socket.create_connection(address)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._token, self._key_id = os.environ["AWS_SESSION_TOKEN"], os.environ["AWS_ACCESS_KEY_ID"]
        self._scope = _SCOPE.format(time.strftime("%Y%m%d", time.gmtime()))
        self._key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
        for part in self._scope.split("/"):
            self._key = hmac.digest(self._key, part.encode(), "sha256")

    def __call__(self) -> None:
        """Make all calls, one after the other."""
        for call in self._calls:
            self._socket.sendall(self._request(call))
            received = self._socket.recv(65536)
            head, _, body = received.partition(b"\r\n\r\n")
            left = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]) - len(body)
            while left > 0:
                left -= len(self._socket.recv(left))

    def _request(self, call: Call) -> bytes:
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        headers = (
            f"content-type:application/x-amz-json-1.0\nhost:{self._host}\nx-amz-date:{now}\n"
            f"x-amz-security-token:{self._token}\nx-amz-target:{call.target}\n"
        )
        canonical = f"POST\n/\n\n{headers}\n{_SIGNED}\n{hashlib.sha256(call.body).hexdigest()}"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        signature = hmac.digest(self._key, f"AWS4-HMAC-SHA256\n{now}\n{self._scope}\n{hashed}".encode(), "sha256")
        lines = headers.replace("\n", "\r\n")
        head = (
            f"POST / HTTP/1.1\r\n{lines}authorization: AWS4-HMAC-SHA256 Credential={self._key_id}/{self._scope}, "
            f"SignedHeaders={_SIGNED}, Signature={signature.hex()}\r\ncontent-length: {len(call.body)}\r\n\r\n"
        )
        return head.encode() + call.body
