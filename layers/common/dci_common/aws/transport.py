"""An endpoint of AWS over HTTP: requests that are signed, connections that are kept, one attempt at a time."""

from __future__ import annotations

import http.client
import os
import select
import weakref
import zlib
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import botocore
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoRegionError,
    ReadTimeoutError,
)

from dci_common.aws.signing import credentials, signed

if TYPE_CHECKING:
    import ssl

_TRUSTED = Path(botocore.__file__).with_name("cacert.pem")


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and the body of an HTTP response."""

    status: int
    body: bytes


class Endpoint:
    """Where a service is asked, by any number of threads at once."""

    # A call must fail in time for the function to still answer.
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
        """Return a service's endpoint as the environment has it. Raises botocore's NoRegionError."""
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if not region:
            raise NoRegionError
        return cls(service, os.environ.get(variable) or f"https://{service}.{region}.amazonaws.com", region)

    def post(self, target: str, content_type: str, body: bytes) -> Answer:
        """Send a request, once, and return what is answered, whatever it says. Raises botocore's errors.

        An answer that does not fit its own checksum, which DynamoDB sends along, is none.
        """
        headers = {"content-type": content_type, "host": self._host, "x-amz-target": target}
        sent = signed(headers, body, credentials(), service=self._service, region=self._region)
        connection = self._connection()
        try:
            connection.request("POST", "/", body, sent)
            return self._answer(connection)
        except TimeoutError as error:
            self._drop(connection)
            raise ReadTimeoutError(endpoint_url=self.url) from error
        except (http.client.HTTPException, OSError) as error:
            self._drop(connection)
            raise ConnectionClosedError(endpoint_url=self.url) from error
        except ValueError:  # of a header, which holds a secret that is not to be told
            self._drop(connection)
            raise ConnectionClosedError(endpoint_url=self.url) from None

    def _answer(self, connection: http.client.HTTPConnection) -> Answer:
        response = connection.getresponse()
        body = response.read()
        checksum = response.headers.get("x-amz-crc32")
        if checksum and checksum != str(zlib.crc32(body)):
            raise http.client.IncompleteRead(b"")
        if not response.will_close:
            self._idle.append(connection)
        return Answer(response.status, body)

    def _drop(self, failed: http.client.HTTPConnection) -> None:
        """Close it, and those that are kept: they may have died in the same sleep, and would cost an attempt each."""
        failed.close()
        _close(self._idle)

    def _connection(self) -> http.client.HTTPConnection:
        """Return a connection that nobody else has: one that was kept, if the other side has kept it too."""
        while self._idle:
            try:
                kept = self._idle.pop()
            except IndexError:  # somebody else was faster
                break
            if not _is_ended(kept):
                return kept
            kept.close()
        made = (
            http.client.HTTPSConnection(self._host, timeout=self.connect_seconds, context=trust())
            if self._is_secure
            else http.client.HTTPConnection(self._host, timeout=self.connect_seconds)
        )
        try:
            made.connect()
        except OSError as error:
            made.close()
            failure = ConnectTimeoutError if isinstance(error, TimeoutError) else EndpointConnectionError
            raise failure(endpoint_url=self.url) from error
        made.sock.settimeout(self.read_seconds)
        return made


@cache
def trust() -> ssl.SSLContext:
    """Return the authorities that botocore trusts, and no other."""
    from ssl import create_default_context  # noqa: PLC0415 - a local engine does without

    return create_default_context(cafile=str(_TRUSTED))


def _close(connections: deque[http.client.HTTPConnection]) -> None:
    while connections:
        with suppress(IndexError):  # somebody else was faster
            connections.pop().close()


def _is_ended(connection: http.client.HTTPConnection) -> bool:
    """Tell whether something can be read though nothing was asked: the end, that is."""
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))
