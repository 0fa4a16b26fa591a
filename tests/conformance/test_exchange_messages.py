"""Asynchronous messages by the standard: what it forbids is rejected at once, what it allows is answered as it says.

Every reply and callback here is compared with both of its files for the social registry, in tests/support.
"""

from __future__ import annotations

from typing import Any

import pytest

from support import conformance
from support.api import Reply, identified, predicate
from support.exchanges import Partner, Receiver, records_of
from support.messages import ABSENT, replaced

EVERYBODY = ("birth_date", "ge", "1900-01-01")
ITEM = "message.search_request.0"
QUESTION = "message.txnstatus_request"
ACK_CODES = {
    *(f"err.request.{code}" for code in ("bad", "unauthorized", "forbidden", "not_found", "too_many_requests")),
    *(f"err.{name}.invalid" for name in ("sender_id", "sender_uri", "receiver_id", "signature", "encryption")),
    *("err.request.timeout", "err.version.not_supported", "err.signature.missing", "err.service.unavailable"),
}

# What the standard's files forbid.
FORBIDDEN: list[tuple[str, object]] = [
    ("header", ABSENT),
    ("header.message_id", ABSENT),
    ("header.message_ts", ABSENT),
    ("header.message_ts", "2026-03-01T09:30:00"),
    ("header.message_ts", 1_772_357_400),
    ("header.action", ABSENT),
    ("header.action", "subscribe"),
    ("header.sender_id", ABSENT),
    ("header.meta", []),
    ("message", ABSENT),
    ("message", []),
    ("message.transaction_id", ABSENT),
    ("message.transaction_id", "t" * 100),
    ("message.transaction_id", 7),
]
FORBIDDEN_SEARCHES: list[tuple[str, object]] = [
    *FORBIDDEN,
    ("message.search_request", ABSENT),
    ("message.search_request", {}),
    (ITEM, "x"),
    (f"{ITEM}.reference_id", ABSENT),
    (f"{ITEM}.reference_id", 5),
    (f"{ITEM}.timestamp", ABSENT),
    (f"{ITEM}.timestamp", "2026-03-01T09:30:00"),
    (f"{ITEM}.timestamp", "yesterday"),
    (f"{ITEM}.locale", "en"),
    (f"{ITEM}.locale", "ENG"),
    (f"{ITEM}.search_criteria", ABSENT),
    (f"{ITEM}.search_criteria.query", ABSENT),
    (f"{ITEM}.search_criteria.query_type", ABSENT),
    (f"{ITEM}.search_criteria.pagination", {"page_number": 1}),
    (f"{ITEM}.search_criteria.pagination", {"page_size": []}),
]
FORBIDDEN_QUESTIONS: list[tuple[str, object]] = [
    *FORBIDDEN,
    (QUESTION, ABSENT),
    (QUESTION, []),
    (f"{QUESTION}.reference_id", ABSENT),
    (f"{QUESTION}.txn_type", "transfer"),
    (f"{QUESTION}.attribute_type", ABSENT),
    (f"{QUESTION}.attribute_type", "colour"),
    (f"{QUESTION}.attribute_value", ABSENT),
    (f"{QUESTION}.attribute_value", 5),
    (f"{QUESTION}.attribute_value", [5]),
    (f"{QUESTION}.locale", "en"),
]
_STATUS = [("exchange_status", "txn/status", *fault) for fault in FORBIDDEN_QUESTIONS]
_SYNC_STATUS = [("status", "sync/txn/status", *fault) for fault in FORBIDDEN_QUESTIONS if fault[1] != "subscribe"]
# What the files allow, but their text, or our own rules, do not.
UNREADABLE: list[tuple[str, object]] = [
    ("header.message_id", ""),
    ("header.version", "2.0.0"),
    ("header.is_msg_encrypted", True),
    ("header.sender_id", "somebody else"),
    ("message.transaction_id", ""),
    ("message.search_request", []),
    (f"{ITEM}.search_criteria.pagination", {"page_size": 0}),
    (f"{ITEM}.search_criteria.pagination", {"page_size": 5, "page_number": 0}),
    (f"{ITEM}.pagination", {"page_size": 0}),
    (f"{ITEM}.reference_id", "r" * 513),
]
needs_spec = pytest.mark.skipif(not conformance.spec_is_here(), reason="the standard's OpenAPI files are missing")


