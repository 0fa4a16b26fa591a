"""POST /registry/sync/search: restricted people are nowhere: not found, counted, listed, joined, or sorted by."""

from __future__ import annotations

import pytest

from support.api import Api, identified, item, predicate
from support.hamlet import SECRET, expressed, letters


@pytest.mark.parametrize(
    ("type_", "value"),
    [("UIN", SECRET), ("MOBILE", "+999"), ("EMAIL", "secret@example.org"), ("birthdate", "1900-01-01"),
     ("surname", SECRET), ("surname", "sec*")],
)  # fmt: skip
@pytest.mark.parametrize("record_type", ["SRPerson", "Member", "Group"])
def test_not_found_by_anything(hamlet_api: Api, type_: str, value: str, record_type: str) -> None:
    """Neither she nor, by what is hers, her household; and nothing tells that she is there."""
    reply = hamlet_api.search(identified(type_, value, reg_record_type=record_type))
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
@pytest.mark.parametrize("criteria", [{}, {"reg_type": "SPP:RegistryType:Individual"}], ids=["social", "OpenSPP 17"])
def test_not_among_those_who_are_found(hamlet_api: Api, query: dict[str, object], criteria: dict[str, str]) -> None:
    """Lists and totals are what they would be without her, in pages too."""
    page = {"page_size": 1}
    first = hamlet_api.search(item(expressed(query), "expression", pagination=page, **criteria))
    whole = hamlet_api.search(item(expressed(query), "expression", **criteria))
    assert SECRET not in first.text.lower() + whole.text.lower()
    assert first.items[0]["pagination"]["total_count"] == len(whole.records)
    assert whole.items[0]["pagination"]["total_count"] == len(whole.records) > 0


def test_not_in_her_household(hamlet_api: Api) -> None:
    """It has neither her nor one more in its size, and its head is the other one."""
    reply = hamlet_api.search(identified("HOUSEHOLD_ID", "1"))
    (group,) = reply.records
    assert SECRET not in reply.text.lower()
    assert (group["group_size"], len(group["member_list"])) == (2, 2)
    assert group["group_head_info"]["member_identifier"][0]["identifier_value"] == "a"


def test_her_household_is_as_large_as_it_looks(hamlet_api: Api) -> None:
    """A condition on the size counts whom the list shows."""
    for size, found in ((2, "12"), (3, "")):
        reply = hamlet_api.search(predicate(("group_size", "eq", size), reg_record_type="Group"))
        assert letters(reply.records) == found


def test_no_order_tells_of_her(hamlet_api: Api) -> None:
    """Groups sorted by their oldest member stand where the others put them."""
    sort = [{"attribute_name": "birth_date", "sort_order": "asc"}]
    asked = predicate(("group_size", "ge", 0), reg_record_type="Group", sort=sort)
    assert letters(hamlet_api.search(asked).records) == "213"
