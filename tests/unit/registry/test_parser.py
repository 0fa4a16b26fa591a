"""From the standard's queries to the query tree; what is rejected is in functional/test_search_rejections.py."""

from __future__ import annotations

from typing import Any

import pytest

from dci_common.registries.social.catalogue import BIRTH_DATE, POVERTY_SCORE, SOCIAL_CATALOGUE
from dci_common.registries.social.disclosure import FULL
from dci_common.registry.errors import InvalidQuery
from dci_common.registry.model.base import Kind
from dci_common.registry.model.normalize import number
from dci_common.registry.query.conditions import MAX_LEAVES, MAX_VALUES, Conditions
from dci_common.registry.query.parser import parse
from dci_common.registry.query.partial_dates import compare_dates
from dci_common.registry.query.tree import And, AnyRelated, Compare, Node, Not, Or
from support.registries import TODAY

CONDITIONS = Conditions(SOCIAL_CATALOGUE.with_identifier_types(["National ID"]), Kind.PERSON, FULL, TODAY)
DAY = "1990-01-31"


def predicate(*signs: str, condition: str = "", **more: Any) -> dict[str, Any]:
    """Build an entry that compares the birth date with each of these operators."""
    expressions = {
        f"expression{number}": {"attribute_name": "DOB", "operator": sign, "attribute_value": DAY}
        for number, sign in enumerate(signs, 1)
    }
    return {**expressions, "condition": condition, **more}


def leaf(sign: str) -> Node:
    """Build the leaf that an expression becomes."""
    return compare_dates(BIRTH_DATE, sign, (DAY,))


def test_the_trees_of_the_conditions() -> None:
    """`and` and `or` are themselves; `not` is the first and none of the others."""
    trees = {condition: parse("predicate", [predicate("lt", "gt", "eq", condition=condition)], CONDITIONS)
             for condition in ("and", "or", "not")}  # fmt: skip
    lt, gt, eq = leaf("lt"), leaf("gt"), leaf("eq")
    assert trees == {"and": And((lt, gt, eq)), "or": Or((lt, gt, eq)), "not": And((lt, Not(gt), Not(eq)))}


def test_entries_are_anded() -> None:
    """One entry is its own tree, several are joined."""
    assert parse("predicate", [predicate("lt")], CONDITIONS) == leaf("lt")
    entries = [predicate("lt", seq_num=2), predicate("gt", "eq", condition="or", seq_num=1)]
    assert parse("predicate", entries, CONDITIONS) == And((leaf("lt"), Or((leaf("gt"), leaf("eq")))))


def test_json_ld_says_nothing_about_the_query() -> None:
    """`@type` and `@context` are overlooked wherever they stand."""
    entry = predicate("lt") | {"@type": "ExpPredicateWithCondition", "@context": {"a": 1}}
    entry["expression1"] |= {"@type": "ExpPredicate"}
    assert parse("predicate", [entry], CONDITIONS) == leaf("lt")


def test_values_take_their_matched_form() -> None:
    """A phone is stripped of punctuation, an address of case, an identifier of the space around it."""
    for type_, sent, matched in (
        ("MOBILE", "00 999-170", "+999170"),
        ("EMAIL", " A@B.org", "a@b.org"),
        ("national id", " aB 1 ", "aB 1"),
        ("UIN", 17, "17"),
        ("UIN", True, "true"),
        ("UIN", 1.5, "1.5"),
        ("DOB", f"{DAY}T10:00:00+02:00", DAY),
    ):
        tree = parse("idtype-value", {"type": type_, "value": sent}, CONDITIONS)
        assert isinstance(tree, Compare)
        assert tree.values == (matched,)