def refused(reply: Reply) -> bool:
    """Return whether a reply is an ERR acknowledgement with a 4xx status and one of the standard's codes."""
    message = reply.json["message"]
    return (
        400 <= reply.status < 500
        and (message["ack_status"], reply.json["errors"][0]["code"]) == ("ERR", message["error"]["code"])
        and message["error"]["code"] in ACK_CODES
    )


@needs_spec
@pytest.mark.parametrize(("path", "value"), FORBIDDEN_SEARCHES)
def test_a_search_that_the_standard_forbids_is_rejected_at_once(
    shared_partner: Partner, path: str, value: object
) -> None:
    """Nobody waits for the answer to what cannot be read: the acknowledgement is ERR."""
    message = shared_partner.message(identified("UIN", "847951632"))
    assert not conformance.forbids("registry/search", message)
    changed = replaced(message, path, value)
    assert conformance.forbids("registry/search", changed)
    assert refused(shared_partner.send(changed))
    assert shared_partner.queues.take() == []


@needs_spec
@pytest.mark.parametrize(("name", "operation", "path", "value"), [*_STATUS, *_SYNC_STATUS])
def test_a_status_request_that_the_standard_forbids_is_rejected_at_once(
    shared_partner: Partner, name: str, operation: str, path: str, value: object
) -> None:
    """Both ways to ask for a status reject it in the same way."""
    message = shared_partner.message(name=name, sender_uri=shared_partner.url)
    assert not conformance.forbids(f"registry/{operation}", message)
    changed = replaced(message, path, value)
    assert conformance.forbids(f"registry/{operation}", changed)
    assert refused(shared_partner.send(changed, name))
    assert shared_partner.queues.take() == []


@pytest.mark.parametrize(("path", "value"), UNREADABLE)
def test_a_search_that_cannot_be_answered_is_rejected_at_once(
    shared_partner: Partner, path: str, value: object
) -> None:
    """So is a message that the files allow, but that has no meaning."""
    assert refused(shared_partner.send(replaced(shared_partner.message(predicate(EVERYBODY)), path, value)))
    assert shared_partner.queues.take() == []


@pytest.mark.parametrize("page", [{"page_size": 0}, {"page_size": 2001}, {"page_size": 5, "page_number": 0}, {}])
@pytest.mark.parametrize("name", ["exchange_status", "status"])
def test_a_page_of_a_status_that_is_impossible_is_rejected_at_once(
    shared_partner: Partner, name: str, page: dict[str, int]
) -> None:
    """A page size over 2,000 is not found out when the answer is made, but before."""
    message = replaced(
        shared_partner.message(name=name, sender_uri=shared_partner.url), f"{QUESTION}.pagination", page
    )
    assert refused(shared_partner.send(message, name))


@pytest.mark.parametrize("value", [None, 5, [5], ["r-1"] * 101])
def test_what_names_a_transaction_is_an_id_or_a_list(shared_partner: Partner, value: object) -> None:
    """The error names the member, and both kinds of values that it may have."""
    reply = shared_partner.status("reference_id_list", value)
    said = "message.txnstatus_request.attribute_value must be an id, or a list of up to 100 ids."
    assert (reply.status, reply.json["errors"][0]["message"]) == (400, said)


@pytest.mark.parametrize("name", ["exchange_search", "exchange_status", "status"])
@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"text"', "{}"])
def test_what_is_no_message_is_rejected_at_once(shared_partner: Partner, name: str, body: str) -> None:
    """Whatever is sent, the reply has the shape of the operation."""
    assert refused(shared_partner.send(body, name))


@pytest.mark.parametrize("name", ["exchange_search", "exchange_status", "status"])
def test_nobody_asks_without_a_token(partner: Partner, name: str) -> None:
    """A missing token is found out before the shape of the body, and answered in the standard's form."""
    partner.token = "no-token"
    reply = partner.send({}, name)
    assert (reply.status, reply.code) == (401, "err.request.unauthorized")


@pytest.mark.parametrize("query_type", ["graphql", "namedQuery"])
def test_a_kind_of_query_that_is_not_offered_rejects_its_item_alone(
    partner: Partner, receiver: Receiver, query_type: str
) -> None:
    """The message is acknowledged, and the other items are answered."""
    other = replaced(predicate(EVERYBODY), "search_criteria.query_type", query_type)
    reply = partner.search({**other, "reference_id": "r-0"}, identified("UIN", "847951632"))
    assert reply.json["message"]["ack_status"] == "ACK"
    partner.work()
    ((first, second),) = receiver.pages
    assert (first["status"], first["status_reason_code"]) == ("rjct", "rjct.search_criteria.invalid")
    assert len(records_of(second)) == 1


