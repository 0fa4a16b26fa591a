"""Tokens that were forged, tampered with or used where they do not belong."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import RSAAlgorithm

from dci_common.oauth.key_ring import generate
from support.api import START, predicate
from support.example_counts import sampled
from support.forged_replies import asked, is_refused
from support.token_forge import ABSENT, Forge, compact, decode, encode, public_forms


def test_an_unchanged_token_is_accepted(forge: Forge) -> None:
    """Without a change a forged token is good, so that each rejection below is for its own reason."""
    assert asked(forge.api, forge.token()).status == 200
    by_hand = compact(forge.header(), forge.claims(), forge.sign)
    assert asked(forge.api, by_hand).status == 200


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None, ABSENT])
def test_alg_none_is_rejected(forge: Forge, alg: Any) -> None:
    """A token that says it needs no signature is rejected, with or without one."""
    header = forge.header(alg=alg)
    is_refused(asked(forge.api, compact(header, forge.claims(), lambda _: b"")))
    is_refused(asked(forge.api, forge.token(header)))


@pytest.mark.parametrize("form", ["pem", "der", "jwk", "x", "empty"])
@pytest.mark.parametrize("alg", ["HS256", "HS512", "ES256"])
def test_an_hmac_with_the_public_key_is_rejected(forge: Forge, form: str, alg: str) -> None:
    """An HMAC made with the public key, which everybody knows, is no signature."""
    secret = public_forms(forge.key)[form]
    digest = hashlib.sha512 if alg == "HS512" else hashlib.sha256
    mac = compact(forge.header(alg=alg), forge.claims(), lambda signed: hmac.digest(secret, signed, digest))
    is_refused(asked(forge.api, mac))


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES384", "ES512", "ES256K", "EdDSA", "HS256", "es256", ["ES256"]])
def test_another_algorithm_than_the_keys_is_rejected(forge: Forge, alg: Any) -> None:
    """The algorithm is the key's, whatever the token says."""
    is_refused(asked(forge.api, forge.token(forge.header(alg=alg))))


def test_an_rsa_token_under_an_elliptic_key_is_rejected(forge: Forge) -> None:
    """A token signed by RSA, which other deployments use, does not pass under our key's id."""
    key = load_pem_private_key(generate("RS256").private_key.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    algorithm = RSAAlgorithm(RSAAlgorithm.SHA256)
    token = compact(forge.header(alg="RS256"), forge.claims(), lambda signed: algorithm.sign(signed, key))
    is_refused(asked(forge.api, token))


@pytest.mark.parametrize(
    "kid", ["unknown", "KEYS", "../../dev/null", "' OR '1'='1", "", ["a"], {"a": 1}, 5, None, ABSENT, "x" * 5000]
)
def test_a_foreign_key_id_is_rejected(forge: Forge, kid: Any) -> None:
    """A key that is not in the public set verifies nothing, and no id is read as a path or a query."""
    is_refused(asked(forge.api, forge.token(forge.header(kid=kid))))


def test_a_foreign_key_is_rejected(forge: Forge) -> None:
    """A foreign key is rejected, under its own id and under one of the registry's."""
    for kid in (forge.foreign.kid, forge.key.kid):
        token = compact(forge.header(kid=kid), forge.claims(), lambda signed: forge.sign(signed, forge.foreign))
        is_refused(asked(forge.api, token))


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c"])
def test_an_embedded_key_is_ignored(forge: Forge, member: str) -> None:
    """A key that the token itself brings, or points to, is not looked at."""
    public = forge.foreign.public
    brought = {"jwk": public, "jku": "https://evil.example.com/jwks", "x5u": "https://evil.example.com", "x5c": ["x"]}
    header = forge.header(kid=public["kid"], **{member: brought[member]})
    is_refused(asked(forge.api, compact(header, forge.claims(), lambda signed: forge.sign(signed, forge.foreign))))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "", "at+jwt2", "id+jwt", "logout+jwt", None, ["at+jwt"], 1, ABSENT])
def test_another_type_of_token_is_rejected(forge: Forge, typ: Any) -> None:
    """Only an access token is one (RFC 9068 §4)."""
    is_refused(asked(forge.api, forge.token(forge.header(typ=typ))))


