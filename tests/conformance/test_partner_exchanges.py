"""Asynchronous messages as live clients send them, written from their shape, and the standard's own samples.

| client | what is its own |
|---|---|
| OpenSPP2 | `meta` {}, a blank `sender_uri`; a status by action `txn_status`, `reference_id`, no txn_type |
| OpenSPP 17 | no signature; total_count 10; a member that nobody knows; predicates without seq_num |
| OpenCRVS, in OpenSPP2's words | a range in an expression; consent and locale beside the criteria |
| Registry Notary | one identifier, unsigned |
| OpenG2P | no total_count; a template as `sender_uri`; GraphQL; locale `en` |
| OpenFn, openIMIS | no client of the standard; a workflow's own message, in camel case, with a long id |
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.test_samples import FOUND, patched
from dci_cli.local.demo import KNOWN_UIN
from support.api import Api, Reply
from support.conformance import spec_is_here
from support.example_counts import sampled
from support.exchanges import Partner, Queues, Receiver, records_of

NOW = "2026-03-01T09:29:58+0000"
KNOWN = {"type": "UIN", "value": KNOWN_UIN}
BY_UIN = {"query_type": "idtype-value", "query": KNOWN}
OPENSPP2 = {"version": "1.0.0", "sender_uri": "", "receiver_id": "registry", "total_count": 1, "meta": {}}


def post(partner: Partner, header: dict[str, Any], item: dict[str, Any], *, signature: str | None = None) -> Reply:
    """Send a search of one item with the header of a client."""
    ids = {"message_id": partner.api.runtime.random_bytes(8).hex(), "message_ts": NOW, "action": "search"}
    message = {"transaction_id": "0d5c6f1b", "search_request": [{"reference_id": "a1", "timestamp": NOW, **item}]}
    body = {"header": {**ids, "sender_id": partner.client.sender_id, **header}, "message": message}
    return partner.send(body if signature is None else {"signature": signature, **body})


def answer_of(partner: Partner, receiver: Receiver, reply: Reply) -> dict[str, Any]:
    """Return the one response item that a message was called back with."""
    assert (reply.status, reply.json["message"]["ack_status"]) == (200, "ACK")
    partner.work()
    (message,) = receiver.received
    assert message["message"]["correlation_id"] == reply.json["message"]["correlation_id"]
    (item,) = message["message"]["search_response"]
    return dict(item)


def test_openspp2_asks_for_the_status_of_what_it_was_not_called_back_for(partner: Partner) -> None:
    """Its search has a blank address, and no default: the answer waits until it asks, in its own words."""
    criteria = {"version": "1.0.0", "reg_type": "SOCIAL_REGISTRY", "query_type": "idtype-value", "query": KNOWN}
    searched = post(partner, OPENSPP2, {"search_criteria": criteria}, signature="")
    assert searched.json["message"]["ack_status"] == "ACK"
    partner.work()
    header = OPENSPP2 | {"message_id": "2", "message_ts": NOW, "action": "txn_status"}
    question = {"reference_id": "q-1", "attribute_type": "reference_id", "attribute_value": "a1", "locale": "eng"}
    body = {
        "signature": "",
        "header": header | {"sender_id": partner.client.sender_id},
        "message": {"transaction_id": "9", "txnstatus_request": question},
    }
    found = partner.send(body, "status").json["message"]["txnstatus_response"]
    assert found["txn_type"] == "search"
    assert found["txn_status"]["correlation_id"] == searched.json["message"]["correlation_id"]
    (item,) = found["txn_status"]["search_response"]
    assert len(records_of(item)) == 1
    assert partner.send(body, "exchange_status").json["message"]["ack_status"] == "ACK"
    partner.work()


def test_openspp2_is_called_back_at_its_default(partner: Partner, receiver: Receiver) -> None:
    """A blank address is none: the client's registered default is called."""
    changes = {"callbacks": {"urls": [receiver.url], "default_url": receiver.url}}
    other = Partner(partner.api, partner.queues, receiver.url, **changes)
    criteria = {"version": "1.0.0", "reg_type": "SR", "query_type": "idtype-value", "query": KNOWN}
    answered = answer_of(other, receiver, post(other, OPENSPP2, {"search_criteria": criteria}, signature=""))
    assert len(records_of(answered)) == 1


def test_openspp_17_sends_more_than_the_standard_has(partner: Partner, receiver: Receiver) -> None:
    """Its counts and members are ignored, its records are in its dialect."""
    born = {"attribute_name": "birthdate", "operator": "ge", "attribute_value": "1980-11-02"}
    criteria = {
        "reg_type": "SPP:RegistryType:Individual",
        "query_type": "predicate",
        "query": [{"expression1": born}],
    }
    header = {"sender_uri": receiver.url, "total_count": 10, "encryption_algorithm": ""}
    answered = answer_of(partner, receiver, post(partner, header, {"search_criteria": criteria}))
    assert answered["data"]["reg_record_type"] == "person"
    assert all(record["birthDate"] >= "1980-11-02" for record in records_of(answered))


def test_opencrvs_words_are_answered_with_a_reason(partner: Partner, receiver: Receiver) -> None:
    """A range of events is acknowledged, and rejected as an item: this registry has no such attribute."""
    bounds = {"type": "range", "gte": "2026-01-01", "lte": "2026-02-01"}
    query = {"type": "ns:org:QueryType:expression", "value": {"expression": {"query": {"dateOfEvent": bounds}}}}
    criteria = {"reg_type": "ns:org:RegistryType:Social", "query_type": "expression", "query": query}
    item = {"search_criteria": criteria, "consent": {"purpose": {"code": "x"}}, "locale": "eng"}
    answered = answer_of(partner, receiver, post(partner, {"sender_uri": receiver.url, "total_count": 1}, item))
    assert (answered["status"], answered["locale"]) == ("rjct", "eng")
    assert answered["status_reason_code"] in {"rjct.filter.invalid", "rjct.search_criteria.invalid"}


