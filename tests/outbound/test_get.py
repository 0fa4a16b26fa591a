"""Requests for key sets: what is in them, and how long they may take."""

from __future__ import annotations

import socket
import ssl

import pytest

from dci_common.outbound.answers import NoAnswer
from support.certificates import CertificateAuthority
from support.partner_server import HOST, TestNetwork, client, receiver


def test_a_get_asks_for_json_without_a_body(authority: CertificateAuthority, tls: ssl.SSLContext) -> None:
    """A key set is asked for over TLS, with the same headers but those of a body."""
    with receiver(tls=tls) as partner:
        answer = client(TestNetwork(partner, authority)).get(f"https://{HOST}/jwks.json", 60)
    assert (answer.status, answer.body) == (200, b"{}")
    assert partner.requests[0].lower().split(b"\r\n") == [
        b"get /jwks.json http/1.1",
        b"host: partner.example",
        b"accept: application/json",
        b"accept-encoding: identity",
        b"connection: close",
        b"user-agent: dci-api-server",
        b"",
        b"",
    ]


def test_a_get_has_the_time_that_its_caller_has() -> None:
    """A key set that does not come is given up after the caller's seconds, or the client's own if they end first."""

    def wait(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass

    for seconds, time_limit in ((0.05, 60), (60, 0.05)):
        with receiver(wait) as partner:
            sender = client(TestNetwork(partner), time_limit=time_limit)
            with pytest.raises(NoAnswer, match="time limit"):
                sender.get("http://localhost/jwks.json", seconds)
