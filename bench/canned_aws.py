"""A canned engine in place of AWS, behind HTTP, in a process of its own, whose CPU time is in no figure.

The functions' own client makes its calls as in Lambda, but without TLS. DynamoDB Local would need more CPU for a call
than the function that is measured, on the same processors.
"""

from __future__ import annotations

import base64
import json
import multiprocessing
import os
import socket
import threading
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from unittest.mock import patch
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

_TAKE, _COUNT = "Bench.Take", "Bench.Count"
_SERVICES = ("DYNAMODB", "SECRETS_MANAGER", "SQS")
_HEAD = (
    "HTTP/1.1 200 OK\r\nServer: Server\r\nDate: Sun, 01 Mar 2026 09:30:00 GMT\r\n"
    "Content-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\nConnection: keep-alive\r\n"
    "x-amzn-RequestId: 4BM5JQ0L6TPCHNVUVV4KQNSO5AEMVJF66Q9ASUAAJG\r\nx-amz-crc32: {}\r\n\r\n"
)


class Engine(Protocol):
    """What the process serves."""

    def answer(self, operation: str, body: bytes) -> bytes:
        """Return the response to a request, both as JSON."""

    def counted(self) -> dict[str, Any]:
        """Return what was counted since the last time, as JSON takes it."""


class Call(NamedTuple):
    """A call as it was received: its header `x-amz-target`, and its body."""

    target: str
    body: bytes

    @property
    def operation(self) -> str:
        """AWS's name of the operation."""
        return self.target.rpartition(".")[2]


class RecordedCalls(NamedTuple):
    """The calls since the last time, in their order, and what the engine counted."""

    calls: list[Call]
    counted: dict[str, Any]


class CannedAws:
    """An engine in a process of its own, which ends with this one, and whose engine is a copy."""

    def __init__(self, engine: Engine) -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
            self.address: tuple[str, int] = listener.getsockname()
            fork = multiprocessing.get_context("fork")  # a registry is larger than what another process starts from
            fork.Process(target=_serve, args=(listener, engine), daemon=True).start()

    def attach(self, runtime: Runtime) -> None:
        """Make the clients of a runtime, which call this process."""
        url = f"http://{self.address[0]}:{self.address[1]}"
        with patch.dict(os.environ, {f"AWS_ENDPOINT_URL_{service}": url for service in _SERVICES}):
            _ = runtime.dynamodb, runtime.secrets, runtime.sqs

    def take(self) -> RecordedCalls:
        """Return what was called and counted since the last time."""
        taken = self._asked(_TAKE)
        calls = [Call(target, base64.b64decode(body)) for target, body in taken["calls"]]
        return RecordedCalls(calls, taken["counted"])

    def count(self) -> tuple[int, dict[str, Any]]:
        """Return the number of calls since the last time, without their bodies, and what the engine counted."""
        taken = self._asked(_COUNT)
        return taken["calls"], taken["counted"]

    def _asked(self, target: str) -> Any:  # noqa: ANN401 - JSON
        url = f"http://{self.address[0]}:{self.address[1]}/"
        with urlopen(Request(url, b"{}", {"X-Amz-Target": target}), timeout=60) as answer:
            return json.load(answer)


class _Server:
    """Answers from the engine, one call at a time, and keeps the calls."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def converse(self, connection: socket.socket) -> None:
        """Answer all requests of a connection."""
        with connection, connection.makefile("rb") as received:
            while received.readline():
                headers = {}
                while b":" in (line := received.readline()):
                    name, _, value = line.partition(b":")
                    headers[name.lower()] = value.strip()
                body = received.read(int(headers[b"content-length"]))
                content = self._answer(Call(headers[b"x-amz-target"].decode(), body))
                connection.sendall(_HEAD.format(len(content), zlib.crc32(content)).encode() + content)

    def _answer(self, call: Call) -> bytes:
        with self._lock:
            if call.target in {_TAKE, _COUNT}:
                return self._taken(is_counted=call.target == _COUNT)
            self._calls.append(call)
            return self._engine.answer(call.operation, call.body)

    def _taken(self, *, is_counted: bool) -> bytes:
        calls, self._calls = self._calls, []
        encoded = len(calls) if is_counted else [(one.target, base64.b64encode(one.body).decode()) for one in calls]
        return json.dumps({"calls": encoded, "counted": self._engine.counted()}).encode()


def _serve(listener: socket.socket, engine: Engine) -> None:
    """Serve until the measuring process has ended, however it did."""
    server, parent = _Server(engine), os.getppid()
    listener.settimeout(1)
    while os.getppid() == parent:
        with suppress(TimeoutError):
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=server.converse, args=(connection,), daemon=True).start()
