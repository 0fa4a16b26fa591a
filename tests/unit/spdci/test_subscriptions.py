"""Messages that begin and end subscriptions: what is accepted, and what the acknowledgement rejects."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dci_common.errors import InvalidRequest
from dci_common.spdci.envelope import read_envelope
from dci_common.spdci.subscriptions import (
    SubscribeCriteria,
    SubscribeEnvelope,
    UnsubscribeEnvelope,
    subscription_info,
)
from support.conformance import SPEC, forbids, spec_is_here
from support.subscribe_messages import (
    FILTER,
    TIMESTAMP,
    criteria,
    subscribe_item,
    subscribe_message,
    unsubscribe_message,
)

CODE = "c" * 99
SAMPLES = ("fr/processflow3req.json", "dr/processflow4req.json")


def read(message: dict[str, Any]) -> SubscribeEnvelope:
    """Read a subscribe message as it comes."""
    return read_envelope(SubscribeEnvelope, json.dumps(message).encode())


def criteria_of(**members: object) -> SubscribeCriteria:
    """Return the criteria of a subscribe message with these members."""
    envelope = read(subscribe_message(subscribe_item(subscribe_criteria=criteria(**members))))
    return envelope.message.subscribe_request[0].subscribe_criteria


def codes_of(**members: Any) -> list[str]:
    """Return the codes of an unsubscribe message with these members."""
    message = json.dumps(unsubscribe_message(**members)).encode()
    return read_envelope(UnsubscribeEnvelope, message).message.subscription_codes


def without(members: dict[str, Any], name: str) -> dict[str, Any]:
    """Return all members but one."""
    return {other: value for other, value in members.items() if other != name}


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"frequency": "", "filter_type": "", "authorize": "", "version": "", "reg_type": ""},
        {"frequency": {}, "authorize": {"purpose": {"text": "enrolment"}}},
        {"frequency": None, "consent": {"id": "x"}},
        {"filter": "me.age < 25", "filter_type": "graphql"},
        {"reg_event_type": "", "notify_record_type": ""},
    ],
)
def test_what_partners_send_is_accepted(members: dict[str, Any]) -> None:
    """What is empty, or not the standard's, is no error of the message; what it asks for is decided by item."""
    assert criteria_of(**members).frequency is None


@pytest.mark.parametrize(
    ("sent", "complete"),
    [
        ("daily", {"start_time": TIMESTAMP, "end_time": "9999-12-31T23:59:59Z", "frequency": "daily"}),
        (
            {"start_time": "2024-08-18T00:00:00.000Z", "frequency": "daily"},
            {
                "start_time": "2024-08-18T00:00:00.000Z",
                "end_time": "9999-12-31T23:59:59Z",
                "frequency": "daily",
            },
        ),
        (
            {"start_time": TIMESTAMP, "end_time": TIMESTAMP, "frequency": "0 0 0 5,15 * ? *"},
            {"start_time": TIMESTAMP, "end_time": TIMESTAMP, "frequency": "0 0 0 5,15 * ? *"},
        ),
        ({"end_time": TIMESTAMP}, {"start_time": TIMESTAMP, "end_time": TIMESTAMP, "frequency": ""}),
    ],
)
def test_a_frequency_is_completed(sent: object, complete: dict[str, str]) -> None:
    """A cron expression or a word is accepted, with or without its times, and repeated with all of them."""
    frequency = criteria_of(frequency=sent).frequency
    assert frequency is not None
    assert frequency.complete(TIMESTAMP) == complete


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.skipif(not spec_is_here(), reason="the standard's folder is not available")
def test_the_samples_of_the_standard_are_accepted(sample: str) -> None:
    """The standard's own subscribe messages are read, but for a locale of two letters, which it forbids itself."""
    message = json.loads((SPEC / "samples" / sample).read_text())
    with pytest.raises(InvalidRequest, match="locale"):
        read(message)
    message["message"]["subscribe_request"][0].pop("locale")
    (item,) = read(message).message.subscribe_request
    assert item.subscribe_criteria.frequency is not None
    assert item.subscribe_criteria.frequency.frequency == "daily"


