"""The local API Gateway: HTTP in, the events that AWS would send out."""

from __future__ import annotations

import base64
import json
import re
import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest

from dci_cli.local.gateway import Routes
from dci_cli.local.server import MAX_BODY_BYTES, GatewayServer
from dci_common.runtime import Event
from support.echo_gateway import HANGING_UP, echo, raw
from support.events import event as banked


@pytest.fixture
def connection(server: GatewayServer) -> Iterator[HTTPConnection]:
    """Connect to the gateway."""
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    yield connection
    connection.close()


def ask(connection: HTTPConnection, path: str, body: bytes = b"", content_type: str = "") -> Any:
    """Send a request, and return the handler's name and event as the handler saw them."""
    headers = {"Content-Type": content_type} if content_type else {}
    connection.request("POST" if body else "GET", path, body or None, headers)
    return json.loads(connection.getresponse().read())


@pytest.mark.parametrize(
    ("path", "handler", "route", "parameters"),
    [
        ("/clients", "clients", "ANY /clients", None),
        ("/clients/7", "client", "ANY /clients/{client_id}", {"client_id": "7"}),
        ("/clients/mine", "mine", "ANY /clients/mine", None),
        ("/clients/7/disable", "disable", "ANY /clients/{client_id}/disable", {"client_id": "7"}),
        ("/v1.0/x/of/y", "two", "ANY /v1.0/{a}/of/{b}", {"a": "x", "b": "y"}),
        ("/v1-0/x/of/y", "default", "$default", None),
        ("/clients/", "default", "$default", None),
        ("/clients//disable", "default", "$default", None),
        ("/CLIENTS", "default", "$default", None),
        ("/", "default", "$default", None),
        ("/no/such/path", "default", "$default", None),
    ],
)
def test_a_path_goes_to_its_route(
    connection: HTTPConnection, path: str, handler: str, route: str, parameters: dict[str, str] | None
) -> None:
    """A literal path wins over one with parameters, and what matches none goes to `$default`."""
    seen = ask(connection, path)
    assert seen["handler"] == handler
    assert seen["event"]["routeKey"] == seen["event"]["requestContext"]["routeKey"] == route
    assert seen["event"].get("pathParameters") == parameters


@pytest.mark.parametrize(
    ("sent", "seen"), [("a%20b", "a b"), ("a%2Fb", "a/b"), ("%E1%88%B0%E1%88%8B%E1%88%9D", "ሰላም"), ("100%25", "100%")]
)
def test_path_parameters_arrive_decoded(connection: HTTPConnection, sent: str, seen: str) -> None:
    """A percent-encoded parameter reaches the handler as what it means."""
    assert ask(connection, f"/clients/{sent}")["event"]["pathParameters"] == {"client_id": seen}


def test_the_query_string_stays_raw(connection: HTTPConnection) -> None:
    """Everything after the first question mark is the query string, as it was sent."""
    event = ask(connection, "/clients?limit=5&next=a%3D%3D?b")["event"]
    assert (event["rawPath"], event["rawQueryString"]) == ("/clients", "limit=5&next=a%3D%3D?b")


def test_headers_arrive_in_lower_case_and_repeated_ones_joined(connection: HTTPConnection) -> None:
    """A header sent twice is one header with both values."""
    connection.putrequest("GET", "/clients")
    for name, value in [("X-Twice", "first"), ("Authorization", "Bearer x"), ("x-twice", "second")]:
        connection.putheader(name, value)
    connection.endheaders()
    headers = json.loads(connection.getresponse().read())["event"]["headers"]
    assert headers["x-twice"] == "first,second"
    assert headers["authorization"] == "Bearer x"
    assert all(name == name.lower() for name in headers)


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8", "text/plain"])
def test_text_arrives_as_text(connection: HTTPConnection, content_type: str) -> None:
    """A body of JSON or text is handed over as it is."""
    event = ask(connection, "/clients", '{"name": "ሰላም"}'.encode(), content_type)["event"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"name": "ሰላም"}', False)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"grant_type=client_credentials"),
        ("application/octet-stream", b"\x00\xff"),
        ("application/json", b'{"name": "\xff"}'),
        ("", b"{}"),
    ],
)
def test_other_bodies_arrive_in_base64(connection: HTTPConnection, content_type: str, body: bytes) -> None:
    """A form, a body of unknown type and one that is not UTF-8 are handed over in base64, as AWS does."""
    event = ask(connection, "/clients", body, content_type)["event"]
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == body


def test_an_event_has_the_members_of_the_bank(connection: HTTPConnection) -> None:
    """The gateway's events and those in events/, which are as AWS sends them, have the same members."""
    event = ask(connection, "/clients/7")["event"]
    assert event.keys() == banked("client_get").keys()
    assert event["requestContext"].keys() | {"domainPrefix"} == banked("client_get")["requestContext"].keys()
    assert event["requestContext"]["http"].keys() == banked("client_get")["requestContext"]["http"].keys()
    assert "body" not in event


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_each_method_reaches_the_handler(connection: HTTPConnection, method: str) -> None:
    """Which methods a path takes is the handler's to say."""
    connection.request(method, "/clients")
    event = json.loads(connection.getresponse().read())["event"]
    assert event["requestContext"]["http"]["method"] == method


def test_head_is_answered_without_a_body(connection: HTTPConnection) -> None:
    """A HEAD request gets the head alone, and the connection serves the next request."""
    connection.request("HEAD", "/clients")
    response = connection.getresponse()
    assert int(response.headers["Content-Length"]) > 0
    assert response.read() == b""
    assert ask(connection, "/clients")["handler"] == "clients"


def test_no_content_has_no_length(connection: HTTPConnection) -> None:
    """A 204 carries the handler's headers and no Content-Length (RFC 9110 §8.6)."""
    connection.request("DELETE", "/empty")
    response = connection.getresponse()
    assert (response.status, response.headers["X-Note"], response.read()) == (204, "nothing", b"")
    assert "Content-Length" not in response.headers


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


def test_an_absolute_target_is_no_path(server: GatewayServer) -> None:
    """What a proxy is sent goes to `$default`, whatever its host looks like."""
    assert b'"handler": "default"' in raw(server, f"GET http://[ HTTP/1.1\r\n{HANGING_UP}")


def test_a_request_without_a_version_is_answered(server: GatewayServer) -> None:
    """A request line of HTTP/0.9 is read as HTTP/1.1."""
    assert raw(server, "GET /clients\r\n\r\n").startswith(b"HTTP/1.1 200")


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
