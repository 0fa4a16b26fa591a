"""POST /oauth2/client/token and the public key set."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote_plus, urlencode

import boto3
import jwt
import pytest

from dci_cli.local.rotation import rotate
from dci_common.clients.items import client_key
from dci_rotation import app as rotation_app
from support.api import START, Api, Reply
from support.call_trace import aws_calls
from support.events import event

pytestmark = pytest.mark.usefixtures("over_the_wire")


def basic(client_id: str, secret: str) -> str:
    """Return an HTTP Basic header, its parts form-urlencoded (RFC 6749 §2.3.1)."""
    return "Basic " + base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()


def is_token(reply: Reply) -> None:
    """Check a token response (RFC 6749 §5.1)."""
    assert reply.status == 200
    assert reply.json.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert reply.json["token_type"] == "Bearer"
    assert type(reply.json["expires_in"]) is int
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Pragma"] == "no-cache"


def is_oauth_error(reply: Reply, status: int, error: str) -> None:
    """Check an error response (RFC 6749 §5.2)."""
    assert (reply.status, reply.json["error"]) == (status, error)
    assert reply.json["error_description"]
    assert (reply.headers["Cache-Control"], reply.headers["Pragma"]) == ("no-store", "no-cache")
    assert ("WWW-Authenticate" in reply.headers) == (status == 401)


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
    unknown = api.token(client.model_copy(update={"client_id": "unknown"}), secret)
    strange = api.token(client.model_copy(update={"client_id": "ü\n#" * 99}), secret)
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
    assert len(reply.json["keys"]) == 2
    for key in reply.json["keys"]:
        assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
