"""One HTTP request on a connection of its own, to an address that was checked, within one time limit.

httpcore speaks HTTP. The name is resolved once, and the connection goes to one of the addresses that were checked:
a second resolution could answer differently (DNS rebinding). TLS verifies the certificate of the name.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from socket import socket
from threading import Thread

import httpcore

from dci_common.outbound.addresses import are_allowed
from dci_common.outbound.answers import HttpAnswer, NoAnswer, NotSent, read_retry_after
from dci_common.outbound.network import Countdown, HttpRequest, Network, Target

MAX_ANSWER_BYTES = 64 * 1024  # with its headers
_MAX_ADDRESSES = 8


class _AnswerTooLong(Exception):
    """More of an answer would follow than is read."""


class _Stream(httpcore.NetworkStream):
    """A connection on which each operation has the time that is left, however little each part of it moves."""

    def __init__(self, connection: socket, countdown: Countdown) -> None:
        self._connection, self._countdown = connection, countdown
        self._bytes_left = MAX_ANSWER_BYTES

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - httpcore's signature
        """Return some bytes; none at the end. Raises OSError, and _AnswerTooLong."""
        if not self._bytes_left:
            raise _AnswerTooLong
        self._connection.settimeout(self._countdown.left())
        part = self._connection.recv(min(max_bytes, self._bytes_left))
        self._bytes_left -= len(part)
        return part

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - httpcore's signature
        """Write everything. Raises TimeoutError, and WriteError, after which httpcore looks for an answer."""
        left = memoryview(buffer)
        while left:
            self._connection.settimeout(self._countdown.left())
            try:
                left = left[self._connection.send(left) :]
            except TimeoutError:
                raise
            except OSError as error:
                raise httpcore.WriteError from error

    def close(self) -> None:
        """Close the connection, whatever is still on its way."""
        self._connection.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - httpcore's signature
    ) -> httpcore.NetworkStream:
        """Return the stream with TLS. Raises NotSent."""
        try:
            self._connection.settimeout(self._countdown.left())
            secured = ssl_context.wrap_socket(self._connection, server_hostname=server_hostname)
        except TimeoutError as error:
            self.close()
            raise NotSent("The TLS handshake did not end within the time limit.") from error
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise NotSent(f"The certificate is not accepted: {error.verify_message}.") from error
        except (OSError, ValueError) as error:
            self.close()
            raise NotSent("The TLS handshake failed: the host must speak TLS 1.2 or later.") from error
        return _Stream(secured, self._countdown)


class _Backend(httpcore.NetworkBackend):
    """Connects to a target, at an address that was checked."""

    def __init__(self, target: Target, network: Network, countdown: Countdown) -> None:
        self._target, self._network, self._countdown = target, network, countdown

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - httpcore's signature
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Return a connection to the first address that accepts one. Raises NotSent."""
        try:
            return _Stream(self._first_connection(self._addresses(host, port), port), self._countdown)
        except TimeoutError as error:
            raise NotSent("There was no connection within the time limit.") from error

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        addresses = list(dict.fromkeys(self._resolve(host, port)))
        if not addresses:
            raise NotSent("The host has no address.")
        if not self._target.is_test and not are_allowed(addresses):
            raise NotSent("The host has an address that is not public: all of its addresses must be public.")
        return addresses[:_MAX_ADDRESSES]

    def _resolve(self, host: str, port: int) -> Sequence[str]:
        """Resolve in a thread of its own, since getaddrinfo has no time limit."""
        found: SimpleQueue[Sequence[str] | None] = SimpleQueue()

        def resolve() -> None:
            try:
                found.put(self._network.resolve(host, port))
            except (OSError, ValueError):
                found.put(None)

        Thread(target=resolve, name="resolve", daemon=True).start()
        try:
            addresses = found.get(timeout=self._countdown.left())
        except Empty:
            raise TimeoutError from None
        if addresses is None:
            raise NotSent("The name of the host does not resolve.")
        return addresses

    def _first_connection(self, addresses: Sequence[str], port: int) -> socket:
        for tried, address in enumerate(addresses):
            seconds = self._countdown.left() / (len(addresses) - tried)  # none uses up the time of the others
            with suppress(OSError):
                return self._network.connect(address, port, seconds)
        raise NotSent("The host accepts no connection.")


def send(request: HttpRequest, *, network: Network, countdown: Countdown, now: Callable[[], float]) -> HttpAnswer:
    """Send a request once, and return the response whatever it says. Raises NotSent and NoAnswer.

    No error has a cause that quotes what was received. `now` returns epoch seconds.
    """
    target = request.target
    headers = [("host", target.host_header), *request.headers.items()]
    origin = httpcore.Origin(target.scheme.encode(), target.host.encode(), target.port)
    url = httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=target.path)
    backend = _Backend(target, network, countdown)
    context = network.tls_context() if target.scheme == "https" else None
    try:
        with (
            httpcore.HTTPConnection(origin, context, network_backend=backend) as connection,
            connection.stream(request.method, url, headers=headers, content=request.body) as response,
        ):
            return HttpAnswer(response.status, _retry_after(response, now()), _body(response))
    except TimeoutError:
        raise NoAnswer("The answer was not complete within the time limit.") from None
    except _AnswerTooLong:
        raise NoAnswer(f"The headers of the answer have more than {MAX_ANSWER_BYTES // 1024} KiB.") from None
    except httpcore.ProtocolError:
        raise NoAnswer("The answer is not HTTP, or it ended early.") from None
    except (OSError, httpcore.NetworkError):
        raise NoAnswer("The connection broke before the answer was complete.") from None


def _retry_after(response: httpcore.Response, now: float) -> int | None:
    values = (value.decode("latin-1") for name, value in response.headers if name.lower() == b"retry-after")
    return read_retry_after(values, now)


def _body(response: httpcore.Response) -> bytes:
    """Return what may be read of the body. The status counts, however long the body is."""
    body = bytearray()
    with suppress(_AnswerTooLong):
        for part in response.iter_stream():
            body += part
    return bytes(body)
