"""The measured servers: each in a process of its own, with its CPU time as the kernel counts it.

A request is answered before the next one is sent, on one connection. What asks, and the engines behind the servers,
are other processes.
"""

from __future__ import annotations

import ctypes
import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from warm import event_of

_LIBC = ctypes.CDLL(None, use_errno=True)
_STARTING_SECONDS = 60
_STOPPING_SECONDS = 30


class Request(NamedTuple):
    """A POST."""

    path: str
    content_type: str
    body: str
    authorization: str = ""


class Response(NamedTuple):
    """A status and a body."""

    status: int
    body: str


class Server(Protocol):
    """A running server; `pid` is the process that answers requests."""

    pid: int

    def ask(self, request: Request) -> Response:
        """Send a request, and return its response."""


def cpu_seconds(pid: int) -> float:
    """Return the CPU time, user and system, that a process and all its threads have used: what getrusage counts."""
    clock = ctypes.c_int()
    if _LIBC.clock_getcpuclockid(pid, ctypes.byref(clock)):
        raise ProcessLookupError(pid)
    return time.clock_gettime(clock.value)


class Program(NamedTuple):
    """A program to run, and variables of its environment."""

    command: Sequence[str | Path]
    variables: Mapping[str, str]

    @contextmanager
    def running(self, log: Path, *, has_pipes: bool = False) -> Iterator[subprocess.Popen[str]]:
        """Run the program, and stop it at the end; with pipes to stdin and from stdout, else stdout is logged."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(log.parent), **self.variables}
        pipe = subprocess.PIPE if has_pipes else None
        with log.open("a") as lines:
            process = subprocess.Popen(  # noqa: S603 - the bench's own programs
                self.command, env=environment, stdin=pipe, stdout=pipe or lines, stderr=lines, text=True
            )
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=_STOPPING_SECONDS)


class Function:
    """One of our functions, called with events as Lambda calls it."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.pid = process.pid
        self._events, self._responses = _pipes(process)
        self._log = log

    def ask(self, request: Request) -> Response:
        """Call the function."""
        event = event_of(request.path, request.body, request.content_type)
        event["headers"]["authorization"] = request.authorization
        self._events.write(json.dumps({name: value for name, value in event.items() if value != ""}) + "\n")
        self._events.flush()
        line = self._responses.readline()
        if not line:
            raise SystemExit(f"The function ended: {_end(self._log)}")
        response = json.loads(line)
        return Response(response["statusCode"], response["body"])


class HttpServer:
    """A server on a port of this machine."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, request: Request) -> Response:
        """Send a request. The connection is kept if the server keeps it."""
        headers = {"Content-Type": request.content_type}
        if request.authorization:
            headers["Authorization"] = request.authorization
        self._connection.request("POST", request.path, request.body.encode(), headers)
        response = self._connection.getresponse()
        return Response(response.status, response.read().decode())

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._connection.close()


@contextmanager
def function(program: Program, folder: Path) -> Iterator[Function]:
    """Run one of our functions."""
    log = folder / "function.log"
    with program.running(log, has_pipes=True) as process:
        yield Function(process, log)


@contextmanager
def http_server(program: Program, folder: Path, *, has_worker: bool = False) -> Iterator[HttpServer]:
    """Run a server at the port that is put in its command for `{port}`; with a worker, that process answers."""
    log, port = folder / f"{Path(program.command[0]).name}.log", _free_port()
    command = [str(part).format(port=port) for part in program.command]
    with Program(command, program.variables).running(log) as process:
        _wait(process, port, log)
        server = HttpServer(_worker(process.pid) if has_worker else process.pid, port)
        try:
            yield server
        finally:
            server.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _wait(process: subprocess.Popen[str], port: int, log: Path) -> None:
    deadline = time.monotonic() + _STARTING_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise SystemExit(f"A server did not start: {_end(log)}")


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin  # noqa: S101 - for mypy
    assert process.stdout  # noqa: S101 - likewise
    return process.stdin, process.stdout


def _worker(pid: int) -> int:
    """Return the one child of a process."""
    deadline = time.monotonic() + _STARTING_SECONDS
    while time.monotonic() < deadline:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
        if children:
            return int(children[0])
        time.sleep(0.05)
    raise SystemExit("The server has no worker.")


def _end(log: Path) -> str:
    return log.read_text(encoding="utf-8")[-2000:]
