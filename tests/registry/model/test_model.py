"""The canonical records: what they hold, what they reject, and their names in the standard."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from dci_common.registry.model.base import record_fields
from dci_common.registry.model.records import Group, Membership, Person

EVERYTHING: dict[str, Any] = {
    "id": "p1",
    "identifiers": [{"identifier_type": "UIN", "identifier_value": "1"}],
    "phone_numbers": ["+1 555 0100"],
    "addresses": [
        {
            "address_line_1": "1 Road",
            "address_line_2": "Flat 2",
            "locality": "Town",
            "sub_region_code": "D1",
            "region_code": "R1",
            "postal_code": "1000",
            "country_code": "LK",
            "geo_location": {
                "plus_code": {
                    "global_code": "6FG22222+22",
                    "geometry": {
                        "bounds": {
                            "northeast": {"latitude": 1.5, "longitude": 2.5},
                            "southwest": {"latitude": 1.0, "longitude": 2.0},
                        },
                        "location": {"latitude": 1.25, "longitude": 2.25},
                    },
                }
            },
        }
    ],
    "additional_attributes": [{"key": "k", "value": "v"}],
    "registration_date": "2020-01-01",
    "last_updated": "2026-01-31T09:30:00Z",
    "source": {"database": "0e1b", "id": 7, "restricted": True},
    "name": {
        "surname": "ශ්‍රී",  # with a joiner that belongs to it
        "given_name": "آرش",
        "second_name": "O'Brien-Smith",
        "maiden_name": "x",
        "prefix": "Dr.",
        "suffix": "III",
    },
    "sex": "female",
    "birth_date": "1990-01-31",
    "death_date": "2020-02-29",
    "birth_place": "Town",
    "emails": ["a@example.org"],
    "marital_status": "M",
    "is_disabled": False,
    "disability_info": [{"disability_limitation_type": "VIS_SS", "functional_severity": "2"}],
    "related_persons": [{"relationship_type": "mother", "person_id": "p2"}],
    "employment_status": "employed",
    "occupation": "farmer",
    "income_level": "low",
    "income": 0.0,
    "language_codes": ["si"],
    "education_level": "primary",
    "restricted": True,
}


def test_a_complete_record_reads_back_equal() -> None:
    """A record with every field is written as it was read and reads back equal, also from JSON."""
    person = Person.model_validate(EVERYTHING)
    assert record_fields(person) == EVERYTHING
    assert EVERYTHING.keys() == Person.model_fields.keys()
    assert (
        Person.model_validate(record_fields(person))
        == Person.model_validate_json(json.dumps(record_fields(person)))
        == person
    )


def test_missing_fields_are_not_written() -> None:
    """Missing fields are not written; zero and false are."""
    assert record_fields(Person(id="p1")) == {"id": "p1"}
    assert record_fields(Group(id="g1", poverty_score=0)) == {"id": "g1", "poverty_score": 0.0}
    assert record_fields(Person(id="p1", income=0, is_disabled=False)) == {
        "id": "p1",
        "income": 0.0,
        "is_disabled": False,
    }
    assert record_fields(Membership(person_id="p1", group_id="g1")) == {"person_id": "p1", "group_id": "g1"}


def test_records_are_immutable() -> None:
    """A record cannot be changed in place."""
    with pytest.raises(ValidationError):
        Person(id="p1").birth_place = "elsewhere"  # type: ignore[misc]


def test_dates_are_calendar_dates_and_moments_are_utc() -> None:
    """Dates are calendar dates; moments are in UTC, also when they come without a time zone."""
    person = Person.model_validate({"id": "p1", "birth_date": "1990-01-31T00:00:00Z", "last_updated": "2026-01-31"})
    assert (person.birth_date, person.last_updated) == ("1990-01-31", datetime(2026, 1, 31, tzinfo=UTC))
    for text in ("2026-01-31T09:30:00", "2026-01-31 09:30:00", "2026-01-31T15:00:00+05:30"):
        assert (
            record_fields(Person.model_validate({"id": "p1", "last_updated": text}))["last_updated"]
            == "2026-01-31T09:30:00Z"
        )


@pytest.mark.parametrize("known", ["1990-01-31", "1990-01", "1990", "0001", "9999-12"])
def test_a_birth_date_is_kept_as_far_as_it_is_known(known: str) -> None:
    """A year, a month or a day stays what it is; a date object is a day."""
    person = Person(id="p1", birth_date=known)
    assert person.birth_date == record_fields(person)["birth_date"] == known
    assert Person.model_validate_json(person.model_dump_json()) == person


def test_a_birth_date_may_be_typed_in_digits_of_any_script() -> None:
    """Digits are folded, also those of a year alone."""
    assert [Person(id="p1", birth_date=typed).birth_date for typed in ("١٩٩٠", "१९९०-०१")] == ["1990", "1990-01"]
