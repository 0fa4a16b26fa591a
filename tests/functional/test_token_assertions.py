"""POST /oauth2/client/token with a client assertion: private_key_jwt (RFC 7523)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from jwt.algorithms import OKPAlgorithm

from dci_common.oauth.assertions import TYPE
from dci_common.oauth.key_ring import SigningKey, generate
from support.assertion_signer import Signer
from support.call_trace import aws_calls
from support.events import event
from support.example_counts import sampled
from support.stored_items import stored_items

if TYPE_CHECKING:
    from support.api import Api

pytestmark = pytest.mark.usefixtures("over_the_wire")

ISSUER = "https://registry.example.org"


@pytest.fixture(scope="module")
def rsa_key() -> SigningKey:
    """Return an RSA key, which takes its time to make."""
    return generate("RS256")


def test_an_assertion_gets_a_token(api: Api) -> None:
    """A client that signs with its key gets a token that opens the search."""
    signer = Signer.of(api)
    reply = signer.send(signer.assertion())
    assert (reply.status, reply.json["scope"]) == (200, "registry.search")
    assert api.search(token=reply.json["access_token"]).status == 200


@pytest.mark.parametrize("alg", sampled(["RS256", "PS256"], 1))
def test_rsa_keys_sign_too(api: Api, rsa_key: SigningKey, alg: Any) -> None:
    """An RSA key signs with the algorithm that it is registered for."""
    key = SigningKey(alg, rsa_key.private_key, rsa_key.public | {"alg": alg})
    signer = Signer.of(api, key)
    assert signer.send(signer.assertion()).status == 200


def test_ed25519_keys_sign_too(api: Api) -> None:
    """A key on Ed25519 signs with EdDSA, and none but the registered one is accepted."""
    keys = []
    for number in range(2):
        private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        pem = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        public = OKPAlgorithm.to_jwk(private.public_key(), as_dict=True) | {"kid": "same"}
        public.pop("key_ops", None)
        algorithm: Any = "EdDSA"
        keys.append(SigningKey(algorithm, pem.decode(), public))
    signer = Signer.of(api, keys[1])
    assert signer.send(signer.assertion()).status == 200
    assert signer.send(Signer(api, signer.client, signer.secret, keys[0]).assertion()).status == 401


def test_openspps_json_body_may_carry_it(api: Api) -> None:
    """The parameters are the same in every form of request."""
    signer = Signer.of(api)
    body = {"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": signer.assertion()}
    assert api.send(event("token_json", body=body)).status == 200


@pytest.mark.parametrize(
    "changes",
    sampled(
        [
            {"aud": ISSUER},
            {"aud": ["https://other.example.com", ISSUER]},
            {"aud": [f"{ISSUER}/oauth2/client/token"]},
            {"aud": [f"{ISSUER}/oauth2/client/revoke", ISSUER]},
            {"iat": 1_772_357_400},
            {"iat": 1_772_357_400 + 60, "nbf": 1_772_357_400.5},
            {"exp": 1_772_357_400 + 300},
            {"exp": 1_772_357_400.5},
            {"exp": 1_772_357_400},
            {"exp": 1_772_357_400 - 59},
            {"jti": "x" * 3000},
            {"more": {"of": "our own"}},
        ],
        4,
    ),
    ids=str,
)
def test_what_an_assertion_may_say(api: Api, changes: dict[str, Any]) -> None:
    """The issuer or the token endpoint, up to five minutes and a minute past its end, and further claims are good."""
    signer = Signer.of(api)
    assert signer.send(signer.assertion(**changes)).status == 200


def test_the_key_id_may_be_left_out(api: Api) -> None:
    """Without `kid` each of the client's keys is tried."""
    first, second = generate("ES256"), generate("ES256")
    client, secret = api.client(jwks={"keys": [first.public, second.public]})
    for key in (first, second):
        signer = Signer(api, client, secret, key)
        assert signer.send(signer.assertion({})).status == 200


def test_the_client_id_beside_it_must_be_the_same(api: Api) -> None:
    """RFC 7521 §4.2: a client_id that is sent too names the same client."""
    signer = Signer.of(api)
    assert signer.send(signer.assertion(), client_id=signer.client.client_id).status == 200
    reply = signer.send(signer.assertion(), client_id="another")
    assert (reply.status, reply.json["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("sent", ["", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"])
