"""Forged signatures of messages: one test for each idea, in each dialect that it could work in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from typing import Any

import pytest

from dci_common.signatures.dialect import InvalidSignature, dialect_of
from support import signature_peers as peers
from support.example_counts import sampled
from support.message_signers import NOW, body, header, message, pair, reason, registered, verify

KEYS = {"openspp2": pair("EdDSA"), "openg2p": pair("ES256"), "opencrvs": pair("RS256")}
JWS = ["openg2p", "opencrvs"]
Header = dict[str, Any]


def encode(raw: bytes) -> str:
    """Write base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(dialect: str) -> str:
    """Return the text of a good message."""
    return body(peers.SIGN[dialect](KEYS[dialect], header(), message(), NOW), header(), message())


def forged(dialect: str, protected: Header | str, seal: bytes, payload: bytes | None = None) -> str:
    """Return a body whose JWS has any protected header and any signature."""
    content = {"header": header(), "message": message()}
    given = payload or json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    text = protected if isinstance(protected, str) else json.dumps(protected)
    middle = "" if dialect == "openg2p" else encode(given)
    return body(
        f"{encode(text.encode())}.{middle}.{encode(seal)}", **{f"sent_{name}": content[name] for name in content}
    )


def signing_input(protected: Header) -> bytes:
    """Return what a JWS with this header covers, in both dialects."""
    content = {"header": header(), "message": message()}
    form = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return f"{encode(json.dumps(protected).encode())}.{encode(form)}".encode()


@pytest.mark.parametrize("dialect", JWS)
def test_the_forger_forges_what_is_verified(dialect: str) -> None:
    """What these tests put together by hand is accepted when it is signed with the client's key."""
    key, protected = pair("EdDSA"), {"alg": "EdDSA"}
    assert verify(dialect, forged(dialect, protected, key.private.sign(signing_input(protected))), key)  # type: ignore[call-arg]


@pytest.mark.parametrize("dialect", JWS)
@pytest.mark.parametrize(
    "alg", ["none", "None", "", None, 7, ["RS256"], "HS256", "RS384", "PS256", "rs256", "EdDSA "]
)
def test_other_algorithms_are_rejected(dialect: str, alg: Any) -> None:
    """No signature, a shared secret, and algorithms that no dialect has are rejected by name."""
    assert reason(dialect, forged(dialect, {"alg": alg, "kid": "k1"}, b"x"), KEYS[dialect]) == "algorithm"


@pytest.mark.parametrize("dialect", JWS)
def test_a_public_key_is_no_shared_secret(dialect: str) -> None:
    """HS256 with the public key as secret, which anyone could compute, is rejected in each of the key's forms."""
    key, protected = KEYS[dialect], {"alg": "HS256", "kid": "k1"}
    for secret in (key.public_pem, key.public_pem.strip(), json.dumps(key.jwk).encode(), b""):
        seal = hmac.digest(secret, signing_input(protected), hashlib.sha256)
        assert reason(dialect, forged(dialect, protected, seal), key) == "algorithm"


@pytest.mark.parametrize("dialect", JWS)
@pytest.mark.parametrize("alg", ["EdDSA", "ES256", "RS256"])
def test_a_key_has_one_algorithm(dialect: str, alg: str) -> None:
    """A message cannot name another algorithm for a registered key."""
    key = KEYS[dialect]
    expected = "signature" if alg == key.alg else "key_unknown"
    assert reason(dialect, forged(dialect, {"alg": alg, "kid": "k1"}, b"x" * 64), key) == expected


def test_a_finder_that_returns_too_much_confuses_no_algorithm() -> None:
    """Even if all keys were found for any algorithm, each would verify only its own."""
    key, protected = pair("RS256"), {"alg": "EdDSA", "kid": "k1"}
    content = json.loads(forged("openg2p", protected, b"x" * 64))
    with pytest.raises(InvalidSignature) as raised:
        dialect_of("openg2p").verify(content["signature"], content, lambda *_: registered(key)(None, ["RS256"]), NOW)
    assert raised.value.reason == "key_unknown"