def test_critical_extensions_are_rejected(forge: Forge) -> None:
    """Extensions that must be understood are not, so the token is rejected (RFC 7515 §4.1.11)."""
    is_refused(asked(forge.api, forge.token(forge.header(crit=["exp"]))))
    is_refused(asked(forge.api, forge.token(forge.header(crit=["b64"], b64=False))))


@pytest.mark.parametrize("part", sampled([2, 0, 1]))
def test_an_altered_byte_is_rejected(forge: Forge, part: int) -> None:
    """One bit changed in any byte of the header, the claims or the signature spoils the token."""
    parts = [decode(text) for text in forge.token().split(".")]
    for place in range(len(parts[part])):
        altered = bytearray(parts[part])
        altered[place] ^= 1 << place % 8
        whole = [*parts[:part], bytes(altered), *parts[part + 1 :]]
        is_refused(asked(forge.api, ".".join(map(encode, whole))))


def _der(forge: Forge) -> Callable[[bytes], bytes]:
    key = load_pem_private_key(forge.key.private_key.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return lambda signed: key.sign(signed, ec.ECDSA(hashes.SHA256()))


def test_malformed_signatures_are_rejected(forge: Forge) -> None:
    """Zeros, too few bytes, too many and another encoding of the signature are rejected."""
    for sign in (
        lambda _: b"",
        lambda _: bytes(64),
        lambda _: bytes(63) + b"\1",
        lambda signed: forge.sign(signed)[:32],
        lambda signed: forge.sign(signed) * 2,
        lambda signed: forge.sign(signed) + b"\0",
        _der(forge),
    ):
        is_refused(asked(forge.api, compact(forge.header(), forge.claims(), sign)))


def test_other_serializations_are_rejected(forge: Forge) -> None:
    """Only three parts with two dots are a token."""
    token = forge.token()
    header, claims, signature = token.split(".")
    as_json = json.dumps({"protected": header, "payload": claims, "signature": signature})
    for text in (header, f"{header}.{claims}", f"{token}.", f"{token}.x", f".{token}", f"{token},{token}", as_json):
        is_refused(asked(forge.api, text))


def test_an_expired_token_is_rejected(own_forge: Forge) -> None:
    """A token is good until its last second, and not in the next."""
    token = own_forge.token(exp=int(START) + 60)
    own_forge.api.clock.advance(59)
    assert asked(own_forge.api, token).status == 200
    own_forge.api.clock.advance(1)
    is_refused(asked(own_forge.api, token), "The token has expired: get a new one.")


@pytest.mark.parametrize(("lifetime", "status"), [(3600, 200), (3601, 401), (10**9, 401)])
def test_a_token_that_outlives_every_registration_is_rejected(forge: Forge, lifetime: int, status: int) -> None:
    """A stolen key signs no token that is valid for longer than any client's, whatever the time is."""
    assert asked(forge.api, forge.token(exp=int(START) + lifetime)).status == status


def test_a_token_from_the_future_is_rejected(forge: Forge) -> None:
    """A token issued later than two clocks can differ is rejected."""
    assert asked(forge.api, forge.token(iat=int(START) + 60)).status == 200
    is_refused(asked(forge.api, forge.token(iat=int(START) + 61)))


def test_an_oversize_token_is_rejected(forge: Forge) -> None:
    """A token that is larger than any issued one is rejected before it is read."""
    for text in (forge.token(more="x" * 8192), "x" * 1_000_000, f"{encode(b'[' * 100_000)}.e30.x"):
        is_refused(asked(forge.api, text))
    assert asked(forge.api, forge.token(more="x" * 4000)).status == 200


def test_a_cursor_is_not_accepted_as_token(forge: Forge) -> None:
    """What the search seals for itself opens nothing."""
    born = ("birth_date", "gt", "1900-01-01")
    found = forge.api.search(predicate(born, pagination={"page_size": 1}), token=forge.token())
    cursor = found.items[0]["pagination"]["next_cursor"]
    is_refused(asked(forge.api, cursor))
    is_refused(asked(forge.api, f"{forge.token().rpartition('.')[0]}.{cursor}"))
