"""Birth dates that are known in part are found if a condition holds for all days that they may be, and only then."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from dci_common.registries.social.catalogue import DISTRICT
from dci_common.registry.catalogue.value_types import PARTIAL_DATE
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import AnyView, related_entries
from support.api import item
from support.birth_dates import KNOWN, days_of, is_certain, random_condition
from support.example_counts import EXAMPLES, sampled
from support.odd_registry import DISTRICTS, odd_population
from support.oracle import Oracle
from support.registries import TODAY, registry_of
from support.tiny_registry import expressed

if TYPE_CHECKING:
    from support.api import Api

ODD = odd_population(seed=11, people=120, groups=20)
MESSAGES, ITEMS = range(max(4, EXAMPLES // 5)), 10
FIRST = date(1999, 12, 1)
_SIGNS = {"eq": "$eq", "in": "$in", "lt": "$lt", "le": "$lte", "gt": "$gt", "ge": "$gte"}
Condition = tuple[dict[str, Any], Callable[[AnyView], bool]]  # as it is sent, and of whom it is true


@pytest.fixture(scope="module")
def odd_api(new_api: Callable[..., Api]) -> Iterator[Api]:
    """Return an API over a registry in which half of the birth dates are known in part."""
    with registry_of(ODD, 2) as table:
        yield new_api(registry_table=table)


def leaf(draw: random.Random) -> Condition:
    """Draw a condition on a birth date."""
    name, sign, wanted = random_condition(draw)
    sent = {name: {_SIGNS[sign]: wanted if sign == "in" else wanted[0]}}
    return sent, lambda view: is_certain(view.get("birth_date"), name, sign, wanted)


def condition(draw: random.Random) -> Condition:
    """Draw a condition alone, negated, or joined with another, or with one on sex or place."""
    (one, holds), (other, also) = leaf(draw), leaf(draw)
    place = draw.choice(DISTRICTS)
    return draw.choice(
        (
            ({"$not": one}, lambda view: not holds(view)),
            ({"$and": [one, other]}, lambda view: holds(view) and also(view)),
            ({"$or": [one, other]}, lambda view: holds(view) or also(view)),
            ({"$and": [one, {"$not": other}]}, lambda view: holds(view) and not also(view)),
            ({"$and": [one, {"sex": "female"}]}, lambda view: holds(view) and view.get("sex") == "female"),
            ({"$and": [one, {"district": place}]}, lambda view: holds(view) and lives_in(view, place)),
            (
                {"$and": [one, other, {"district": place}]},
                lambda view: holds(view) and also(view) and lives_in(view, place),
            ),
        )
    )


def lives_in(view: AnyView, place: str) -> bool:
    """Return whether a person lives in a district."""
    return DISTRICT.type.normalize(place) in DISTRICT.values(view, TODAY)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", sampled(MESSAGES, 2))
def test_what_is_certain_of_a_birth_date_is_found(odd_api: Api, seed: int) -> None:
    """Conditions on birth dates, ages and years of birth find those of whom they are true on every possible day."""
    draw, oracle = random.Random(seed), Oracle.of(ODD)
    drawn = [condition(draw) for _ in range(ITEMS)]
    reply = odd_api.search(*(item(expressed(sent), "expression", f"{at}") for at, (sent, _) in enumerate(drawn)))
    for (sent, holds), answered in zip(drawn, reply.items, strict=True):
        found = oracle.ids(Kind.PERSON, answered["data"]["reg_records"])
        assert set(found) == {id_ for id_, view in oracle.records[Kind.PERSON].items() if holds(view)}, sent
        assert answered["pagination"]["total_count"] == len(found)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", sampled(MESSAGES))
def test_groups_are_found_by_what_is_certain_of_a_member(odd_api: Api, seed: int) -> None:
    """A group is found if the condition is certainly true of one of its members of today."""
    draw, oracle = random.Random(seed), Oracle.of(ODD)
    drawn = [leaf(draw) for _ in range(ITEMS)]
    groups = {"reg_record_type": "Group"}
    reply = odd_api.search(
        *(item(expressed(sent), "expression", f"{at}", **groups) for at, (sent, _) in enumerate(drawn))
    )
    for (sent, holds), answered in zip(drawn, reply.items, strict=True):
        found = oracle.ids(Kind.GROUP, answered["data"]["reg_records"])
        views = oracle.records[Kind.GROUP].items()
        assert set(found) == {id_ for id_, view in views if any(map(holds, related_entries(view, TODAY)))}, sent


@pytest.mark.exhaustive
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("more", [{}, {"$nor": [{"UIN": "x"}]}, {"$or": [{"UIN": "U1"}, {"age": {"$gte": 0}}]}])
def test_pages_walk_through_partial_dates_by_their_first_days(
    odd_api: Api, more: dict[str, Any], *, descending: bool
) -> None:
    """From cursor to cursor, in an index and out of it: of one first day the whole date, then the month, the year."""
    oracle = Oracle.of(ODD)
    born = {id_: view["birth_date"] for id_, view in oracle.records[Kind.PERSON].items() if "birth_date" in view}
    places = {id_: (days_of(known)[0], -len(known), id_) for id_, known in born.items()}
    expected = [id_ for id_ in sorted(places, key=places.__getitem__, reverse=descending) if places[id_][0] >= FIRST]
    if "$or" in more:
        expected = [id_ for id_ in expected if id_ == "p01" or days_of(born[id_])[-1] <= TODAY]
    sort = [{"attribute_name": "birth_date", "sort_order": "desc" if descending else "asc"}]
    query, walked = expressed({"birth_date": {"$gte": str(FIRST)}, **more}), list[str]()
    page: dict[str, Any] = {"page_size": 7}
    while page:
        (answered,) = odd_api.search(item(query, "expression", sort=sort, pagination=page)).items
        walked += oracle.ids(Kind.PERSON, answered["data"]["reg_records"])
        cursor = answered["pagination"].get("next_cursor")
        page = {"page_size": 7, "cursor": cursor} if cursor else {}
    assert walked == expected


def test_index_values_sort_by_first_day_and_leave_whole_dates_as_they_are() -> None:
    """A whole date is its own value; a partial one sorts between its first day and the next."""
    forms = {known: PARTIAL_DATE.normalize(known) for known in KNOWN}
    assert all(form == known for known, form in forms.items() if len(known) == len("1990-01-31"))
    by_days = sorted(KNOWN, key=lambda known: (days_of(known)[0], len(days_of(known))))
    assert sorted(KNOWN, key=forms.__getitem__) == by_days
