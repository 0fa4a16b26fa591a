"""One attempt of a call to AWS over HTTP: signed, on a connection that is kept, within a deadline."""

from __future__ import annotations

import http.client
import os
import select
import sys
import weakref
import zlib
from collections import deque
from contextlib import suppress
from functools import cache
from http import HTTPStatus
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

from dci_common.aws.signing import credentials, sign

if TYPE_CHECKING:
    import socket
    import ssl

    from dci_common.deadline import Deadline

MAX_RESPONSE_BYTES = 32 * 1024 * 1024  # DynamoDB's largest response holds 16 MB of items
_PART_BYTES = 1024 * 1024
_SHORTEST_TIMEOUT = 0.001  # zero means something else to a socket
_USER_AGENT = "dci-api-server python/{}.{}.{}".format(*sys.version_info[:3])
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
        self._service, self._region = service, region
        self._is_secure, self._host = parts.scheme == "https", parts.netloc
        self._idle: deque[http.client.HTTPConnection] = deque()
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
        headers = {"content-type": content_type, "host": self._host, "x-amz-target": target}
        headers = sign(headers, body, credentials(), service=self._service, region=self._region)
        headers["user-agent"] = _USER_AGENT
        connection = self._connection(deadline)
        try:
            _set_timeout(connection.sock, self.read_seconds, deadline)
            connection.request("POST", "/", body, headers)
            return self._answer(connection, deadline)
        except TimeoutError as error:
            self._drop(connection)
            raise ReadTimeoutError(endpoint_url=self.url) from error
        except (http.client.HTTPException, OSError) as error:
            self._drop(connection)
            raise ConnectionClosedError(endpoint_url=self.url) from error
        except ResponseTooLarge:
            connection.close()
            raise
        except ValueError:  # about a header, which may hold a secret: the cause is not passed on
            self._drop(connection)
            raise ConnectionClosedError(endpoint_url=self.url) from None

    def _answer(self, connection: http.client.HTTPConnection, deadline: Deadline) -> Answer:
        sock = connection.sock  # of which the connection lets go when the other side closes it
        response = connection.getresponse()
        body = self._body(response, sock, deadline)
        checksum = response.headers.get("x-amz-crc32")
        if checksum and checksum != str(zlib.crc32(body)):
            raise http.client.IncompleteRead(b"")
        if not response.will_close:
            self._idle.append(connection)
        if response.status == HTTPStatus.OK:
            return Answer(response.status, body)
        return Answer(response.status, body, response.headers.get("x-amzn-requestid", ""))

    def _body(self, response: http.client.HTTPResponse, sock: socket.socket, deadline: Deadline) -> bytes:
        self._check_size(response.length or 0)  # None where it is not known beforehand
        parts: list[bytes] = []
        size = 0
        while part := response.read1(_PART_BYTES):
            parts.append(part)
            size += len(part)
            self._check_size(size)
            if deadline.call_seconds() <= 0:
                raise TimeoutError
            _set_timeout(sock, self.read_seconds, deadline)
        if response.length:
            raise http.client.IncompleteRead(b"", response.length)
        response.read()  # of nothing, which frees the connection
        return b"".join(parts)

    def _check_size(self, size: int) -> None:
        if size > MAX_RESPONSE_BYTES:
            raise ResponseTooLarge(endpoint_url=self.url, limit=MAX_RESPONSE_BYTES)

    def _drop(self, failed: http.client.HTTPConnection) -> None:
        """Close a connection and all idle ones, which may be dead as well and would cost an attempt each."""
        failed.close()
        _close(self._idle)

    def _connection(self, deadline: Deadline) -> http.client.HTTPConnection:
        """Return a connection for this thread alone: an idle one that is still open, or a new one."""
        while self._idle:
            try:
                idle = self._idle.pop()
            except IndexError:  # another thread took it
                break
            if not _is_closed(idle):
                return idle
            idle.close()
        timeout = _timeout(self.connect_seconds, deadline)
        made = (
            http.client.HTTPSConnection(self._host, timeout=timeout, context=tls_context())
            if self._is_secure
            else http.client.HTTPConnection(self._host, timeout=timeout)
        )
        try:
            made.connect()
        except OSError as error:
            made.close()
            failure = ConnectTimeoutError if isinstance(error, TimeoutError) else EndpointConnectionError
            raise failure(endpoint_url=self.url) from error
        return made


@cache
def tls_context() -> ssl.SSLContext:
    """Return the TLS settings, which trust botocore's certificate authorities and no others."""
    from ssl import create_default_context  # noqa: PLC0415 - a local engine does without

    return create_default_context(cafile=str(_CA_FILE))


def _timeout(seconds: float, deadline: Deadline) -> float:
    return max(_SHORTEST_TIMEOUT, min(seconds, deadline.call_seconds()))


def _set_timeout(sock: socket.socket, seconds: float, deadline: Deadline) -> None:
    timeout = _timeout(seconds, deadline)
    if sock.gettimeout() != timeout:  # to set it is a system call
        sock.settimeout(timeout)


def _close(connections: deque[http.client.HTTPConnection]) -> None:
    while connections:
        with suppress(IndexError):  # another thread took it
            connections.pop().close()


def _is_closed(connection: http.client.HTTPConnection) -> bool:
    """Return whether something can be read before anything was asked, which is the end of the connection."""
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))
