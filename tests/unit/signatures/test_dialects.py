"""The dialects: known signatures, and what each accepts from and sends to the partners' own implementations."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from dci_common.signatures.dialect import InvalidSignature, dialect_of
from support import signature_peers as peers
from support.message_signers import NOW, body, header, message, pair, reason, registered, verify

VECTOR = ({"message_id": "m1", "total_count": 1}, {"name": "José", "a": 1.0})
DIGEST = "2ZzoFY4tcjSjINMhQvDdJtI6lS1VVfofebLaFZ+WEOQ="
OPENSPP2 = (
    'namespace="dci", kidId="k1", algorithm="ed25519", created="1700000000", expires="1700000300", '
    'headers="(created) (expires) digest", '
    'signature="kBxYXD0V53ICFceS4lvf7jxIOy7WQD6MvDZv1+1r4wNGW3v3Sg0QTz3WEoavQ2LUCA7W9C+abhxzNVQydCOPCg=="'
)
OPENG2P = (
    "eyJhbGciOiJFZERTQSIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.."
    "zZjUNegF-6fJtVellUbxireXxNeggYIMF9PDzkbMIH7hDn_wYoUWF8pUv9J5J8ynQsTDAM-HRkBwtgSfuI5uDg"
)
OURS = {name: pair(dialect_of(name).ALGORITHM) for name in peers.SIGN}
FROM_PARTNERS = [
    ("openspp2", "EdDSA"),
    *((name, alg) for name in ("openg2p", "opencrvs") for alg in ("EdDSA", "ES256", "RS256")),
]


def test_the_vector_of_openspp2() -> None:
    """The published key signs the known message with the known digest and signature, and it is verified."""
    assert peers.openspp2_digest(*VECTOR) == DIGEST
    sealed = dialect_of("openspp2").sign(
        pair("EdDSA").signing_key, json.dumps(VECTOR[0]), json.dumps(VECTOR[1]), 1700000000.9
    )
    assert sealed == OPENSPP2
    found = verify("openspp2", body(OPENSPP2, *VECTOR), pair("EdDSA"), now=1700000000)
    signed = f"(created): 1700000000\n(expires): 1700000300\ndigest: {DIGEST}"
    assert found == (hashlib.sha256(signed.encode()).digest(), 1700000300)


def test_the_vector_of_openg2p() -> None:
    """The published key signs the known message with the known signature; without message_ts, it is rejected."""
    sealed = dialect_of("openg2p").sign(pair("EdDSA").signing_key, json.dumps(VECTOR[0]), json.dumps(VECTOR[1]), NOW)
    assert sealed == OPENG2P
    assert peers.openg2p_sign(pair("EdDSA"), *VECTOR) == OPENG2P
    assert reason("openg2p", body(OPENG2P, *VECTOR), pair("EdDSA")) == "times"


@pytest.mark.parametrize(("dialect", "alg"), FROM_PARTNERS)
@pytest.mark.parametrize("kid", ["k1", "registry|abc|ed25519"])
def test_a_partners_signature_is_verified(dialect: str, alg: str, kid: str) -> None:
    """What a partner's implementation signs is verified with its registered key, and when it expires is returned."""
    key = pair(alg, kid)
    signature = peers.SIGN[dialect](key, header(), message(), NOW)
    expires = int(NOW) + 300 if dialect == "openspp2" else int(NOW) + 86_400
    assert verify(dialect, body(signature, header(), message()), pair(alg, "other"), key).expires == expires


@pytest.mark.parametrize("dialect", peers.SIGN)
@pytest.mark.parametrize("callback", [{}, {"status": "succ", "completed_count": 1}])
def test_our_signature_is_verified_by_the_partner(dialect: str, callback: dict[str, Any]) -> None:
    """Requests' and callbacks' headers, with milliseconds and without optional members, are accepted there."""
    sent = header(message_ts="2026-03-01T09:30:00.120Z", **callback)
    signature = dialect_of(dialect).sign(OURS[dialect].signing_key, json.dumps(sent), json.dumps(message()), NOW)
    assert peers.ACCEPTS[dialect](OURS[dialect], body(signature, sent, message()), NOW)
    assert not peers.ACCEPTS[dialect](OURS[dialect], body(signature, sent, message(name="Jose")), NOW)
    assert verify(dialect, body(signature, sent, message()), OURS[dialect])


