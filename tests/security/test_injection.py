"""What is sent stays data: it gets into no header, no log line, no key and no expression; and it has its size."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

import pytest

from dci_common.edge.http import MAX_BODY_BYTES
from support.api import Api, Reply, identified
from support.call_trace import aws_calls
from support.events import event
from support.example_counts import sampled

if TYPE_CHECKING:
    from support.logs import Logs

ATTACKS = [
    "x\r\nSet-Cookie: session=evil",
    "x\nLocation: https://evil.example.com",
    "x\r\n\r\n<html>",
    "\u560d\u560aSet-Cookie: a",  # whose last bytes are CR and LF
    'x", error="none',
    "x\0y",
    "x\u2028y\u2029",
    "\u202etxet",
]
_DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 §5.2


def headers_are_ours(reply: Reply) -> None:
    """Check that no header holds anything but printable ASCII, and none is there that we do not send."""
    ours = {"X-Content-Type-Options", "Cache-Control", "Content-Type", "Pragma", "WWW-Authenticate", "Location"}
    assert reply.headers.keys() <= ours | {"Allow", "Retry-After", "ETag"}
    assert all(value.isascii() and value.isprintable() for value in reply.headers.values())
    assert "evil" not in str(reply.headers)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("field", ["name", "sender_id"])
def test_a_clients_name_holds_no_control_character(shared_api: Api, attack: str, field: str) -> None:
    """Line ends and other characters that do not print make no client; a quote is a character like any other."""
    admin = shared_api.token_of(scopes=("clients.manage",))
    name = f"Ministry {shared_api.runtime.random_bytes(4).hex()}"
    body = {"name": name, "sender_id": "sender", "scopes": ["registry.search"]} | {field: attack}
    reply = shared_api.send(event("clients_create", body=body, token=admin))
    headers_are_ours(reply)
    assert reply.status == (201 if attack.isprintable() else 400)


@pytest.mark.parametrize("attack", [*ATTACKS, "", "x" * 100, "a b", "ü"])
def test_an_invalid_correlation_id_is_replaced(shared_api: Api, logs: Logs, attack: str) -> None:
    """An id that is not one of API Gateway's is replaced by a new one in the response and in the log."""
    sent = event("unknown")
    sent["requestContext"]["requestId"] = attack
    reply = shared_api.send(sent)
    correlation_id = reply.json["message"]["correlation_id"]
    assert re.fullmatch(r"[0-9a-f-]{36}", correlation_id)
    assert [entry["correlation_id"] for entry in logs.entries()] == [correlation_id]
    headers_are_ours(reply)


@pytest.fixture
def credentials(shared_api: Api) -> dict[str, str]:
    """Return a good token request."""
    client, secret = shared_api.client()
    return {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret}


@pytest.mark.parametrize("attack", sampled(ATTACKS, 2))
@pytest.mark.parametrize(
    "name",
    ["grant_type", "client_id", "client_secret", "client_assertion", "client_assertion_type", "scope", "unknown"],
)
def test_an_error_description_repeats_no_input(
    shared_api: Api, credentials: dict[str, str], attack: str, name: str
) -> None:
    """Whatever a token request says, its error's description has RFC 6749's characters and none of the request."""
    reply = shared_api.send(event("token_json", body=credentials | {name: attack}))
    headers_are_ours(reply)
    if name in {"client_assertion_type", "unknown"}:  # which nothing reads here
        assert reply.status == 200
        return
    assert _DESCRIPTION.fullmatch(reply.json["error_description"])
    assert "evil" not in reply.text


@pytest.mark.parametrize("attack", ATTACKS)
def test_headers_are_not_echoed(shared_api: Api, logs: Logs, attack: str) -> None:
    """Nothing of a request's headers comes back or is logged."""
    names = ("authorization", "content_type", "x_request_id", "x_amzn_trace_id", "user_agent", "origin", "host")
    headers: Any = dict.fromkeys(names, attack)
    for sent in (event("search", **headers), event("token_form", **headers), event("unknown", **headers)):
        reply = shared_api.send(sent)
        headers_are_ours(reply)
        assert attack not in reply.text
    assert not [entry for entry in logs.entries() if attack in map(str, entry.values())]


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "type_", ["UIN#847951632", "UIN#", "#UIN", "IDENTIFIER#UIN", "shard", "facets", "pk", "body"]
)
def test_input_cannot_compose_a_table_key(shared_api: Api, type_: str) -> None:
    """A separator in a type or a value reaches no other key, and the names of the tables are no attributes."""
    answered = shared_api.search(identified(type_, "847951632")).items[0]
    assert answered["status_reason_code"] == "rjct.filter.invalid"
    for value in ("#847951632", "847951632#", "UIN#847951632", "847951632#RECORD"):
        assert shared_api.search(identified("UIN", value)).records == []


@pytest.mark.parametrize("name", ["search", "token_form", "token_json", "revoke", "introspect", "clients_create"])
@pytest.mark.parametrize("encoded", [False, True])
def test_an_oversize_body_is_rejected(shared_api: Api, name: str, *, encoded: bool) -> None:
    """A body over a mebibyte is rejected before anything is verified or read, however it is encoded."""

    def answered(size: int) -> Reply:
        body = "x" * size
        text = base64.b64encode(body.encode()).decode() if encoded else body
        return shared_api.send(event(name, token="any") | {"body": text, "isBase64Encoded": encoded})

    with aws_calls(shared_api.runtime) as calls:
        assert answered(MAX_BODY_BYTES + 1).status == 413
    assert calls == []
    assert answered(MAX_BODY_BYTES).status in {400, 401}


def test_body_size_counts_bytes(shared_api: Api) -> None:
    """Characters of several bytes count as what they are."""
    assert shared_api.send(event("search", body="ü" * (MAX_BODY_BYTES // 2 + 1), token="any")).status == 413
