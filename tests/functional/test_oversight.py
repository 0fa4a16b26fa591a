"""The audit, as people ask it: who saw a person, what a client saw, and what happened in a period."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from support.api import START
from support.audit_stream import audit_items, index
from support.call_trace import aws_calls, hooked
from support.oversight import Oversight, disclosed, rows, withhold

DAY = 86_400
MEALS = {"text": "School meals", "code": "meals"}
PURPOSE: dict[str, Any] = {"consent": {"id": "c-1", "ts": "2026-03-01T09:30:00Z", "purpose": MEALS}}
BAD: tuple[dict[str, str], ...] = (
    *({"person": "a", "group": "g1"}, {"person": "a", "client_id": "5b0c6a52-9d1e-4f0b-8f6e-1c2d3e4f5a6b"}),
    *({"phone": "+111", "identifier_type": "UIN", "identifier_value": "a"}, {"identifier_type": "UIN"}),
    *({"persn": "a"}, {"person": ""}, {"person": "a\n"}, {"person": "a" * 513}, {"limit": "0"}, {"limit": "101"}),
    *({"limit": "٣"}, {"since": "yesterday"}, {"since": "2026-02-30"}, {"until": "2026-03-01T25:00Z"}),
    *({"since": "2026-03-02", "until": "2026-03-01"}, {"format": "xml"}, {"person": "a", "next": "%%"}),
    *({"identifier_type": "NONE", "identifier_value": "1"}, {"since": "0000-01-01"}, {"until": "2026-03-01T10"}),
    *({"kind": "x"}, {"person": "a", "kind": "look"}, {"group": "a", "operator": "x"}, {"route": ""}),
    *({"since": "2999-01-01"}, {"since": "2025-01-01"}, {"since": "0001-01-01", "until": "9999-12-31"}),
)


def test_the_audit_of_a_person_is_answered(oversight: Oversight) -> None:
    """An entry says when, which client by its name, which records, which fields, what for, and what was asked."""
    oversight.saw("a", authorize=None, **PURPOSE)
    oversight.saw("b")
    reply = oversight.ask("audit", person="a")
    [entry] = reply.json["entries"]
    assert entry["client_id"] == oversight.api.partner_id
    assert entry["client"].startswith("client ")
    assert {name: entry[name] for name in ("moment", "did", "records", "disclosed", "purpose", "count")} == {
        "moment": "2026-03-01T09:30:00.000Z",
        "did": "saw",
        "records": ["GROUP#g1", "PERSON#a"],
        "disclosed": "full",
        "purpose": {"consent": PURPOSE["consent"]["purpose"]},
        "count": 2,
    }
    assert entry["query"]["query"] == {"type": "UIN", "value": "a"}
    assert reply.json["subjects"] == [{"record": "PERSON#a", "exists": True}]
    assert reply.json["complete_since"] == "2026-02-01"


def test_a_person_is_found_by_id_identifier_and_phone(oversight: Oversight) -> None:
    """Each of them answers the same, and a household is found likewise."""
    oversight.saw("a")
    subjects = (
        *({"person": "a"}, {"person": "PERSON#a"}, {"identifier_type": "uin", "identifier_value": "a"}),
        *({"phone": "+111"}, {"identifier_type": "email", "identifier_value": "a@EXAMPLE.org"}),
    )
    for subject in subjects:
        assert [entry["did"] for entry in oversight.ask("audit", **subject).json["entries"]][-1:] == ["saw"], subject
    for subject in ({"group": "g1"}, {"identifier_type": "HOUSEHOLD_ID", "identifier_value": "1"}, {"phone": "+222"}):
        assert oversight.ask("audit", **subject).json["subjects"] == [{"record": "GROUP#g1", "exists": True}]
    unknown = oversight.ask("audit", person="nobody").json
    assert (unknown["entries"], unknown["subjects"]) == ([], [{"record": "PERSON#nobody", "exists": False}])
    assert oversight.ask("audit", identifier_type="UIN", identifier_value="nobody").status == 404
    assert oversight.ask("audit", phone="+333").status == 404


def test_a_restricted_person_is_found_by_exact_identifier_alone(oversight: Oversight) -> None:
    """A restricted person's phone number or e-mail address belongs to nobody, whoever asks."""
    for role in ("auditor", "data-officer"):
        hidden = oversight.ask("audit", role=role, phone="+999"), oversight.ask("audit", role=role, phone="+333")
        assert hidden[0].status == 404
        assert hidden[0].json["errors"] == hidden[1].json["errors"]
        email = {"identifier_type": "email", "identifier_value": "secret@example.org"}
        assert oversight.ask("audit", role=role, **email).status == 404
        found = oversight.ask("audit", role=role, identifier_type="UIN", identifier_value="secret")
        assert found.json["subjects"] == [{"record": "PERSON#R0", "exists": True}]


