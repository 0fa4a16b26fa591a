"""The local API Gateway: connections, many requests at once, and what is reported of them."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest

from dci_cli.local.gateway import Routes
from dci_cli.local.server import MAX_BODY_BYTES, GatewayServer
from dci_common.runtime import Event
from support.echo_gateway import HANGING_UP, ask, echo, raw


def test_a_connection_serves_many_requests(connection: HTTPConnection) -> None:
    """The connection is kept alive from one request to the next."""
    ask(connection, "/clients")
    first = connection.sock
    assert [ask(connection, f"/clients/{number}")["handler"] for number in range(5)] == ["client"] * 5
    assert connection.sock is first


def test_a_client_may_ask_before_it_sends(server: GatewayServer) -> None:
    """`Expect: 100-continue` is answered at once, as curl waits for it with large bodies."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as client:
        client.sendall(b"POST /clients HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100")
        client.sendall(b"{}")
        assert client.recv(100).startswith(b"HTTP/1.1 200")


def test_the_largest_body_arrives(connection: HTTPConnection) -> None:
    """A body of just the largest size is served, and one byte more is rejected after all of it was sent."""
    body = b" " * MAX_BODY_BYTES
    assert len(ask(connection, "/clients", body, "text/plain")["event"]["body"]) == MAX_BODY_BYTES
    connection.request("POST", "/clients", body + b" ", {"Content-Type": "text/plain"})
    assert connection.getresponse().status == 413


def log_of(server: GatewayServer, capfd: pytest.CaptureFixture[str]) -> str:
    """Stop the server, and return all that it wrote to the terminal."""
    server.shutdown()
    server.server_close()
    return capfd.readouterr().err


def test_a_failing_handler_is_reported_to_the_developer_only(
    server: GatewayServer, connection: HTTPConnection, capfd: pytest.CaptureFixture[str]
) -> None:
    """An exception becomes API Gateway's 500 for the caller, and a traceback in the terminal."""
    connection.request("GET", "/broken")
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())) == (500, {"message": "Internal Server Error"})
    assert "what only the developer may read" in log_of(server, capfd)


def test_a_client_that_goes_away_leaves_no_trace(server: GatewayServer, capfd: pytest.CaptureFixture[str]) -> None:
    """A reset connection is not an error of the server, and is not logged."""
    with socket.create_connection(("127.0.0.1", server.server_port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(b"POST /clients HTTP/1.1\r\nContent-Length: 10\r\n\r\n")
    assert raw(server, f"GET /clients HTTP/1.1\r\n{HANGING_UP}")
    assert "Traceback" not in log_of(server, capfd)


def test_a_request_is_one_line_without_what_was_sent(
    connection: HTTPConnection, capfd: pytest.CaptureFixture[str]
) -> None:
    """The terminal shows when, method, route, status, duration and ids; never a path, a query or a body."""
    ask(connection, "/clients/SECRET?SECRET", b"SECRET", "text/plain")
    printed = capfd.readouterr().err
    when, correlation_id = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "[0-9a-f]{32}"
    line = rf"{when} POST /clients/\{{client_id\}} 200 \d+ ms client=- correlation_id={correlation_id}\n"
    assert re.fullmatch(line, printed)


@pytest.mark.exhaustive
def test_many_requests_at_once_are_all_answered(server: GatewayServer) -> None:
    """Fifty clients with a connection each get each their own answers."""

    def talk(number: int) -> list[str]:
        connection = HTTPConnection("127.0.0.1", server.server_port, timeout=30)
        ids = [f"{number}-{turn}" for turn in range(10)]
        seen = [ask(connection, f"/clients/{id_}")["event"]["pathParameters"]["client_id"] for id_ in ids]
        connection.close()
        return [id_ for id_, answered in zip(ids, seen, strict=True) if id_ != answered]

    with ThreadPoolExecutor(50) as clients:
        assert not any(clients.map(talk, range(50)))


def test_closing_waits_for_requests_under_way_alone() -> None:
    """A request that is being answered gets its answer; a connection that only waits does not hold the server up."""
    started, finish = threading.Event(), threading.Event()

    def slow(event: Event, context: Any) -> dict[str, Any]:
        started.set()
        finish.wait(10)
        return echo("slow")(event, context)

    server = GatewayServer(0, Routes({"$default": echo("default"), "/slow": slow}))
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    idle, busy = (HTTPConnection("127.0.0.1", server.server_port, timeout=10) for _ in range(2))
    ask(idle, "/")
    busy.request("GET", "/slow")
    started.wait(10)
    server.shutdown()
    closing = threading.Thread(target=server.server_close)
    closing.start()
    closing.join(0.1)
    assert closing.is_alive()
    finish.set()
    response: HTTPResponse = busy.getresponse()
    assert json.loads(response.read())["handler"] == "slow"
    closing.join(10)
    serving.join(10)
    idle.close()
    busy.close()
    assert not closing.is_alive()