def test_registry_notary_looks_up_one_person(partner: Partner, receiver: Receiver) -> None:
    """It asks by UIN, and unsigned."""
    criteria = {"reg_type": "ns:org:RegistryType:Social", "query_type": "idtype-value", "query": KNOWN}
    reply = post(partner, {"sender_uri": receiver.url, "total_count": 1}, {"search_criteria": criteria})
    assert len(records_of(answer_of(partner, receiver, reply))) == 1


def test_openg2p_receives_at_once_what_it_must_change(partner: Partner, receiver: Receiver) -> None:
    """A template as an address, and the locale, are errors of the acknowledgement; GraphQL rejects the item."""
    criteria = {"query_type": "expression", "query": {"type": "graphql", "value": {"expression": "Person { name }"}}}
    other = Partner(partner.api, partner.queues, receiver.url, flags={"signature": "ignore"})
    header: dict[str, Any] = {"sender_uri": "https://spp.example.org/{namespace}/callback/on-search"}
    signed = {"signature": "some_signature_value"}
    reply = post(other, header, {"search_criteria": criteria, "locale": "eng"}, **signed)
    assert (reply.status, reply.code) == (400, "err.sender_uri.invalid")
    header = {"sender_uri": receiver.url}
    reply = post(other, header, {"search_criteria": criteria, "locale": "en"}, **signed)
    assert (reply.status, reply.code) == (400, "err.request.bad")
    reply = post(other, header, {"search_criteria": criteria, "locale": "eng"}, **signed)
    assert answer_of(other, receiver, reply)["status_reason_code"] == "rjct.search_criteria.invalid"


def test_a_workflow_asks_in_camel_case(partner: Partner, receiver: Receiver) -> None:
    """A long id of a run, a byte order mark and camel case are what OpenFn's jobs and openIMIS would send."""
    expression = {"attribute_name": "firstName", "operator": "eq", "attribute_value": "Nyambura"}
    criteria = {"query_type": "predicate", "query": [{"seq_num": "1", "expression1": expression}]}
    message = partner.message({"reference_id": "r" * 200, "timestamp": NOW, "search_criteria": criteria})
    message["message"]["transaction_id"] = "run-" + "9" * 95
    reply = partner.send("\ufeff" + json.dumps(message))
    answered = answer_of(partner, receiver, reply)
    assert (answered["reference_id"], answered["status"]) == ("r" * 200, "succ")
    assert records_of(answered)


@pytest.mark.skipif(not spec_is_here(), reason="the standard's samples are not available")
@pytest.mark.parametrize("name", sampled(list(FOUND), 3))
def test_a_sample_is_answered(partner: Partner, receiver: Receiver, name: str) -> None:
    """Each of the standard's samples, sent asynchronously, is called back with what its query asks for."""
    record_type, is_asked_for = FOUND[name]
    message = patched(name)
    message["header"] |= {"sender_id": partner.client.sender_id, "sender_uri": receiver.url}
    answered = answer_of(partner, receiver, partner.send(message))
    assert (answered["status"], answered["data"]["reg_record_type"]) == ("succ", record_type)
    records = records_of(answered)
    assert len(records) == min(10, answered["pagination"]["total_count"])
    assert all(map(is_asked_for, records))


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ((200, {"message": {"ack_status": "rcvd", "error": None}}), "answered"),  # OpenSPP2, of two registries
        ((200, {"status": "success", "event_id": 7}), "answered"),  # OpenSPP2, of a third
        ((202, {"ack_status": "ACK"}), "answered"),
        ((204, ""), "answered"),
        ((200, "OK"), "answered"),
        ((200, ["NACK"]), "answered"),
        ((200, {"message": {"ack_status": "NACK"}}), "refused"),
        ((202, {"ack_status": "err"}), "refused"),
        ((302, {"message": {"ack_status": "ACK"}}), "delivering"),
        ((400, {"message": {"ack_status": "ERR"}}), "delivering"),
        ((500, {}), "delivering"),
    ],
)
def test_what_receivers_answer(partner: Partner, receiver: Receiver, answer: tuple[int, Any], state: str) -> None:
    """Any 2xx is success but one that says NACK or ERR; anything else is attempted again."""
    receiver.answer = lambda _: answer
    reply = partner.search({"reference_id": "1", "timestamp": NOW, "search_criteria": BY_UIN})
    partner.work()
    assert partner.state(reply) == state


def test_a_repeated_callback_is_known_by_its_message_id(new_api: Callable[..., Api], receiver: Receiver) -> None:
    """Each attempt has the same message id and the same records, and a time of its own."""
    queues = Queues()
    own_clock = new_api(work_queue="work", delivery_queue="delivery", sqs=lambda _: queues)
    partner = Partner(own_clock, queues, receiver.url)
    sent: list[dict[str, Any]] = []

    def fail_twice(message: dict[str, Any]) -> tuple[int, Any]:
        sent.append(message)
        return (503 if len(sent) < 3 else 200), {}

    receiver.answer = fail_twice
    reply = partner.search({"reference_id": "1", "timestamp": NOW, "search_criteria": BY_UIN})
    partner.work()
    for _ in range(3):
        partner.api.clock.advance(70)
        partner.sweep()
    assert partner.state(reply) == "answered"
    assert len({message["header"]["message_id"] for message in sent}) == 1
    assert len({message["header"]["message_ts"] for message in sent}) == len(sent) == 3
    assert all(records_of(message["message"]["search_response"][0]) for message in sent)
