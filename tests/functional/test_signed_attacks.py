"""Attacks on signed messages through the functions: what is around a signature must not change what it proves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import boto3
import pytest

from support.api import Api, predicate
from support.events import event
from support.signing_partner import DIALECTS, SigningPartner
from support.stored_items import disclosures

EVERYBODY = predicate(("birth_date", "ge", "1900-01-01"))
INVALID = "err.signature.invalid"


@pytest.fixture
def keyless_api(new_api: Callable[..., Api], village_table: str) -> Iterator[Api]:
    """Return the API of the village while its ring of message keys is empty."""
    secrets, name = boto3.client("secretsmanager"), "dci-no-message-keys"
    secrets.create_secret(Name=name, SecretString="{}")
    yield new_api(registry_table=village_table, message_keys_secret=name)
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


@pytest.mark.parametrize("mode", ["required", "optional"])
def test_the_url_does_not_page_a_signed_message(village_api: Api, mode: str) -> None:
    """A forwarded signed message cannot have another page: the URL is not signed."""
    partner = SigningPartner(
        village_api, "openg2p", flags={"signature": mode, "dialect": "openg2p", "openspp17": True}
    )
    message = partner.message()
    message["message"]["search_request"] = [EVERYBODY]
    sent = event("search", body=partner.signed(message), token=partner.token)
    reply = village_api.send(sent | {"rawQueryString": "page=2&limit=1"})
    (item,) = reply.items
    assert (item["status"], item["status_reason_code"]) == ("rjct", "rjct.pagination.invalid")
    assert partner.accepts(reply.text)


@pytest.mark.parametrize(("mode", "signature"), [("ignore", "whatever"), ("optional", "unsigned")])
def test_the_url_pages_what_is_not_signed(village_api: Api, mode: str, signature: str) -> None:
    """OpenSPP 17's own client, which signs nothing, still pages with the URL."""
    partner = SigningPartner(village_api, "openg2p", flags={"signature": mode, "openspp17": True})
    message = {"signature": signature, **partner.message()}
    message["message"]["search_request"] = [EVERYBODY]
    sent = event("search", body=message, token=partner.token) | {"rawQueryString": "page=2&limit=1"}
    assert len(village_api.send(sent).records) == 1


@pytest.mark.parametrize("name", ["search", "status"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_message_that_is_not_served_is_answered_once(village_api: Api, name: str, dialect: str) -> None:
    """Nobody gets the registry's signature by repeating a message of another action, either."""
    partner = SigningPartner(village_api, dialect)
    message = partner.signed(partner.message(name, action="subscribe"))
    assert partner.accepts(partner.send(message, name).text)
    again = partner.send(message, name)
    assert (again.status, again.code) == (400, INVALID)


@pytest.mark.parametrize("action", ["", "subscribe"])
@pytest.mark.parametrize("name", ["search", "status"])
def test_what_cannot_be_signed_is_not_answered(village_api: Api, keyless_api: Api, name: str, action: str) -> None:
    """While the registry has no key, nothing is disclosed unsigned, and the message is not used up."""
    partner = SigningPartner(village_api, "openspp2")
    message = partner.signed(partner.message(name, **({"action": action} if action else {})))
    sent = event(name, body=message, token=partner.token)
    reply = keyless_api.send(sent)
    assert (reply.status, reply.headers["Retry-After"]) == (503, "60")
    mine = disclosures(partner.client.client_id)
    assert all("withheld" in each for each in mine)
    assert len(mine) == (name == "search" and not action)
    assert partner.accepts(village_api.send(sent).text)


def test_a_replayed_search_is_recorded_as_withheld(village_api: Api) -> None:
    """Of the same message sent twice, the audit has one disclosure, and one that was withheld."""
    partner = SigningPartner(village_api, "openg2p")
    message = partner.signed(partner.message())
    assert [partner.send(message).status for _ in range(2)] == [200, 400]
    mine = disclosures(partner.client.client_id)
    assert sorted("withheld" in each for each in mine) == [False, True]


@pytest.mark.parametrize(
    ("name", "header", "criteria"),
    [
        ("search", {}, {"query": {"type": "UIN"}}),
        ("search", {"action": "subscribe"}, {}),
        ("status", {"action": "subscribe"}, {}),
        ("status", {}, {}),
    ],
)
def test_what_is_rejected_over_a_limit_is_not_used_up(
    new_api: Callable[..., Api], village_table: str, name: str, header: dict[str, str], criteria: dict[str, object]
) -> None:
    """A message none of whose items is served counts too: it can be sent again, unchanged, when there is room."""
    api = new_api(registry_table=village_table)
    partner = SigningPartner(api, "openspp2", requests_a_minute=1)
    assert partner.send(partner.signed(partner.message())).status == 200
    message = partner.message(name, **header)
    if criteria:
        message["message"]["search_request"][0]["search_criteria"] |= criteria
    signed = partner.signed(message)
    assert partner.send(signed, name).status == 429
    api.clock.advance(61)
    assert partner.accepts(partner.send(signed, name).text)
