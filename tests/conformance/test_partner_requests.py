"""Requests as live clients send them, written from their shape: each is served, or each item is answered why not.

| client | what is its own |
|---|---|
| OpenSPP 17 | a JSON token request without Content-Type; `"query": []`, the page in the URL; total_count 10 |
| OpenSPP2 | `meta` {}, a blank `sender_uri`, its own names of registry types; no record type |
| openIMIS | attributes in camel case |
| Registry Notary | a JSON token request; unsigned |
| OpenG2P | no total_count; a placeholder as signature; GraphQL; locale `en`; a template as `sender_uri` |
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from dci_cli.local.demo import KNOWN_UIN, Population
from support.api import SENDER, Api, Reply
from support.events import event

NOW = "2026-03-01T09:29:58+0000"
Json = dict[str, Any]
KNOWN = {"type": "UIN", "value": KNOWN_UIN}


def post(api: Api, header: Json, item: Json, *, url: str = "", signature: str | None = None, **client: Any) -> Reply:
    """Send a message of one item with the headers of a client, which is registered with these members."""
    ids = {"message_id": "5c0b3f2e-9ac6-4f54-9f0e-d3a5b8ce0d45", "message_ts": NOW, "action": "search"}
    message = {"transaction_id": "0d5c6f1b", "search_request": [{"reference_id": "a1", "timestamp": NOW, **item}]}
    body = {"header": {**ids, "sender_id": SENDER, **header}, "message": message}
    signed = {} if signature is None else {"signature": signature}
    return api.send(event("search", body={**signed, **body}, token=api.token_of(**client)) | {"rawQueryString": url})


def identifiers(reply: Reply) -> list[str]:
    """Return the first identifier of each record, as OpenSPP 17's importer reads it."""
    return [record["identifier"][0]["identifier"] for record in reply.records]


def total(reply: Reply) -> int:
    """Return the number of matches of a served item."""
    (item,) = reply.items
    assert (reply.status, item["status"]) == (200, "succ")
    return int(item["pagination"]["total_count"])


@pytest.mark.exhaustive
def test_openspp_17_imports_everybody(shared_api: Api, population: Population) -> None:
    """Its token, then each page of its default query, from which it reads the fields that it stops without."""
    client, secret = shared_api.client(flags={"openspp17": True})
    asked = {"client_id": client.client_id, "client_secret": secret, "grant_type": "client_credentials"}
    sent = event("token_json", body=json.dumps(asked | {"db_name": "openspp"}, indent=4), content_type="")
    assert shared_api.send(sent).json["token_type"] == "Bearer"

    criteria = {"reg_type": "SPP:RegistryType:Individual", "query_type": "predicate", "query": []}
    imported: list[str] = []
    for number in (1, 2, 3):
        url = f"page={number}&limit=30"
        flags = {"openspp17": True}
        reply = post(shared_api, {"total_count": 10}, {"search_criteria": criteria}, url=url, flags=flags)
        assert total(reply) == len(population.people)
        for record in reply.json["message"]["search_response"][0]["data"]["reg_records"]:
            names = (record["familyName"], record["givenName"], record["birthDate"], record["sex"])
            assert all(isinstance(value, str) for value in (*names, record["birthPlace"]))
        imported += identifiers(reply)
    assert len(imported) == 90


def test_openspp_17_asks_for_birth_dates(shared_api: Api) -> None:
    """The predicate of its documentation has neither seq_num nor condition."""
    bounds = [("ge", "1980-11-02"), ("lt", "2000-11-02")]
    query = [
        {"expression1": {"attribute_name": "birthdate", "operator": operator, "attribute_value": value}}
        for operator, value in bounds
    ]
    criteria = {"reg_type": "SPP:RegistryType:Individual", "query_type": "predicate", "query": query}
    reply = post(shared_api, {"total_count": 10}, {"search_criteria": criteria})
    assert total(reply) == len(reply.records) > 0
    assert all("1980-11-02" <= record["birthDate"] < "2000-11-02" for record in reply.records)


