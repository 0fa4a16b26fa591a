"""A partner's server on this machine, and the network through which an HTTP client takes it for a public one."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from dci_common.outbound.http_client import HttpClient
from dci_common.outbound.network import Network, new_tls_context
from dci_common.settings import Settings
from support.certificates import CertificateAuthority

HOST = "partner.example"
URL = f"https://{HOST}/callbacks"
PUBLIC = "93.184.216.34"
OTHER_PUBLIC = "2606:2800:220:1::248"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)

Behaviour = Callable[[socket.socket], object]


@dataclass
class Receiver:
    """A server that answers each request with `answer`, or does as it says with each connection."""

    answer: bytes | Behaviour
    port: int
    requests: list[bytes] = field(default_factory=list)
    handshake_failures: list[OSError] = field(default_factory=list)

    def serve(self, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
        """Serve one connection."""
        with suppress(OSError), connection:  # the client may have closed it
            if tls is None:
                self._behave(connection)
                return
            try:
                secured = tls.wrap_socket(connection, server_side=True)
            except OSError as error:
                self.handshake_failures.append(error)
                return
            with secured:
                self._behave(secured)

    def _behave(self, connection: socket.socket) -> None:
        if callable(self.answer):
            self.answer(connection)
        else:
            self.requests.append(read_request(connection))
            connection.sendall(self.answer)


def read_request(connection: socket.socket) -> bytes:
    """Return a whole request, or what came of it."""
    data = b""
    while part := connection.recv(65536):
        data += part
        head, end, body = data.partition(b"\r\n\r\n")
        length = _LENGTH.search(head + b"\r\n")
        if end and (head.startswith(b"GET ") or (length and len(body) >= int(length[1]))):
            break
    return data


@contextmanager
def receiver(answer: bytes | Behaviour = OK, *, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run a server for a while."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        served = Receiver(answer, listening.getsockname()[1])

        def accept() -> None:
            with suppress(OSError):  # when it ends
                while True:
                    connection, _ = listening.accept()
                    threading.Thread(target=served.serve, args=(connection, tls), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield served
        finally:
            listening.shutdown(socket.SHUT_RDWR)


@dataclass
class TestNetwork:
    """Resolves names as `resolutions` say in turn, the last one for ever, and leads every address to a receiver.

    `unreachable` addresses accept no connection.
    """

    __test__ = False  # it is not a test

    receiver: Receiver
    authority: CertificateAuthority | None = None
    resolutions: list[Sequence[str]] = field(default_factory=lambda: [[PUBLIC]])
    unreachable: frozenset[str] = frozenset()
    resolved: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)

    def network(self) -> Network:
        """Return what a client takes for the network."""
        return Network(self._resolve, self._connect, self._tls_context)

    def _resolve(self, host: str, _: int) -> Sequence[str]:
        self.resolved.append(host)
        return self.resolutions.pop(0) if len(self.resolutions) > 1 else self.resolutions[0]

    def _connect(self, address: str, port: int, timeout: float) -> socket.socket:
        self.connected.append((address, port))
        if address in self.unreachable:
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", self.receiver.port), timeout)

    def _tls_context(self) -> ssl.SSLContext:
        context = new_tls_context()
        if self.authority:
            context.load_verify_locations(self.authority.file)
        return context


def client(network: TestNetwork, **keywords: Any) -> HttpClient:
    """Return a client on this network, which has time enough unless keywords say otherwise."""
    settings = Settings(callback_test_origins=frozenset({"localhost", "127.0.0.1", "::1"}))
    return HttpClient(settings, network=network.network(), **{"time_limit": 60, **keywords})


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    """Return a certificate authority."""
    return CertificateAuthority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def tls(authority: CertificateAuthority) -> ssl.SSLContext:
    """Return the TLS settings of a partner's server."""
    return authority.server(HOST)


class Timer:
    """A timer that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds
