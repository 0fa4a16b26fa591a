"""The keys that verify a client's messages: which are found, and when they are fetched."""

from __future__ import annotations

import pytest

from dci_common.clients.model import Client
from dci_common.deadline import Deadline
from dci_common.oauth.key_ring import generate
from dci_common.signatures import openspp2
from dci_common.signatures.json_forms import parse
from support.example_counts import sampled
from support.key_publisher import DAY, URL, Publisher, ed25519_key, http
from support.logs import Logs
from support.message_signers import body, header, message, pair
from support.signature_peers import openspp2_sign


def test_registered_keys_are_found_without_a_request(partner: Publisher) -> None:
    """A key that is registered inline is found by its kid and its algorithm, or by its algorithm alone."""
    elliptic = generate("ES256")
    client, _ = partner.api.client(jwks={"keys": [ed25519_key(1), elliptic.public]})
    function = partner.function()
    assert function.kids(client, "key-1") == ["key-1"]
    assert function.kids(client, None) == ["key-1"]
    assert function.kids(client, None, "EdDSA", "ES256") == ["key-1", elliptic.kid]
    assert function.kids(client, "key-1", "ES256") == []
    assert function.kids(client, "key-2") == []
    assert partner.fetches == 0


def test_a_client_without_keys_has_none(partner: Publisher) -> None:
    """No key is found for a client that has none, and nothing is fetched."""
    assert partner.function().kids(partner.api.client()[0]) == []
    assert partner.network.resolved == []


def test_published_keys_are_found(partner: Publisher, client: Client) -> None:
    """The usable keys of a set are found; keys for other purposes, and those that cannot be read, are left out."""
    rsa = {name: value for name, value in generate("RS256").public.items() if name not in {"alg", "use", "kid"}}
    partner.publish(
        ed25519_key(1, status="active"),
        ed25519_key(2, use="enc"),
        ed25519_key(3, d="AAAA"),
        ed25519_key(4, x="AAAA"),
        ed25519_key(5, key_ops=["encrypt"]),
        ed25519_key(6, key_ops=5),
        ed25519_key(7, kid=7),
        ed25519_key(8, crv="X25519"),
        {**rsa, "kid": "rsa"},
        {**rsa, "kid": "slow", "e": "_" * 100},
        {**rsa, "kid": "huge", "n": "_" * 1368},
        {**rsa, "kid": "short", "n": "_" * 171},
        {**rsa, "kid": "rsa-enc", "use": "enc", "alg": "RSA-OAEP-256"},
        {"kty": "oct", "k": "AAAA"},
        {"kty": ["EC"]},
        "key",
        None,
    )
    function = partner.function()
    assert function.kids(client) == ["key-1"]
    assert function.kids(client, "rsa", "RS256") == ["rsa"]
    assert function.kids(client, None, "RS256", "EdDSA", "RSA-OAEP-256", "HS256", "none") == ["key-1", "rsa"]
    assert partner.server.requests[0].startswith(b"GET /jwks.json HTTP/1.1\r\n")


def test_a_set_is_fetched_once_for_all_functions(partner: Publisher, client: Client) -> None:
    """Within five minutes a set is fetched once, however many functions need it."""
    functions = [partner.function() for _ in range(3)]
    for _ in range(5):
        assert [function.kids(client, "key-1") for function in functions] == [["key-1"]] * 3
        partner.api.clock.advance(59)
    assert partner.fetches == 1


def test_a_stale_set_is_fetched_again(partner: Publisher, client: Client) -> None:
    """After five minutes a key that is no longer published is not found, by any function."""
    functions = [partner.function(), partner.function()]
    assert [function.kids(client) for function in functions] == [["key-1"]] * 2
    partner.publish(ed25519_key(2))
    partner.api.clock.advance(299)
    assert [function.kids(client, "key-1") for function in functions] == [["key-1"]] * 2
    partner.api.clock.advance(1)
    assert [function.kids(client) for function in functions] == [["key-2"]] * 2
    assert [function.kids(client, "key-1") for function in functions] == [[]] * 2
    assert partner.fetches == 2


def test_an_unknown_key_is_looked_for_once_a_minute(partner: Publisher, client: Client) -> None:
    """A new key is found as soon as a minute has passed since the last fetch; forged kids cause no more of them."""
    functions = [partner.function(), partner.function()]
    assert functions[0].kids(client) == ["key-1"]
    partner.publish(ed25519_key(1), ed25519_key(2))
    partner.api.clock.advance(59)
    for number in range(10):
        assert functions[number % 2].kids(client, "key-2") == []
    assert partner.fetches == 1
    partner.api.clock.advance(1)
    assert [function.kids(client, "key-2") for function in functions] == [["key-2"]] * 2
    for number in range(10):
        assert functions[number % 2].kids(client, f"forged-{number}") == []
    assert partner.fetches == 2


