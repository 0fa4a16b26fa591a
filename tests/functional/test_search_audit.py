"""POST /registry/sync/search: each disclosure is recorded before the response is returned."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dci_cli.local.demo import Population
from dci_common.exchange import audit as audit_module
from dci_common.registry.model.records import Group, Identifier, Membership, Name, Person
from dci_common.spdci import pagination
from support.api import Api, identified, item, predicate
from support.audit_stream import delete, put
from support.call_trace import aws_calls, hooked
from support.registries import registry_of
from support.stored_items import disclosures

ANNA, BENO, CARA = (
    Person(
        id=name,
        name=Name(given_name=name),
        birth_date="1990-01-01",
        identifiers=(Identifier(identifier_type="UIN", identifier_value=f"of-{name}"),),
    )
    for name in ("anna", "beno", "cara")
)
HIDDEN = Person(id="hidden", birth_date="1990-01-01", restricted=True)
HILL = Group(id="hill", name="Hill", poverty_score=1)
POPULATION = Population(
    [ANNA, BENO, CARA, HIDDEN],
    [HILL],
    [
        Membership(person_id="anna", group_id="hill", roles=("head",)),
        Membership(person_id="beno", group_id="hill", end="2020-01-01"),
        Membership(person_id="hidden", group_id="hill"),
    ],
)
TOO_MANY = "rjct.search.too_many_records_found"
BORN = predicate(("birth_date", "eq", "1990-01-01"))


@pytest.fixture
def audited(new_api: Callable[..., Api]) -> Iterator[Api]:
    """Return an API over four people and their household."""
    with registry_of(POPULATION) as table:
        yield new_api(registry_table=table)


def written(api: Api) -> list[dict[str, Any]]:
    """Return what was written of the API's partner, in the order of the searches' reference ids."""
    items = disclosures(api.partner_id)
    plain = ({name: next(iter(value.values())) for name, value in found.items()} for found in items)
    return sorted(plain, key=lambda found: (found["reference_id"], found["sk"]))


def test_a_disclosure_record_has_client_query_and_people(audited: Api) -> None:
    """Client, moment, ids of the message, query, purpose, and the people who were disclosed."""
    purpose = {"text": "Eligibility", "code": "benefit"}
    asked = predicate(("given_name", "eq", "anna"), consent={"purpose": purpose, "ts": "2026-01-01"})
    reply = audited.search(asked)
    (found,) = written(audited)
    assert found.pop("pk").startswith("DAY#2026-03-01#")
    assert found.pop("sk").startswith("2026-03-01T09:30:00.000Z#")
    assert json.loads(found.pop("query"))["query"] == asked["search_criteria"]["query"]
    assert sorted(found.pop("records")) == ["GROUP#hill", "PERSON#anna"]
    assert json.loads(found.pop("purpose")) == {"consent": purpose}
    assert found == {
        "client_id": audited.partner_id,
        "correlation_id": reply.json["message"]["correlation_id"],
        "message_id": reply.json["header"]["message_id"],
        "transaction_id": reply.json["message"]["transaction_id"],
        "reference_id": "r-1",
        "record_type": "SRPerson",
        "route": "sync/search",
        "disclosed": "full",
    }


def test_an_identified_person_is_recorded_on_any_page(audited: Api) -> None:
    """A total shows that the identified person satisfies the rest: that is a disclosure without a record."""
    past = {"page_size": 1, "page_number": 2}
    query = {"UIN": "of-anna", "birth_date": "1990-01-01"}
    audited.search(item({"value": {"expression": {"query": query}}}, "expression", pagination=past))
    assert written(audited)[0]["records"] == ["PERSON#anna"]


def test_a_message_that_fails_later_is_recorded_as_withheld(audited: Api) -> None:
    """Where one search of a message ends it with an error, what the others found is recorded as withheld."""
    assert audited.partner_token
    failing = predicate(("birth_date", "eq", "1990-01-01"))

    def fail(operation: str, parameters: Any) -> None:
        if operation == "Query" and "x04" in str(parameters):
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, operation)

    with hooked(audited.runtime, fail):
        reply = audited.search(failing, predicate(("given_name", "eq", "anna")) | {"reference_id": "r-2"})
    assert reply.status == 503
    (found,) = written(audited)
    assert (found["withheld"], "records" in found) == (True, False)


def test_a_group_discloses_its_members(audited: Api) -> None:
    """A group discloses the people that its member list shows, and no others."""
    audited.search(predicate(("poverty_score", "eq", 1), reg_record_type="Group"))
    (found,) = written(audited)
    assert sorted(found["records"]) == ["GROUP#hill", "PERSON#anna"]


def test_hidden_members_are_not_disclosed(audited: Api) -> None:
    """A client that may not see households is shown no member, so none is disclosed."""
    client, secret = audited.client(disclosure=("poverty_score",))
    token = audited.token(client, secret).json["access_token"]
    audited.search(predicate(("poverty_score", "eq", 1), reg_record_type="Group"), token=token)
    assert [found["records"]["SS"] for found in disclosures(client.client_id)] == [["GROUP#hill"]]


def test_each_search_of_a_message_is_recorded(audited: Api) -> None:
    """Each search that was served is recorded, also when nothing matched; one that was rejected discloses nothing."""
    audited.search(
        BORN | {"reference_id": "1"},
        identified("UIN", "nobody", reference_id="2"),
        identified("NO_SUCH_TYPE", "1", reference_id="3"),
        BORN | {"reference_id": "1"},
    )
    found = [(record["reference_id"], sorted(record.get("records", ()))) for record in written(audited)]
    assert found == [("1", ["GROUP#hill", "PERSON#anna", "PERSON#beno", "PERSON#cara"]), ("2", [])]


def test_only_the_returned_page_is_disclosed(audited: Api) -> None:
    """Records of other pages are counted but not disclosed."""
    audited.search(predicate(("birth_date", "eq", "1990-01-01"), pagination={"page_size": 1, "page_number": 2}))
    assert written(audited)[0]["records"] == ["PERSON#beno"]


def test_records_that_did_not_fit_are_withheld(audited: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found and did not fit into the response is recorded as withheld, with no record."""
    monkeypatch.setattr("dci_search.service.MAX_BYTES", 10)
    assert audited.search(BORN).items[0]["status"] == "rjct"
    (found,) = written(audited)
    assert (found["withheld"], "records" in found) == (True, False)
    assert found["rejected"] == TOO_MANY


