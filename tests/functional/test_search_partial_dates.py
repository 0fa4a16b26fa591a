"""POST /registry/sync/search: birth dates of which only the year or month is known, and people not yet born."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dci_cli.local.demo import Population
from dci_common.registry.model.records import Group, Membership, Person
from support.api import Api, item, predicate
from support.call_trace import hooked
from support.registries import registry_of
from support.tiny_registry import letters

# People by a letter. The day is 1 March 2026: `b` is born today, `u` tomorrow, `c` and `k` perhaps.
BORN = {
    "y": "1982",
    "j": "1982-01",
    "m": "1982-05",
    "d": "1982-05-31",
    "e": "1982-12-31",
    "f": "1983-01-01",
    "z": "1983",
    "n": None,
    "b": "2026-03-01",
    "u": "2026-03-02",
    "c": "2026",
    "k": "2026-03",
}
OLD = "yjmdefz"  # who have an age of many years
FOUND = [
    (("birth_date", "eq", "1982"), "yjmde"),
    (("birth_date", "eq", 1982), "yjmde"),
    (("birth_date", "eq", "١٩٨٢"), "yjmde"),
    (("birth_date", "eq", "1982-05"), "md"),
    (("birth_date", "eq", "1982-01"), "j"),  # with which the year begins too
    (("birth_date", "eq", "1982-05-31"), "d"),
    (("birth_date", "eq", "1982-05-31T23:00:00Z"), "d"),
    (("birth_date", "in", ["1982-05", "1983", "2026-03-02"]), "mdfzu"),
    (("birth_date", "in", "1982-12-31, 1982-01"), "je"),
    (("birth_date", "ge", "1982-01-01"), "yjmdefzbuck"),
    (("birth_date", "ge", "1982-01-02"), "mdefzbuck"),
    (("birth_date", "ge", "1982-05"), "mdefzbuck"),
    (("birth_date", "gt", "1982-01-01"), "mdefzbuck"),
    (("birth_date", "gt", "1982"), "fzbuck"),
    (("birth_date", "gt", "1982-05"), "efzbuck"),
    (("birth_date", "gt", "1983-01-01"), "buck"),
    (("birth_date", "le", "1982"), "yjmde"),
    (("birth_date", "le", "1982-12-30"), "jmd"),
    (("birth_date", "le", "1982-05-31"), "jmd"),
    (("birth_date", "le", "1982-05-30"), "j"),
    (("birth_date", "lt", "1982"), ""),
    (("birth_date", "lt", "1983"), "yjmde"),
    (("birth_date", "lt", "1982-05-31"), "j"),
    (("birth_date", "lt", "1982-12-31"), "jmd"),
    (("birth_date", "lt", "9999"), "yjmdefzbuck"),
    (("YOB", "eq", 1982), "yjmde"),
    (("YOB", "lt", 1983), "yjmde"),
    (("YOB", "le", 1982), "yjmde"),
    (("YOB", "gt", 1982), "fzbuck"),
    (("YOB", "ge", 1983), "fzbuck"),
    (("YOB", "in", [1982, 2026]), "yjmdebuck"),
    (("age", "ge", 43), "yjmdef"),  # who was born in 1983 may still be 42
    (("age", "ge", 44), "j"),
    (("age", "eq", 43), "mdef"),
    (("age", "gt", 43), "j"),
    (("age", "lt", 44), "mdefzb"),
    (("age", "le", 43), "mdefzb"),
    (("age", "lt", 5), "b"),
    (("age", "le", 0), "b"),
    (("age", "eq", 0), "b"),
    (("age", "in", "0,1"), "b"),
    (("age", "ge", 0), OLD + "b"),
    (("age", "lt", 0), ""),
    (("age", "lt", 200), OLD + "b"),
]

HOME = ("district", "eq", "D1")


@pytest.fixture(scope="module")
def api(new_api: Callable[..., Api]) -> Iterator[Api]:
    """Return an API over these people, all of one group and one district."""
    people = [
        Person.model_validate(
            {
                "id": letter,
                "identifiers": [{"identifier_type": "UIN", "identifier_value": letter}],
                "birth_date": born,
                "addresses": [{"sub_region_code": "D1"}],
            }
        )
        for letter, born in BORN.items()
    ]
    members = [Membership(person_id=letter, group_id="g1") for letter in BORN]
    with registry_of(Population(people, [Group(id="g1")], members)) as table:
        yield new_api(registry_table=table)


@pytest.mark.exhaustive
def test_a_condition_finds_those_of_whom_it_is_certain(api: Api) -> None:
    """It holds if it holds for every day that the birth date may be."""
    assert found_by(api, predicate) == [sorted(found) for _, found in FOUND]


@pytest.mark.exhaustive
def test_a_negated_condition_finds_all_others(api: Api) -> None:
    """What is not certain is not true, so its negation is."""
    asked = found_by(api, lambda condition: predicate(HOME, condition, condition="not"))
    assert asked == [sorted(set(BORN) - set(found)) for _, found in FOUND]


def test_a_place_and_a_partial_date_are_one_range(api: Api) -> None:
    """The index of a district's people by birth date finds the same."""
    assert found_by(api, lambda condition: predicate(HOME, condition)) == [sorted(found) for _, found in FOUND]


