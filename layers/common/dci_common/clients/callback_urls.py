"""Addresses to which results are sent: what they may look like, and whether a client has registered them.

These rules need no network. Where a name leads is checked at each attempt to send, by the function that sends.

A test origin is a host that may be reached over plain HTTP; only local runs and tests have any (see Settings). Plain
HTTP is accepted for nothing else, so a registered `http` URL is always that of a test origin. Without a port, it
stands for every port of its host, since a receiver in a test takes any free one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

MAX_URL_BYTES = 512
_MAX_HOST = 253  # characters (RFC 1035 §2.3.4)
_MAX_PORT = 65_535
_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?", re.IGNORECASE
)
_AUTHORITY = re.compile(r"(?P<host>[^:]+)(?::(?P<port>[1-9][0-9]{0,4}))?")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # as the last label, it makes a host an IPv4 address in many programs
_PATH = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")
_QUERY = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9_~-]")
_AMBIGUOUS = {".", "/", "\\", "%", "\x7f", *map(chr, range(0x20))}  # programs decode these at different moments
_DOTS = {".", ".."}


class _Address(NamedTuple):
    scheme: str
    host: str
    port: str
    segments: tuple[str, ...]


def read_callback_url(text: str, test_origins: frozenset[str]) -> str:
    """Return a URL in its normal form. Raises ValueError with a sentence that says what is accepted.

    The normal form has scheme and host in lower case, no default port, a path, and no percent-encoding of characters
    that need none.
    """
    if not text.isascii() or len(text) > MAX_URL_BYTES - 1:  # a path of `/` may be added
        raise ValueError(f"The URL must have fewer than {MAX_URL_BYTES} characters, all of them ASCII.")
    found = _URL.fullmatch(text)
    if found is None:
        raise ValueError("The URL must be absolute and without a fragment, such as https://example.org/dci.")
    scheme = found["scheme"].lower()
    host, port = _host_and_port(found["authority"])
    if not (scheme == "http" and host in test_origins):
        _check_public(scheme, host)
    origin = f"{scheme}://{host}{f':{port}' if port and (scheme, port) != ('https', '443') else ''}"
    return f"{origin}{_path(found['path'])}{_query(found['query'] or '')}"


def is_registered(url: str, urls: Iterable[str]) -> bool:
    """Return whether a URL is below one of a client's; all of them as `read_callback_url` returns them.

    Scheme, host and port are the same, and the path begins with the same whole segments.
    """
    wanted = _address(url)
    return any(_is_below(wanted, _address(one)) for one in urls)


def origin_of(url: str) -> str:
    """Return the scheme, host and port of a URL that `read_callback_url` returned."""
    return "/".join(url.split("/", 3)[:3])


def _host_and_port(authority: str) -> tuple[str, str]:
    if "@" in authority:
        raise ValueError("The URL must not contain credentials.")
    if "[" in authority:
        raise _no_address()
    found = _AUTHORITY.fullmatch(authority)
    if found is None or int(found["port"] or 1) > _MAX_PORT:
        raise ValueError("The URL must name a host, and a port from 1 to 65535 if any.")
    return found["host"].lower(), found["port"] or ""


def _check_public(scheme: str, host: str) -> None:
    if scheme != "https":
        raise ValueError("The URL must use https.")
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        raise _no_address()
    if len(labels) == 1 or len(host) > _MAX_HOST or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError(
            "The URL must name its host by a full domain name, without a dot at the end; an internationalised name in"
            " its ASCII form (xn--)."
        )


def _no_address() -> ValueError:
    return ValueError("The URL must name its host by a domain name, not by an IP address.")


def _path(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise ValueError("The URL's path has a character that must be percent-encoded.")
    if _AMBIGUOUS.intersection(chr(int(code, 16)) for code in _ENCODED.findall(path)):
        raise ValueError(
            "The URL's path must not have a percent-encoded dot, slash, backslash, percent sign or control character."
        )
    normal = _ENCODED.sub(_decoded, path) or "/"
    *folders, last = normal.split("/")[1:]
    # Some servers take `..;x` for `..`.
    if any(segment.partition(";")[0] in _DOTS for segment in (*folders, last)) or "" in folders:
        raise ValueError("The URL's path must not have empty segments, or segments that are dots.")
    return normal


def _query(query: str) -> str:
    if not _QUERY.fullmatch(query):
        raise ValueError("The URL's query has a character that must be percent-encoded.")
    return query


def _decoded(encoded: re.Match[str]) -> str:
    character = chr(int(encoded[1], 16))
    return character if _UNRESERVED.fullmatch(character) else encoded[0].upper()


def _address(url: str) -> _Address:
    scheme, _, rest = url.partition("://")
    authority, _, path = rest.partition("?")[0].partition("/")
    host, _, port = authority.partition(":")
    return _Address(scheme, host, port, tuple(path.removesuffix("/").split("/")) if path else ())


def _is_below(wanted: _Address, registered: _Address) -> bool:
    is_any_port = registered.scheme == "http" and not registered.port
    ports = {wanted.port} if is_any_port else {registered.port}
    return (
        wanted[:2] == registered[:2]
        and wanted.port in ports
        and wanted.segments[: len(registered.segments)] == registered.segments
    )