def test_odd_items_are_answered_as_the_standard_says(partner: Partner, receiver: Receiver) -> None:
    """An empty reference id is repeated, no match has an empty list, a locale comes back, and none stays away."""
    items = [
        {**predicate(EVERYBODY, pagination={"page_size": 3, "page_number": 2}), "reference_id": ""},
        {**identified("UIN", "TEST-001"), "reference_id": "nobody", "locale": "eng"},
        {**identified("NO_SUCH_TYPE", "1"), "reference_id": "unknown"},
        {**predicate(EVERYBODY), "reference_id": "", "locale": ""},
        {**predicate(EVERYBODY, sort=[{"attribute_name": "birth_date"}]), "reference_id": "all"},
        {**predicate(EVERYBODY, pagination={"page_size": 2001}), "reference_id": "large"},
    ]
    reply = partner.search(*items, receiver_id="registry")
    partner.work()
    (message,) = receiver.received
    assert message["header"]["sender_id"] == "registry"
    page, nobody, unknown, again, everybody, large = message["message"]["search_response"]
    assert page["reference_id"] == again["reference_id"] == ""
    assert (len(records_of(page)), page["pagination"]["page_number"]) == (3, 2)
    assert "locale" not in page
    assert nobody["locale"] == "eng"
    assert (nobody["status"], nobody["data"]["reg_records"]) == ("succ", [])
    assert nobody["pagination"]["total_count"] == 0
    rejected = [item["status_reason_code"] for item in (unknown, again, large)]
    assert rejected == ["rjct.filter.invalid", "rjct.reference_id.duplicate", "rjct.pagination.invalid"]
    assert len(records_of(everybody)) == everybody["pagination"]["total_count"] > 200
    found = partner.status("correlation_id", reply.json["message"]["correlation_id"], locale="eng")
    response = found.json["message"]["txnstatus_response"]["txn_status"]["search_response"]
    assert [item["reference_id"] for item in response] == [item["reference_id"] for item in items]


@pytest.mark.parametrize("name", ["exchange_status", "status"])
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"attribute_type": "correlation_id", "attribute_value": "00000000-0000-4000-8000-000000000000"},
        {"attribute_type": "reference_id_list", "attribute_value": ["r-1", ""]},
        {"attribute_type": "reference_id_list", "attribute_value": []},
        {"attribute_type": "reference_id_list", "attribute_value": "r-1"},
        {"txn_type": "receipt"},
        {"txn_type": "subscribe", "reference_id": ""},
        {"attribute_value": ""},
        {"locale": "", "txn_type": ""},
    ],
)
def test_an_unknown_transaction_is_answered_by_the_standard(
    partner: Partner, receiver: Receiver, name: str, change: dict[str, Any]
) -> None:
    """Whatever is asked about, who asks by a valid message gets a valid answer: the reference is not known."""
    message = partner.message(name=name, sender_uri=receiver.url)
    message["message"]["txnstatus_request"] |= change
    reply = partner.send(message, name)
    assert reply.status == 200
    answer = reply.json
    if name == "exchange_status":
        partner.work()
        (answer,) = receiver.received
    status = answer["message"]["txnstatus_response"]
    (item,) = status["txn_status"]["search_response"]
    assert (status["txn_type"], item["status"]) == ("search", "rjct")
    assert item["reference_id"] == message["message"]["txnstatus_request"]["reference_id"]
    assert item["status_reason_code"] == "rjct.reference_id.invalid"


@needs_spec
def test_a_callback_outside_the_standard_is_noticed(partner: Partner, receiver: Receiver) -> None:
    """The checks of callbacks fail on one that the standard does not allow."""
    partner.search(identified("UIN", "847951632"))
    partner.work()
    (sent,) = receiver.received
    conformance.check_callback(sent)
    for path in ("header.status", "message.correlation_id", "message.search_response.0.timestamp"):
        with pytest.raises(Exception, match=r"is not valid under any|required property"):
            conformance.check_callback(replaced(sent, path, ABSENT))
