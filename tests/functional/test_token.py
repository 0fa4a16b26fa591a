"""POST /oauth2/client/token and the public key set."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import urlencode

import jwt
import pytest

from dci_cli.local.rotation import rotate
from dci_common.clients.items import client_key
from dci_rotation import app as rotation_app
from support.api import START, Api
from support.events import event
from support.oauth_replies import basic, is_oauth_error, is_token


def test_a_form_body_gets_a_token(api: Api) -> None:
    """The standard's own way: credentials in a form body."""
    is_token(api.token(*api.client()))


def test_a_form_body_may_arrive_in_base64(api: Api) -> None:
    """API Gateway hands form bodies over in base64."""
    client, secret = api.client()
    form = urlencode({"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret})
    sent = event("token_form") | {"body": base64.b64encode(form.encode()).decode(), "isBase64Encoded": True}
    is_token(api.send(sent))


def test_http_basic_gets_a_token(api: Api) -> None:
    """RFC 6749's preferred way: the Basic header."""
    client, secret = api.client()
    sent = event("token_basic", body="grant_type=client_credentials", authorization=basic(client.client_id, secret))
    is_token(api.send(sent))


def test_openspps_json_body_gets_a_token(api: Api) -> None:
    """OpenSPP 17's clients send JSON with a db_name that means nothing here."""
    client, secret = api.client()
    body = {
        "client_id": client.client_id,
        "client_secret": secret,
        "grant_type": "client_credentials",
        "db_name": "x",
    }
    is_token(api.send(event("token_json", body=body)))
    is_token(api.send(event("token_json", body=body | {"db_name": None})))
    is_token(api.send(event("token_json", body=body, content_type="")))
    is_token(api.send(event("token_json", body=f"\ufeff\n{json.dumps(body)}", content_type="")))


def test_a_token_says_who_may_do_what_until_when(api: Api) -> None:
    """The claims of RFC 9068, in a token of its type, verified with the published key alone."""
    client, secret = api.client(token_lifetime=120)
    reply = api.token(client, secret)
    token, keys = reply.json["access_token"], jwt.PyJWKSet.from_dict(api.send(event("jwks")).json)
    header = jwt.get_unverified_header(token)
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    audience = issuer = "https://registry.example.org"
    options = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(token, keys[header["kid"]], ["ES256"], options, audience=audience, issuer=issuer)  # type: ignore[arg-type]
    assert claims.pop("jti")
    assert claims == {
        "iss": issuer,
        "aud": audience,
        "sub": client.client_id,
        "client_id": client.client_id,
        "iat": int(START),
        "exp": int(START) + 120,
        "scope": "registry.search",
    }
    assert reply.json["expires_in"] == 120


def test_the_issuer_follows_the_domain_when_it_is_not_set(new_api: Callable[..., Api]) -> None:
    """Without the setting, issuer and audience are the API's own domain, never the Host header."""
    api = new_api(issuer="")
    client, secret = api.client()
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret}
    sent = event("token_form", body=urlencode(form), host="evil.example.com")
    sent["requestContext"]["domainName"] = "abc.execute-api.eu-west-1.amazonaws.com"
    claims = jwt.decode(api.send(sent).json["access_token"], options={"verify_signature": False})
    assert claims["iss"] == claims["aud"] == "https://abc.execute-api.eu-west-1.amazonaws.com"


@pytest.mark.exhaustive
def test_rs256_by_setting(api: Api, own_api: Callable[..., Api]) -> None:
    """A ring made for RS256 signs with it, and its tokens open the search."""
    other = own_api(signing_algorithm="RS256")
    rotate(rotation_app.create_app(other.runtime), other.runtime.settings.signing_keys_secret)
    token = other.token_of()
    assert jwt.get_unverified_header(token)["alg"] == "RS256"
    assert other.search(token=token).status == 200
    assert api.search(token=token).status == 401


@pytest.mark.parametrize(
    ("asked", "issued"),
    [
        ("", "registry.search registry.subscribe"),
        ("registry.search", "registry.search"),
        ("registry/search", "registry.search"),
        ("registry/subscribe registry.search", "registry.search registry.subscribe"),
    ],
)
def test_scopes_are_those_asked_for_or_all(api: Api, asked: str, issued: str) -> None:
    """Both spellings are accepted, one is issued, and a request without scopes gets all that the client holds."""
    reply = api.token(*api.client(scopes=("registry.search", "registry.subscribe")), scope=asked)
    assert reply.json["scope"] == issued


@pytest.mark.parametrize("scope", ["clients.manage", "registry.search clients.manage", "nonsense"])
def test_more_than_the_client_holds_is_invalid_scope(api: Api, scope: str) -> None:
    """A scope that the client does not hold is rejected, not left out."""
    is_oauth_error(api.token(*api.client(), scope=scope), 400, "invalid_scope")


def test_unknown_wrong_and_disabled_clients_get_one_answer(api: Api) -> None:
    """An error does not reveal which client ids exist."""
    client, secret = api.client()
    wrong = api.token(client, "wrong")
    unknown = api.token(client._replace(client_id="unknown"), secret)
    strange = api.token(client._replace(client_id="ü\n#" * 99), secret)
    admin = api.token_of(scopes=("clients.manage",))
    sent = event("client_disable", token=admin)
    sent["pathParameters"]["client_id"] = client.client_id
    assert api.send(sent).status == 200
    disabled = api.token(client, secret)
    is_oauth_error(wrong, 401, "invalid_client")
    assert {(r.status, r.text, tuple(r.headers.items())) for r in (wrong, unknown, strange, disabled)} == {
        (401, wrong.text, tuple(wrong.headers.items()))
    }


def test_a_client_without_scopes_gets_no_token(api: Api) -> None:
    """A client without any scope may not use the grant."""
    client, secret = api.client()
    api.runtime.dynamodb.update_item(
        TableName=api.runtime.settings.clients_table,
        Key=client_key(client.client_id),
        UpdateExpression="SET scopes = :none",
        ExpressionAttributeValues={":none": {"L": []}},
    )
    is_oauth_error(api.token(client, secret), 400, "unauthorized_client")
    is_oauth_error(api.token(client, secret, scope="registry.search"), 400, "invalid_scope")


@pytest.mark.parametrize("lifetime", [60, 3600])
def test_a_client_has_its_own_lifetime(api: Api, lifetime: int) -> None:
    """A token is good for as long as its client's registration says."""
    client, secret = api.client(token_lifetime=lifetime)
    reply = api.token(client, secret)
    assert reply.json["expires_in"] == lifetime
    api.clock.advance(lifetime - 1)
    assert api.search(token=reply.json["access_token"]).status == 200
    api.clock.advance(1)
    assert api.search(token=reply.json["access_token"]).status == 401