def test_other_types_of_assertion_are_rejected(api: Api, sent: str) -> None:
    """The type must be said, and be the one that is served."""
    signer = Signer.of(api)
    reply = signer.send(signer.assertion(), client_assertion_type=sent)
    assert (reply.status, reply.json["error"]) == (401, "invalid_client")
    assert TYPE in reply.json["error_description"]


def test_its_secret_still_works(api: Api) -> None:
    """A client with keys may use its secret, so that it can change over from one to the other."""
    signer = Signer.of(api)
    assert api.token(signer.client, signer.secret).status == 200


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"aud": "https://other.example.com"}, "aud"),
        ({"exp": 1_772_357_400 + 301}, "exp"),
        ({"exp": 1_772_357_400 - 60}, "exp"),
        ({"aud": f"{ISSUER}/oauth2/client/revoke"}, "aud"),
        ({"aud": f"{ISSUER}/oauth2/client/introspect"}, "aud"),
        ({"iat": 1_772_357_400 + 61}, "iat"),
        ({"nbf": 1_772_357_400 + 61}, "nbf"),
        ({"jti": ""}, "jti"),
        ({"iss": "another"}, "iss"),
    ],
    ids=str,
)
def test_what_is_wrong_of_any_client_is_reported(api: Api, changes: dict[str, Any], word: str) -> None:
    """The error names the wrong claim, and no client is read for it."""
    signer = Signer.of(api)
    with aws_calls(api.runtime) as calls:
        reply = signer.send(signer.assertion(**changes))
    assert (reply.status, reply.json["error"]) == (401, "invalid_client")
    assert word in reply.json["error_description"]
    assert calls == []


def test_an_assertion_costs_one_write_more(api: Api) -> None:
    """One read of all that is known, the use of the assertion, the last use of the key."""
    signer = Signer.of(api)
    signer.send(signer.assertion())  # what is read once, is read
    with aws_calls(api.runtime) as calls:
        assert signer.send(signer.assertion()).status == 200
    assert calls == ["BatchGetItem dci-clients", "PutItem dci-exchange", "UpdateItem dci-clients"]


def test_it_works_at_every_endpoint(api: Api) -> None:
    """Revocation and introspection authenticate clients as the token endpoint does."""
    signer = Signer.of(api, scopes=("registry.search", "clients.read"))
    token = signer.send(signer.assertion()).json["access_token"]
    shown = signer.send(signer.assertion(), "introspect", token=token)
    assert (shown.status, shown.json["active"]) == (200, True)
    assert signer.send(signer.assertion(), "revoke", token=token).status == 200
    assert signer.send(signer.assertion(), "introspect", token=token).json == {"active": False}


@pytest.mark.parametrize(("name", "other"), [("revoke", "introspect"), ("introspect", "revoke")])
def test_the_audience_is_the_endpoint_that_is_asked(api: Api, name: str, other: str) -> None:
    """An endpoint accepts the issuer, the token endpoint and itself as audience, and no other endpoint."""
    signer = Signer.of(api, scopes=("registry.search", "clients.read"))
    token = signer.send(signer.assertion()).json["access_token"]
    statuses = {
        audience: signer.send(signer.assertion(aud=ISSUER + audience), name, token=token).status
        for audience in ("", "/oauth2/client/token", f"/oauth2/client/{name}", f"/oauth2/client/{other}", "/clients")
    }
    assert [*statuses.values()] == [200, 200, 200, 401, 401]


def test_a_used_assertion_is_remembered_as_long_as_it_is_accepted(api: Api) -> None:
    """What DynamoDB may delete of an assertion is past every tolerance."""
    signer = Signer.of(api)
    end = int(api.clock()) + 30
    assert signer.send(signer.assertion(exp=end, jti="remembered")).status == 200
    items = stored_items(api.runtime.settings.exchange_table)
    [used] = [item for item in items if item["pk"]["S"].startswith(f"ASSERTION#{signer.client.client_id}#")]
    api.clock.now = int(used["expires"]["N"])
    assert "exp" in signer.send(signer.assertion(exp=end)).json["error_description"]


def test_a_token_for_it_is_its_clients(api: Api) -> None:
    """The token names the client that signed."""
    signer = Signer.of(api)
    token = signer.send(signer.assertion()).json["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["sub"] == claims["client_id"] == signer.client.client_id
