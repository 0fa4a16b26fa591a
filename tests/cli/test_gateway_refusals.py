"""What the local API Gateway does not pass on: requests of unclear meaning, foreign names, slow connections."""

from __future__ import annotations

import itertools
import json
import socket
import threading
from contextlib import suppress

import pytest

from dci_cli.local.server import MAX_BODY_BYTES, GatewayServer
from support.echo_gateway import HANGING_UP, echoing, raw


def refused(answer: bytes, status: int) -> None:
    """Check that the gateway itself refused, in its own shape, and repeated nothing."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nConnection: close" in head
    assert json.loads(body).keys() == {"message"}
    assert b"SECRET" not in answer


@pytest.mark.parametrize(
    "request_",
    [
        "SECRET\r\n\r\n",
        "GET /SECRET HTTP/9.9\r\n\r\n",
        "GET /SECRET HTTP/x\r\n\r\n",
        "GET /SECRET too many words HTTP/1.1\r\n\r\n",
        "SECRET / HTTP/1.1\r\n\r\n",
        "\x00\x01\xff SECRET\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 20\r\n\r\nSECRET",
        "POST / HTTP/1.1\r\nContent-Length: 6\r\nContent-Length: 6\r\n\r\nSECRET",
        "POST / HTTP/1.1\r\nContent-Length: 6, 6\r\nContent-Length: 6\r\n\r\nSECRET",
        "POST / HTTP/1.1\r\nContent-Length : 6\r\n\r\nSECRET",
        "POST / HTTP/1.1\r\nAuthorization: Bearer\r\n SECRET\r\n\r\n",
        "GET / HTTP/1.1\r\n SECRET\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    ],
)
def test_a_malformed_request_is_rejected(server: GatewayServer, request_: str) -> None:
    """A request whose line, headers or body have no or no single meaning gets a 400 that repeats nothing of it."""
    refused(raw(server, request_), 400)


@pytest.mark.parametrize(
    "host", ["attacker.example", "127.0.0.1.attacker.example", "localhost:80:80", "", "10.0.0.1"]
)
def test_a_foreign_host_is_rejected(server: GatewayServer, host: str) -> None:
    """A web page whose name leads to this machine reaches no handler."""
    refused(raw(server, f"GET /clients HTTP/1.1\r\nHost: {host}\r\n\r\n"), 421)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:3000", "LOCALHOST", "[::1]:3000"])
def test_this_machines_names_are_served(server: GatewayServer, host: str) -> None:
    """The names of this machine are served at any port, since a tunnel may change it."""
    assert raw(server, f"GET /clients HTTP/1.1\r\nHost: {host}\r\n{HANGING_UP}").startswith(b"HTTP/1.1 200")


def test_a_slow_request_is_ended() -> None:
    """A connection that sends a byte now and then is closed, and others are served meanwhile."""
    with echoing(request_seconds=0.2) as server:
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as client, suppress(OSError):
            for letter in itertools.repeat(b"A", 1000):
                client.sendall(letter)
                threading.Event().wait(0.01)
            pytest.fail("the connection was kept for ten seconds")
        assert raw(server, f"GET /clients HTTP/1.1\r\n{HANGING_UP}").startswith(b"HTTP/1.1 200")


def test_heads_have_a_largest_size(server: GatewayServer) -> None:
    """Too long a request line and too many headers have statuses of their own."""
    refused(raw(server, f"GET /{'a' * 70_000} HTTP/1.1\r\n\r\n"), 414)
    refused(raw(server, f"GET / HTTP/1.1\r\n{'A: b' * 20_000}\r\n\r\n"), 431)
    refused(raw(server, "GET / HTTP/1.1\r\n" + "A: b\r\n" * 200 + "\r\n"), 431)


@pytest.mark.parametrize("header", ["Transfer-Encoding: chunked", "Content-Length: -1", "Content-Length: x"])
def test_a_body_needs_its_length(server: GatewayServer, header: str) -> None:
    """A body of unsaid length gets a 411."""
    refused(raw(server, f"POST /clients HTTP/1.1\r\n{header}\r\n\r\nSECRET"), 411)


@pytest.mark.parametrize("length", [MAX_BODY_BYTES + 1, 10**30])
def test_a_body_has_a_largest_size(server: GatewayServer, length: int) -> None:
    """A larger body gets a 413 before it is read."""
    refused(raw(server, f"POST /clients HTTP/1.1\r\nContent-Length: {length}\r\n\r\n"), 413)
