"""Tokens that claim to be an operator's, and are not accepted as one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from support.api import START, Api
from support.message_signers import pair
from support.operator_provider import AUDIENCE, OpenIdProvider, create_client, key_pair, list_clients
from support.token_forge import compact

if TYPE_CHECKING:
    from support.api import Reply

HOUR = 3600
COGNITO: dict[str, Any] = {
    "aud": None,
    "client_id": AUDIENCE,
    "token_use": "access",
    "name": None,
    "username": "amina",
}
REJECTED_CLAIMS: dict[str, dict[str, Any]] = {
    "foreign issuer": {"iss": "https://accounts.example.org"},
    "issuer with a slash more": {"iss_suffix": "/"},
    "wrong audience": {"aud": "another-api"},
    "no audience": {"aud": None},
    "audience within a text": {"aud": f"{AUDIENCE} another-api"},
    "audience in a nested list": {"aud": [[AUDIENCE]]},
    "expired": {"exp": int(START)},
    "no expiry": {"exp": None},
    "expiry as a text": {"exp": str(int(START) + HOUR)},
    "valid for more than a day": {"exp": int(START) + 86_401},
    "from the future": {"iat": int(START) + 61, "exp": int(START) + HOUR},
    "not valid yet": {"nbf": int(START) + 61},
    "no time of issue": {"iat": None},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "long subject": {"sub": "x" * 256},
    "subject with a space": {"sub": "amina diallo"},
    "machine of the provider": {"sub": "console"},
    "id token of Cognito": {**COGNITO, "aud": AUDIENCE, "token_use": "id"},
    "Cognito's, for another client": {**COGNITO, "client_id": "another-client"},
    "Cognito's, where only aud fits": {**COGNITO, "aud": AUDIENCE, "client_id": "another-client"},
    "groups as a text": {"cognito:groups": "client-manager"},
    "nested groups": {"cognito:groups": [["client-manager"]]},
    "groups as an object": {"cognito:groups": {"client-manager": True}},
    "too many groups": {"cognito:groups": ["client-manager"] * 1001},
    "long token": {"padding": "x" * 8192},
}


def is_rejected(reply: Reply) -> bool:
    """Return whether a token was rejected as invalid, without a word of what was sent."""
    assert "another-api" not in reply.text
    return reply.status == 401 and 'error="invalid_token"' in reply.headers["WWW-Authenticate"]


def test_a_good_token_is_accepted(operators_api: Api, provider: OpenIdProvider) -> None:
    """A token of the provider for this API is accepted: as in RFC 9068, with several audiences, or Cognito's."""
    for token in (
        provider.token("client-manager"),
        provider.token("client-manager", header={"typ": "application/at+JWT"}, aud=["console", AUDIENCE]),
        provider.token("client-manager", header={"typ": None}, **COGNITO),
        provider.token("client-manager", header={"typ": "JWT"}, **COGNITO),
    ):
        assert create_client(operators_api, token).status == 201


@pytest.mark.parametrize("name", REJECTED_CLAIMS)
def test_a_token_with_other_claims_is_rejected(operators_api: Api, provider: OpenIdProvider, name: str) -> None:
    """Each claim is checked: no token is accepted that is signed by the provider, and not meant for this."""
    changes = dict(REJECTED_CLAIMS[name])
    if suffix := changes.pop("iss_suffix", ""):
        changes["iss"] = provider.issuer + suffix
    assert is_rejected(create_client(operators_api, provider.token("client-manager", **changes)))


@pytest.mark.parametrize("typ", ["JWT", None, "id+jwt", "logout+jwt", "dpop+jwt"])
def test_an_id_token_is_no_access_token(operators_api: Api, provider: OpenIdProvider, typ: str | None) -> None:
    """A token of another type is rejected, also if issuer, audience and signature are right."""
    token = provider.token("client-manager", header={"typ": typ}, nonce="n", at_hash="h")
    assert is_rejected(create_client(operators_api, token))


@pytest.mark.parametrize("algorithm", ["HS256", "none", "RS512", "ES256", "PS256"])
def test_another_algorithm_is_rejected(operators_api: Api, provider: OpenIdProvider, algorithm: str) -> None:
    """The algorithm is the key's: none, HMAC with the public key, and others of the same key are rejected."""
    header = {"alg": algorithm, "typ": "at+jwt", "kid": provider.pairs[0].kid}
    claims = provider.claims("client-manager")

    def sign(signed: bytes) -> bytes:
        match algorithm:
            case "HS256":
                key = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
                return key.sign(signed, provider.pairs[0].public_pem)
            case "none":
                return b""
        signer: Any = pair(algorithm, "any") if algorithm == "ES256" else provider.pairs[0]
        return jwt.algorithms.get_default_algorithms()[algorithm].sign(signed, signer.private)

    assert is_rejected(create_client(operators_api, compact(header, claims, sign)))


