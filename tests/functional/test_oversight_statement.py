"""What a citizen, an operator and an administrator see beside the audit: statements, records, usage and the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC
from typing import Any

import pytest

from dci_cli.local.rotation import rotate, rotating
from dci_common.registries.social.disclosure import FULL, MINIMAL
from dci_rotation import app as rotation_app
from support.api import START, Api, identified
from support.audit_stream import index, own_audit_table
from support.events import event
from support.operator_provider import AUDIENCE, OpenIdProvider, create_client
from support.oversight import Oversight, disclosed
from support.stored_items import tests_client as engine_client

A_DAY = 86_400
PERSON = ("PERSON#a", "PERSON#b")


def test_a_statement_says_who_saw_what_and_why(oversight: Oversight) -> None:
    """A disclosure has its time, the organisation's name, the fields that it may see, and the purpose in words."""
    client, secret = oversight.api.client(disclosure=("minimal",))
    consent = {"id": "c", "ts": "2026-03-01T09:30:00Z", "purpose": {"text": "School meals", "code": "meals"}}
    oversight.saw("a", str(oversight.api.token(client, secret).json["access_token"]), consent=consent)
    reply = oversight.ask("audit_statement", person="a").json
    assert reply["disclosures"] == [
        {
            "when": "2026-03-01T09:30:00.000Z",
            "organisation": client.name,
            "fields": sorted(MINIMAL),
            "purpose": "School meals",
        }
    ]
    assert (reply["subjects"], reply["complete_since"]) == ([{"record": "PERSON#a", "exists": True}], "2026-02-01")


def test_a_statement_names_what_was_sent_alone(oversight: Oversight) -> None:
    """What a client only searches by, and what only households have, is not among the fields of a person."""
    client, secret = oversight.api.client(disclosure=("full",))
    oversight.saw("a", str(oversight.api.token(client, secret).json["access_token"]))
    reply = oversight.ask("audit_statement", identifier_type="uin", identifier_value="a").json
    never = {"income", "related_person", "group_type", "poverty_score"}
    assert reply["disclosures"][0]["fields"] == sorted(FULL - never)
    assert reply["identifier_type"] == "UIN"
    [entry] = oversight.ask("audit", person="a").json["entries"][-1:]
    assert (entry["fields"], entry["disclosed"]) == (sorted(FULL - never), "full")


def test_a_table_with_a_stream_from_the_beginning_lacks_nothing(
    new_api: Callable[..., Api], tiny_table: str, provider: OpenIdProvider
) -> None:
    """Where the table was created with its stream, the history is complete on the first day too."""
    with own_audit_table() as runtime:
        table = runtime.settings.audit_table
        described = engine_client().describe_table(TableName=table)["Table"]
        tables = {"registry_table": tiny_table, "audit_table": table, "audit_stream": described["LatestStreamArn"]}
        people = {"operator_issuer": provider.issuer, "operator_audience": AUDIENCE}
        oversight = Oversight(new_api(**tables, **people), provider)
        for name in ("audit", "audit_statement"):
            reply = oversight.ask(name, person="a").json
            assert (reply["is_complete"], reply["complete_since"]) == (
                True,
                str(described["CreationDateTime"].astimezone(UTC).date()),
            )


def test_a_statement_names_nobody_else_and_no_query(oversight: Oversight) -> None:
    """Neither other records, nor what was asked, nor the names and reasons of operators are in it."""
    runtime = oversight.runtime
    asked: dict[str, Any] = {
        "query": {"S": "Rosa Quispe"},
        "transaction_id": {"S": "t-Rosa"},
        "reference_id": {"S": "r-Rosa"},
    }
    disclosed(runtime, START - 1, 1, *PERSON, **asked, disclosed={"S": "minimal"})
    by: dict[str, Any] = {"operator": {"S": "https://idp#Rosa"}, "operator_name": {"S": "Rosa Quispe"}}
    disclosed(runtime, START - 2, 2, *PERSON, **by, route={"S": "records/person"}, reason={"S": "asked by Rosa"})
    disclosed(runtime, START - 3, 3, *PERSON, **by, route={"S": "audit"}, reason={"S": "asked by Rosa"})
    disclosed(runtime, START - 4, 4, *PERSON, **by, command={"S": "put Rosa"})
    disclosed(runtime, START - 5, 5, *PERSON, purpose={"S": '{"consent":{"text":"' + "x" * 400 + '"}}'})
    disclosed(runtime, START - 6, 6, *PERSON, purpose={"S": '{"consent":"relief","authorize":{"code":"R"}}'})
    index(runtime)
    for form in ("json", "csv"):
        reply = oversight.ask("audit_statement", person="a", format=form)
        assert "Rosa" not in reply.text
        assert "PERSON#b" not in reply.text
    found = oversight.ask("audit_statement", person="a").json["disclosures"]
    assert [one["organisation"] for one in found] == [
        "An organisation that is not registered any more",
        "The registry's own staff",
        *["An organisation that is not registered any more"] * 2,
    ]
    assert found[1]["fields"] == ["the whole record"]
    assert found[1]["purpose"] == "The registry has recorded a reason."
    assert found[2]["purpose"] == "x" * len(found[2]["purpose"].removesuffix(" ...")) + " ..."
    assert found[3]["purpose"] == "relief; R"