def test_a_rejection_that_reveals_a_number_is_recorded(audited: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence that says how many records match is a disclosure, though no record leaves."""
    monkeypatch.setattr(pagination, "MAX_PAGE_SIZE", 2)
    (answered,) = audited.search(BORN).items
    assert answered["status_reason_message"].startswith("3 records match")
    (found,) = written(audited)
    assert (found["rejected"], found["reference_id"], "records" in found) == (TOO_MANY, "r-1", False)
    assert json.loads(found["query"])["query"] == BORN["search_criteria"]["query"]


def test_a_spent_budget_is_recorded(audited: Api, new_api: Callable[..., Api]) -> None:
    """A message that reads too much learns that there is so much."""
    api = new_api(registry_table=audited.runtime.settings.registry_table, max_examined=31)
    assert api.search(BORN).items[0]["status_reason_code"] == TOO_MANY
    assert [found["rejected"] for found in written(api)] == [TOO_MANY]


def test_many_records_take_several_items(audited: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """More records than an item holds are recorded in several."""
    monkeypatch.setattr(audit_module, "_PART_BYTES", 20)
    audited.search(BORN)
    found = written(audited)
    assert [record["records"] for record in found] == [
        ["PERSON#anna"], ["GROUP#hill"], ["PERSON#beno"], ["PERSON#cara"],
    ]  # fmt: skip
    assert len({record["sk"].rpartition("#")[0] for record in found}) == 1


def test_a_long_query_is_recorded_in_part(audited: Api) -> None:
    """A query as long as a message may be is recorded in part, and answered."""
    values = [f"{'x' * 400}{number}" for number in range(100)]
    assert audited.search(predicate(("surname", "in", values))).items[0]["status"] == "succ"
    assert len(written(audited)[0]["query"]) == 20_000


@pytest.mark.parametrize("days", [0, 30])
def test_retention_follows_the_setting(days: int, new_api: Callable[..., Api]) -> None:
    """The setting gives the days of retention; without it records are kept forever."""
    api = new_api(audit_days=days)
    api.search(identified("UIN", "nobody"))
    expires = written(api)[0].get("expires")
    assert expires == (str(int(api.clock.now) + days * 86_400) if days else None)


def test_a_disclosure_that_cannot_be_recorded_is_503(audited: Api) -> None:
    """When a disclosure cannot be recorded, the answer is 503 and holds no record."""

    def fail(operation: str, _: Any) -> None:
        if operation == "PutItem":
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, operation)

    assert audited.partner_token
    with hooked(audited.runtime, fail):
        reply = audited.search(BORN)
    assert (reply.status, reply.code) == (503, "err.service.unavailable")
    assert "anna" not in reply.text
    assert audited.search(BORN).status == 200


def test_an_audit_item_replaces_no_other(audited: Api) -> None:
    """Where an item has the key already, whatever wrote it stays, and nothing is disclosed."""
    assert audited.partner_token
    key = {"pk": {"S": "DAY#2026-03-01#0"}, "sk": {"S": f"2026-03-01T09:30:00.000Z#{'00' * 8}#0"}}
    put(audited.runtime, {**key, "client_id": {"S": "another"}})
    drawn = audited.runtime.random_bytes
    audited.runtime.random_bytes = lambda count: bytes(count) if count == 9 else drawn(count)
    try:
        assert (audited.search(BORN).status, written(audited)) == (503, [])
        assert [found["sk"] for found in disclosures("another")] == [key["sk"]]
    finally:
        delete(audited.runtime, key)


def test_a_search_costs_one_audit_write(audited: Api) -> None:
    """A search costs one write for its disclosures; a message costs two for its counts: before and after."""
    audited.search(BORN)
    with aws_calls(audited.runtime) as calls:
        audited.search(BORN)
    assert sorted(call for call in calls if "Get" not in call and "Query" not in call) == [
        "PutItem dci-audit",
        "UpdateItem dci-exchange",
        "UpdateItem dci-exchange",
    ]


def test_a_search_by_identifier_releases_nothing(audited: Api) -> None:
    """It reserves the one record that it may find, so there is nothing to release afterwards."""
    audited.search(BORN)
    with aws_calls(audited.runtime) as calls:
        audited.search(identified("UIN", "of-anna"))
    assert sorted(call.split()[0] for call in calls) == ["BatchGetItem", "BatchGetItem", "PutItem", "UpdateItem"]
