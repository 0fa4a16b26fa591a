"""Callback addresses: what they may look like."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dci_common.clients.callback_urls import is_registered, origin_of, read_callback_url

TESTED = frozenset({"127.0.0.1", "localhost"})
DOMAIN, ADDRESS, HOST, HTTPS = "full domain name", "IP address", "name a host", "use https"
ABSOLUTE, CREDENTIALS, ASCII, LENGTH = "absolute", "credentials", "ASCII", "fewer than 512"
CHARACTER, ENCODED, SEGMENTS, QUERY = "path has a character", "percent-encoded dot", "segments", "query has"

NORMAL = {
    "https://partner.example/callback": "https://partner.example/callback",
    "HTTPS://Partner.EXAMPLE/Callback/": "https://partner.example/Callback/",
    "https://partner.example": "https://partner.example/",
    "https://partner.example?a=1": "https://partner.example/?a=1",
    "https://partner.example:443/a": "https://partner.example/a",
    "https://partner.example:8443/a": "https://partner.example:8443/a",
    "https://a-b.xn--bcher-kva.example/": "https://a-b.xn--bcher-kva.example/",
    "https://1.2.3.example/": "https://1.2.3.example/",
    "https://0x7f.example/": "https://0x7f.example/",
    "https://partner.example/%61%7e%c3%a9/b;v=1": "https://partner.example/a~%C3%A9/b;v=1",
    "https://partner.example/a.b/..c/...": "https://partner.example/a.b/..c/...",
    "https://partner.example/a?next=/x&y=%2f": "https://partner.example/a?next=/x&y=%2f",
    f"https://partner.example/{'a' * 487}": f"https://partner.example/{'a' * 487}",
}


@pytest.mark.parametrize(("text", "normal"), NORMAL.items())
def test_an_accepted_url_has_a_normal_form(text: str, normal: str) -> None:
    """An accepted URL is returned in its normal form, which is its own normal form."""
    assert read_callback_url(text, frozenset()) == normal
    assert read_callback_url(normal, TESTED) == normal


REJECTED = {
    # no absolute URL
    "": ABSOLUTE,
    "partner.example/callback": ABSOLUTE,
    "//partner.example/callback": ABSOLUTE,
    "/callback": ABSOLUTE,
    "https:/partner.example/": ABSOLUTE,
    "https:partner.example": ABSOLUTE,
    " https://partner.example/": ABSOLUTE,
    "\thttps://partner.example/": ABSOLUTE,
    "https://partner.example/#": ABSOLUTE,
    "https://partner.example/a#fragment": ABSOLUTE,
    "https://partner.example#@127.0.0.1/": ABSOLUTE,
    # schemes
    "http://partner.example/": HTTPS,
    "http://partner.example:443/": HTTPS,
    "ftp://partner.example/": HTTPS,
    "file://partner.example/etc/passwd": HTTPS,
    "gopher://partner.example/": HTTPS,
    "http://127.0.0.2/": HTTPS,
    "http://localhost.partner.example/": HTTPS,
    # credentials
    "https://user@partner.example/": CREDENTIALS,
    "https://user:password@partner.example/": CREDENTIALS,
    "https://@partner.example/": CREDENTIALS,
    "https://partner.example@evil.example/": CREDENTIALS,
    "https://partner.example:443@evil.example/": CREDENTIALS,
    "http://user@127.0.0.1/": CREDENTIALS,
    # IP addresses, in every notation that some program takes for one
    "https://192.0.2.1/": ADDRESS,
    "https://8.8.8.8:443/": ADDRESS,
    "https://127.0.0.1/": ADDRESS,
    "https://2130706433/": ADDRESS,
    "https://0/": ADDRESS,
    "https://127.1/": ADDRESS,
    "https://10.1.2/": ADDRESS,
    "https://0x7f000001/": ADDRESS,
    "https://0x7f.0x0.0x0.0x1/": ADDRESS,
    "https://0X7F.1/": ADDRESS,
    "https://127.0.0.0x/": ADDRESS,
    "https://0177.0.0.01/": ADDRESS,
    "https://017700000001/": ADDRESS,
    "https://999.999.999.999/": ADDRESS,
    "https://partner.example.1/": ADDRESS,
    "https://[::1]/": ADDRESS,
    "https://[2001:db8::1]:8443/": ADDRESS,
    "https://[::ffff:127.0.0.1]/": ADDRESS,
    "https://[fe80::1%25eth0]/": ADDRESS,
    "https://[v1.x]/": ADDRESS,
    "https://[partner.example]/": ADDRESS,
    "https://::1/": HOST,
    "https://2001:db8::1/": HOST,
    # names
    "https://": HOST,
    "https:///callback": HOST,
    "https://:443/": HOST,
    "https://localhost/": DOMAIN,
    "https://partner/": DOMAIN,
    "https://partner.example./": DOMAIN,
    "https://127.0.0.1./": DOMAIN,
    "https://.partner.example/": DOMAIN,
    "https://partner..example/": DOMAIN,
    "https://-partner.example/": DOMAIN,
    "https://partner-.example/": DOMAIN,
    "https://par_tner.example/": DOMAIN,
    "https://par tner.example/": DOMAIN,
    "https://*.example/": DOMAIN,
    "https://partner%2eexample/": DOMAIN,
    "https://partner.example%00.evil.example/": DOMAIN,
    "https://partner.example\\.evil.example/": DOMAIN,
    "https://partner.example\\@evil.example/": CREDENTIALS,
    "https://partner.example,evil.example/": DOMAIN,
    "https://partner.example\n.evil.example/": DOMAIN,
    "https://partner.example\x00/": DOMAIN,
    f"https://{'a' * 64}.example/": DOMAIN,
    f"https://{'a.' * 130}example/": DOMAIN,
    "https://bücher.example/": ASCII,
    "https://pаrtner.example/": ASCII,  # a Cyrillic letter
    "https://partner。example/": ASCII,
    "https://１２７.0.0.1/": ASCII,
    "https://ⓛocalhost/": ASCII,
    # ports
    "https://partner.example:/": HOST,
    "https://partner.example:0/": HOST,
    "https://partner.example:0443/": HOST,
    "https://partner.example:65536/": HOST,
    "https://partner.example:99999/": HOST,
    "https://partner.example:123456/": HOST,
    "https://partner.example:+443/": HOST,
    "https://partner.example:443:443/": HOST,
    "https://partner.example:https/": HOST,
    "https://partner.example:4 43/": HOST,
    # paths
    "https://partner.example/.": SEGMENTS,
    "https://partner.example/..": SEGMENTS,
    "https://partner.example/a/../b": SEGMENTS,
    "https://partner.example/a/./b": SEGMENTS,
    "https://partner.example/a/..;/b": SEGMENTS,
    "https://partner.example/a/.;x=1/b": SEGMENTS,
    "https://partner.example//a": SEGMENTS,
    "https://partner.example/a//b": SEGMENTS,
    "https://partner.example/a//": SEGMENTS,
    "https://partner.example/%2e%2e/b": ENCODED,
    "https://partner.example/.%2E/b": ENCODED,
    "https://partner.example/a%2fb": ENCODED,
    "https://partner.example/a%2F..%2Fb": ENCODED,
    "https://partner.example/a%5cb": ENCODED,
    "https://partner.example/a%252fb": ENCODED,
    "https://partner.example/a%00": ENCODED,
    "https://partner.example/a%0d%0aHost:%20evil.example": ENCODED,
    "https://partner.example/a%7f": ENCODED,
    "https://partner.example/a\\b": CHARACTER,
    "https://partner.example/a\\..\\b": CHARACTER,
    "https://partner.example/a b": CHARACTER,
    "https://partner.example/a\r\nHost: evil.example": CHARACTER,
    "https://partner.example/a\tb": CHARACTER,
    "https://partner.example/a\x7f": CHARACTER,
    "https://partner.example/callback\n": CHARACTER,
    "https://partner.example/callback ": CHARACTER,
    "https://partner.example/%": CHARACTER,
    "https://partner.example/%2": CHARACTER,
    "https://partner.example/%zz": CHARACTER,
    'https://partner.example/"': CHARACTER,
    "https://partner.example/<a>": CHARACTER,
    "https://partner.example/{namespace}": CHARACTER,
    "https://partner.example/é": ASCII,
    "https://partner.example/\ud800": ASCII,
    # queries and length
    "https://partner.example/?a b": QUERY,
    "https://partner.example/?a\r\nHost: evil.example": QUERY,
    "https://partner.example/?a=%": QUERY,
    "https://partner.example/?a=[1]": QUERY,
    f"https://partner.example/{'a' * 488}": LENGTH,
    f"https://partner.example/{'a' * 100_000}": LENGTH,
}


@pytest.mark.parametrize(("text", "reason"), REJECTED.items())
def test_a_rejected_url_has_a_reason(text: str, reason: str) -> None:
    """A URL that is not accepted is rejected with a sentence that says what is, and never repeats it."""
    with pytest.raises(ValueError, match=reason) as caught:
        read_callback_url(text, TESTED)
    sentence = str(caught.value)
    assert sentence.startswith("The URL")
    assert sentence.endswith(".")
    assert not text or text not in sentence


def test_test_origins_are_reached_over_plain_http() -> None:
    """Plain HTTP is accepted for test origins alone, at any port, and each of the other rules holds for them too."""
    for url in ("http://127.0.0.1:8080/a", "http://localhost/a", "http://localhost:80/a"):
        assert read_callback_url(url, TESTED) == url
        with pytest.raises(ValueError, match=HTTPS):
            read_callback_url(url, frozenset())
    for url in ("http://localhost/../a", "http://127.0.0.1:0/", "http://localhost/#a", "http://127.1/"):
        with pytest.raises(ValueError, match="The URL"):
            read_callback_url(url, TESTED)


PIECES = st.sampled_from(
    [*"abAB019.:/@?#[]\\%;-_~ \t\n", "https://", "http://", "localhost", "127.0.0.1", ".example", "%2e", "%41", "é"]
)


@given(st.lists(PIECES, max_size=12), st.lists(PIECES, max_size=6))
def test_an_accepted_url_is_read_by_others_in_the_same_way(pieces: list[str], ending: list[str]) -> None:
    """Whatever is accepted has for Python's own parser the host, port and path that were checked."""
    for text in ("".join(pieces), f"https://partner.example{''.join(ending)}"):
        try:
            url = read_callback_url(text, TESTED)
        except ValueError:
            continue
        parts = urlsplit(url)
        assert (parts.scheme == "https") != (parts.hostname in TESTED)
        assert (parts.username, parts.password, parts.fragment) == (None, None, "")
        assert origin_of(url) == f"{parts.scheme}://{parts.netloc}"
        assert parts.path.startswith("/")
        assert not {".", ".."} & set(parts.path.split("/"))
        assert is_registered(url, [f"{origin_of(url)}/"])