@pytest.mark.parametrize("dialect", JWS)
@pytest.mark.parametrize("name", ["jwk", "jku", "x5c", "x5u", "crit", "b64", "zip", "enc"])
def test_a_message_brings_no_key_along(dialect: str, name: str) -> None:
    """An attacker's embedded key is rejected, and so is a member that changes what is signed."""
    attacker = pair("EdDSA", "attacker")
    values = {"jwk": attacker.jwk, "crit": ["b64"], "b64": False}
    for key in (attacker, pair("EdDSA")):
        protected = {"alg": "EdDSA", "kid": "k1", name: values.get(name, ["https://attacker.example"])}
        seal = key.private.sign(signing_input(protected))  # type: ignore[call-arg]
        assert reason(dialect, forged(dialect, protected, seal), pair("EdDSA")) == "form"


@pytest.mark.parametrize("dialect", peers.SIGN)
def test_keys_of_others_are_not_tried(dialect: str) -> None:
    """A signature by a key of nobody, or of another client, is rejected, whatever its key id is."""
    theirs = pair(KEYS[dialect].alg, "theirs")
    text = body(peers.SIGN[dialect](theirs, header(), message(), NOW), header(), message())
    assert reason(dialect, text, KEYS[dialect]) == ("digest" if dialect == "openspp2" else "key_unknown")
    assert reason(dialect, text.replace("theirs", "k1"), KEYS[dialect]) in {"digest", "key_unknown", "signature"}


@pytest.mark.parametrize("dialect", peers.SIGN)
@pytest.mark.parametrize("registered_as", peers.SIGN)
def test_dialects_are_not_confused(dialect: str, registered_as: str) -> None:
    """A client's signature in another dialect than the registered one is rejected, though its key is right."""
    text = body(peers.SIGN[dialect](pair("EdDSA"), header(), message(), NOW), header(), message())
    if dialect == registered_as:
        assert verify(registered_as, text, pair("EdDSA"))
    else:
        assert reason(registered_as, text, pair("EdDSA")) == "form"


