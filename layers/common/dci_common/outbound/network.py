"""How a request gets to its server: the target that a URL names, resolution, connections, TLS, the time left."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from dci_common.outbound.answers import NotSent

if TYPE_CHECKING:
    import ssl

_SHORTEST_TIMEOUT = 0.001  # zero means something else to a socket
_DEFAULT_PORTS = {"http": 80, "https": 443}
_VISIBLE = re.compile(r"[\x21-\x7e]+")
# The last label starts with a letter: what ends in a number is an IPv4 address in one of its notations.
_DOMAIN_NAME = re.compile(r"(?:[a-z0-9-]{1,63}\.)*[a-z][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: `path` includes the query, `is_test` spares the host the check of its addresses."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    path: str
    is_test: bool

    @property
    def host_header(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def read_target(url: str, test_hosts: Collection[str]) -> Target:
    """Return the target of a URL that was checked when it was registered or accepted. Raises NotSent.

    The checks here are the ones without which a request could go elsewhere.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise NotSent("The URL is malformed.") from None
    is_test = host in test_hosts
    if not _VISIBLE.fullmatch(url) or "@" in parts.netloc or parts.fragment:
        raise NotSent("The URL must have no credentials, no fragment, and only visible ASCII characters.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_test):
        raise NotSent("The URL must start with https://.")
    if port == 0 or not (is_test or _DOMAIN_NAME.fullmatch(host)):
        raise NotSent("The URL must name its host by a domain name, and no port or one from 1 to 65535.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    return Target(scheme, host, port or _DEFAULT_PORTS[scheme], path, is_test)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it is sent; a GET has no body."""

    method: Literal["GET", "POST"]
    target: Target
    headers: Mapping[str, str]
    body: bytes | None = field(default=None, repr=False)


class Countdown:
    """The time that is left for everything that a request does. `timer` returns seconds since any moment."""

    def __init__(self, seconds: float, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._end = timer() + seconds

    def left(self) -> float:
        """Return the seconds left, of which there are always some. Raises TimeoutError."""
        seconds = self._end - self._timer()
        if seconds <= 0:
            raise TimeoutError
        return max(seconds, _SHORTEST_TIMEOUT)


def _resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, the best first. Raises OSError, and ValueError for what cannot be a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(info[4][0]) for info in found]


def _connect(address: str, port: int, timeout: float) -> socket.socket:
    """Return a connection to an IP address, for which nothing is resolved. Raises OSError."""
    connection = socket.create_connection((address, port), timeout)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # headers and body are two writes
    return connection


def new_tls_context() -> ssl.SSLContext:
    """Return the TLS settings of requests, which trust certifi's certificate authorities and no others."""
    import ssl  # noqa: PLC0415 - a test origin does without

    import certifi  # noqa: PLC0415

    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@dataclass(frozen=True, slots=True)
class Network:
    """What reaches other machines, so that tests can put their own in its place."""

    resolve: Callable[[str, int], Sequence[str]] = _resolve
    connect: Callable[[str, int, float], socket.socket] = _connect
    tls_context: Callable[[], ssl.SSLContext] = new_tls_context