@pytest.mark.parametrize("dialect", peers.SIGN)
def test_the_identity_is_of_the_signed_text(dialect: str) -> None:
    """Two writings of a message, of which one may be replayed, have one identity; another message has another."""
    key = OURS[dialect]
    signature = peers.SIGN[dialect](key, header(), message(), NOW)
    text = body(signature, header(), message())
    other = header(message_id="m-2")
    found = verify(dialect, text, key).identity
    assert verify(dialect, json.dumps(json.loads(text), indent=1, sort_keys=True), key).identity == found
    assert (
        verify(dialect, body(peers.SIGN[dialect](key, other, message(), NOW), other, message()), key).identity
        != found
    )


@pytest.mark.parametrize("dialect", ["openg2p", "opencrvs"])
def test_the_identity_of_ecdsa_is_not_malleable(dialect: str) -> None:
    """The second valid signature that anyone can make of one with ECDSA is a replay of the first."""
    key = pair("ES256")
    signature = peers.SIGN[dialect](key, header(), message(), NOW)
    *parts, seal = signature.split(".")
    raw = base64.urlsafe_b64decode(seal + "==")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    mirrored = raw[:32] + (order - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    twin = ".".join([*parts, base64.urlsafe_b64encode(mirrored).rstrip(b"=").decode()])
    assert twin != signature
    texts = [body(each, header(), message()) for each in (signature, twin)]
    assert verify(dialect, texts[0], key) == verify(dialect, texts[1], key)


@pytest.mark.parametrize("dialect", ["openg2p", "opencrvs"])
@pytest.mark.parametrize(
    ("message_ts", "accepted"),
    [
        ("2026-03-01T09:31:00Z", True),
        ("2026-03-01T11:31:00.5+02:00", True),
        ("2026-02-28T09:30:00.5Z", True),
        ("2026-03-01T09:31:00.6Z", False),
        ("2026-02-28T09:30:00.4Z", False),
        ("2026-03-01T09:30:00", False),
        ("2026-03-01", False),
        ("0001-01-01T00:00:00+23:59", False),
        ("9999-12-31T23:59:59-23:59", False),
        ("", False),
        (None, False),
        (1772357400, False),
        ([], False),
    ],
)
def test_a_jws_lives_for_a_day(dialect: str, message_ts: Any, accepted: bool) -> None:  # noqa: FBT001
    """The signed message_ts is up to 24 hours old and up to 60 seconds in the future, or the message is rejected."""
    sent, key = header(message_ts=message_ts), OURS[dialect]
    text = body(peers.SIGN[dialect](key, sent, message(), NOW), sent, message())
    if accepted:
        assert verify(dialect, text, key).expires >= NOW
    else:
        assert reason(dialect, text, key) == "times"


def test_a_replay_is_rejected_after_it_expired() -> None:
    """From the second after `expires`, a message is rejected by its times alone."""
    for dialect, key in OURS.items():
        text = body(peers.SIGN[dialect](key, header(), message(), NOW), header(), message())
        expires = verify(dialect, text, key).expires
        assert verify(dialect, text, key, now=expires)
        assert reason(dialect, text, key, now=expires + 0.1) == "times"


@pytest.mark.parametrize("dialect", peers.SIGN)
@pytest.mark.parametrize(
    "content", [{}, {"header": header()}, {"header": header(), "message": []}, {"header": None, "message": {}}]
)
def test_header_and_message_must_be_objects(dialect: str, content: dict[str, Any]) -> None:
    """A signature over anything else is rejected before it is verified."""
    signature = peers.SIGN[dialect](OURS[dialect], header(), message(), NOW)
    with pytest.raises(InvalidSignature) as raised:
        dialect_of(dialect).verify(signature, content, registered(OURS[dialect]), NOW)
    assert raised.value.reason == "form"


def test_an_unknown_dialect_is_an_error() -> None:
    """A registration with another dialect is a fault of the registry."""
    with pytest.raises(ValueError, match="jose"):
        dialect_of("jose")