@pytest.mark.parametrize("dialect", peers.SIGN)
@pytest.mark.parametrize("size", sampled([8193, 1_100_000, 5_000_000]))
def test_a_huge_signature_is_rejected(dialect: str, size: int) -> None:
    """Its size is checked before anything else is done with it; an attached payload may be as large as a body."""
    for signature in (
        "A" * size,
        "." * size,
        'a="' * (size // 3),
        f"{'A' * size}.{'A' * 10}.AAAA",
        f"A..{'A' * size}",
    ):
        assert reason(dialect, body(signature, header(), message()), KEYS[dialect]) == "form"


def test_a_huge_payload_that_nobody_signed_is_not_read() -> None:
    """The payload of an attached signature is parsed after the signature was verified."""
    text = forged("opencrvs", {"alg": "RS256", "kid": "k1"}, b"x" * 256, b"[" * 700_000)
    assert reason("opencrvs", text, KEYS["opencrvs"]) == "signature"


@pytest.mark.parametrize("dialect", peers.SIGN)
@pytest.mark.parametrize("member", header())
def test_a_signature_over_another_header_is_rejected(dialect: str, member: str) -> None:
    """No member of the header may differ from the signed one, nor be added or left out."""
    content = json.loads(signed(dialect))
    others: list[Header] = [
        header(**{member: 2 if member == "total_count" else "2026-03-01T09:29:59Z"}),
        header(sender_uri="https://attacker.example/on-search"),
        {name: value for name, value in header().items() if name != member},
    ]
    for other in others:
        found = reason(dialect, json.dumps(content | {"header": other}), KEYS[dialect])
        assert found in {"digest", "signature", "content", "times"}


@pytest.mark.parametrize("dialect", peers.SIGN)
def test_a_signature_over_another_message_is_rejected(dialect: str) -> None:
    """Values that look alike are not the same."""
    content = json.loads(signed(dialect))
    for changes in (
        {"name": "José Åstrom"},
        {"score": 12.500000000000002},
        {"big": 2**53},
        {"new": None},
        {"score": "12.5"},
    ):
        text = json.dumps(content | {"message": message(**changes)})
        assert reason(dialect, text, KEYS[dialect]) in {"digest", "signature", "content"}


@pytest.mark.parametrize(
    "payload",
    [
        '{"header": %s, "message": %s, "message": {}}',
        '{"header": %s, "message": %s, "extra": 1}',
        '{"header": %s, "message": {}, "messag\\u0065": %s}',
        '{"header": %s, "message": %s, "x": "\\ud800"}',
        '{"header": %s, "message": %s, "x": NaN}',
        '\ufeff{"header": %s, "message": %s}',
        '{"iss": "health", "sub": %s, "aud": %s}',
    ],
)
def test_a_payload_with_two_meanings_is_rejected(payload: str) -> None:
    """Duplicate members, lone surrogates and members that were not sent are rejected, though rightly signed."""
    key = pair("RS256")
    given = (payload % (json.dumps(header()), json.dumps(message()))).encode()
    signature = peers._compact(key, given, {"alg": "RS256", "kid": "k1"})  # noqa: SLF001 - as no partner signs
    assert reason("opencrvs", body(signature, header(), message()), key) == "content"


@pytest.mark.parametrize("dialect", JWS)
@pytest.mark.parametrize(
    "protected",
    [
        '{"alg": "EdDSA", "alg": "none"}',
        '{"alg": "EdDSA", "kid": "k1", "kid": "k2"}',
        '{"alg": "EdDSA", "kid": "\\ud800"}',
        '{"alg": "EdDSA", "kid": 1}',
        '{"alg": "EdDSA", "kid": ["k1"]}',
        '["EdDSA"]',
        '"EdDSA"',
        "{",
    ],
)
def test_a_protected_header_with_two_meanings_is_rejected(dialect: str, protected: str) -> None:
    """It is read as strictly as the message."""
    assert reason(dialect, forged(dialect, protected, b"x" * 64), pair("EdDSA")) == "form"


@pytest.mark.parametrize("dialect", JWS)
def test_a_jws_has_one_writing(dialect: str) -> None:
    """Padding, blanks, other alphabets, unused bits and more parts are rejected, even around a good signature."""
    content = json.loads(signed(dialect))
    good = content["signature"]
    protected, payload, seal = good.split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = [
        f"{good}=",
        f"{good}==",
        f" {good}",
        f"{good}\n",
        f"{good}.",
        f"{good}!",
        f"{protected}=.{payload}.{seal}",
    ]
    others += [
        seal,
        f"{protected}.{seal}",
        f"{protected}.{payload}.",
        f".{payload}.{seal}",
        "..",
        f"{protected}.é.{seal}",
    ]
    others += [good[:-1] + alphabet[alphabet.index(good[-1]) ^ 1], good[:-1], good + "A"]
    for other in others:
        assert reason(dialect, json.dumps(content | {"signature": other}), KEYS[dialect]) in {"form", "signature"}


@pytest.mark.parametrize("dialect", peers.SIGN)
@pytest.mark.parametrize("part", sampled(range(8)))
def test_no_character_of_a_signature_may_change(dialect: str, part: int) -> None:
    """Each other character in what is signed, or in the signature, is rejected."""
    content = json.loads(signed(dialect))
    good = content["signature"]
    # OpenSPP2 signs neither the namespace nor the key id.
    first = re.search("algorithm=", good).start() if dialect == "openspp2" else 0  # type: ignore[union-attr]
    for place in range(first + part, len(good), 8):
        if good[place] in ' ,"=':
            continue
        for other in {"A", "é", chr(ord(good[place]) ^ 1)} - {good[place]}:
            changed = good[:place] + other + good[place + 1 :]
            assert reason(dialect, json.dumps(content | {"signature": changed}), KEYS[dialect])
