"""Any input is answered, and never with a server error."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dci_common.oauth.assertions import TYPE
from support import hostile_values
from support.api import item
from support.events import body_of, event
from support.token_forge import encode

if TYPE_CHECKING:
    from support.api import Api

pytestmark = pytest.mark.exhaustive  # it explores; `make check` runs it

TEXT = st.text() | st.sampled_from(hostile_values.TEXTS)
NAMES = [key for path in hostile_values.paths(body_of("search")) for key in path if isinstance(key, str)]
NAMES += ["expression1", "expression2", "attribute_name", "operator", "attribute_value", "condition", "seq_num"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.sampled_from(hostile_values.OTHERS),
    lambda children: st.lists(children) | st.dictionaries(st.sampled_from(NAMES) | st.text(), children),
)


@given(body=JSON)
def test_any_json_as_a_message_is_rejected(shared_api: Api, body: Any) -> None:
    """A body that is not a search message is rejected with a code of the envelope."""
    reply = shared_api.send(event("search", body=hostile_values.to_text(body), token=shared_api.partner_token))
    hostile_values.check_reply(reply)
    assert (reply.status, reply.code.startswith("err.")) in {(400, True), (413, True)}


@given(query=JSON, query_type=st.sampled_from(["idtype-value", "predicate", "expression"]))
def test_any_json_as_a_query_rejects_its_item_only(shared_api: Api, query: Any, query_type: str) -> None:
    """A query that is not understood rejects its item and leaves the next one alone."""
    good = body_of("search")["message"]["search_request"][0]
    message = body_of("search")
    message["message"]["search_request"] = [item(query, query_type), good]
    reply = shared_api.send(event("search", body=hostile_values.to_text(message), token=shared_api.partner_token))
    hostile_values.check_reply(reply)
    if reply.status == 200:  # else the text was no JSON, or too long
        assert reply.items[0]["status_reason_code"] in {"rjct.search_criteria.invalid", "rjct.filter.invalid"}
        assert reply.items[1]["status"] == "succ"


@given(body=JSON)
def test_any_json_as_a_token_request_gets_an_oauth_error(shared_api: Api, body: Any) -> None:
    """A body that authenticates no client gets an OAuth error."""
    reply = shared_api.send(event("token_json", body=hostile_values.to_text(body)))
    hostile_values.check_reply(reply)
    assert reply.json["error"] in {"invalid_request", "invalid_client"}


@given(parts=st.tuples(JSON, JSON), signature=TEXT)
def test_any_json_as_an_assertion_is_invalid_client(shared_api: Api, parts: tuple[Any, Any], signature: str) -> None:
    """An invalid assertion authenticates no client, and the error says no more."""
    texts = [encode(hostile_values.to_text(part).encode("utf-8", "surrogatepass")) for part in parts]
    form = {"grant_type": "client_credentials", "client_assertion_type": TYPE}
    form["client_assertion"] = ".".join([*texts, signature])
    reply = shared_api.send(event("token_assertion", body=urlencode(form, errors="surrogatepass")))
    hostile_values.check_reply(reply)
    refusals = {(401, "invalid_client"), (400, "invalid_request"), (413, "invalid_request")}
    assert (reply.status, reply.json["error"]) in refusals


@given(body=JSON)
def test_any_json_as_a_client_is_rejected(shared_api: Api, shared_admin: str, body: Any) -> None:
    """A body that is not a client is rejected."""
    reply = shared_api.send(event("clients_create", body=hostile_values.to_text(body), token=shared_admin))
    hostile_values.check_reply(reply)
    assert reply.status in {400, 413}


@given(body=JSON)
def test_any_json_as_a_change_changes_nothing_else(shared_api: Api, shared_admin: str, body: Any) -> None:
    """A body is rejected, changes nothing, or changes the member of a client that it names."""
    client_id = shared_api.client()[0].client_id
    sent = event("client_update", body=hostile_values.to_text(body), token=shared_admin, if_match='"1"')
    reply = shared_api.send(sent | {"pathParameters": {"client_id": client_id}})
    hostile_values.check_reply(reply)
    assert reply.status in {400, 413} or reply.json["version"] == 1 or reply.json | body == reply.json


@given(
    name=st.sampled_from(
        [
            *("search", "token_form", "token_json", "revoke", "introspect", "clients_create"),
            *("health", "jwks", "metadata", "unknown"),
        ]
    ),
    body=st.binary(),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "authorization", "x-request-id", "cookie"]) | TEXT, TEXT
    ),
    query=TEXT,
    encoded=st.booleans(),
)
def test_any_bytes_with_any_headers_cause_no_server_error(
    shared_api: Api, name: str, body: bytes, headers: dict[str, str], query: str, *, encoded: bool
) -> None:
    """Bytes that are no text, any headers and any query string cause no server error on any route."""
    sent = event(name, token=shared_api.partner_token)
    sent["headers"] |= headers
    text = base64.b64encode(body).decode() if encoded else body.decode("utf-8", "surrogateescape")
    hostile_values.check_reply(
        shared_api.send(sent | {"body": text, "isBase64Encoded": encoded, "rawQueryString": query})
    )


@given(
    name=st.sampled_from(
        [
            *("client_get", "client_update", "client_disable", "client_enable", "client_delete"),
            *("client_revoke_tokens", "client_log", "secrets_list", "secrets_add", "secret_delete"),
            *("handovers_create", "handovers_list", "handover_withdraw"),
        ]
    ),
    client_id=TEXT,
)
def test_any_text_as_a_client_id_is_not_found(shared_api: Api, shared_admin: str, name: str, client_id: str) -> None:
    """A text that is no client's id finds no client."""
    reply = shared_api.send(event(name, token=shared_admin) | {"pathParameters": {"client_id": client_id}})
    hostile_values.check_reply(reply)
    assert reply.status == 404
