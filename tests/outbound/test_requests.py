"""Where requests go, and what is in them."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from dci_common.outbound.answers import NotSent
from dci_common.outbound.http_client import HttpClient
from dci_common.settings import Settings
from support.certificates import CertificateAuthority
from support.partner_server import HOST, OTHER_PUBLIC, PUBLIC, URL, TestNetwork, client, receiver

PRIVATE = "10.0.0.1"


def test_a_request_is_the_bytes_that_were_given(authority: CertificateAuthority, tls: ssl.SSLContext) -> None:
    """The receiver gets one POST over TLS with the body, the headers of the caller and few others."""
    with receiver(tls=tls) as partner:
        network = TestNetwork(partner, authority)
        answer = client(network).post(f"{URL}?a=%2F&b", b'{"a": "\xc3\xa9"}', {"Authorization": "Bearer x"})
    assert (answer.status, answer.body, answer.retry_after) == (200, b"{}", None)
    assert (network.resolved, network.connected) == ([HOST], [(PUBLIC, 443)])
    (request,) = partner.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert body == b'{"a": "\xc3\xa9"}'
    assert head.lower().split(b"\r\n") == [
        b"post /callbacks?a=%2f&b http/1.1",
        b"host: partner.example",
        b"accept: application/json",
        b"accept-encoding: identity",
        b"connection: close",
        b"user-agent: dci-api-server",
        b"content-type: application/json",
        b"authorization: bearer x",
        b"content-length: 11",
    ]


def test_a_port_of_its_own_is_called(authority: CertificateAuthority, tls: ssl.SSLContext) -> None:
    """A port in the URL is connected to, and named in the Host header."""
    with receiver(tls=tls) as partner:
        network = TestNetwork(partner, authority)
        client(network).post(f"https://{HOST}:8443/x", b"{}", {})
    assert network.connected == [(PUBLIC, 8443)]
    assert b"\r\nhost: partner.example:8443\r\n" in partner.requests[0].lower()


def test_a_name_is_resolved_once(authority: CertificateAuthority, tls: ssl.SSLContext) -> None:
    """A name that resolves to a private address the second time is reached at the address that was checked."""
    with receiver(tls=tls) as partner:
        network = TestNetwork(partner, authority, [[PUBLIC], [PRIVATE]])
        sender = client(network)
        assert sender.post(URL, b"{}", {}).status == 200
        assert network.connected == [(PUBLIC, 443)]
        with pytest.raises(NotSent, match="public"):
            sender.post(URL, b"{}", {})
    assert (len(network.resolved), network.connected) == (2, [(PUBLIC, 443)])


@pytest.mark.parametrize(
    "addresses",
    [[PRIVATE], [PUBLIC, PRIVATE], [PRIVATE, PUBLIC], [PUBLIC, "::ffff:93.184.216.34"], ["169.254.169.254"], []],
)
def test_one_address_that_is_not_public_is_enough_to_refuse_a_name(addresses: Sequence[str]) -> None:
    """No address of a name is connected to unless there are some and all of them are public."""
    with receiver() as partner:
        network = TestNetwork(partner, resolutions=[addresses])
        with pytest.raises(NotSent):
            client(network).post(URL, b"{}", {})
    assert network.connected == []


def test_the_ninth_address_is_checked_too() -> None:
    """Addresses that would not be tried are checked as well."""
    with receiver() as partner:
        network = TestNetwork(partner, resolutions=[[*(f"93.184.216.{n}" for n in range(20)), PRIVATE]])
        with pytest.raises(NotSent):
            client(network).post(URL, b"{}", {})
    assert network.connected == []


def test_the_next_address_is_tried(authority: CertificateAuthority, tls: ssl.SSLContext) -> None:
    """Where an address accepts no connection, the next one that was checked is tried."""
    with receiver(tls=tls) as partner:
        unreachable = frozenset({OTHER_PUBLIC})
        network = TestNetwork(partner, authority, [[OTHER_PUBLIC, OTHER_PUBLIC, PUBLIC]], unreachable)
        assert client(network).post(URL, b"{}", {}).status == 200
        assert network.connected == [(OTHER_PUBLIC, 443), (PUBLIC, 443)]
        network.unreachable |= {PUBLIC}
        with pytest.raises(NotSent, match="accepts no connection"):
            client(network).post(URL, b"{}", {})
    assert len(partner.requests) == 1


@pytest.mark.parametrize("failure", [OSError, UnicodeError])
def test_a_name_that_does_not_resolve(failure: type[Exception]) -> None:
    """A name that does not resolve, or cannot be a name, is reported."""

    def fail(_: str, __: int) -> Sequence[str]:
        raise failure

    with receiver() as partner:
        network = replace(TestNetwork(partner).network(), resolve=fail)
        with pytest.raises(NotSent, match="does not resolve"):
            HttpClient(Settings(), network=network).post(URL, b"{}", {})


def test_slow_resolution_ends_within_the_time_limit() -> None:
    """A name server that does not answer does not hold a callback up."""
    held = threading.Event()

    def wait(_: str, __: int) -> Sequence[str]:
        held.wait()
        return [PUBLIC]

    with receiver() as partner:
        network = replace(TestNetwork(partner).network(), resolve=wait)
        with pytest.raises(NotSent, match="time limit"):
            HttpClient(Settings(), network=network, time_limit=0.05).post(URL, b"{}", {})
        held.set()
    assert partner.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example/",
        "ftp://partner.example/",
        "file:///etc/passwd",
        "//partner.example/",
        "https:///x",
        "",
        "https://user:secret@partner.example/",
        "https://user@partner.example/",
        "https://partner.example\\@10.0.0.1/",
        "https://partner.example\\.evil.example/",
        "https://partner.example/#fragment",
        "https://93.184.216.34/",
        "https://[2606:2800:220:1::248]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[partner.example/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://10.1/",
        "https://partner.example.1/",
        "https://partner.example:0/",
        "https://partner.example:99999/",
        "https://partner.example:x/",
        "https://partner.example/a b",
        "https://partner.example/a\r\nX-Injected: 1",
        "https://partner\n.example/",
        "https://partner.example/\t",
        "https://pärtner.example/",
        "https://partner.example/ä",
        "https://partner%2eexample/",
        "http://localhost.partner.example/",
        "http://127.0.0.2/",
    ],
)
def test_a_url_that_leads_elsewhere_is_rejected(url: str) -> None:
    """Nothing is resolved for a URL that is not https to a domain name, or that could be read in two ways."""
    with receiver() as partner:
        network = TestNetwork(partner)
        with pytest.raises(NotSent) as raised:
            client(network).post(url, b"{}", {})
    assert (network.resolved, network.connected) == ([], [])
    assert "secret" not in raised.value.reason


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_plain_http_reaches_only_test_origins(host: str) -> None:
    """A test origin is reached over plain HTTP at a private address; without this setting no one is."""
    with receiver() as partner:
        network = TestNetwork(partner, resolutions=[["127.0.0.1"]])
        assert client(network).post(f"http://{host}:8080/x", b"{}", {}).status == 200
        assert f"\r\nhost: {host}:8080\r\n".encode() in partner.requests[0].lower()
        with pytest.raises(NotSent):
            HttpClient(Settings(), network=network.network()).post(f"http://{host}:8080/x", b"{}", {})
    assert len(partner.requests) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", "Bearer x\r\nX-Injected: 1"),
        ("Authorization", "Bearer x\nX-Injected: 1"),
        ("Authorization", "Bearer x\r\n\r\n{}"),
        ("Authorization", "Bearer \x00"),
        ("Authorization", "Bearer ä"),
        ("Authorization", " x"),
        ("Authorization", "x\n"),
        ("Authorization", ""),
        ("X: 1\r\nY", "x"),
        ("X Y", "x"),
        ("", "x"),
        ("Host", "internal.example"),
        ("content-length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "upgrade"),
        ("Upgrade", "websocket"),
        ("Expect", "100-continue"),
        ("Accept-Encoding", "gzip"),
    ],
)
def test_no_header_changes_the_rest_of_the_request(name: str, value: str) -> None:
    """A header that would add another, end the headers or change the framing is rejected before resolution."""
    with receiver() as partner:
        network = TestNetwork(partner)
        with pytest.raises(NotSent, match="header"):
            client(network).post("http://localhost/", b"{}", {name: value})
    assert network.resolved == []


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy, which would resolve the name again, is not used, whatever the environment names."""
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9/")
    with receiver() as partner:
        assert client(TestNetwork(partner)).post("http://localhost/x", b"{}", {}).status == 200
    assert partner.requests[0].startswith(b"POST /x HTTP/1.1\r\n")


def test_the_real_network_reaches_a_test_origin() -> None:
    """The resolution and the connection of a deployment reach a server by its name."""
    with receiver() as partner:
        sender = HttpClient(Settings(callback_test_origins=frozenset({"localhost"})))
        assert sender.post(f"http://localhost:{partner.port}/", b"{}", {}).status == 200
        with pytest.raises(NotSent, match="public"):
            HttpClient(Settings()).post(f"https://localhost:{partner.port}/", b"{}", {})
    assert len(partner.requests) == 1