OPENSPP2 = {
    "version": "1.0.0",
    "sender_uri": "",
    "receiver_id": "registry",
    "total_count": 1,
    "is_msg_encrypted": False,
    "meta": {},
}
BORN = {"attribute_name": "birth_date", "operator": "ge", "attribute_value": "1900-01-01"}


@pytest.mark.parametrize(
    ("reg_type", "query_type", "query"),
    [
        *((name, "idtype-value", KNOWN) for name in ("ns:registry_type:social_registry", "SOCIAL_REGISTRY", "SR")),
        ("Social", "predicate", [{"seq_num": 1, "expression1": BORN, "condition": "and", "expression2": BORN}]),
        ("SOCIAL_REGISTRY", "expression", [{"seq_num": 1, "expression1": BORN}]),
    ],
)
def test_openspp2_finds_people(shared_api: Api, reg_type: str, query_type: str, query: object) -> None:
    """Its beneficiary is registered, whatever its version calls our registry."""
    page = {"page_size": 10, "page_number": 1}
    criteria = {"version": "1.0.0", "reg_type": reg_type, "query_type": query_type, "query": query}
    item = {"search_criteria": {**criteria, "pagination": page}}
    assert total(post(shared_api, OPENSPP2, item, signature="")) >= 1


def test_openspp2_shows_the_reason_of_an_error(shared_api: Api) -> None:
    """It shows `status_reason_message` of an error's header to its user."""
    reply = post(shared_api, OPENSPP2 | {"version": "2"}, {"search_criteria": {}}, signature="")
    assert reply.status == 400
    assert "1.0.0" in reply.json["header"]["status_reason_message"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("firstName", "Nyambura"), ("lastName", "Wanjiru"), ("dateOfBirth", "2000-06-03"), ("gender", "2")],
)
def test_openimis_asks_in_camel_case(shared_api: Api, name: str, value: str) -> None:
    """Its names of attributes are known."""
    expression = {"attribute_name": name, "operator": "eq", "attribute_value": value}
    criteria = {"query_type": "predicate", "query": [{"seq_num": 1, "expression1": expression}]}
    item = {"search_criteria": {**criteria, "sort": [{"attribute_name": "birthDate", "sort_order": "desc"}]}}
    assert total(post(shared_api, {"version": "1.0.0", "total_count": 1}, item)) >= 1


def test_registry_notary_looks_up_one_person(shared_api: Api) -> None:
    """It asks by UIN, and unsigned."""
    criteria = {"reg_type": "ns:org:RegistryType:Social", "query_type": "idtype-value", "query": KNOWN}
    assert total(post(shared_api, {"version": "1.0.0", "total_count": 1}, {"search_criteria": criteria})) == 1


def test_openg2p_receives_what_is_not_served(shared_api: Api) -> None:
    """Its message is accepted; its GraphQL item is rejected as such, and counted in the header that it pages by."""
    uri = "https://spp.example.org/{namespace}/callback/on-search"
    header = {"version": "1.0.0", "sender_uri": uri, "is_msg_encrypted": False, "meta": {}}
    purpose = {"text": {"type": "string"}, "ref_uri": {"type": "string", "format": "uri"}}
    criteria = {
        "version": "1.0.0",
        "reg_type": "ns:org:RegistryType:Social",
        "reg_record_type": "spdci-extensions-dci:Person",
        "query_type": "expression",
        "query": {"type": "ns:org:QueryType:graphql", "value": {"expression": "Person { name }"}},
        "sort": [{"attribute_name": "poverty_score", "sort_order": "asc"}],
        "pagination": {"page_size": 1, "page_number": 1},
        "consent": {"@type": "Consent", "ts": NOW, "purpose": purpose},
        "authorize": {"@type": "Authorize", "ts": NOW, "purpose": purpose},
    }
    flags = {"signature": "ignore"}
    for locale in ("en", "eng"):
        item = {"search_criteria": criteria, "locale": locale}
        reply = post(shared_api, header, item, signature="some_signature_value", flags=flags)
        assert (reply.status, reply.json["header"]["total_count"]) == (200, 1)
        assert reply.items[0]["status_reason_code"] == "rjct.search_criteria.invalid"
