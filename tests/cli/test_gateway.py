"""The local API Gateway: HTTP in, the events that AWS would send out."""

from __future__ import annotations

import base64
import json
from http.client import HTTPConnection

import pytest

from dci_cli.local.server import GatewayServer
from support.echo_gateway import HANGING_UP, ask, raw
from support.events import event as banked


@pytest.mark.parametrize(
    ("path", "handler", "route", "parameters"),
    [
        ("/clients", "clients", "ANY /clients", None),
        ("/clients/7", "client", "ANY /clients/{client_id}", {"client_id": "7"}),
        ("/clients/mine", "mine", "ANY /clients/mine", None),
        ("/clients/7/disable", "disable", "ANY /clients/{client_id}/disable", {"client_id": "7"}),
        ("/v1.0/x/of/y", "two", "ANY /v1.0/{a}/of/{b}", {"a": "x", "b": "y"}),
        ("/files/a", "file", "ANY /files/{name}", {"name": "a"}),
        ("/files/a/b%20c/", "files", "ANY /files/{path+}", {"path": "a/b c/"}),
        ("/files/", "default", "$default", None),
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
    """A literal path wins over one with parameters, this over a greedy one; what matches none goes to `$default`."""
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


def test_bytes_arrive_as_bytes(connection: HTTPConnection) -> None:
    """A body in base64 is decoded, and HEAD gets its headers alone."""
    connection.request("GET", "/binary")
    answer = connection.getresponse()
    assert (answer.read(), answer.getheader("Content-Length")) == (bytes(range(256)), "256")
    connection.request("HEAD", "/binary")
    answer = connection.getresponse()
    assert (answer.read(), answer.getheader("Content-Length")) == (b"", "256")


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


def test_an_absolute_target_is_no_path(server: GatewayServer) -> None:
    """What a proxy is sent goes to `$default`, whatever its host looks like."""
    assert b'"handler": "default"' in raw(server, f"GET http://[ HTTP/1.1\r\n{HANGING_UP}")


def test_a_request_without_a_version_is_answered(server: GatewayServer) -> None:
    """A request line of HTTP/0.9 is read as HTTP/1.1."""
    assert raw(server, "GET /clients\r\n\r\n").startswith(b"HTTP/1.1 200")