@pytest.mark.parametrize(
    "answer",
    sampled(
        [
            b"",
            http(b"{}", "500 Oops"),
            http(b"", "304 Not Modified"),
            http(b'{"keys": []}', "302 Found", "Location: https://partner.example/keys\r\n"),
            http(b"", "301 Moved", "Location: http://127.0.0.1/keys\r\n"),
            http(b"<html>"),
            http(b"[]"),
            http(b"{}"),
            http(b'{"keys": {}}'),
            http(b'{"keys": ['),
            http(b"[" * 10_000),
            http(b'{"keys": [' + b" " * 70_000 + b"]}"),
            lambda connection: connection.close(),
        ],
        3,
    ),
    ids=range(13),
)
def test_the_last_good_set_survives(partner: Publisher, client: Client, answer: bytes, logs: Logs) -> None:
    """While a set cannot be fetched, the last one is used for a day, and is asked for no more than once a minute."""
    assert partner.function().kids(client, "key-1") == ["key-1"]
    partner.server.answer = answer
    for seconds in (300, 59, 1, DAY - 361):
        partner.api.clock.advance(seconds)
        assert partner.function().kids(client, "key-1") == ["key-1"]
    partner.api.clock.advance(1)
    function = partner.function()
    assert function.kids(client, "key-1") == []
    assert len(partner.network.connected) == 4
    partner.publish(ed25519_key(1))
    partner.api.clock.advance(60)
    assert function.kids(client, "key-1") == ["key-1"]
    failures = [line for line in logs.entries() if line["message"] == "key set unavailable"]
    assert {line["client_id"] for line in failures} == {client.client_id}
    assert len(failures) == 3


def test_a_set_without_usable_keys_takes_all_keys_back(partner: Publisher, client: Client) -> None:
    """A partner that publishes no key any more has none."""
    function = partner.function()
    assert function.kids(client) == ["key-1"]
    partner.publish()
    partner.api.clock.advance(300)
    assert function.kids(client) == []


def test_only_the_first_keys_of_a_large_set_count(partner: Publisher, client: Client) -> None:
    """No more than twenty keys of a set are tried."""
    partner.publish(*(ed25519_key(number) for number in range(200)))
    assert partner.function().kids(client) == [f"key-{number}" for number in range(20)]


def test_keys_of_another_client_are_never_found(partner: Publisher, client: Client) -> None:
    """A kid selects among a client's own keys, even if another one has the same address."""
    function = partner.function()
    assert function.kids(client, "key-1") == ["key-1"]
    partner.publish(ed25519_key(2))
    other, _ = partner.api.client(jwks_uri=URL)
    assert function.kids(other, "key-1") == []
    assert function.kids(other, "key-2") == ["key-2"]
    assert function.kids(partner.api.client(jwks={"keys": [ed25519_key(3)]})[0], "key-1") == []


def test_another_address_has_another_set(partner: Publisher, client: Client) -> None:
    """When the address of a client changes, no key of the old one is used, even while the new one is away."""
    functions = [partner.function(), partner.function()]
    assert [function.kids(client, "key-1") for function in functions] == [["key-1"]] * 2
    partner.server.answer = http(b"", "503 Busy")
    moved = client._replace(jwks_uri=f"{URL}?2")
    assert [function.kids(moved, "key-1") for function in functions] == [[]] * 2
    assert partner.fetches == 2


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["93.184.216.34", "169.254.169.254"]])
def test_a_name_that_leads_into_a_private_network_is_not_called(
    partner: Publisher, client: Client, addresses: list[str]
) -> None:
    """A name whose addresses change to a private one is not connected to; the last set is used."""
    assert partner.function().kids(client) == ["key-1"]
    partner.network.resolutions = [addresses]
    partner.api.clock.advance(300)
    assert partner.function().kids(client) == ["key-1"]
    assert len(partner.network.connected) == 1


def test_a_known_key_of_openspp2_is_not_fetched_anew_each_minute(partner: Publisher, client: Client) -> None:
    """A kidId names a key by its middle part: that no key has the whole of it as its id is nothing unknown."""
    signer, clock = pair("EdDSA", "key-1"), partner.api.clock
    partner.publish(signer.jwk)
    find = partner.function().keys.finder(client, Deadline())
    for _ in range(3):
        clock.advance(70)
        sent = header()
        signed = parse(body(openspp2_sign(signer, sent, message(), clock()), sent, message()).encode())
        assert openspp2.verify(signed["signature"], signed, find, clock())
    assert partner.fetches == 1


def test_a_new_key_of_openspp2_is_fetched(partner: Publisher, client: Client) -> None:
    """A kidId whose middle part is not known yet has the set fetched again."""
    new, clock = pair("EdDSA", "key-2"), partner.api.clock
    function = partner.function()
    assert function.kids(client) == ["key-1"]
    partner.publish(new.jwk)
    clock.advance(70)
    sent = header()
    signed = parse(body(openspp2_sign(new, sent, message(), clock()), sent, message()).encode())
    assert openspp2.verify(signed["signature"], signed, function.keys.finder(client, Deadline()), clock())