@pytest.mark.parametrize("kid", [None, "", "unknown", 1])
def test_a_key_is_named_by_its_id(operators_api: Api, provider: OpenIdProvider, kid: Any) -> None:
    """A token without the id of a published key is rejected, whoever signed it."""
    private: Any = provider.pairs[0].private
    header = {"alg": "RS256", "typ": "at+jwt", "kid": kid, "jwk": provider.pairs[0].jwk}
    sign = jwt.algorithms.get_default_algorithms()["RS256"].sign
    token = compact(header, provider.claims("client-manager"), lambda signed: sign(signed, private))
    assert is_rejected(create_client(operators_api, token))


def test_a_foreign_key_is_rejected(operators_api: Api, provider: OpenIdProvider) -> None:
    """A token that somebody else signed, under the id of a published key, is rejected."""
    assert is_rejected(create_client(operators_api, provider.token("client-manager", by=key_pair(1, "EdDSA"))))
    header, _, signature = provider.token("auditor").split(".")
    payload = provider.token("client-manager").split(".")[1]
    assert is_rejected(create_client(operators_api, f"{header}.{payload}.{signature}"))


@pytest.mark.parametrize(
    "claims",
    [{"groups": ["client-manager"]}, {"roles": ["client-manager"]}, {"scope": "client-manager clients.manage"}],
)
def test_groups_are_read_of_their_claim_alone(
    operators_api: Api, provider: OpenIdProvider, claims: dict[str, Any]
) -> None:
    """Groups in another claim, or spelled otherwise, give no role."""
    for groups in ((), ("Client-Manager",), ("client-manager ",), ("/client-manager",)):
        reply = list_clients(operators_api, provider.token(*groups, **claims))
        assert (reply.status, reply.code) == (403, "err.request.forbidden")
        assert "None of your groups is a role" in reply.text


def test_a_token_of_this_api_is_verified_apart(operators_api: Api, provider: OpenIdProvider) -> None:
    """The provider's key signs no token that names this API as issuer, and this API's key ids are none of its."""
    issuer = operators_api.runtime.settings.issuer
    own: dict[str, Any] = {
        "iss": issuer,
        "aud": issuer,
        "client_id": "f3a1-amina",
        "jti": "j",
        "scope": "clients.manage",
    }
    assert is_rejected(create_client(operators_api, provider.token("client-manager", **own)))
    token = operators_api.token_of(scopes=("clients.manage",))
    assert create_client(operators_api, token).status == 201
    claims = jwt.decode(token, options={"verify_signature": False}) | provider.claims("client-manager")
    key = provider.pairs[0]
    header = jwt.get_unverified_header(token)  # with the kid of this API
    assert is_rejected(create_client(operators_api, jwt.encode(claims, key.pem, key.alg, {**header, "alg": key.alg})))


def test_people_never_reach_the_registry(operators_api: Api, provider: OpenIdProvider) -> None:
    """No role opens a route of the registry."""
    reply = operators_api.search(token=provider.token("data-officer", "client-manager", "auditor", "approver"))
    assert (reply.status, reply.code) == (401, "err.request.unauthorized")
    assert "get one from this API's token endpoint" in reply.text


def test_without_a_provider_nobody_signs_in(provider: OpenIdProvider, new_api: Callable[..., Api]) -> None:
    """A deployment without OperatorIssuer rejects the tokens of people, and asks no provider."""
    reply = create_client(new_api(), provider.token("client-manager"))
    assert (reply.status, provider.paths) == (401, [])
    assert "token endpoint" in json.loads(reply.text)["errors"][0]["message"]


@pytest.mark.parametrize("token", ["", "a.b.c", "a..c", "a.W10.c", "a.bnVsbA.c", f"a.{'W' * 4000}.c", "é.é.é"])
def test_what_is_no_token_is_rejected(operators_api: Api, provider: OpenIdProvider, token: str) -> None:
    """Texts that are no tokens are rejected, and the provider is not asked."""
    assert (list_clients(operators_api, token).status, provider.paths) == (401, [])
