"""POST /registry/sync/search: deviations of live partners and of the standard's samples that are accepted."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from dci_cli.local.demo import KNOWN_UIN
from support.api import SENDER, START, Api, Reply, identified, item, predicate
from support.events import body_of, event
from support.example_counts import sampled
from support.messages import ABSENT, changed

ITEM = "message.search_request.0"
CRITERIA = f"{ITEM}.search_criteria"


def finds_her(reply: Reply) -> None:
    """Check that the message was served as if nothing were odd about it."""
    assert reply.status == 200
    assert [response["status"] for response in reply.items] == ["succ"]
    assert KNOWN_UIN in {identifier["identifier_value"] for identifier in reply.records[0]["identifier"]}
    assert reply.items[0]["pagination"]["total_count"] == 1


def send(api: Api, message: Any, **headers: str) -> Reply:
    """Send a message as a registered partner."""
    return api.send(event("search", body=message, token=api.partner_token, **headers))


@pytest.mark.parametrize(
    "path",
    sampled(
        [
            "signature",
            "header.version",
            "header.sender_uri",
            "header.receiver_id",
            "header.is_msg_encrypted",
            "header.meta",
            f"{ITEM}.locale",
            f"{ITEM}.pagination",
            *(
                f"{CRITERIA}.{name}"
                for name in (
                    "version",
                    "reg_type",
                    "reg_record_type",
                    "reg_event_type",
                    "response_entity",
                    "sort",
                    "pagination",
                    "consent",
                    "authorize",
                )
            ),
        ],
        5,
    ),
)
def test_a_blank_optional_field_is_an_absent_one(shared_api: Api, path: str) -> None:
    """The standard's samples send "" for what they leave out; null and nothing at all mean the same."""
    for value in ("", None, ABSENT):
        finds_her(send(shared_api, changed(path, value)))


@pytest.mark.parametrize(
    ("path", "value"),
    sampled(
        [
            ("header.total_count", "1"),
            ("header.total_count", 10),
            ("header.total_count", 0),
            ("header.total_count", ""),
            ("header.total_count", ABSENT),  # two live code bases leave it out
            ("header.is_msg_encrypted", "false"),
            ("header.meta", {"anything": [1, None]}),
            ("header.sender_uri", "https://partner.example.org/callback"),
            ("header.message_ts", "2022-12-04T17:20:07-04:00"),
            ("header.message_ts", "2026-03-01t09:30:00.123456z"),
            ("header.message_ts", "2026-03-01T09:30:00+0530"),
            ("header.message_id", "m" * 512),
            ("message.transaction_id", "t"),
            ("message.transaction_id", "ñ" * 99),
            ("signature", "unsigned"),
            ("signature", "unsigned-stub"),
            (f"{ITEM}.locale", "nep"),
            (f"{CRITERIA}.reg_event_type", "REGISTER"),
            (f"{CRITERIA}.version", "0.9"),
            (f"{CRITERIA}.sort", []),
            (f"{CRITERIA}.consent", {"ts": "2026-03-01T09:30:00Z", "purpose": {"text": "x"}}),
            (f"{CRITERIA}.pagination", {"page_size": "10", "page_number": ""}),
            (f"{CRITERIA}.pagination", {"page_size": 10.0, "page_number": "1", "cursor": ""}),
            (f"{CRITERIA}.query", {"@type": "IdentifierTypeValue", "type": "UIN", "value": KNOWN_UIN}),
            (f"{CRITERIA}.extra", {"not": "ours"}),
            ("header.extra", 1),
            ("extra", [None]),
        ],
        8,
    ),
    ids=repr,
)
def test_what_is_taken_as_it_is_meant(shared_api: Api, path: str, value: object) -> None:
    """Numbers in strings, counts that do not fit and unknown members are accepted."""
    finds_her(send(shared_api, changed(path, value)))


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"]
)
def test_a_content_type_may_have_parameters(shared_api: Api, content_type: str) -> None:
    """JSON is JSON, with a charset or in capitals."""
    finds_her(send(shared_api, body_of("search"), content_type=content_type))


def test_a_body_may_arrive_in_base64(shared_api: Api) -> None:
    """API Gateway hands bodies over in base64 when it takes them for binary."""
    body = base64.b64encode(json.dumps(body_of("search")).encode()).decode()
    finds_her(
        shared_api.send(event("search", token=shared_api.partner_token) | {"body": body, "isBase64Encoded": True})
    )


