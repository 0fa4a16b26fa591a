"""POST /registry/sync/search: every attribute of the catalogue, asked of people and of groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest

from dci_cli.local.demo import Population
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.base import MaritalStatus
from support.api import Api, item, predicate
from support.example_counts import sampled
from support.registries import registry_of
from support.tiny_registry import SECRET, expressed, letters, tiny_population

DAY = 86_400
OF_PERSONS: list[tuple[str, str, object, str]] = [
    ("UIN", "eq", "a", "a"),
    ("NIN", "eq", "a", ""),
    ("BRN", "eq", "a", ""),
    ("MRN", "eq", "a", ""),
    ("DRN", "eq", "a", ""),
    ("MOBILE", "eq", "00 111", "a"),
    ("EMAIL", "eq", "a@EXAMPLE.org", "a"),
    ("HOUSEHOLD_ID", "eq", "1", "ab"),
    ("HOUSEHOLD_ID", "in", "1,2", "abc"),
    ("surname", "eq", "nunez", "a"),
    ("family_name", "eq", "NÚÑEZ", "a"),
    ("surname", "eq", "nun*", "ac"),
    ("surname", "in", ["nunez", "O'NEIL"], "ad"),
    ("surname", "in", "nun*, o*", "acd"),
    ("surname", "eq", "მაის*", "b"),
    ("surname", "eq", "მაისურაძე", "b"),
    ("surname", "gt", "nunez", "bcd"),
    ("surname", "le", "Nunez", "a"),
    ("given_name", "eq", "jose-maria", "a"),
    ("given_name", "eq", "José*", "a"),
    ("second_name", "eq", "x", ""),
    ("maiden_name", "eq", "unal", "c"),
    ("full_name", "eq", "ana  nunez ortega", "c"),
    ("name", "eq", "Bo*", "d"),
    ("sex", "eq", "m", "ad"),
    ("gender", "in", "Female,other", "bc"),
    ("birthdate", "eq", "1990-01-31", "b"),
    ("YOB", "eq", "2008", "a"),
    ("YOB", "lt", 1991, "bc"),
    ("YOB", "le", 1990, "bc"),
    ("YOB", "gt", "2000", "a"),
    ("YOB", "ge", "2000", "ad"),
    ("YOB", "in", "1950,2008", "ac"),
    ("age", "eq", "18", "a"),
    ("age", "lt", 26, "a"),
    ("age", "le", "26", "ad"),
    ("age", "gt", "26", "bc"),
    ("age", "ge", "26", "bcd"),
    ("age", "in", [18, 26], "ad"),
    ("death_date", "ge", "2026-02-01", "c"),
    ("date_of_death", "lt", "2026-02-28", ""),
    ("birth_place", "eq", "SAO TOME", "a"),
    ("marital_status", "eq", "w", "b"),
    ("marital_status", "eq", "Widow", "b"),
    ("civil_status", "in", "never married, WIDOWED", "ab"),
    ("is_disabled", "eq", True, "a"),
    ("disabled", "eq", "false", "b"),
    ("employment_status", "eq", "self employed", "a"),
    ("occupation", "eq", "WEAV*", "a"),
    ("income_level", "eq", "low", "a"),
    ("income", "ge", "50", "ab"),
    ("income", "lt", 100, "b"),
    ("income", "eq", "1005e-1", "a"),
    ("education_level", "eq", "Primary", "a"),
    ("language_code", "eq", "eng", "c"),
    ("languages", "in", "spa,fra", "c"),
    ("address_line", "eq", "1 mill*", "a"),
    ("locality", "eq", "hilltown", "a"),
    ("district", "eq", "d1", "a"),
    ("district", "eq", "d2", "b"),  # the person's first household
    ("region", "eq", "R1", "a"),
    ("postal_code", "eq", 12345, "a"),
    ("country", "eq", "xx", "a"),
    ("location", "eq", "coast", "c"),
    ("location", "eq", "Co*", "c"),
    ("location", "in", ["hill", "r1"], "ac"),
    ("registration_date", "lt", "2021-01-01", "a"),
    ("last_updated", "eq", "2026-01-01", "a"),  # in UTC
    ("group_type", "eq", "family", "bc"),
    ("group_size", "ge", 2, "abc"),
    ("group_size", "gt", 2, ""),
    ("household_size", "eq", "2", "abc"),
    ("poverty_score", "lt", "5", "ab"),
    ("poverty_score", "eq", "7.0", "bc"),
    ("poverty_score_type", "eq", "pmt", "ab"),
    ("membership_kind", "eq", "head", "ac"),
    ("role", "in", ["head", "spouse"], "abc"),
    ("role", "eq", "sp*", "b"),
]
OF_GROUPS: list[tuple[str, str, object, str]] = [
    ("HOUSEHOLD_ID", "eq", "1", "1"),
    ("UIN", "eq", "a", ""),  # groups may have one too, and these have none
    ("MOBILE", "eq", "+222", "1"),
    ("MOBILE", "eq", "+111", ""),
    ("EMAIL", "eq", "a@example.org", "1"),
    ("name", "eq", "HILL", "1"),
    ("name", "eq", "r*", "2"),
    ("group_type", "in", "family,household", "12"),
    ("group_size", "eq", "0", "3"),
    ("group_size", "eq", "2", "12"),
    ("poverty_score", "gt", "2.5", "2"),
    ("poverty_score", "le", 7, "12"),
    ("district", "eq", "D2", "1"),
    ("location", "eq", "coast", "2"),
    ("surname", "eq", "nun*", "12"),
    ("sex", "eq", "male", "1"),  # the other one has left
    ("birth_date", "eq", "1990-01-31", "12"),
    ("age", "gt", 70, "2"),
    ("marital_status", "eq", "S", "1"),
    ("income", "ge", "50", "12"),
    ("language", "eq", "SPA", "2"),
    ("membership_kind", "eq", "spouse", "1"),
    ("surname", "eq", SECRET, ""),
]


def test_every_attribute_is_tested() -> None:
    """Every attribute of the catalogue is in the table of persons, under one of its names."""
    asked = {SOCIAL_CATALOGUE.find(name) for name, *_ in OF_PERSONS} - {None}
    assert asked == set(SOCIAL_CATALOGUE.attributes)


@pytest.mark.parametrize(("name", "operator", "value", "found"), sampled(OF_PERSONS, 20), ids=repr)
def test_every_attribute_finds_persons(tiny_api: Api, name: str, operator: str, value: object, found: str) -> None:
    """A predicate on any attribute finds the persons who, or one of whose households, satisfy it."""
    reply = tiny_api.search(predicate((name, operator, value)))
    assert "".join(sorted(letters(reply.records))) == found
    assert reply.items[0]["pagination"]["total_count"] == len(found)


@pytest.mark.parametrize(("name", "operator", "value", "found"), sampled(OF_GROUPS, 8), ids=repr)
def test_every_attribute_finds_groups(tiny_api: Api, name: str, operator: str, value: object, found: str) -> None:
    """A predicate on any attribute finds the groups that, or one of whose present members, satisfy it."""
    reply = tiny_api.search(predicate((name, operator, value), reg_record_type="Group"))
    assert "".join(sorted(letters(reply.records))) == found
    assert reply.items[0]["pagination"]["total_count"] == len(found)


@pytest.mark.parametrize(
    ("expressions", "record_type", "found"),
    [
        ([("poverty_score", "lt", 5), ("group_type", "eq", "family")], "SRPerson", ""),
        ([("poverty_score", "lt", 5), ("group_type", "eq", "household")], "SRPerson", "ab"),
        ([("HOUSEHOLD_ID", "eq", "1"), ("poverty_score", "eq", 7)], "SRPerson", ""),
        ([("HOUSEHOLD_ID", "eq", "1"), ("membership_kind", "eq", "head")], "SRPerson", "a"),
        ([("HOUSEHOLD_ID", "eq", "2"), ("membership_kind", "eq", "spouse")], "SRPerson", ""),
        ([("age", "lt", 40), ("poverty_score", "gt", 5)], "SRPerson", "b"),
        ([("sex", "eq", "female"), ("membership_kind", "eq", "head")], "Group", "2"),
        ([("sex", "eq", "male"), ("membership_kind", "eq", "spouse")], "Group", ""),
        ([("poverty_score", "lt", 5), ("sex", "eq", "female")], "Group", "1"),
    ],
    ids=repr,
)
def test_and_conditions_hold_for_one_household(
    tiny_api: Api, expressions: list[tuple[str, str, object]], record_type: str, found: str
) -> None:
    """Conditions joined by AND must hold for the same household or member."""
    reply = tiny_api.search(predicate(*expressions, reg_record_type=record_type))
    assert "".join(sorted(letters(reply.records))) == found


def test_or_conditions_may_hold_for_two_households(tiny_api: Api) -> None:
    """AnyRelated by OR, each condition may hold for another one; negated alone, it holds for none of them."""
    either = predicate(("poverty_score", "lt", 5), ("group_type", "eq", "family"), condition="or")
    assert letters(tiny_api.search(either).records) == "abc"
    poor = expressed({"$not": {"poverty_score": {"$lt": 5}}})
    assert letters(tiny_api.search(item(poor, "expression")).records) == "cdn"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("age", "x"),
        ("age", -1),
        ("age", 201),
        ("age", "2.5"),
        ("YOB", "0"),
        ("YOB", "10000"),
        ("YOB", "19 90"),
        ("poverty_score", "low"),
        ("poverty_score", "1e999"),
        ("poverty_score", "NaN"),
        ("is_disabled", "perhaps"),
        ("surname", "*"),
        ("surname", "'"),
        ("registration_date", "yesterday"),
        ("MOBILE", "---"),
    ],
    ids=repr,
)
def test_a_value_of_a_wrong_type_is_rejected(tiny_api: Api, name: str, value: object) -> None:
    """A value of another type than the attribute's is rejected, and never read as "no filter"."""
    (response,) = tiny_api.search(predicate((name, "eq", value))).items
    assert response["status_reason_code"] == "rjct.filter.invalid"


