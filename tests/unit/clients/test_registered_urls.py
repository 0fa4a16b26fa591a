"""Callback addresses: what a registered one covers."""

from __future__ import annotations

import pytest

from dci_common.clients.callback_urls import is_registered, origin_of, read_callback_url

TESTED = frozenset({"127.0.0.1", "localhost"})

COVERED = [
    ("https://partner.example/cb", "https://partner.example/cb"),
    ("https://partner.example/cb/", "https://partner.example/cb"),
    ("https://partner.example/cb", "https://partner.example/cb/"),
    ("https://partner.example/cb/on-search", "https://partner.example/cb"),
    ("https://partner.example/cb/on-search", "https://partner.example/cb/"),
    ("https://partner.example/cb?id=1", "https://partner.example/cb"),
    ("https://partner.example/any/thing", "https://partner.example"),
    ("https://partner.example", "https://partner.example/"),
    ("https://PARTNER.example:443/cb", "https://partner.example/cb"),
    ("https://partner.example/%63b", "https://partner.example/cb"),
    ("https://partner.example:8443/cb", "https://partner.example:8443/cb"),
    ("http://127.0.0.1:4711/cb", "http://127.0.0.1"),
    ("http://localhost/cb", "http://localhost"),
    ("http://localhost:4711/cb", "http://localhost:4711"),
]
NOT_COVERED = [
    ("https://partner.example/cbx", "https://partner.example/cb"),
    ("https://partner.example/c", "https://partner.example/cb"),
    ("https://partner.example/", "https://partner.example/cb"),
    ("https://partner.example/CB", "https://partner.example/cb"),
    ("https://partner.example/x/cb", "https://partner.example/cb"),
    ("https://partner.example/cb;x", "https://partner.example/cb"),
    ("https://partner.example/?/cb", "https://partner.example/cb"),
    ("https://evil.example/cb", "https://partner.example/cb"),
    ("https://partner.example.evil.example/cb", "https://partner.example/cb"),
    ("https://sub.partner.example/cb", "https://partner.example/cb"),
    ("https://artner.example/cb", "https://partner.example/cb"),
    ("https://partner.example:8443/cb", "https://partner.example/cb"),
    ("https://partner.example/cb", "https://partner.example:8443/cb"),
    ("https://partner.example:8444/cb", "https://partner.example:8443/cb"),
    ("http://localhost:4712/cb", "http://localhost:4711"),
    ("http://localhost/cb", "http://localhost:4711"),
    ("http://localhost/cb", "http://127.0.0.1"),
    ("http://127.0.0.1:4711/other", "http://127.0.0.1/cb"),
]


@pytest.mark.parametrize(("url", "registered"), COVERED)
def test_a_url_below_a_registered_one_is_covered(url: str, registered: str) -> None:
    """A URL is covered by a registered one of the same origin whose whole path segments it begins with."""
    assert is_covered(url, registered)
    assert is_registered(read_callback_url(url, TESTED), ["https://other.example/", normal(registered)])


@pytest.mark.parametrize(("url", "registered"), NOT_COVERED)
def test_any_other_url_is_not_covered(url: str, registered: str) -> None:
    """Another scheme, host, port or path, or a part of a segment, is not covered."""
    assert not is_covered(url, registered)
    assert not is_registered(normal(url), [])


def normal(url: str) -> str:
    """Return the normal form of a URL that is accepted."""
    return read_callback_url(url, TESTED)


def is_covered(url: str, registered: str) -> bool:
    """Return whether a registered URL covers another one."""
    return is_registered(normal(url), [normal(registered)])


def test_the_origin_is_scheme_host_and_port() -> None:
    """The origin of a URL is what it has before its path."""
    assert origin_of("https://partner.example:8443/a/b?c=/d") == "https://partner.example:8443"