@pytest.mark.parametrize("in_base64", [False, True])
def test_a_body_may_begin_with_a_byte_order_mark(shared_api: Api, in_base64: bool) -> None:  # noqa: FBT001
    """Some editors and spreadsheets write a mark before a text, which is no part of it."""
    body = f"\ufeff{json.dumps(body_of('search'))}"
    sent = event("search", body=body, token=shared_api.partner_token)
    encoded = {"body": base64.b64encode(body.encode()).decode(), "isBase64Encoded": True} if in_base64 else {}
    finds_her(shared_api.send(sent | encoded))


@pytest.mark.parametrize("path", ["message.transaction_id", f"{ITEM}.reference_id"])
def test_an_empty_id_is_repeated(shared_api: Api, path: str) -> None:
    """The standard's samples have empty ids: these are answered as they came."""
    reply = send(shared_api, changed(path, ""))
    finds_her(reply)
    assert {"message.transaction_id": reply.json["message"], f"{ITEM}.reference_id": reply.items[0]}[path][
        path.rpartition(".")[2]
    ] == ""


def test_the_same_transaction_may_come_again(api: Api) -> None:
    """Partners reuse transaction and message ids across requests and days."""
    for _ in range(2):
        finds_her(api.send(event("search", token=api.token_of())))
        api.clock.advance(90_000)


def test_a_marked_client_may_sign_what_is_not_verified_yet(shared_api: Api) -> None:
    """A client marked `signature: ignore` may send any signature."""
    token = shared_api.token_of(flags={"signature": "ignore"})
    finds_her(shared_api.send(event("search", body=changed("signature", "Signature: whatever"), token=token)))


@pytest.mark.parametrize("query_type", ["predicate", "expression"])
def test_the_standards_sample_predicate(shared_api: Api, query_type: str) -> None:
    """A predicate list is a predicate, also under `query_type: expression`, with the samples' blanks."""
    expression = {"attribute_name": "UIN", "operator": "eq", "attribute_value": KNOWN_UIN}
    entry = {"seq_num": "", "expression1": expression, "condition": "", "expression2": ""}
    finds_her(shared_api.search(item([entry], query_type)))


@pytest.mark.parametrize("seq_num", ["", "1", 1, 2.0, None])
def test_a_sequence_number_may_be_a_string(shared_api: Api, seq_num: object) -> None:
    """seq_num counts as a number, a string of one, or nothing."""
    asked = predicate(("UIN", "EQ", KNOWN_UIN))
    asked["search_criteria"]["query"][0]["seq_num"] = seq_num
    finds_her(shared_api.search(asked))


def test_the_header_of_an_answer(shared_api: Api) -> None:
    """The answer's header turns sender and receiver round and counts what was asked, not what was announced."""
    items = (identified("UIN", KNOWN_UIN), identified("UIN", "TEST-001", reference_id="r-2"))
    reply = shared_api.search(*items, total_count=10, message_id="m-1", receiver_id="registry")
    assert reply.json["header"] == {
        "version": "1.0.0",
        "message_id": "m-1",
        "message_ts": "2026-03-01T09:30:00.000Z",
        "action": "on-search",
        "status": "succ",
        "total_count": 2,
        "completed_count": 2,
        "sender_id": "registry",
        "receiver_id": SENDER,
        "is_msg_encrypted": False,
    }
    message = reply.json["message"]
    assert message["transaction_id"] == body_of("search")["message"]["transaction_id"]
    assert message["correlation_id"] == reply.event["requestContext"]["requestId"]
    assert [response["reference_id"] for response in message["search_response"]] == ["r-1", "r-2"]
    assert shared_api.clock() == START  # and so were the timestamps
    assert "sender_id" not in shared_api.search(*items, receiver_id="").json["header"]


def test_an_answer_keeps_the_locale(shared_api: Api) -> None:
    """An item's locale is repeated in its answer, and left out where there was none."""
    asked = identified("UIN", KNOWN_UIN)
    assert "locale" not in shared_api.search(asked).items[0]
    assert shared_api.search(asked | {"locale": "nep"}).items[0]["locale"] == "nep"


def test_a_message_without_items(shared_api: Api) -> None:
    """A message without items gets a response without items."""
    assert send(shared_api, changed("message.search_request", [])).items == []
