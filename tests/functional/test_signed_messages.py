"""Signed messages through the functions: what a client's registration asks for, and answers that are signed."""

from __future__ import annotations

import json

import pytest

from support.admin_client import Admin
from support.api import Api
from support.message_signers import pair
from support.signing_partner import DIALECTS, SigningPartner, own_pair

MISSING, INVALID = "err.signature.missing", "err.signature.invalid"
PLACEHOLDERS = (
    "",
    "unsigned",
    "unsigned-stub",
    "string",
    "some_signature_value",
    "Signature not implemented",
    "signature_validation_disabled",
    'Signature:  namespace="dci", kidId="{sender_id}|{unique_key_id}|{algorithm}", algorithm="ed25519"',
)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_signed_search_is_answered_with_a_signature(village_api: Api, dialect: str) -> None:
    """A partner's own software signs a search, and accepts the signature of the answer, which any change breaks."""
    partner = SigningPartner(village_api, dialect)
    reply = partner.send(partner.signed(partner.message()))
    assert (reply.status, reply.json["header"]["status"]) == (200, "succ"), reply.text
    assert partner.accepts(reply.text)
    changed = reply.json
    changed["header"]["total_count"] += 1
    assert not partner.accepts(json.dumps(changed))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_signed_status_request_is_answered_with_a_signature(village_api: Api, dialect: str) -> None:
    """So is a request for the status of a transaction, also of one that does not exist."""
    partner = SigningPartner(village_api, dialect)
    reply = partner.send(partner.signed(partner.message("status")), "status")
    assert reply.status == 200, reply.text
    assert partner.accepts(reply.text)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("part", ["header", "message"])
def test_what_is_changed_on_the_way_is_rejected(village_api: Api, dialect: str, part: str) -> None:
    """A message of which a member was changed, added or taken away after it was signed is not answered."""
    partner = SigningPartner(village_api, dialect)
    for change in ({"locale": "eng"}, {"transaction_id": "another", "total_count": 7}):
        message = partner.signed(partner.message())
        message[part] |= change
        if part == "header" and dialect == "openspp2" and "locale" in change:
            continue  # OpenSPP2 signs the members that it knows
        reply = partner.send(message)
        assert (reply.status, reply.code) == (400, INVALID)


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
def test_placeholders_are_no_signatures(village_api: Api, placeholder: str) -> None:
    """A client that must sign does not get by with what others send in place of a signature; one that may does."""
    for mode, expected in (("required", 400), ("optional", 200), ("unsigned", 200), ("ignore", 200)):
        partner = SigningPartner(village_api, "openspp2", mode)
        reply = partner.send({"signature": placeholder, **partner.message()})
        assert reply.status == expected, mode
        if expected == 400:
            assert reply.code == MISSING
        else:
            assert "signature" not in reply.json, mode


@pytest.mark.parametrize("path", ["search", "status"])
def test_a_client_that_must_sign_gets_nothing_unsigned(village_api: Api, path: str) -> None:
    """A client registered as `required` cannot send a message without a signature; the code is the standard's."""
    partner = SigningPartner(village_api, "openg2p")
    reply = partner.send(partner.message(path), path)
    assert (reply.status, reply.code) == (400, MISSING)


def test_signed_messages_of_unsigned_clients_are_rejected(village_api: Api) -> None:
    """A client registered as `unsigned` cannot send a signed message, even a valid one."""
    partner = SigningPartner(village_api, "openspp2", "unsigned")
    assert partner.send(partner.signed(partner.message())).code == INVALID


def test_ignored_signatures_are_not_verified(village_api: Api) -> None:
    """A client registered as `ignore` is answered whatever its signature is, without one."""
    partner = SigningPartner(village_api, "openspp2", "ignore")
    reply = partner.send({"signature": "whatever", **partner.message()})
    assert reply.status == 200
    assert "signature" not in reply.json


