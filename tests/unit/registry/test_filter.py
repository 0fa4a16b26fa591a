"""Filter expressions: what of a tree DynamoDB can check, within what it accepts."""

from __future__ import annotations

import re

from dci_common.registries.social.catalogue import BIRTH_DATE, POVERTY_SCORE, SOCIAL_CATALOGUE
from dci_common.registry.model.base import Kind
from dci_common.registry.plan.filter import Filter, holds
from dci_common.registry.query.tree import And, AnyRelated, Compare, IdIn, Node, Not, Or


def filtered(node: Node) -> Filter:
    """Write the filter of a tree over people."""
    return Filter(node, Kind.PERSON)


def ids(count: int) -> IdIn:
    """Return a lookup that found so many people."""
    return IdIn(frozenset(f"p{number:04}" for number in range(count)))


def test_a_tree_is_written_with_placeholders_only() -> None:
    """Names and values never stand in the text itself, and a value that comes twice has one placeholder."""
    day = "1990-01-31"
    tree = And(
        (
            Compare(BIRTH_DATE, "lt", (day,)),
            Or((Compare(BIRTH_DATE, "eq", (day,)), Not(IdIn(frozenset({"p1"}))))),
        )
    )
    made = filtered(tree)
    assert made.expression is not None
    assert "#f.#birth_date < :f0 AND " in made.expression
    assert "#f.#birth_date IN (:f0) OR (NOT pk IN (:f1)" in made.expression
    assert made.names == {"#f": "facets", "#birth_date": "birth_date"}
    assert made.values == {":f0": {"S": day}, ":f1": {"S": "PERSON#p1"}}


def test_every_operator_has_its_symbol() -> None:
    """The signs lt le gt ge are DynamoDB's own comparisons; eq and in are IN."""
    written = {sign: filtered(Compare(BIRTH_DATE, sign, ("2000-01-01",))).expression for sign in BIRTH_DATE.operators}
    assert {sign: (text or "").split()[1] for sign, text in written.items()} == {
        "eq": "IN",
        "in": "IN",
        "lt": "<",
        "le": "<=",
        "gt": ">",
        "ge": ">=",
    }


def test_excluded_values_are_written_beside_their_comparison() -> None:
    """What the operator accepts and the comparison does not is left out by its value."""
    bounded = Compare(BIRTH_DATE, "le", ("2000-06-15",), ("2000-01-01~2000-12-31", "2000-06-01~2000-06-30"))
    assert filtered(bounded).expression == "(#f.#birth_date <= :f0 AND (NOT #f.#birth_date IN (:f1,:f2)))"
    january = Compare(BIRTH_DATE, "prefix", ("2000-01",), ("2000-01-01~2000-12-31",))
    assert filtered(january).expression == "(begins_with(#f.#birth_date, :f0) AND (NOT #f.#birth_date IN (:f1)))"
    assert holds(january, {"id": "p1", "birth_date": "2000-01-01~2000-01-31"})
    assert not holds(january, {"id": "p1", "birth_date": "2000-01-01~2000-12-31"})


def test_an_unsatisfiable_tree_has_no_filter() -> None:
    """No ids is a condition that never holds: an empty IN is rejected."""
    assert filtered(IdIn(frozenset())).expression == "attribute_not_exists(pk)"


def test_no_in_has_more_than_a_hundred_values() -> None:
    """DynamoDB rejects a longer IN, so it is divided into several."""
    made = filtered(ids(250))
    assert made.expression is not None
    lists = re.findall(r"IN \(([^)]*)\)", made.expression)
    assert [len(values.split(",")) for values in lists] == [100, 100, 50]
    assert len(made.values) == 250


def test_an_expression_over_four_kilobytes_is_none() -> None:
    """A filter that is too long for DynamoDB is left to Python."""
    assert filtered(ids(1000)).expression is None
    texts = [filtered(ids(count)).expression for count in range(500, 900, 10)]
    assert max(len(text.encode()) for text in texts if text is not None) <= 4096
    assert texts[-1] is None


def test_an_expression_of_too_many_operators_is_none() -> None:
    """DynamoDB rejects more than 300 operators, however short the text is."""
    assert filtered(And((Not(ids(1)),) * 100)).expression is not None
    assert filtered(And((Not(ids(1)),) * 101)).expression is None


def test_a_joined_condition_is_asked_of_both_households() -> None:
    """A person's entry carries two households; each is asked on its own, and the names are all used."""
    made = filtered(AnyRelated(Compare(POVERTY_SCORE, "in", ("1", "2"))))
    assert made.expression == "(#f.#h0.#poverty_score IN (:f0,:f1) OR #f.#h1.#poverty_score IN (:f0,:f1))"
    assert made.names == {"#f": "facets", "#h0": "h0", "#h1": "h1", "#poverty_score": "poverty_score"}
    assert made.values == {":f0": {"S": "1"}, ":f1": {"S": "2"}}


def test_a_list_is_asked_for_each_value() -> None:
    """An attribute with several values is a list, which contains one of those asked for."""
    place = SOCIAL_CATALOGUE.find("location")
    assert place is not None
    assert filtered(Compare(place, "in", ("a", "b"))).expression == (
        "(contains(#f.#location, :f0) OR contains(#f.#location, :f1))"
    )


def test_the_beginning_of_a_value_in_a_list_is_none() -> None:
    """DynamoDB has no prefix function for the values of a list, so Python checks it."""
    place = SOCIAL_CATALOGUE.find("location")
    assert place is not None
    leaf = Compare(place, "prefix", ("ab",))
    assert filtered(leaf).expression is None
    assert holds(leaf, {"id": "p1", "location": ["xy", "abc"]})
    assert not holds(leaf, {"id": "p1", "location": ["xab"]})
