"""OpenSPP2's dialect: the parameters, the times, the filled header and the key id."""

from __future__ import annotations

import re
from typing import Any

import pytest

from support import signature_peers as peers
from support.message_signers import NOW, body, header, message, pair, reason, verify

KEY = pair("EdDSA")
GOOD = peers.openspp2_sign(KEY, header(), message(), NOW)


def sent(signature: str) -> str:
    """Return the body with a signature."""
    return body(signature, header(), message())


@pytest.mark.parametrize(
    "signature",
    [
        f"Signature: {GOOD}",
        f"Signature:  {GOOD}",
        GOOD.replace(", ", ","),
        GOOD.replace(", ", " ,\n "),
        f"{GOOD},",
        ", ".join(reversed(GOOD.split(", "))),
        re.sub(r'(algorithm|created|expires|signature)="([^"]*)"', r"\1=\2", GOOD),
        GOOD.replace('namespace="dci"', 'namespace="spdci"'),
    ],
)
def test_parameters_are_read_in_any_order(signature: str) -> None:
    """The prefix, the order, the quotes and the blanks may differ."""
    assert verify("openspp2", sent(signature), KEY)


@pytest.mark.parametrize(
    ("signature", "why"),
    [
        ("", "form"),
        ("unsigned", "form"),
        ("Signature: Signature: " + GOOD, "form"),
        (GOOD.replace(", ", " "), "form"),
        (GOOD + ' , created="1"', "form"),
        (GOOD + ', digest="x"', "form"),
        (GOOD.replace("created=", "Created="), "form"),
        *(
            (re.sub(rf'{name}="[^"]*",? ?', "", GOOD), "form")
            for name in ("namespace", "kidId", "algorithm", "created")
        ),
        *((re.sub(rf',? ?{name}="[^"]*"', "", GOOD), "form") for name in ("expires", "headers", "signature")),
        (GOOD.replace('algorithm="ed25519"', 'algorithm="none"'), "algorithm"),
        (GOOD.replace('algorithm="ed25519"', 'algorithm="hs2019"'), "algorithm"),
        (GOOD.replace('algorithm="ed25519"', 'algorithm="ED25519"'), "algorithm"),
        (GOOD.replace("(created) (expires) digest", "(created) (expires)"), "form"),
        (GOOD.replace("(created) (expires) digest", "digest (created) (expires)"), "form"),
        (re.sub(r'created="\d+"', 'created="+1772357400"', GOOD), "form"),
        (re.sub(r'created="\d+"', 'created="01772357400"', GOOD), "form"),
        (re.sub(r'created="\d+"', 'created="1772357400.0"', GOOD), "form"),
        (re.sub(r'created="\d+"', 'created="١٧٧٢٣٥٧٤٠٠"', GOOD), "form"),
        (re.sub(r'expires="\d+"', f'expires="{"9" * 5000}"', GOOD), "form"),
        (re.sub(r'created="\d+"', 'created="1772357401"', GOOD), "digest"),
        (re.sub(r'expires="\d+"', 'expires="1772357701"', GOOD), "digest"),
        (re.sub(r'signature="', 'signature="A', GOOD), "form"),
        (GOOD.replace('=="', '"'), "form"),
        (re.sub(r'signature="[^"]*"', 'signature="AAAA"', GOOD), "digest"),
        (re.sub(r'signature="[^"]*"', 'signature=""', GOOD), "digest"),
        (re.sub(r'signature="[^"]*"', 'signature="é"', GOOD), "form"),
    ],
)
def test_other_parameters_are_rejected(signature: str, why: str) -> None:
    """Each parameter comes once, none is missing, and only Ed25519 over times and digest is accepted."""
    assert reason("openspp2", sent(signature), KEY) == why


def test_unused_bits_of_the_base64_are_rejected() -> None:
    """A signature has one writing: its last character has bits that no byte needs, and they must be zero."""
    last = GOOD.removesuffix('=="')
    assert last[-1] in "AQgw"
    assert reason("openspp2", sent(f'{last[:-1]}{chr(ord(last[-1]) + 1)}=="'), KEY) == "form"


@pytest.mark.parametrize(
    ("created", "seconds", "accepted"),
    [
        (0, 300, True),
        (0, 900, True),
        (0, 901, False),
        (60, 300, True),
        (61, 300, False),
        (-300, 301, True),
        (-300, 300, False),
        (60, -1, False),
        (60, 0, True),
    ],
)
def test_times_are_checked(created: int, seconds: int, accepted: bool) -> None:  # noqa: FBT001
    """Created up to a minute ahead, not expired, and valid for up to 15 minutes."""
    signature = peers.openspp2_sign(KEY, header(), message(), NOW + created, seconds)
    if accepted:
        assert verify("openspp2", sent(signature), KEY).expires == int(NOW) + created + seconds
    else:
        assert reason("openspp2", sent(signature), KEY) == "times"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"status": "succ"},
        {"status": "rjct", "status_reason_code": "rjct.version.invalid", "completed_count": 3},
        {"message_ts": "2026-03-01T09:30:00.000Z"},
        {"message_ts": "2026-03-01T09:30:00.12Z"},
        {"message_ts": "2026-03-01T09:30:00+00:00"},
        {"message_ts": "2026-03-01T12:30:00+03:00"},
        {"sender_uri": "", "meta": {}},
        {"meta": {"b": [1.0, "é"], "a": None}},
        {"unknown": "dropped"},
    ],
)
def test_a_header_is_verified_as_sent_and_as_filled(changes: dict[str, Any]) -> None:
    """A partner may sign the header that it sends, or that header as OpenSPP2's model writes it."""
    given = header(**changes)
    for signed in (given, peers.filled(given)):
        signature = peers.openspp2_sign(KEY, signed, message(), NOW)
        assert verify("openspp2", body(signature, given, message()), KEY)


def test_a_header_without_receiver_is_verified_only_as_sent() -> None:
    """OpenSPP2 rejects a message without receiver_id, so it has no filled form."""
    given = header()
    del given["receiver_id"]
    assert verify("openspp2", body(peers.openspp2_sign(KEY, given, message(), NOW), given, message()), KEY)
    signature = peers.openspp2_sign(KEY, peers.filled(given | {"receiver_id": None}), message(), NOW)
    assert reason("openspp2", body(signature, given, message()), KEY) == "digest"


@pytest.mark.parametrize("kid_id", ["p|k1|ed25519", "k1", "anything", "p|unknown|ed25519", "{sender_id}|{id}|{alg}"])
def test_the_key_id_only_selects(kid_id: str) -> None:
    """OpenSPP2 does not read it: where no registered key has this id, all of the client's are tried."""
    signature = re.sub(r'kidId="[^"]*"', f'kidId="{kid_id}"', GOOD)
    assert verify("openspp2", sent(signature), pair("EdDSA", "other"), KEY)
    assert reason("openspp2", sent(signature), pair("EdDSA", "other")) == "digest"
    assert reason("openspp2", sent(signature), pair("ES256")) == "key_unknown"


def test_a_whole_key_id_selects_as_well() -> None:
    """The keys of OpenSPP2's own key set have whole kidIds as ids."""
    whole = "health.example.org|k1|ed25519"
    twin = pair("EdDSA", whole)
    assert reason("openspp2", sent(GOOD), twin, KEY) == "digest"
    signature = peers.openspp2_sign(twin, header(), message(), NOW)
    assert verify("openspp2", sent(re.sub(r'kidId="[^"]*"', f'kidId="{whole}"', signature)), KEY, twin)
