"""One attempt of a call to AWS over HTTP: signed, on a connection that is kept, within a deadline."""

from __future__ import annotations

import os
import select
import socket
import sys
import weakref
import zlib
from collections import deque
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import botocore
from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoRegionError,
    ReadTimeoutError,
)

from dci_common.aws.http_response import BrokenResponse, Response
from dci_common.aws.signing import Signer, credential_source

if TYPE_CHECKING:
    import ssl

    from dci_common.deadline import Deadline

MAX_RESPONSE_BYTES = 32 * 1024 * 1024  # DynamoDB's largest response holds 16 MB of items
_OK = 200
_PART_BYTES = 64 * 1024  # that are received at once
_SHORTEST_TIMEOUT = 0.001  # zero means something else to a socket
_USER_AGENT = "user-agent: dci-api-server python/{}.{}.{}".format(*sys.version_info[:3])
_CA_FILE = Path(botocore.__file__).with_name("cacert.pem")


class ResponseTooLarge(BotoCoreError):
    """A response is larger than any that AWS sends. The call may have had its effect."""

    fmt = "The response from {endpoint_url} is larger than {limit} bytes."


class Answer(NamedTuple):
    """An HTTP response. `request_id` is AWS's own, and only read from errors."""

    status: int
    body: bytes
    request_id: str = ""


class Endpoint:
    """The address of a service, which any number of threads may call at once."""

    # A call must fail early enough for the function to still answer.
    connect_seconds: float = 2
    read_seconds: float = 5

    def __init__(self, service: str, url: str, region: str) -> None:
        parts = urlsplit(url)
        self.url = url
        self._is_secure = parts.scheme == "https"
        self._address = parts.hostname or "", parts.port or (443 if self._is_secure else 80)
        self._signer = Signer(service, region, parts.netloc)
        self._credentials = credential_source()
        self._idle: deque[socket.socket] = deque()
        weakref.finalize(self, _close, self._idle)

    @classmethod
    def of(cls, service: str, variable: str) -> Endpoint:
        """Return a service's endpoint as the environment names it. Raises botocore's NoRegionError."""
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if not region:
            raise NoRegionError
        return cls(service, os.environ.get(variable) or f"https://{service}.{region}.amazonaws.com", region)

    def post(self, target: str, content_type: str, body: bytes, deadline: Deadline) -> Answer:
        """Send a request once, and return the response whatever it says. Raises botocore's errors.

        A response that does not match the checksum that DynamoDB sends with it counts as lost.
        """
        try:
            head = self._signer.head(target, content_type, body, self._credentials())
            request = f"{head}\r\ncontent-length: {len(body)}\r\n{_USER_AGENT}\r\n\r\n".encode("ascii") + body
        except ValueError:  # about a header, which may hold a secret: the cause is not passed on
            raise ConnectionClosedError(endpoint_url=self.url) from None
        connection = self._connection(deadline)
        try:
            _set_timeout(connection, self.read_seconds, deadline)
            connection.sendall(request)
            return self._answer(connection, deadline)
        except TimeoutError as error:
            self._drop(connection)
            raise ReadTimeoutError(endpoint_url=self.url) from error
        except (BrokenResponse, OSError) as error:
            self._drop(connection)
            raise ConnectionClosedError(endpoint_url=self.url) from error
        except ResponseTooLarge:
            connection.close()
            raise

    def _answer(self, connection: socket.socket, deadline: Deadline) -> Answer:
        response = Response()
        try:
            self._receive(response, connection, deadline)
        finally:
            response.close()
        body, headers = response.body, response.headers
        checksum = headers.get(b"x-amz-crc32")
        if checksum and checksum != str(zlib.crc32(body)).encode():
            raise BrokenResponse
        if response.is_last:
            connection.close()
        else:
            self._idle.append(connection)
        if response.status == _OK:
            return Answer(response.status, body)
        return Answer(response.status, body, headers.get(b"x-amzn-requestid", b"").decode("latin-1"))

    def _receive(self, response: Response, connection: socket.socket, deadline: Deadline) -> None:
        size = 0
        while True:
            part = connection.recv(_PART_BYTES)
            response.feed(part)
            size += len(part)
            if max(size, response.length) > MAX_RESPONSE_BYTES:
                raise ResponseTooLarge(endpoint_url=self.url, limit=MAX_RESPONSE_BYTES)
            if response.is_complete:
                return
            if deadline.call_seconds() <= 0:
                raise TimeoutError
            _set_timeout(connection, self.read_seconds, deadline)

    def _drop(self, failed: socket.socket) -> None:
        """Close a connection and all idle ones, which may be dead as well and would cost an attempt each."""
        failed.close()
        _close(self._idle)

    def _connection(self, deadline: Deadline) -> socket.socket:
        """Return a connection for this thread alone: an idle one that is still open, or a new one."""
        while self._idle:
            try:
                idle = self._idle.pop()
            except IndexError:  # another thread took it
                break
            if not _is_closed(idle):
                return idle
            idle.close()
        try:
            return self._connect(max(_SHORTEST_TIMEOUT, min(self.connect_seconds, deadline.call_seconds())))
        except OSError as error:
            failure = ConnectTimeoutError if isinstance(error, TimeoutError) else EndpointConnectionError
            raise failure(endpoint_url=self.url) from error

    def _connect(self, timeout: float) -> socket.socket:
        made = socket.create_connection(self._address, timeout)
        try:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return tls_context().wrap_socket(made, server_hostname=self._address[0]) if self._is_secure else made
        except OSError:
            made.close()
            raise


@cache
def tls_context() -> ssl.SSLContext:
    """Return the TLS settings, which trust botocore's certificate authorities and no others."""
    from ssl import create_default_context  # noqa: PLC0415 - a local engine does without

    return create_default_context(cafile=str(_CA_FILE))


def _set_timeout(sock: socket.socket, seconds: float, deadline: Deadline) -> None:
    timeout = max(_SHORTEST_TIMEOUT, min(seconds, deadline.call_seconds()))
    if sock.gettimeout() != timeout:  # to set it is a system call
        sock.settimeout(timeout)


def _close(connections: deque[socket.socket]) -> None:
    while connections:
        with suppress(IndexError):  # another thread took it
            connections.pop().close()


def _is_closed(connection: socket.socket) -> bool:
    """Return whether something can be read before anything was asked, which is the end of the connection."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))
