"""POST /registry/sync/search: expression queries."""

from __future__ import annotations

from typing import Any

import pytest

from support.api import Api, item
from support.example_counts import sampled
from support.tiny_registry import expressed, letters

CRITERIA, FILTER = "rjct.search_criteria.invalid", "rjct.filter.invalid"
MARK = "Zebra"  # what was sent is never repeated
WOMEN, POOR = {"sex": "female"}, {"poverty_score": {"$lt": 5}}


def nested(depth: int, innermost: object) -> Any:
    """Wrap a condition in so many levels of `$and`."""
    for _ in range(depth):
        innermost = {"$and": [innermost]}
    return innermost


@pytest.mark.parametrize(
    ("query", "found"),
    sampled(
        [
            (WOMEN, "bc"),
            ({"sex": {"$eq": "f"}}, "bc"),
            ({"sex": {"$ne": "f"}}, "adn"),
            ({"UIN": {"$in": ["a", "c", "x"]}}, "ac"),
            ({"UIN": {"$nin": ["a", "c", "x"]}}, "bdn"),
            ({"UIN": {"$in": "a,c"}}, "ac"),
            ({"age": {"$gt": 18, "$lt": 40}}, "bd"),
            ({"age": {"$gte": 18, "$lte": 26}}, "ad"),
            ({"age": {"$not": {"$gte": 26}}}, "an"),
            ({"income": {"$gt": 50}}, "a"),
            ({"income": 50}, "b"),
            ({"is_disabled": False}, "b"),
            ({**WOMEN, "age": {"$lt": 40}}, "b"),
            ({"$and": [WOMEN, POOR]}, "b"),
            ({"$or": [WOMEN, {"UIN": "n"}]}, "bcn"),
            ({"$nor": [WOMEN, {"UIN": "n"}]}, "ad"),
            ({"$not": {"$or": [WOMEN, {"UIN": "n"}]}}, "ad"),
            ({"$and": [{"$or": [WOMEN, POOR]}, {"$nor": [{"surname": "nun*"}]}]}, "b"),
            ({"$or": [WOMEN], "UIN": {"$ne": "b"}}, "c"),
            ({"$and": [POOR, {"$not": {"group_type": "household"}}]}, ""),  # in one and the same household
            ({"demographic_info.person.sex": {"$eq": "male"}}, "ad"),
            (nested(19, WOMEN), "bc"),
        ],
        8,
    ),
    ids=lambda value: repr(value)[:80],
)
def test_an_expression_finds_matching_records(tiny_api: Api, query: dict[str, Any], found: str) -> None:
    """All operators, alone and within each other; a missing value satisfies no comparison, so each negation."""
    reply = tiny_api.search(item(expressed(query), "expression"))
    assert "".join(sorted(letters(reply.records))) == found
    assert reply.items[0]["pagination"]["total_count"] == len(found)


@pytest.mark.parametrize(
    ("collection", "criteria", "record_type", "found"),
    [
        ("Group", {}, "Group", "1"),
        ("HouseHold", {}, "Group", "1"),
        ("Member", {}, "Member", "ab"),
        ("Person", {}, "SRPerson", "ab"),
        ("", {}, "SRPerson", "ab"),
        ("Group", {"response_entity": "Member"}, "Member", "ab"),
        ("Group", {"reg_record_type": "SRPerson"}, "SRPerson", "ab"),
    ],
    ids=repr,
)
def test_the_collection_is_the_record_type(
    tiny_api: Api, collection: str, criteria: dict[str, str], record_type: str, found: str
) -> None:
    """What the item does not name, the expression's collection does."""
    (response,) = tiny_api.search(item(expressed(POOR, collection), "expression", **criteria)).items
    assert response["data"]["reg_record_type"] == record_type
    assert len(response["data"]["reg_records"]) == len(found)


@pytest.mark.parametrize("collection", [MARK, 5, True, False, 0, ["Group"], {"Group": 1}, []], ids=repr)
def test_an_unknown_collection_is_rejected(tiny_api: Api, collection: object) -> None:
    """A record type that is not served is rejected in any member; so is a value that is no name."""
    (response,) = tiny_api.search(item(expressed(POOR, collection), "expression")).items
    assert response["status_reason_code"] == CRITERIA


@pytest.mark.parametrize(
    "query",
    [
        None,
        7,
        MARK,
        {},
        {"type": "any"},
        {"type": "any", "value": {}},
        {"type": "any", "value": {"expression": {}}},
        {"type": "any", "value": {"expression": MARK}},
        {"type": "any", "value": {"expression": {"query": WOMEN, MARK: 1}}},
        {"type": "any", "value": {"expression": {"query": WOMEN}, MARK: 1}},
        {"type": "any", "value": {"expression": {"query": WOMEN}}, MARK: 1},
        *map(
            expressed,
            [
                {},
                {"$and": []},
                {"$and": [{}]},
                {"$and": WOMEN},
                {"$and": [MARK]},
                {"$or": [WOMEN, None]},
                {"$not": [WOMEN]},
                {"$not": {}},
                {"$xor": [WOMEN]},
                {"$eq": 1},
                {"sex": {"$regex": MARK}},
                {"sex": {"$eq": "f", MARK: 1}},
                {"sex": {"eq": "f"}},
                {"sex": {}},
                {"$or": [WOMEN] * 101},
                {"$and": [{"$or": [WOMEN] * 51}, {"$or": [WOMEN] * 50}]},
                nested(20, WOMEN),
                nested(60, WOMEN),
            ],
        ),
        *[expressed(value) for value in ([WOMEN], MARK, None, 7)],  # type: ignore[arg-type]
    ],
    ids=lambda query: repr(query)[:60],
)
def test_an_invalid_expression_is_rejected(tiny_api: Api, query: object) -> None:
    """No part of an expression ever silently means "no filter"; 20 levels and 100 conditions are the most."""
    reply = tiny_api.search(item(query, "expression"))
    assert reply.items[0]["status_reason_code"] == CRITERIA
    assert MARK not in reply.text


@pytest.mark.parametrize(
    "query",
    [
        {MARK: 1},
        {"": 1},
        {"sex": None},
        {"sex": ["f"]},
        {"sex": {"$eq": None}},
        {"sex": {"$eq": ["f"]}},
        {"sex": {"$in": []}},
        {"sex": {"$in": [None]}},
        {"UIN": {"$gt": "a"}},
        {"UIN": {"$in": ["a"] * 101}},
        {"birth_date": {"$lt": MARK}},
        {"$and": [WOMEN, {"birth_date": {"$not": {"$lt": MARK}}}]},
    ],
    ids=lambda query: repr(query)[:60],
)
def test_an_invalid_condition_is_rejected(tiny_api: Api, query: dict[str, Any]) -> None:
    """An unknown attribute, an operator that it lacks, or a value of a wrong type is rejected."""
    reply = tiny_api.search(item(expressed(query), "expression"))
    assert reply.items[0]["status_reason_code"] == FILTER
    assert MARK not in reply.text


@pytest.mark.parametrize("query", [{"$not": POOR}, {"$or": [WOMEN, POOR]}, {"membership_kind": "head"}], ids=repr)
def test_no_part_of_an_expression_escapes_the_limits(tiny_api: Api, query: dict[str, Any]) -> None:
    """One hidden attribute anywhere rejects the query."""
    token = tiny_api.token_of(disclosure=("minimal", "poverty_score"))  # not the household that it is asked of
    (response,) = tiny_api.search(item(expressed(query), "expression"), token=token).items
    assert response["status_reason_code"] == FILTER
    assert "disclosed" in response["status_reason_message"]
