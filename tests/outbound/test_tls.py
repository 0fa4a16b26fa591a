"""TLS: a server must prove the name that the URL has."""

from __future__ import annotations

import socket
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dci_common.outbound.answers import NotSent
from dci_common.outbound.network import new_tls_context
from support.certificates import CertificateAuthority
from support.partner_server import HOST, URL, TestNetwork, client, receiver


def _set_versions(context: ssl.SSLContext, oldest: ssl.TLSVersion, newest: ssl.TLSVersion) -> None:
    """Set the versions of TLS, also those that OpenSSL offers no more by itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = oldest, newest
    context.set_ciphers("DEFAULT:@SECLEVEL=0")


@contextmanager
def rejected(authority: CertificateAuthority | None, tls: ssl.SSLContext, reason: str) -> Iterator[None]:
    """See that a receiver with these settings gets no request."""
    with receiver(tls=tls) as partner:
        with pytest.raises(NotSent, match=reason):
            client(TestNetwork(partner, authority)).post(URL, b"{}", {})
        yield
    assert partner.requests == []


def test_a_certificate_of_another_name_is_rejected(authority: CertificateAuthority) -> None:
    """A valid certificate of another host does not do, nor one for all hosts above the name."""
    for name in ("other.example", "*.partner.example", "example"):
        with rejected(authority, authority.server(name), "Hostname mismatch"):
            pass


def test_an_expired_certificate_is_rejected(authority: CertificateAuthority) -> None:
    """A certificate that has expired does not do."""
    with rejected(authority, authority.server(HOST, expired=True), "expired"):
        pass


def test_a_self_signed_certificate_is_rejected(authority: CertificateAuthority) -> None:
    """A certificate that no authority signed does not do."""
    with rejected(authority, authority.server(HOST, self_signed=True), "self-signed"):
        pass


def test_an_unknown_authority_is_rejected(tls: ssl.SSLContext) -> None:
    """A certificate of an authority that is not trusted does not do: a deployment trusts certifi's alone."""
    with rejected(None, tls, "issuer"):
        pass


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_current_versions_of_tls_are_spoken(authority: CertificateAuthority, version: ssl.TLSVersion) -> None:
    """TLS 1.2 and 1.3 are spoken, with the name of the URL as SNI and HTTP/1.1 as the only protocol."""
    tls, names = authority.server(HOST), list[str | None]()
    tls.minimum_version = tls.maximum_version = version
    tls.set_alpn_protocols(["h2", "http/1.1"])
    tls.sni_callback = lambda _, name, __: names.append(name)
    with receiver(tls=tls) as partner:
        assert client(TestNetwork(partner, authority)).post(URL, b"{}", {}).status == 200
    assert names == [HOST]
    assert b" HTTP/1.1\r\n" in partner.requests[0]


def test_tls_1_1_is_rejected(authority: CertificateAuthority) -> None:
    """A receiver that speaks TLS 1.1 only, as another client confirms, is rejected."""
    tls = authority.server(HOST)
    _set_versions(tls, ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
    with receiver(tls=tls) as partner:
        lenient = ssl.create_default_context(cafile=str(authority.file))
        _set_versions(lenient, ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
        with (
            socket.create_connection(("127.0.0.1", partner.port)) as connection,
            lenient.wrap_socket(connection, server_hostname=HOST) as secured,
        ):
            assert secured.version() == "TLSv1.1"
        with pytest.raises(NotSent, match="handshake"):
            client(TestNetwork(partner, authority)).post(URL, b"{}", {})
    assert new_tls_context().minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x28"])
def test_a_receiver_that_does_not_speak_tls_is_rejected(answer: bytes) -> None:
    """Nothing is sent to a receiver that closes, or answers the handshake with something else."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    with receiver(behave) as partner, pytest.raises(NotSent, match="handshake"):
        client(TestNetwork(partner)).post(URL, b"{}", {})


@pytest.mark.parametrize("part", [b"", b"\x16"])
def test_a_slow_handshake_ends_within_the_time_limit(part: bytes) -> None:
    """A receiver that never ends the handshake, or of whose handshake each byte comes in time, is given up."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16 KiB
        connection.settimeout(0.01)
        while True:
            try:
                if not connection.recv(65536):
                    return
            except TimeoutError:
                connection.sendall(part)

    with receiver(behave) as partner, pytest.raises(NotSent, match="time limit"):
        client(TestNetwork(partner), time_limit=0.2).post(URL, b"{}", {})