def test_pages_are_in_order_and_miss_nothing(oversight: Oversight) -> None:
    """All partitions of all days are merged, newest first; what was withheld is marked, also at the end of a page."""
    draw, runtime = random.Random(1), oversight.runtime
    items = []
    for number in range(32):
        moment = START - draw.randrange(3 * DAY) // 1000 * 1000
        client = draw.choice(("health", "food"))
        items.append(disclosed(runtime, moment, number, f"PERSON#p{number % 5}", client_id=client))
        if not number % 3:
            withhold(runtime, items[-1])
    index(runtime)
    newest = sorted((item["sk"]["S"] for item in items), reverse=True)
    unsent = {item["sk"]["S"] for number, item in enumerate(items) if not number % 3}
    known = {item["sk"]["S"]: item for item in items}
    of_p1 = [sk for sk in newest if known[sk]["records"]["SS"] == ["PERSON#p1"] and sk not in unsent]
    for limit in (2, 7, 100):
        for query, expected in (
            ({"since": "2026-02-26", "until": "2026-03-01T09:30Z"}, newest),
            ({"person": "p1"}, of_p1),
        ):
            pages = list(oversight.pages("audit", "entries", limit=limit, **query))
            shown = [entry for page in pages for entry in page if "operator" not in entry]
            assert [entry["moment"] for entry in shown] == [sk.partition("#")[0] for sk in expected]
            assert all(len(page) <= limit for page in pages)
    everything = [entry for page in oversight.pages("audit", "entries", since="2026-02-26") for entry in page]
    for entry in (entry for entry in everything if "operator" not in entry):
        assert ("withheld" in entry) == (entry["did"] == "withheld") == (not entry["records"])


def test_one_persons_history_costs_the_same_however_much_there_is(oversight: Oversight) -> None:
    """Disclosures of others add no call, and nothing to what these read."""
    disclosed(oversight.runtime, START, 1, "PERSON#a")
    index(oversight.runtime)
    oversight.ask("audit", person="a")  # the operator and the keys are known now
    with aws_calls(oversight.runtime) as few:
        assert len(oversight.ask("audit", person="a").json["entries"]) == 1
    for number in range(40):
        disclosed(oversight.runtime, START + number, number, "PERSON#b")
    index(oversight.runtime, [item for item in audit_items(oversight.runtime) if "operator" not in item])
    with aws_calls(oversight.runtime) as many:
        assert len(oversight.ask("audit", person="a").json["entries"]) == 1
    assert many == few


def test_what_a_client_saw_is_answered(oversight: Oversight) -> None:
    """By client the audit has that client's searches alone, also of one that was deleted; another id is not found."""
    client, secret = oversight.api.client()
    token = str(oversight.api.token(client, secret).json["access_token"])
    oversight.saw("a", token)
    oversight.saw("b")
    found = oversight.ask("audit", client_id=client.client_id).json["entries"]
    assert [(entry["client"], entry["records"]) for entry in found] == [(client.name, ["GROUP#g1", "PERSON#a"])]
    assert oversight.ask("audit", client_id="00000000-0000-4000-8000-000000000000").status == 404
    assert oversight.ask("audit", client_id="none").status == 404


def test_a_look_is_recorded_before_it_is_answered(oversight: Oversight) -> None:
    """Each look, with its route, subject and reason, is in the audit and in the history of its subject."""
    oversight.ask("audit", person="a", reason="A complaint")
    oversight.ask("audit", phone="+333")
    oversight.ask("audit_statement", group="g1")
    oversight.ask("usage")
    oversight.ask("administration_log")
    oversight.view("person", "nobody", reason="Case 17")
    looks = oversight.looks()
    texts = [(look["route"]["S"], look.get("reason", {}).get("S"), look.get("records")) for look in looks]
    assert sorted(texts, key=str) == [
        ("administration-log", None, None),
        ("audit", "A complaint", {"SS": ["PERSON#a"]}),
        ("audit", None, None),
        ("audit/statement", None, {"SS": ["GROUP#g1"]}),
        ("records/person", "Case 17", {"SS": ["PERSON#nobody"]}),
        ("usage", None, None),
    ]
    operator = (f"{oversight.provider.issuer}#f3a1-amina", "Amina Diallo")
    assert {(look["operator"]["S"], look["operator_name"]["S"]) for look in looks} == {operator}
    index(oversight.runtime)
    [entry] = oversight.ask("audit", person="a").json["entries"]
    assert (entry["operator_name"], entry["route"], entry["reason"]) == ("Amina Diallo", "audit", "A complaint")


