"""Oversight under attack: what partners wrote, and what people send, breaks no answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.api import START
from support.audit_stream import index
from support.call_trace import aws_calls
from support.events import event
from support.oversight import Oversight, disclosed, withhold

DAY = 86_400


def test_a_plus_that_became_a_space_finds_nobody_else(oversight: Oversight) -> None:
    """A phone number with a bare plus is rejected with what to send, and is not said to be nobody's."""
    for bare in ("phone=+111", "identifier_type=phone&identifier_value=+111"):
        sent = event("audit", token=oversight.provider.token("auditor")) | {"rawQueryString": bare}
        reply = oversight.api.send(sent)
        assert (reply.status, "%2B" in reply.text, "111" in reply.text) == (400, True, False)
        right = oversight.api.send(sent | {"rawQueryString": bare.replace("+", "%2B")})
        assert right.json["subjects"] == [{"record": "PERSON#a", "exists": True}]


@pytest.mark.parametrize("character", ["\u202a", "\u202e", "\u2066", "\u2069"])
def test_a_reason_is_read_as_it_was_written(oversight: Oversight, character: str) -> None:
    """Invisible characters that reorder a text are rejected with what to remove; the marks of languages are not."""
    for reply in (
        oversight.view("person", "b", reason=f"Complaint {character}71"),
        oversight.ask("audit", person="a", reason=f"{character}Complaint"),
    ):
        message = reply.json["errors"][0]["message"]
        assert (reply.status, "remove U+202A to U+202E and U+2066 to U+2069." in message) == (400, True)
    assert oversight.view("person", "b", reason="\u0634\u0643\u0648\u0649\u200f (17)\u200e").status == 200
    pasted = oversight.ask("audit", phone=f"{character}+111")
    assert pasted.json["subjects"] == [{"record": "PERSON#a", "exists": True}]


def test_text_that_is_not_utf8_is_an_error_of_the_request(oversight: Oversight) -> None:
    """Half a surrogate pair, in the path or in the query, never costs a server error."""
    assert oversight.view("person", "a\ud800").status == 404
    sent = event("audit", token=oversight.provider.token("auditor")) | {"rawQueryString": "person=a\ud800"}
    assert oversight.api.send(sent).status == 400


def test_what_a_partner_writes_spoils_no_answer(oversight: Oversight) -> None:
    """A purpose with numbers that JSON does not have, as earlier versions took it, or nested without end, is text."""
    disclosed(oversight.runtime, START, 0, "PERSON#a", purpose={"S": '{"consent":{"text":NaN}}'})
    disclosed(oversight.runtime, START - 1, 1, "PERSON#a", purpose={"S": "[" * 9000})
    index(oversight.runtime)
    reply = oversight.ask("audit", person="a")
    assert json.loads(reply.text, parse_constant=pytest.fail)["entries"][0]["purpose"] == '{"consent":{"text":NaN}}'
    assert reply.json["entries"][1]["purpose"] == "[" * 9000
    assert oversight.ask("audit_statement", person="a").status == 200


def test_much_that_was_withheld_costs_few_reads(oversight: Oversight) -> None:
    """However much of a person was withheld, a page of one entry passes over a hundred at a time."""
    for number in range(60):
        withhold(oversight.runtime, disclosed(oversight.runtime, START - number, number, "PERSON#a"))
    disclosed(oversight.runtime, START - DAY, 99, "PERSON#a")
    index(oversight.runtime)
    with aws_calls(oversight.runtime) as calls:
        assert len(oversight.ask("audit_statement", person="a", limit=1).json["disclosures"]) == 1
    assert len([call for call in calls if call.startswith("Query dci-audit")]) <= 4


def test_escapes_count_for_the_size_of_an_answer(oversight: Oversight) -> None:
    """Lambda returns JSON in JSON: quotes and letters that are escaped there do not make a page too large."""
    texts: dict[str, Any] = {"query": {"S": '"' * 20_000}, "purpose": {"S": "\u0645" * 20_000}}
    for number in range(50):
        disclosed(oversight.runtime, START - number, number, "PERSON#b", **texts)
    index(oversight.runtime)
    for form in ("json", "csv"):
        reply = oversight.ask("audit", person="b", limit=100, format=form)
        assert len(json.dumps({"body": reply.text})) < 6_000_000
