"""From the standard's queries to the query tree; what is refused is in functional/test_search_rejections.py."""

from __future__ import annotations

from typing import Any

import pytest

from dci_common.errors import Rejection
from dci_common.registry.catalogue import BIRTH_DATE, Catalogue
from dci_common.registry.disclosure import FULL
from dci_common.registry.model import Kind
from dci_common.registry.parse import MAX_LEAVES, MAX_VALUES, QueryParser
from dci_common.registry.query import And, Compare, Node, Not, Or

PARSER = QueryParser(Catalogue(["National ID"]), Kind.PERSON, FULL)
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
    return Compare(BIRTH_DATE, sign, (DAY,))


def test_the_trees_of_the_conditions() -> None:
    """`and` and `or` are themselves; `not` is the first and none of the others."""
    trees = {condition: PARSER.parse("predicate", [predicate("lt", "gt", "eq", condition=condition)])
             for condition in ("and", "or", "not")}  # fmt: skip
    lt, gt, eq = leaf("lt"), leaf("gt"), leaf("eq")
    assert trees == {"and": And((lt, gt, eq)), "or": Or((lt, gt, eq)), "not": And((lt, Not(gt), Not(eq)))}


def test_entries_are_anded() -> None:
    """One entry is its own tree, several are joined."""
    assert PARSER.parse("predicate", [predicate("lt")]) == leaf("lt")
    entries = [predicate("lt", seq_num=2), predicate("gt", "eq", condition="or", seq_num=1)]
    assert PARSER.parse("predicate", entries) == And((leaf("lt"), Or((leaf("gt"), leaf("eq")))))


def test_json_ld_says_nothing_about_the_query() -> None:
    """`@type` and `@context` are overlooked wherever they stand."""
    entry = predicate("lt") | {"@type": "ExpPredicateWithCondition", "@context": {"a": 1}}
    entry["expression1"] |= {"@type": "ExpPredicate"}
    assert PARSER.parse("predicate", [entry]) == leaf("lt")


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
        tree = PARSER.parse("idtype-value", {"type": type_, "value": sent})
        assert isinstance(tree, Compare)
        assert tree.values == (matched,)


def test_the_limits_themselves_are_allowed() -> None:
    """100 comparisons, in one entry or many, and 100 values in a list."""
    in_one = PARSER.parse("predicate", [predicate(*["lt"] * MAX_LEAVES, condition="or")])
    assert in_one == Or((leaf("lt"),) * MAX_LEAVES)
    in_many = PARSER.parse("predicate", [predicate("lt")] * MAX_LEAVES)
    assert in_many == And((leaf("lt"),) * MAX_LEAVES)
    listed = {"attribute_name": "UIN", "operator": "in", "attribute_value": ["é" * 256] * MAX_VALUES}
    tree = PARSER.parse("predicate", [{"expression1": listed}])
    assert isinstance(tree, Compare)
    assert len(tree.values) == MAX_VALUES


def test_the_limits_hold_over_all_entries() -> None:
    """101 comparisons are too many however they are spread."""
    for query in (
        [predicate(*["lt"] * (MAX_LEAVES + 1), condition="and")],
        [predicate("lt", "gt", condition="and")] * (MAX_LEAVES // 2) + [predicate("lt")],
    ):
        with pytest.raises(Rejection) as rejected:
            PARSER.parse("predicate", query)
        assert rejected.value.code == "rjct.search_criteria.invalid"
        assert str(MAX_LEAVES) in rejected.value.message
