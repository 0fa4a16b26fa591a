"""Client assertions that were forged, replayed, or made for something else."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from dci_common.oauth.assertions import MAX_CHARACTERS
from dci_common.oauth.key_ring import generate
from support.api import START
from support.assertion_signer import Signer
from support.call_trace import aws_calls
from support.events import event
from support.example_counts import sampled
from support.token_forge import ABSENT, Forge, compact, decode, encode, public_forms

if TYPE_CHECKING:
    from support.api import Api, Reply


@pytest.fixture
def signer(api: Api) -> Signer:
    """Return a client with a key of its own."""
    return Signer.of(api)


def is_refused(reply: Reply) -> None:
    """Check that no client was authenticated."""
    assert (reply.status, reply.json["error"]) == (401, "invalid_client")
    assert reply.headers["WWW-Authenticate"].startswith("Basic")


def by_hand(signer: Signer, header: dict[str, Any], claims: object = None, sign: Any = None) -> str:
    """Put an assertion together as no library would; it is signed with the client's key."""
    sign = sign or (lambda signed: Forge(signer.api, signer.client).sign(signed, signer.key))
    return compact(header, signer.claims() if claims is None else claims, sign)


def test_an_unchanged_assertion_is_accepted(signer: Signer) -> None:
    """An unchanged assertion is accepted, so that each rejection below has its own reason."""
    assert signer.send(by_hand(signer, {"alg": "ES256", "kid": signer.key.kid})).status == 200


def test_a_replayed_assertion_is_rejected(signer: Signer, api: Api) -> None:
    """An assertion is good once, at whichever endpoint, and even when its signature is written anew."""
    assertion = signer.assertion(jti="once")
    assert signer.send(assertion).status == 200
    is_refused(signer.send(assertion))
    is_refused(signer.send(assertion, "introspect", token="x"))
    is_refused(signer.send(signer.assertion(jti="once")))
    api.clock.advance(59)
    is_refused(signer.send(assertion))
    for seconds in (1, 59, 1):
        api.clock.advance(seconds)
        is_refused(signer.send(assertion))


def test_a_jti_belongs_to_one_client(signer: Signer, api: Api) -> None:
    """Another client may use the same jti: no client can use up another's."""
    other = Signer.of(api)
    assert other.send(other.assertion(jti="shared")).status == 200
    assert signer.send(signer.assertion(jti="shared")).status == 200


def test_a_forged_assertion_does_not_use_up_a_jti(signer: Signer, api: Api) -> None:
    """A forged assertion does not use up the client's jti."""
    forged = Signer(api, signer.client, "", generate("ES256"))
    with aws_calls(api.runtime) as calls:
        is_refused(forged.send(forged.assertion(jti="mine")))
    assert not [call for call in calls if "exchange" in call]
    assert signer.send(signer.assertion(jti="mine")).status == 200


@pytest.mark.parametrize("alg", ["none", "None", "", None, ABSENT])
def test_alg_none_is_rejected(signer: Signer, alg: Any) -> None:
    """An assertion that says it needs no signature is rejected."""
    header = {"kid": signer.key.kid} | ({} if alg is ABSENT else {"alg": alg})
    is_refused(signer.send(by_hand(signer, header, sign=lambda _: b"")))
    is_refused(signer.send(by_hand(signer, header)))


@pytest.mark.parametrize("form", ["pem", "der", "jwk", "x", "empty"])
@pytest.mark.parametrize("alg", ["HS256", "ES256"])
def test_an_hmac_with_the_public_key_is_rejected(signer: Signer, form: str, alg: str) -> None:
    """An HMAC made with the public key is no signature, nor is one made with the client's secret."""
    header = {"alg": alg, "kid": signer.key.kid}
    for secret in (public_forms(signer.key)[form], signer.secret.encode()):
        mac = by_hand(signer, header, sign=lambda signed, key=secret: hmac.digest(key, signed, hashlib.sha256))
        is_refused(signer.send(mac))


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES384", "EdDSA", "es256", ["ES256"]])
def test_another_algorithm_than_the_keys_is_rejected(signer: Signer, alg: Any) -> None:
    """The algorithm is the one that the key is registered for."""
    is_refused(signer.send(by_hand(signer, {"alg": alg, "kid": signer.key.kid})))


@pytest.mark.parametrize("kid", ["unknown", "../../dev/null", 5, ["a"], {"a": 1}, "x" * 5000])
def test_a_foreign_key_id_is_rejected(signer: Signer, kid: Any) -> None:
    """A key id that the client does not have verifies nothing."""
    is_refused(signer.send(by_hand(signer, {"alg": "ES256", "kid": kid})))


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u"])
def test_an_embedded_key_is_ignored(signer: Signer, api: Api, member: str) -> None:
    """A key that the assertion itself brings, or points to, is not looked at."""
    foreign = Signer(api, signer.client, "", generate("ES256"))
    brought = foreign.key.public if member == "jwk" else "https://evil.example.com/keys"
    is_refused(foreign.send(foreign.assertion({member: brought, "kid": signer.key.kid})))


def test_another_clients_key_is_rejected(signer: Signer, api: Api) -> None:
    """A client signs for itself alone, under whichever key id."""
    other = Signer.of(api)
    for kid in (other.key.kid, signer.key.kid):
        claims = {"iss": signer.client.client_id, "sub": signer.client.client_id}
        is_refused(other.send(other.assertion({"kid": kid}, **claims)))
        is_refused(other.send(other.assertion({"kid": kid}, sub=signer.client.client_id)))
        is_refused(other.send(other.assertion({"kid": kid}, iss=signer.client.client_id)))