@pytest.mark.parametrize("name", ["audit", "audit_statement", "usage", "administration_log", "record_view"])
def test_what_cannot_be_recorded_is_not_shown(oversight: Oversight, name: str) -> None:
    """When the look cannot be written, the answer is 503, and nothing is read for it."""
    read: list[str] = []

    def fail(operation: str, request: dict[str, Any]) -> None:
        if operation == "PutItem":
            raise EndpointConnectionError(endpoint_url="https://dynamodb.example.org")
        of_audit = request.get("TableName") == oversight.runtime.settings.audit_table
        if of_audit or (request.get("IndexName") == "clients"):
            read.append(operation)

    sent = {"person": "a"} if name.startswith("audit") else {"reason": "x"}
    with hooked(oversight.runtime, fail):
        assert oversight.ask(name, role="data-officer", **sent).status == 503
    assert read == []


def test_bad_parameters_are_errors(oversight: Oversight) -> None:
    """What is not understood is rejected with what to change, never served as if it were not there."""
    for query in BAD:
        reply = oversight.ask("audit", **query)
        assert reply.status == 400, query
        assert "a" * 513 not in reply.text
    repeated = oversight.ask("audit")
    assert repeated.status == 200
    assert oversight.ask("audit_statement").status == 400
    assert oversight.ask("usage", date="2026-01-28").status == 400
    assert oversight.ask("usage", next="bm90aGluZw==").status == 400
    for query in ({"id": "x"}, {"since": "x"}, {"client_id": "a/b"}, {"kind": "x"}, {"by": ""}, {"next": "x"}):
        assert oversight.ask("administration_log", **query).status == 400, query


def test_a_position_that_is_tampered_with_shows_nothing_else(oversight: Oversight) -> None:
    """`next` only says where a page of the same subject begins: anything else is rejected, and nothing fails."""
    for number in range(3):
        disclosed(oversight.runtime, START - number, number, "PERSON#a")
    index(oversight.runtime)
    following = oversight.ask("audit", person="a", limit=1).json["next"]
    text = base64.urlsafe_b64decode(following).decode()
    tampered = [text[:-1], text + "x", text.replace("2026", "9999"), "9999-99-99", "RECORD#PERSON#b", "{}", "\0", "~"]
    for position in [*tampered, json.dumps({"pk": "RECORD#PERSON#b"})]:
        sent = base64.urlsafe_b64encode(position.encode()).decode()
        reply = oversight.ask("audit", person="a", next=sent)
        assert reply.status in {200, 400}, position
        assert reply.status == 400 or all(entry["records"] == ["PERSON#a"] for entry in reply.json["entries"])
    for damaged in (following[:-1], following[1:], "=", "ä"):
        assert oversight.ask("audit", person="a", next=damaged).status == 400


def test_the_answer_may_be_csv(oversight: Oversight) -> None:
    """By Accept or format the answer is CSV for a spreadsheet, in which no cell is a formula."""
    danger: dict[str, Any] = {
        name: {"S": f"{sign}1+1"} for name, sign in (("purpose", "="), ("query", "@"), ("route", "-"))
    }
    danger |= {"transaction_id": {"S": "+1"}, "message_id": {"S": "\tx"}, "reference_id": {"S": "\uff1d1"}}
    disclosed(oversight.runtime, START, 1, "PERSON#a", **danger)
    disclosed(oversight.runtime, START - 1, 2, "PERSON#a")
    index(oversight.runtime)
    oversight.api.client()
    by_format = oversight.ask("audit", person="a", format="csv", limit=1)
    assert by_format.headers["Content-Type"] == "text/csv; charset=utf-8"
    [row] = rows(by_format)
    assert (row["records"], row["did"], row["count"]) == ("PERSON#a", "saw", "1")
    assert [cell for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\uff1d"))] == []
    following = by_format.headers["X-Next-Page"]
    by_header = oversight.ask("audit", person="a", next=following, accept="text/csv;q=0.9, text/plain")
    assert [row["moment"] for row in rows(by_header)] == ["2026-03-01T09:29:59.000Z"]
    assert "X-Next-Page" not in by_header.headers
    usual = "application/json, text/csv"
    assert oversight.ask("audit", person="a", accept=usual).headers["Content-Type"] == "application/json"
    for name in ("audit_statement", "usage", "administration_log"):
        subject = {"person": "a"} if name == "audit_statement" else {}
        reply = oversight.ask(name, format="csv", **subject)
        assert len(rows(reply)) > 0, name
        assert reply.headers.get("X-Complete-Since") == ("2026-02-01" if subject else None)


def test_a_page_fits_into_an_answer(oversight: Oversight) -> None:
    """However large the items are, a page is smaller than what Lambda returns, and the others follow."""
    keys = [f"PERSON#{number:0>500}" for number in range(600)]
    for number in range(20):
        disclosed(oversight.runtime, START - number, number, *keys, "PERSON#a")
    index_only_a = [{**item, "records": {"SS": ["PERSON#a"]}} for item in audit_items(oversight.runtime)]
    index(oversight.runtime, index_only_a)
    pages = list(oversight.pages("audit", "entries", person="a", limit=100))
    assert sum(len(page) for page in pages) == 20
    assert all(len(json.dumps(page)) < 5_000_000 for page in pages)
    assert len(pages) > 1
