"""POST /registry/sync/search: predicates, each checked against the people of a small registry."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from dci_cli.local.demo import Population
from dci_common.registry.model.records import Person
from support.api import Api, Reply, item, predicate
from support.people import uin, uins

OPERATORS: dict[str, Callable[[date, date], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "lt": operator.lt,
    "ge": operator.ge,
    "le": operator.le,
}
Test = Callable[[Person], bool]


@pytest.fixture(scope="session")
def middle(village: Population) -> date:
    """Return a birth date that half of the people are younger than."""
    return sorted(map(born, village.people))[len(village.people) // 2]


def born(person: Person) -> date:
    """Return a birth date; everybody in the demo registry has one."""
    assert person.birth_date
    return date.fromisoformat(person.birth_date)


def finds(reply: Reply, village: Population, test: Test) -> None:
    """Check that the first item holds exactly the people that satisfy the test: some, and not all."""
    expected = {uin(person) for person in village.people if test(person)}
    assert 0 < len(expected) < len(village.people)
    assert reply.items[0]["status"] == "succ"
    found = uins(reply.records)
    assert len(found) == len(set(found))
    assert set(found) == expected
    assert reply.items[0]["pagination"]["total_count"] == len(expected)


def entry(name: str, sign: str, value: object) -> dict[str, Any]:
    """Build an expression."""
    return {"attribute_name": name, "operator": sign, "attribute_value": value}


@pytest.mark.parametrize("sign", OPERATORS)
def test_each_operator_compares_dates(village_api: Api, village: Population, middle: date, sign: str) -> None:
    """The bound itself matches where the operator includes it, and only there."""
    asked = predicate(("birthdate", sign, str(middle)))
    finds(village_api.search(asked), village, lambda person: OPERATORS[sign](born(person), middle))


@pytest.mark.parametrize("sign", ["gt", "lt", "ge", "le"])
def test_a_range_starts_and_ends_between_days_too(village_api: Api, village: Population, sign: str) -> None:
    """A date between two birth dates divides the people correctly."""
    day = date(1990, 1, 1)
    while day in set(map(born, village.people)):
        day = date.fromordinal(day.toordinal() + 1)
    asked = predicate(("birthdate", sign, str(day)))
    finds(village_api.search(asked), village, lambda person: OPERATORS[sign](born(person), day))


def test_in_accepts_a_list_or_commas(village_api: Api, village: Population) -> None:
    """`in` takes a list, or one string with commas."""
    days = sorted({born(person) for person in village.people[::8]})
    for value in ([*map(str, days), "1800-01-01"], ", ".join(map(str, reversed(days)))):
        reply = village_api.search(predicate(("birthdate", "in", value)))
        finds(reply, village, lambda person: born(person) in days)


@pytest.mark.parametrize(
    "name", ["birthdate", "birth_date", "BIRTHDATE", "DOB", "dob", "Date_of_Birth", "ns:org:birthDate"]
)
def test_aliases_are_accepted(village_api: Api, village: Population, middle: date, name: str) -> None:
    """Aliases, in any case, also behind a namespace."""
    reply = village_api.search(predicate((name, "lt", str(middle))))
    finds(reply, village, lambda person: born(person) < middle)


@pytest.mark.parametrize("sign", ["LT", "Lt"])
def test_operators_are_case_insensitive(village_api: Api, village: Population, middle: date, sign: str) -> None:
    """LT is lt."""
    reply = village_api.search(predicate(("birthdate", sign, str(middle))))
    finds(reply, village, lambda person: born(person) < middle)


@pytest.mark.parametrize("time", ["T00:00:00Z", "T23:59:59.999+05:30", "T12:00:00"])
def test_a_date_may_come_with_a_time(village_api: Api, village: Population, middle: date, time: str) -> None:
    """Of a date-time the date counts."""
    reply = village_api.search(predicate(("birthdate", "eq", f"{middle}{time}")))
    finds(reply, village, lambda person: born(person) == middle)


@pytest.mark.parametrize(
    ("condition", "expressions"),
    [
        ("and", [("ge", "1950-01-01"), ("lt", "2010-01-01"), ("gt", "1970-01-01")]),
        ("AND", [("ge", "1950-01-01"), ("lt", "2010-01-01"), ("gt", "1970-01-01")]),
        ("or", [("lt", "1950-01-01"), ("gt", "2020-01-01"), ("eq", "2000-06-03")]),
        ("not", [("ge", "1950-01-01"), ("lt", "1970-01-01"), ("gt", "2010-01-01")]),
        ("not", [("lt", "2020-01-01"), ("eq", "2000-06-03"), ("lt", "1950-01-01")]),
    ],
)
@pytest.mark.parametrize("count", [2, 3])
def test_a_condition_joins_two_expressions_or_more(
    village_api: Api, village: Population, condition: str, expressions: list[tuple[str, str]], count: int
) -> None:
    """`not` is the first and not the second; the samples' expression3 is joined on by the same condition."""

    def holds(person: Person) -> bool:
        first, *others = [OPERATORS[sign](born(person), date.fromisoformat(day)) for sign, day in expressions[:count]]
        joined = {"and": first and all(others), "or": first or any(others), "not": first and not any(others)}
        return joined[condition.lower()]

    asked = predicate(*(("birthdate", sign, day) for sign, day in expressions[:count]), condition=condition)
    finds(village_api.search(asked), village, holds)