@pytest.mark.parametrize("value", ["dang", "Dang", "ĐẶNG", "đan*"])
def test_a_stroke_through_a_letter_does_not_count(shared_api: Api, population: Population, value: str) -> None:
    """Names are found whether or not their letters are written with it, like an accent."""
    known = [person for person in population.people if person.name and person.name.surname == "Đặng"]
    (response,) = shared_api.search(predicate(("surname", "eq", value))).items
    assert response["pagination"]["total_count"] == len(known) > 0


@pytest.mark.parametrize("value", ["x", "femal", "fem*", "*", "male female"])
@pytest.mark.parametrize("operator", ["eq", "in", "ge"])
def test_an_unknown_sex_is_rejected(tiny_api: Api, operator: str, value: str) -> None:
    """An unknown sex is rejected, and the answer names those that are accepted."""
    (response,) = tiny_api.search(predicate(("sex", operator, value))).items
    assert response["status_reason_code"] == "rjct.filter.invalid"
    assert "male, female, other or unknown" in response["status_reason_message"]


@pytest.mark.parametrize("value", ["Z", "wid*", "it depends", "SM"])
def test_an_unknown_marital_status_is_rejected(tiny_api: Api, value: str) -> None:
    """An unknown marital status is rejected, and the answer names each code of the standard."""
    (response,) = tiny_api.search(predicate(("marital_status", "eq", value))).items
    assert response["status_reason_code"] == "rjct.filter.invalid"
    assert all(f"{code} (" in response["status_reason_message"] for code in get_args(MaritalStatus))


def test_a_leap_day_birthday_counts_on_1_march(new_api: Callable[..., Api]) -> None:
    """A person born on 29 February is a year older on 1 March; ages count on the day of the search."""
    with registry_of(tiny_population()) as table:
        for day, of_age in ((-2, ""), (-1, ""), (0, "a"), (1, "a")):
            api = new_api(registry_table=table)
            api.clock.advance(DAY * day)
            assert letters(api.search(predicate(("age", "eq", 18))).records) == of_age
            assert letters(api.search(predicate(("age", "eq", 17))).records) == ("" if of_age else "a")