def found_by(api: Api, asked: Callable[[Any], dict[str, Any]]) -> list[list[str]]:
    """Return whom each condition finds, in one message."""
    items = [asked(condition) | {"reference_id": str(number)} for number, (condition, _) in enumerate(FOUND)]
    return [sorted(letters(answered["data"]["reg_records"])) for answered in api.search(*items).items]


def test_a_birth_year_may_be_asked_by_type_and_value(api: Api) -> None:
    """Also an idtype-value query may name a year."""
    assert sorted(letters(api.search(item({"type": "birthdate", "value": "1982"})).records)) == sorted("yjmde")


@pytest.mark.parametrize(("order", "found"), [("asc", "jymdefzcbkun"), ("desc", "ukbczfedmyjn")])
def test_results_are_sorted_by_first_day(api: Api, order: str, found: str) -> None:
    """Of one first day, the whole date is before the month, and that before the year; the unknown come last."""
    everybody = predicate(("district", "eq", "D1"), sort=[{"attribute_name": "DOB", "sort_order": order}])
    assert letters(api.search(everybody).records) == found


@pytest.mark.parametrize("value", ["1982", "1982-05", "1982-05-31"])
def test_a_birth_date_is_disclosed_as_it_is_known(api: Api, value: str) -> None:
    """Persons, members and the members of groups have the year, the month or the day, and nothing made up."""
    letter = next(letter for letter, born in BORN.items() if born == value)
    by_id = {"type": "UIN", "value": letter}
    (person,) = api.search(item(by_id)).records
    (member,) = api.search(item(by_id, reg_record_type="Member")).records
    (group,) = api.search(predicate(("birth_date", "eq", value), reg_record_type="Group")).records
    shown = {letters([one["demographic_info"]]): one["demographic_info"] for one in group["member_list"]}
    assert {one["birth_date"] for one in (person, member["demographic_info"], shown[letter])} == {value}


@pytest.mark.parametrize(("letter", "shown"), [("y", ""), ("m", ""), ("d", "1982-05-31"), ("n", "")])
def test_openspp_17_gets_whole_birth_dates_alone(api: Api, letter: str, shown: str) -> None:
    """Its importer reads dates, so what is known in part is empty there."""
    asked = item({"type": "UIN", "value": letter}, reg_type="SPP:RegistryType:Individual")
    (record,) = api.search(asked).records
    assert record["birthDate"] == shown


@pytest.mark.parametrize("value", ["0000", "82", "1982-13", "1982-00", "1982-5", "1982-05-32", "1982*", "198"])
def test_what_is_no_part_of_a_date_is_rejected(api: Api, value: str) -> None:
    """The reason says which parts of a date may be asked for."""
    (answered,) = api.search(predicate(("birth_date", "ge", value))).items
    assert "1990-01-31, 1990-01 or 1990" in answered["status_reason_message"]


@pytest.mark.parametrize("condition", [("birth_date", "le", "1982-12-30"), ("age", "lt", 44)])
def test_partial_dates_cost_a_range_no_more_than_a_filter(api: Api, condition: Any) -> None:
    """Each partition is queried once, for the entries of the page; those after it are only counted."""
    asked: list[Any] = []

    def note(operation: str, request: Any) -> None:
        if operation == "Query" and "ix02" in str(request):
            asked.append(dict(request))

    with hooked(api.runtime, note):
        (answered,) = api.search(predicate(condition, pagination={"page_size": 1})).items
    assert answered["pagination"]["total_count"] > 1
    first = [request for request in asked if "ExclusiveStartKey" not in request]
    assert len(first) == 3  # two shards, and the entries that bodies verify
    assert [request["Limit"] for request in first if "FilterExpression" in request] == [2, 2]