def test_the_registrys_own_keys_are_rejected(signer: Signer, api: Api) -> None:
    """An access token is no assertion, and the key that signs tokens signs for no client."""
    own = Signer(api, signer.client, "", Forge(api, signer.client).key)
    is_refused(own.send(own.assertion()))
    is_refused(own.send(api.token(signer.client, signer.secret).json["access_token"]))


def test_a_client_without_keys_is_rejected(api: Api) -> None:
    """A client without a registered key cannot sign, not even with the key that stands in for none."""
    signer = Signer(api, *api.client(), generate("ES256"))
    is_refused(signer.send(signer.assertion()))
    is_refused(signer.send(jwt.encode(signer.claims(), ec.derive_private_key(1, ec.SECP256R1()), "ES256")))


@pytest.mark.exhaustive
@pytest.mark.parametrize("part", sampled([2, 0, 1]))
def test_an_altered_byte_is_rejected(signer: Signer, part: int) -> None:
    """One bit changed in any byte spoils the assertion."""
    parts = [decode(text) for text in signer.assertion().split(".")]
    for place in range(len(parts[part])):
        altered = bytearray(parts[part])
        altered[place] ^= 1 << place % 8
        whole = [*parts[:part], bytes(altered), *parts[part + 1 :]]
        # From an address of its own each, or else it had to wait instead.
        is_refused(signer.send(".".join(map(encode, whole)), source=f"2001:db8:{place:x}::1"))


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "exp", "jti"])
def test_a_missing_claim_is_rejected(signer: Signer, claim: str) -> None:
    """Every claim that RFC 7523 §3 and replay detection need must be there."""
    is_refused(signer.send(signer.assertion(**{claim: ABSENT})))


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "jti"])
@pytest.mark.parametrize("value", sampled([None, True, 0, 10**400, "", [], ["x", 1], {}, "\ud800"], 3), ids=ascii)
def test_a_claim_that_is_no_text_is_rejected(signer: Signer, claim: str, value: Any) -> None:
    """A claim that must be a text and is not is rejected."""
    claims = signer.claims(**{claim: value})
    if (claim, value) == ("jti", "\ud800"):
        claims["iss"] = ""  # half a character is a text, if an odd one
    is_refused(signer.send(by_hand(signer, {"alg": "ES256", "kid": signer.key.kid}, claims)))


@pytest.mark.parametrize(
    "value", [None, True, "1772357460", [], {}, 10**400, 1e400, float("nan"), -1, START - 60, START + 301]
)
def test_an_invalid_expiry_is_rejected(signer: Signer, value: Any) -> None:
    """Times that are no number, a minute past, or more than five minutes ahead are rejected."""
    claims = signer.claims(exp=value)
    is_refused(signer.send(by_hand(signer, {"alg": "ES256", "kid": signer.key.kid}, claims)))


@pytest.mark.parametrize("audience", ["https://registry.example.com", "https://registry.example.org/", "*", ""])
def test_another_audience_is_rejected(signer: Signer, audience: str) -> None:
    """An assertion made for another server is not for this one."""
    is_refused(signer.send(signer.assertion(aud=audience)))
    is_refused(signer.send(signer.assertion(aud=[audience])))


def test_an_oversize_assertion_is_rejected(signer: Signer) -> None:
    """A large assertion is rejected before it is read."""
    is_refused(signer.send(signer.assertion(more="x" * MAX_CHARACTERS)))
    is_refused(signer.send("x" * 500_000))
    is_refused(signer.send(f"{encode(b'[' * 3000)}.{encode(b'{}')}.x"))


def test_other_serializations_are_rejected(signer: Signer) -> None:
    """Only three parts with two dots are an assertion."""
    header, claims, signature = signer.assertion().split(".")
    as_json = json.dumps({"protected": header, "payload": claims, "signature": signature})
    for text in (header, f"{header}.{claims}", f"{header}.{claims}.", f"{header}.{claims}.{signature}.x", as_json):
        is_refused(signer.send(text))


def test_an_assertion_beside_a_secret_is_rejected(signer: Signer) -> None:
    """An assertion and a secret, in the body or in the header, are two methods at once (RFC 6749 §2.3)."""
    both = signer.send(signer.assertion(), client_id=signer.client.client_id, client_secret=signer.secret)
    assert (both.status, both.json["error"]) == (400, "invalid_request")
    form = f"grant_type=client_credentials&client_assertion={signer.assertion()}"
    header = signer.api.send(event("token_basic", body=form))
    assert (header.status, header.json["error"]) == (400, "invalid_request")


def test_an_assertion_is_not_accepted_as_token(signer: Signer) -> None:
    """What a client signed itself opens nothing, whatever type it says it is of."""
    for header in ({"kid": signer.key.kid}, {"kid": signer.key.kid, "typ": "at+jwt"}):
        reply = signer.api.send(event("search", token=signer.assertion(header)))
        assert (reply.status, reply.code) == (401, "err.request.unauthorized")


def test_a_disabled_clients_assertion_is_rejected(signer: Signer, api: Api) -> None:
    """A key gets a disabled client nothing."""
    admin = api.token_of(scopes=("clients.manage",))
    path = {"pathParameters": {"client_id": signer.client.client_id}}
    assert api.send(event("client_disable", token=admin) | path).status == 200
    is_refused(signer.send(signer.assertion()))