def test_entries_are_anded_in_whatever_order_they_come(village_api: Api, village: Population) -> None:
    """Several entries must all hold; seq_num only orders them."""
    early, late = date(1980, 1, 1), date(2000, 1, 1)
    entries = [
        {"seq_num": 2, "expression1": entry("birthdate", "ge", str(early))},
        {"seq_num": "1", "expression1": entry("birthdate", "lt", str(late))},
    ]
    for query in (entries, entries[::-1]):
        reply = village_api.search(item(query, "predicate"))
        finds(reply, village, lambda person: early <= born(person) < late)


def test_a_filter_excludes_persons_from_a_range(village_api: Api, village: Population, middle: date) -> None:
    """A condition that the index cannot check is filtered."""
    youngest = max(village.people, key=born)
    asked = predicate(("birthdate", "ge", str(middle)), ("UIN", "eq", uin(youngest)), condition="not")
    finds(village_api.search(asked), village, lambda person: born(person) >= middle and person != youngest)


def test_a_negated_range_filters_a_lookup(village_api: Api, village: Population, middle: date) -> None:
    """A `not` of a range leaves the others of those that an identifier found."""
    some = village.people[:30]
    asked = predicate(
        ("UIN", "in", [uin(person) for person in some]), ("birthdate", "lt", str(middle)), condition="not"
    )
    finds(village_api.search(asked), village, lambda person: person in some and born(person) >= middle)


def test_an_or_of_lookup_and_range_counts_each_once(village_api: Api, village: Population, middle: date) -> None:
    """People found by a lookup alone come first; those whom the range holds too are counted once, at their places."""
    oldest, youngest = min(village.people, key=born), max(village.people, key=born)
    asked = predicate(("birthdate", "gt", str(middle)), ("UIN", "in", [uin(youngest), uin(oldest)]), condition="or")
    reply = village_api.search(asked)
    finds(reply, village, lambda person: born(person) > middle or person in (oldest, youngest))
    assert (uins(reply.records)[0], uins(reply.records)[-1]) == (uin(oldest), uin(youngest))


def test_a_household_and_an_age_are_combined(village_api: Api, village: Population) -> None:
    """A household and an age find the members of that age."""
    by_id = {person.id: person for person in village.people}
    group = next(group for group in village.groups if len(_members(village, group.id)) > 2)
    members = [by_id[id_] for id_ in _members(village, group.id)]
    youngest = max(map(born, members))
    asked = predicate(
        ("HOUSEHOLD_ID", "eq", group.identifiers[0].identifier_value), ("birthdate", "lt", str(youngest))
    )
    finds(village_api.search(asked), village, lambda person: person in members and born(person) < youngest)


@pytest.mark.parametrize("attribute", ["UIN", "birthdate"])
def test_conditions_beyond_a_filter_expression_are_checked(
    village_api: Api, village: Population, attribute: str
) -> None:
    """Exclusions beyond DynamoDB's 4 KB of filter expression are checked all the same."""
    some = village.people[:-3]
    values = [uin(person) if attribute == "UIN" else str(born(person)) for person in some]
    asked = predicate(("birthdate", "ge", "1950-01-01"), *[(attribute, "in", values)] * 50, condition="not")
    finds(village_api.search(asked), village, lambda person: person not in some)


def test_contradictions_find_nothing(village_api: Api, middle: date) -> None:
    """A range that is empty is answered without a mistake."""
    asked = predicate(("birthdate", "lt", str(middle)), ("birthdate", "gt", str(middle)))
    assert village_api.search(asked).records == []


def test_people_come_in_the_order_of_their_birth(shared_api: Api, population: Population) -> None:
    """A range is answered in its own order, ties by id, whatever shard each record is in."""
    expected = [uin(person) for person in sorted(population.people, key=lambda person: (born(person), person.id))]
    reply = shared_api.search(predicate(("birthdate", "ge", "1900-01-01")))
    assert uins(reply.records) == expected


def _members(village: Population, group_id: str) -> set[str]:
    return {member.person_id for member in village.memberships if member.group_id == group_id}