def test_the_limits_themselves_are_allowed() -> None:
    """100 comparisons, in one entry or many, and 100 values in a list."""
    in_one = parse("predicate", [predicate(*["lt"] * MAX_LEAVES, condition="or")], CONDITIONS)
    assert in_one == Or((leaf("lt"),) * MAX_LEAVES)
    in_many = parse("predicate", [predicate("lt")] * MAX_LEAVES, CONDITIONS)
    assert in_many == And((leaf("lt"),) * MAX_LEAVES)
    listed = {"attribute_name": "UIN", "operator": "in", "attribute_value": ["é" * 256] * MAX_VALUES}
    tree = parse("predicate", [{"expression1": listed}], CONDITIONS)
    assert isinstance(tree, Compare)
    assert len(tree.values) == MAX_VALUES


def test_the_limits_hold_over_all_entries() -> None:
    """101 comparisons are too many however they are spread."""
    for query in (
        [predicate(*["lt"] * (MAX_LEAVES + 1), condition="and")],
        [predicate("lt", "gt", condition="and")] * (MAX_LEAVES // 2) + [predicate("lt")],
    ):
        with pytest.raises(InvalidQuery) as rejected:
            parse("predicate", query, CONDITIONS)
        assert str(MAX_LEAVES) in rejected.value.message


def expression(query: dict[str, Any]) -> Node:
    """Read an expression query."""
    return parse("expression", {"type": "any", "value": {"expression": {"query": query}}}, CONDITIONS)


def scored(sign: str, score: str) -> Node:
    """Build what a condition on the household's score becomes, within its household."""
    return Compare(POVERTY_SCORE, sign, (number(score),))


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ({"DOB": DAY}, leaf("eq")),
        ({"DOB": {"$eq": DAY}}, leaf("eq")),
        ({"DOB": {"$gt": DAY}}, leaf("gt")),
        ({"DOB": {"$gte": DAY}}, leaf("ge")),
        ({"DOB": {"$lt": DAY}}, leaf("lt")),
        ({"DOB": {"$lte": DAY}}, leaf("le")),
        ({"DOB": {"$in": [DAY]}}, leaf("in")),
        ({"DOB": {"$ne": DAY}}, Not(leaf("eq"))),
        ({"DOB": {"$nin": [DAY]}}, Not(leaf("in"))),
        ({"DOB": {"$not": {"$lt": DAY}}}, Not(leaf("lt"))),
        ({"DOB": {"$gte": DAY, "$lt": DAY}}, And((leaf("ge"), leaf("lt")))),
        ({"$not": {"DOB": {"$ne": DAY}}}, leaf("eq")),
        ({"$and": [{"DOB": DAY}, {"$or": [{"DOB": {"$lt": DAY}}, {"DOB": {"$gt": DAY}}]}]},
         And((leaf("eq"), Or((leaf("lt"), leaf("gt")))))),
        ({"$nor": [{"DOB": {"$lt": DAY}}, {"DOB": {"$gt": DAY}}]}, And((Not(leaf("lt")), Not(leaf("gt"))))),
        ({"$or": [{"DOB": DAY}], "birthdate": {"$lt": DAY}}, And((leaf("eq"), leaf("lt")))),
    ],
    ids=repr,
)  # fmt: skip
def test_the_trees_of_an_expression(query: dict[str, Any], tree: Node) -> None:
    """Each operator of an expression, the bare value, and members side by side, which are ANDed."""
    assert expression(query) == tree


def test_one_and_the_same_household() -> None:
    """Conditions of an AND apply to one household; a NOT alone means that no household matches."""
    low, high = {"poverty_score": {"$lt": 5}}, {"poverty_score": {"$gt": 2}}
    both = AnyRelated(And((scored("lt", "5"), scored("gt", "2"))))
    assert expression({"$and": [low, high]}) == both
    assert expression({"$and": [low, {"DOB": DAY}, high]}) == And((leaf("eq"), both))
    assert expression({"$and": [low, {"$not": high}]}) == AnyRelated(And((scored("lt", "5"), Not(scored("gt", "2")))))
    assert expression({"$not": high}) == Not(AnyRelated(scored("gt", "2")))
    assert expression({"$or": [low, {"DOB": DAY}]}) == Or((AnyRelated(scored("lt", "5")), leaf("eq")))
