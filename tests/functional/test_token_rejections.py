"""POST /oauth2/client/token: requests that are rejected."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import urlencode

import boto3
import pytest

from dci_cli.local.rotation import rotate
from dci_rotation import app as rotation_app
from support.api import Api
from support.call_trace import aws_calls
from support.events import event
from support.oauth_replies import basic, is_oauth_error, is_token


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ("", 401, "invalid_client"),
        ("grant_type=client_credentials", 401, "invalid_client"),
        ("grant_type=client_credentials&client_id=a", 401, "invalid_client"),
        ("client_id=a&client_secret=b", 400, "invalid_request"),
        ("grant_type=password&client_id=a&client_secret=b", 400, "unsupported_grant_type"),
        ("grant_type=client_credentials&client_id=a&client_id=b&client_secret=c", 400, "invalid_request"),
        ("grant_type=client_credentials&client_id=%ff&client_secret=c", 400, "invalid_request"),
    ],
)
def test_a_malformed_form_gets_its_error(api: Api, body: str, status: int, error: str) -> None:
    """Each malformed form body has its RFC 6749 error."""
    is_oauth_error(api.send(event("token_form", body=body)), status, error)


@pytest.mark.parametrize(
    "body", ["", "[]", "1", "{", '{"client_id":1}', '{"grant_type":"a","grant_type":"b"}', "\ud800"]
)
def test_a_malformed_json_body_gets_an_error(api: Api, body: str) -> None:
    """A JSON body that is no token request is rejected as such a form is."""
    reply = api.send(event("token_json", body=body))
    assert reply.status in {400, 401}
    assert reply.json["error"] in {"invalid_request", "invalid_client"}


@pytest.mark.parametrize("scope", [["registry.search"], {"registry.search": True}, 7, False])
def test_a_json_scope_that_is_no_string_is_rejected(api: Api, scope: object) -> None:
    """A wish for fewer scopes is never overlooked: the token would carry all of them."""
    client, secret = api.client()
    body = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret}
    refused = api.send(event("token_json", body=body | {"scope": scope}))
    is_oauth_error(refused, 400, "invalid_request")
    assert "scope" in refused.json["error_description"]
    is_token(api.send(event("token_json", body=body | {"scope": None})))


def test_two_ways_of_authentication_at_once_are_rejected(api: Api) -> None:
    """RFC 6749 §2.3: a client uses one method a request."""
    client, secret = api.client()
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret}
    sent = event("token_basic", body=urlencode(form), authorization=basic(client.client_id, secret))
    is_oauth_error(api.send(sent), 400, "invalid_request")


def test_the_basic_client_and_the_bodys_must_be_one(api: Api) -> None:
    """A client_id beside the Basic header must be the same."""
    client, secret = api.client()
    header = basic(client.client_id, secret)
    same = event(
        "token_basic", body=f"grant_type=client_credentials&client_id={client.client_id}", authorization=header
    )
    is_token(api.send(same))
    other = event("token_basic", body="grant_type=client_credentials&client_id=other", authorization=header)
    is_oauth_error(api.send(other), 400, "invalid_request")


@pytest.mark.parametrize(
    "header", ["Bearer abc", "Basic", "Basic !!!", "Basic " + base64.b64encode(b"nocolon").decode()]
)
def test_a_header_that_is_not_basic_is_invalid_client(api: Api, header: str) -> None:
    """An Authorization header that cannot be read as Basic authenticates no client."""
    reply = api.send(event("token_basic", body="grant_type=client_credentials", authorization=header))
    is_oauth_error(reply, 401, "invalid_client")


def test_credentials_in_the_url_are_rejected(api: Api) -> None:
    """RFC 6749 §2.3.1: parameters in the URL end up in logs."""
    client, secret = api.client()
    query = f"client_id={client.client_id}&client_secret={secret}"
    sent = event("token_form", body="grant_type=client_credentials") | {"rawQueryString": query}
    is_oauth_error(api.send(sent), 400, "invalid_request")


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data"])
def test_other_content_types_are_rejected(api: Api, content_type: str) -> None:
    """Only a form and OpenSPP's JSON are token requests."""
    reply = api.send(event("token_form", body="grant_type=client_credentials", content_type=content_type))
    is_oauth_error(reply, 415, "invalid_request")


def test_other_methods_are_rejected(api: Api) -> None:
    """The endpoint takes POST alone."""
    sent = event("token_form")
    sent["requestContext"]["http"]["method"] = "GET"
    reply = api.send(sent)
    is_oauth_error(reply, 405, "invalid_request")
    assert reply.headers["Allow"] == "POST"


def test_a_new_key_is_known_within_a_minute(own_api: Callable[..., Api]) -> None:
    """A verifier reads the public set again on a key id that it does not know, once a minute at most."""
    api = own_api()
    rotation, secret_id = rotation_app.create_app(api.runtime), api.runtime.settings.signing_keys_secret
    rotate(rotation, secret_id)
    assert api.search(token=api.token_of()).status == 200
    for _ in range(2):  # the key that was next is known already
        rotate(rotation, secret_id)
    token = own_api().token_of()
    assert api.search(token=token).status == 401
    api.clock.advance(60)
    with aws_calls(api.runtime) as calls:
        assert api.search(token=token).status == 200
        assert api.search(token=token.replace(".", ".x")).status == 401
    assert sum(call.startswith("GetItem ") for call in calls) == 1


def test_an_empty_ring_is_503_with_retry_after(new_api: Callable[..., Api]) -> None:
    """Before the keys are made the endpoint answers 503 and when to come again."""
    api = new_api(signing_keys_secret="dci-empty")
    boto3.client("secretsmanager").create_secret(Name="dci-empty", SecretString=json.dumps({"seed": "random"}))
    reply = api.token(*api.client())
    assert (reply.status, reply.json["error"]) == (503, "temporarily_unavailable")
    assert reply.headers["Retry-After"] == "60"


def test_the_public_set_is_public_and_cacheable(api: Api) -> None:
    """The JWK set names each key by its thumbprint, holds nothing private, and may be cached."""
    reply = api.send(event("jwks"))
    assert reply.status == 200
    assert reply.headers["Cache-Control"] == "public, max-age=300"
    keys = [key for key in reply.json["keys"] if "|" not in key["kid"]]  # the others sign messages
    assert len(keys) == 2
    for key in keys:
        assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