def test_a_client_that_may_sign_is_verified_when_it_does(village_api: Api) -> None:
    """With `optional`, a bad signature is worse than none: it is rejected."""
    partner = SigningPartner(village_api, "openg2p", "optional")
    good, bad = partner.signed(partner.message()), partner.signed(partner.message(), by=pair("EdDSA", "k2"))
    assert partner.accepts(partner.send(good).text)
    assert partner.send(bad).code == INVALID
    assert partner.send(partner.message()).status == 200


def test_keys_of_other_clients_prove_nothing(village_api: Api) -> None:
    """A message signed with another client's key, under its key id, is rejected."""
    partner = SigningPartner(village_api, "openg2p")
    stranger = pair("EdDSA", "k2")
    SigningPartner(village_api, "openg2p", jwks={"keys": [stranger.jwk]})
    assert partner.send(partner.signed(partner.message(), by=stranger)).code == INVALID


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("spoken", DIALECTS)
def test_only_the_registered_dialect_counts(village_api: Api, dialect: str, spoken: str) -> None:
    """A client's key signs in the client's dialect: the same key in another dialect proves nothing."""
    if spoken == dialect:
        return
    both = [own_pair("openspp2").jwk, pair("RS256", "r1").jwk]
    partner = SigningPartner(village_api, dialect, jwks={"keys": both})
    by = pair("RS256", "r1") if spoken == "opencrvs" else own_pair("openspp2")
    assert partner.send(partner.signed(partner.message(), by=by, dialect=spoken)).code == INVALID


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_message_is_answered_once(village_api: Api, dialect: str) -> None:
    """The same signed message again is rejected; the same question, signed as a new message, is answered."""
    partner = SigningPartner(village_api, dialect)
    message = partner.signed(partner.message())
    assert partner.send(message).status == 200
    again = partner.send(message)
    assert (again.status, again.code) == (400, INVALID)
    assert "used before" in again.json["errors"][0]["message"]
    assert partner.send(partner.signed(partner.message())).status == 200


@pytest.mark.parametrize("dialect", DIALECTS)
def test_messages_of_another_time_are_rejected(api: Api, dialect: str) -> None:
    """A message from the future is rejected, as is one that was kept back for longer than its life."""
    partner = SigningPartner(api, dialect)
    late = partner.signed(partner.message())
    api.clock.advance(3600)
    early = partner.signed(partner.message())
    api.clock.advance(-3600)
    assert partner.send(early).code == INVALID
    api.clock.advance(86_401)
    partner.token = str(api.token(partner.client, partner.secret).json["access_token"])
    assert partner.send(late).code == INVALID


def test_another_client_cannot_use_a_message(village_api: Api) -> None:
    """A signed message sent with another client's token is rejected: its sender is not that client."""
    one, other = SigningPartner(village_api, "openg2p"), SigningPartner(village_api, "openg2p")
    reply = other.send(one.signed(one.message()))
    assert (reply.status, reply.code) == (400, "err.sender_id.invalid")
    renamed = SigningPartner(village_api, "openg2p", sender_id=one.client.sender_id)
    assert renamed.client.client_id != one.client.client_id


def test_a_message_that_is_rejected_for_a_limit_is_not_used_up(api: Api) -> None:
    """Sent again a minute later, unchanged, it is answered: it was not before."""
    partner = SigningPartner(api, "openspp2", requests_a_minute=1)
    assert partner.send(partner.signed(partner.message())).status == 200
    message = partner.signed(partner.message())
    assert partner.send(message).status == 429
    api.clock.advance(61)
    assert partner.send(message).status == 200


def test_signatures_can_be_demanded_later(village_api: Api) -> None:
    """An administrator registers keys and demands signatures; from then on unsigned messages are rejected."""
    partner = SigningPartner(village_api, "openspp2", "optional")
    admin, client_id = Admin(village_api), partner.client.client_id
    assert partner.send(partner.message()).status == 200
    etag = admin.send("client_get", client_id).headers["ETag"]
    flags = {"signature": "required", "dialect": "openspp2"}
    assert admin.update(client_id, etag, flags=flags).status == 200
    assert partner.send(partner.signed(partner.message())).status == 200