def test_a_disclosure_without_recorded_fields_is_not_shown_as_nothing(oversight: Oversight) -> None:
    """What an earlier version recorded, without the fields, is a disclosure whose fields were not recorded."""
    disclosed(oversight.runtime, START - 1, 1, *PERSON)
    index(oversight.runtime)
    [found] = oversight.ask("audit_statement", person="a").json["disclosures"]
    assert found["fields"] == ["not recorded"]


def test_a_record_is_shown_with_a_reason(oversight: Oversight) -> None:
    """A data-officer sees the record as it is stored, and its memberships."""
    shown = oversight.view("person", "b").json
    assert (shown["kind"], shown["id"], shown["record"]["sex"]) == ("person", "b", "female")
    assert shown["memberships"] == [{"group_id": "g1", "roles": ["spouse"]}, {"group_id": "g2"}]
    index(oversight.runtime)
    [entry] = oversight.ask("audit", person="b").json["entries"]
    assert (entry["did"], entry["route"], entry["reason"]) == ("saw", "records/person", "A complaint")
    for reason in ("", " ", "a\nb", "r" * 513, "\u200b", "."):
        reply = oversight.view("person", "b", reason=reason)
        assert (reply.status, "female" in reply.text) == (400, False)
    for kind, record_id in (
        ("person", "nobody"),
        ("group", "b"),
        ("secret", "b"),
        ("person", "x" * 513),
        ("PERSON", "b"),
    ):
        assert oversight.view(kind, record_id).status == 404
    assert oversight.view("person", "R0").json["record"]["restricted"] is True


def test_a_restricted_member_is_not_shown_by_the_group(oversight: Oversight) -> None:
    """A household shows its other members alone: a restricted person is seen only by a person who knows their id."""
    shown = oversight.view("group", "g1")
    assert [member["person_id"] for member in shown.json["memberships"]] == ["a", "b"]
    assert "R0" not in shown.text


@pytest.fixture
def own(
    own_api: Callable[..., Api], tiny_table: str, provider: OpenIdProvider, oversight: Oversight
) -> Iterator[Oversight]:
    """Return oversight of clients and keys of its own, on an engine that rotates when it is asked to."""
    people = {"operator_issuer": provider.issuer, "operator_audience": AUDIENCE}
    tables = {"registry_table": tiny_table, "audit_table": oversight.runtime.settings.audit_table}
    api = own_api(**people, **tables)
    rotation = rotation_app.create_app(api.runtime)
    rotate(rotation, api.runtime.settings.signing_keys_secret)
    with rotating(rotation):
        yield Oversight(api, provider)


def test_usage_says_what_each_client_received_on_a_day(own: Oversight) -> None:
    """A client has the records that it received on the day, beside its limits; those without any have none."""
    client, secret = own.api.client(records_a_day=50)
    own.api.client()
    token = str(own.api.token(client, secret).json["access_token"])
    assert len(own.api.search(identified("UIN", "b"), token=token).records) == 1
    pages = list(own.pages("usage", "usage", limit=1))
    assert [len(page) for page in pages][:2] == [1, 1]
    row, other = sorted((row for page in pages for row in page), key=lambda row: int(row["records"]), reverse=True)
    assert (row["client"], row["date"], row["status"]) == (client.name, "2026-03-01", "enabled")
    assert (row["records"] > 0, row["records_a_day"], row["requests_a_minute"]) == (True, 50, 1_000_000)
    assert other["records"] == 0
    assert [one["records"] for one in own.ask("usage", date="2026-02-28").json["usage"]] == [0, 0]


def test_usage_has_the_last_days_of_all_clients_at_once(own: Oversight) -> None:
    """With days, each client has a row for each of them, the latest first; seven at most, and not with a date."""
    own.api.client()
    own.api.client()
    found = own.ask("usage", days=3).json["usage"]
    assert [one["date"] for one in found] == ["2026-03-01", "2026-02-28", "2026-02-27"] * 2
    assert found[0]["client_id"] == found[2]["client_id"] != found[3]["client_id"]
    assert len(own.ask("usage", days=7, limit=1).json["usage"]) == 7
    for parameters in ({"days": 8}, {"days": 0}, {"days": 3, "date": "2026-02-28"}):
        assert own.ask("usage", **parameters).status == 400


def test_lists_have_pages_whatever_the_names_of_clients_are(own: Oversight) -> None:
    """A long name of a client in any script is no reason that the next page cannot be asked for."""
    for number in range(3):
        own.api.client(name=f"{number} " + "\u0648\u0632\u0627\u0631\u0629 " * 32)
    assert [len(page) for page in own.pages("usage", "usage", limit=1)][:3] == [1, 1, 1]


def test_the_log_has_what_was_changed_on_clients_and_keys(own: Oversight) -> None:
    """An entry says what it is about, who did it and when: registered clients, and rotations of keys."""
    manager = own.provider.token("client-manager")
    client_id = create_client(own.api, manager).json["client_id"]
    own.api.clock.advance(1)
    assert own.api.send(event("keys_rotate", token=manager)).status == 202
    pages = list(own.pages("administration_log", "entries", role="approver", limit=1))
    newest, first = (entry for page in pages for entry in page)
    assert (newest["kind"], newest["id"], newest["act"]) == ("keys", "keys#tokens", "rotate_asked")
    assert (first["kind"], first["id"], first["act"]) == ("client", client_id, "created")
    assert {newest["by_name"], first["by_name"]} == {"Amina Diallo"}
    assert "complete_since" not in own.ask("audit", person="a").json  # without a stream