INVALID_ITEMS = [
    without(subscribe_item(), "reference_id"),
    without(subscribe_item(), "timestamp"),
    without(subscribe_item(), "subscribe_criteria"),
    subscribe_item(timestamp="2026-03-01T09:30:00"),
    subscribe_item() | {"reference_id": 7},
    subscribe_item(subscribe_criteria="all"),
    *(subscribe_item(subscribe_criteria=without(criteria(), name)) for name in criteria()),
    subscribe_item(subscribe_criteria=criteria(reg_event_type=["REGISTER"])),
    subscribe_item(subscribe_criteria=criteria(frequency={"start_time": "today", "frequency": "daily"})),
    subscribe_item(subscribe_criteria=criteria(frequency=1)),
]
INVALID = [
    *map(subscribe_message, INVALID_ITEMS),
    subscribe_message(subscribe_request=subscribe_item()),
    subscribe_message(transaction_id="t" * 100),
    {"header": subscribe_message()["header"], "message": {"transaction_id": "t-1"}},
]


@pytest.mark.parametrize("message", INVALID)
def test_what_the_schema_forbids_is_an_error(message: dict[str, Any]) -> None:
    """A message that the standard forbids is rejected as a whole, in its acknowledgement."""
    with pytest.raises(InvalidRequest):
        read(message)
    assert not spec_is_here() or forbids("registry/subscribe", message)


@pytest.mark.parametrize(
    "message",
    [
        subscribe_message(subscribe_item(locale="en")),
        subscribe_message(transaction_id=""),
        subscribe_message(subscribe_request=[]),
        subscribe_message(action="search"),
        subscribe_message(*[subscribe_item(f"r-{number}") for number in range(101)]),
    ],
)
def test_what_no_answer_could_repeat_is_an_error(message: dict[str, Any]) -> None:
    """Neither is accepted what partners' tests demand to be rejected, nor what asks for nothing or too much."""
    with pytest.raises(InvalidRequest):
        read(message)


@pytest.mark.parametrize(
    "members",
    [
        {"subscription_codes": ["a", CODE]},
        {"subscription_code": ["a", CODE]},
        {"sunscription_codes": ["a", CODE]},
        {"subscription_codes": ["a", CODE], "subscription_code": ["b"]},
    ],
)
@pytest.mark.parametrize("timestamp", ["timestamp", "timesstamp"])
def test_codes_are_read_under_all_their_names(members: dict[str, Any], timestamp: str) -> None:
    """The misspelt names of the official file are read, and that of OpenSPP2's client."""
    assert codes_of(**members, **{timestamp: TIMESTAMP}) == ["a", CODE]


def test_a_single_code_is_read() -> None:
    """A code that is sent without a list is one code."""
    assert codes_of(timestamp=TIMESTAMP, subscription_code="a") == ["a"]


@pytest.mark.parametrize(
    "members",
    [
        {"subscription_codes": ["a"]},
        {"timestamp": TIMESTAMP},
        {"timestamp": TIMESTAMP, "subscription_codes": []},
        {"timestamp": TIMESTAMP, "subscription_codes": [""]},
        {"timestamp": TIMESTAMP, "subscription_codes": [1]},
        {"timestamp": TIMESTAMP, "subscription_codes": [CODE + "c"]},
        {"timestamp": TIMESTAMP, "subscription_codes": ["a"] * 101},
        {"timestamp": TIMESTAMP, "subscription_codes": ["a"], "action": "subscribe"},
    ],
)
def test_an_unsubscribe_message_needs_its_codes(members: dict[str, Any]) -> None:
    """Codes have 1 to 99 characters, and a message has 1 to 100 of them, and a timestamp."""
    with pytest.raises(InvalidRequest):
        codes_of(**members)


@pytest.mark.parametrize("frequency", [None, "daily", {"start_time": TIMESTAMP, "frequency": "0 0 6 * * ?"}])
def test_a_subscription_is_repeated_as_it_was_written(frequency: object) -> None:
    """The response has the subscriber's own spellings, and all that the standard's schema demands."""
    name = "spdci-common:RegistryEventType:Register"
    criteria = criteria_of(reg_event_type=name, frequency=frequency)
    info = subscription_info("c-1", "subscribe", TIMESTAMP, TIMESTAMP, criteria)
    assert info["reg_event_type"] == name
    assert info["filter"] == FILTER
    assert ("frequency" in info) is (frequency is not None)
    item = {"reference_id": "r-1", "timestamp": TIMESTAMP, "status": "succ", "subscriptions": [info]}
    answer = subscribe_message(action="on-subscribe", correlation_id="c-1", subscribe_response=[item])
    answer["message"].pop("subscribe_request")
    assert not spec_is_here() or not forbids("registry/on-subscribe", answer)
