"""POST /registry/sync/search: pages."""

from __future__ import annotations

from typing import Any

import pytest

from dci_cli.local.demo import Population
from support.api import Api, identified, predicate
from support.people import uin, uins

EVERYBODY = ("birthdate", "gt", "1900-01-01")


@pytest.fixture(scope="session")
def in_order(village: Population) -> list[str]:
    """Return everybody's UIN in the order of birth dates, ties by id."""
    people = sorted(village.people, key=lambda person: (str(person.birth_date), person.id))
    return [uin(person) for person in people]


def page(size: int, number: int) -> dict[str, Any]:
    """Ask for a page of everybody."""
    return predicate(EVERYBODY, pagination={"page_size": size, "page_number": number})


@pytest.mark.exhaustive
@pytest.mark.parametrize("size", [1, 7, 40, 41, 42, 2000])
def test_pages_are_cut_from_one_order(village_api: Api, in_order: list[str], size: int) -> None:
    """First, middle, last and the page after it each hold their part; the total is always that of all matches."""
    last = -(-len(in_order) // size)
    for number in sorted({1, 2, last, last + 1} - {0}):
        if size * number > 10_000:
            continue
        reply = village_api.search(page(size, number))
        assert uins(reply.records) == in_order[(number - 1) * size : number * size]
        described = reply.items[0]["pagination"]
        assert ("next_cursor" in described) == (number < last)
        described.pop("next_cursor", None)
        assert described == {"page_size": size, "page_number": number, "total_count": len(in_order)}


def test_all_pages_hold_each_record_once(village_api: Api, in_order: list[str]) -> None:
    """No one is lost or repeated between pages."""
    items = [page(6, number) | {"reference_id": f"page {number}"} for number in range(1, 8)]
    reply = village_api.search(*items)
    met = uins([record for response in reply.items for record in response["data"]["reg_records"]])
    assert met == in_order


def test_the_furthest_page(village_api: Api, in_order: list[str]) -> None:
    """The 10,000th match is as far as page numbers go; where there are fewer, the page is empty."""
    reply = village_api.search(page(2000, 5))
    assert reply.records == []
    assert reply.items[0]["pagination"] == {"page_size": 2000, "page_number": 5, "total_count": len(in_order)}


def test_the_first_page_where_no_number_is_given(village_api: Api, in_order: list[str]) -> None:
    """page_number is 1 unless said otherwise, and both may be strings."""
    for pagination in ({"page_size": 3}, {"page_size": "3", "page_number": ""}, {"page_size": 3, "page_number": "1"}):
        reply = village_api.search(predicate(EVERYBODY, pagination=pagination))
        assert uins(reply.records) == in_order[:3]
        assert reply.items[0]["pagination"]["page_number"] == 1


def test_pagination_beside_the_criteria(village_api: Api, in_order: list[str]) -> None:
    """Some partners put it there; where both are given, the standard's place counts."""
    asked = predicate(EVERYBODY) | {"pagination": {"page_size": 5, "page_number": 2}}
    assert uins(village_api.search(asked).records) == in_order[5:10]
    asked["search_criteria"]["pagination"] = {"page_size": 4, "page_number": 3}
    assert uins(village_api.search(asked).records) == in_order[8:12]


def test_everything_where_no_page_is_asked_for(village_api: Api, in_order: list[str]) -> None:
    """Without pagination all matches come, and page_size says how many these are."""
    reply = village_api.search(predicate(EVERYBODY))
    assert uins(reply.records) == in_order
    everybody = {"page_size": len(in_order), "page_number": 1, "total_count": len(in_order)}
    assert reply.items[0]["pagination"] == everybody
    nobody = village_api.search(identified("UIN", "TEST-001")).items[0]
    assert nobody["pagination"] == {"page_size": 0, "page_number": 1, "total_count": 0}


@pytest.mark.parametrize("size", [2, 3, 10])
def test_pages_across_lookups_and_a_range(village_api: Api, village: Population, size: int) -> None:
    """The records that only lookups find come first, then the range; pages and totals run through both."""
    people = sorted(village.people, key=lambda person: (str(person.birth_date), person.id))
    picked, younger = people[:4] + people[-1:], people[-9:]
    asked = predicate(
        ("UIN", "in", [uin(person) for person in picked]),
        ("birthdate", "ge", str(younger[0].birth_date)),
        condition="or",
    )
    by_id = sorted((person for person in picked if person not in younger), key=lambda person: person.id)
    expected = [uin(person) for person in [*by_id, *younger]]
    met: list[str] = []
    for number in range(1, len(expected) // size + 2):
        asked["search_criteria"]["pagination"] = {"page_size": size, "page_number": number}
        reply = village_api.search(asked)
        assert reply.items[0]["pagination"]["total_count"] == len(expected)
        met += uins(reply.records)
    assert met == expected


def test_pages_of_a_filtered_range(village_api: Api, village: Population, in_order: list[str]) -> None:
    """Pages and totals count what the filter leaves."""
    without = {uin(person) for person in village.people[:12]}
    expected = [found for found in in_order if found not in without]
    for number in (1, 2, len(expected) // 10 + 1):
        asked = predicate(
            EVERYBODY,
            ("UIN", "in", sorted(without)),
            condition="not",
            pagination={"page_size": 10, "page_number": number},
        )
        reply = village_api.search(asked)
        assert uins(reply.records) == expected[(number - 1) * 10 : number * 10]
        assert reply.items[0]["pagination"]["total_count"] == len(expected)
