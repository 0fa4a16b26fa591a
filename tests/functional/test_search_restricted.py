"""POST /registry/sync/search: restricted people are nowhere: not found, counted, listed, joined, or sorted by."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dci_cli.local.demo import Population
from dci_common.registry.model.records import Identifier, Person
from support.api import Api, identified, item, predicate
from support.call_trace import aws_calls
from support.example_counts import sampled
from support.registries import registry_of
from support.tiny_registry import SECRET, expressed, letters


@pytest.mark.parametrize(
    ("type_", "value"),
    [("UIN", SECRET), ("MOBILE", "+999"), ("EMAIL", "secret@example.org"), ("birthdate", "1900-01-01"),
     ("surname", SECRET), ("surname", "sec*")],
)  # fmt: skip
@pytest.mark.parametrize("record_type", ["SRPerson", "Member", "Group"])
def test_no_query_finds_a_restricted_person(tiny_api: Api, type_: str, value: str, record_type: str) -> None:
    """No query finds a restricted person, or their household by their values; no answer shows that they exist."""
    reply = tiny_api.search(identified(type_, value, reg_record_type=record_type))
    assert reply.records == []
    assert reply.items[0]["pagination"]["total_count"] == 0


@pytest.mark.parametrize(
    "query",
    [
        {"UIN": {"$ne": "x"}},
        {"birth_date": {"$gte": "1800-01-01"}},
        {"$or": [{"UIN": SECRET}, {"age": {"$gte": 0}}]},
        {"HOUSEHOLD_ID": "1"},
        {"membership_kind": "head"},
        {"poverty_score": {"$lt": 5}},
    ],
    ids=repr,
)
@pytest.mark.parametrize(
    "criteria", sampled([{}, {"reg_type": "SPP:RegistryType:Individual"}]), ids=["social", "OpenSPP 17"]
)
def test_a_restricted_person_is_in_no_list_or_total(
    tiny_api: Api, query: dict[str, object], criteria: dict[str, str]
) -> None:
    """Lists, totals and pages are what they would be without the restricted person."""
    page = {"page_size": 1}
    first = tiny_api.search(item(expressed(query), "expression", pagination=page, **criteria))
    whole = tiny_api.search(item(expressed(query), "expression", **criteria))
    assert SECRET not in first.text.lower() + whole.text.lower()
    assert first.items[0]["pagination"]["total_count"] == len(whole.records)
    assert whole.items[0]["pagination"]["total_count"] == len(whole.records) > 0


def test_a_household_does_not_show_a_restricted_member(tiny_api: Api) -> None:
    """The household's members, size and head are those without the restricted person."""
    reply = tiny_api.search(identified("HOUSEHOLD_ID", "1"))
    (group,) = reply.records
    assert SECRET not in reply.text.lower()
    assert (group["group_size"], len(group["member_list"])) == (2, 2)
    assert group["group_head_info"]["member_identifier"][0]["identifier_value"] == "a"


def test_a_households_size_counts_visible_members(tiny_api: Api) -> None:
    """A condition on the size counts the members that the list shows."""
    for size, found in ((2, "12"), (3, "")):
        reply = tiny_api.search(predicate(("group_size", "eq", size), reg_record_type="Group"))
        assert letters(reply.records) == found


def test_a_restricted_person_does_not_affect_the_order(tiny_api: Api) -> None:
    """Groups sorted by their oldest member are placed by their visible members."""
    sort = [{"attribute_name": "birth_date", "sort_order": "asc"}]
    asked = predicate(("group_size", "ge", 0), reg_record_type="Group", sort=sort)
    assert letters(tiny_api.search(asked).records) == "213"


@pytest.mark.parametrize(
    ("type_", "hidden", "nobodys", "limit"),
    [("UIN", SECRET, "nobody", 1), ("MOBILE", "+999", "+998", 10), ("EMAIL", "secret@example.org", "no@a.b", 10)],
)  # fmt: skip
def test_the_price_does_not_reveal_that_somebody_is_hidden(
    tiny_api: Api, new_api: Callable[..., Api], type_: str, hidden: str, nobodys: str, limit: int
) -> None:
    """At the edge of the budget, a hidden owner is answered as nobody is, after the same calls to AWS."""
    api = new_api(registry_table=tiny_api.runtime.settings.registry_table, max_examined=limit)
    api.search(identified(type_, nobodys))
    made = []
    for value in (hidden, nobodys):
        with aws_calls(api.runtime) as calls:
            assert api.search(identified(type_, value)).items[0]["status"] == "succ"
        made.append(sorted(calls))
    assert made[0] == made[1]
    if type_ == "UIN":  # one that may be seen does cost
        assert api.search(identified(type_, "a")).items[0]["status"] == "rjct"


def test_an_identifier_type_that_only_hidden_people_have_is_unknown(new_api: Callable[..., Api]) -> None:
    """The types that can be asked, which an error names, are those of the people whom the client may know of."""
    card = Identifier(identifier_type="Witness No", identifier_value="1")
    other = Identifier(identifier_type="Card No", identifier_value="1")
    people = [Person(id="hidden", identifiers=(card,), restricted=True), Person(id="seen", identifiers=(other,))]
    asked = identified("Witness No", "1")
    with registry_of(Population(people)) as table:
        api = new_api(registry_table=table)
        (answered,) = api.search(asked).items
        assert answered["status_reason_code"] == "rjct.filter.invalid"
        assert "CARD NO" in answered["status_reason_message"]
        assert "WITNESS" not in answered["status_reason_message"].upper()
        assert len(api.search(asked, token=api.token_of(flags={"restricted": True})).records) == 1
