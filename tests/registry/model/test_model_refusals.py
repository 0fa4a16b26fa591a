"""The canonical records: what they reject, by the name of the field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from dci_cli.registry.support.json_lines import BadLine, read_line
from dci_common.registry.model.records import MAX_BYTES, Group, Membership, Person, Place
from dci_common.validation import describe


def refusal(model: type[BaseModel], fields: dict[str, Any]) -> str:
    """Return what is said of a record that is rejected."""
    with pytest.raises(ValidationError) as refused:
        model.model_validate(fields)
    return describe(refused.value, "The record")


LONG = "x" * 501
PARTIAL_DATE = "birth_date must be a date such as 1990-01-31, 1990-01 or 1990."
BAD: list[tuple[type[BaseModel], dict[str, Any], str]] = [
    (Person, {"id": ""}, "id is not valid."),
    (Person, {"id": "a#b"}, "id is not valid."),
    (Person, {"id": "a\n"}, "id is not valid."),
    (Person, {"id": "x" * 101}, "id is not valid."),
    (Person, {"nickname": "x"}, "The record holds an unknown field."),
    (Person, {"name": {"first": "x"}}, "name holds an unknown field."),
    (Person, {"name": {"surname": "  "}}, "name.surname must not be empty."),
    (Person, {"name": {"surname": LONG}}, "name.surname must have at most 500 characters."),
    (Person, {"name": {"surname": "a\x00b"}}, "name.surname must not hold control characters."),
    (Person, {"name": {"surname": "a\x1cb"}}, "name.surname must not hold control characters."),
    (Person, {"name": {"surname": "a\x85b"}}, "name.surname must not hold control characters."),
    (Person, {"name": {"surname": "a\ud800b"}}, "name.surname is not valid."),
    (Person, {"identifiers": [{"identifier_type": "UIN"}]}, "identifiers.0.identifier_value is missing."),
    (
        Person,
        {"identifiers": [{"identifier_type": "U#N", "identifier_value": "1"}]},
        "identifiers.0.identifier_type must not hold #.",
    ),
    (
        Person,
        {"identifiers": [{"identifier_type": "x" * 101, "identifier_value": "1"}]},
        "identifiers.0.identifier_type must have at most 100 characters.",
    ),
    (
        Person,
        {"identifiers": [{"identifier_type": "ΐ" * 100, "identifier_value": "1"}]},
        "identifiers.0.identifier_type must have at most 512 bytes.",
    ),
    (
        Person,
        {"identifiers": [{"identifier_type": "UIN", "identifier_value": "ක" * 171}]},
        "identifiers.0.identifier_value must have at most 512 bytes.",
    ),
    (
        Person,
        {"identifiers": [{"identifier_type": "UIN", "identifier_value": str(n)} for n in range(21)]},
        "identifiers must have at most 20 entries.",
    ),
    *(
        (
            model,
            {
                "identifiers": [
                    {"identifier_type": "National ID", "identifier_value": "D1"},
                    {"identifier_type": " national  id", "identifier_value": "D1 "},
                ]
            },
            "identifiers must hold each identifier once, whatever the case of its type.",
        )
        for model in (Person, Group)
    ),
    (Person, {"phone_numbers": ["none"]}, "phone_numbers.0 must hold digits."),
    (Person, {"phone_numbers": ["1"] * 11}, "phone_numbers must have at most 10 entries."),
    (Person, {"phone_numbers": ["١" * 300]}, "phone_numbers.0 must have at most 512 bytes."),
    (Person, {"emails": ["nobody"]}, "emails.0 must be an e-mail address."),
    (Person, {"emails": ["@example.org"]}, "emails.0 must be an e-mail address."),
    (Person, {"emails": ["a@" + "ß" * 256]}, "emails.0 must have at most 512 bytes."),
    (Person, {"sex": "F"}, "sex must be 'male', 'female', 'other' or 'unknown'."),
    (Person, {"marital_status": "X"}, "marital_status must be 'S', 'M', 'W', 'A', 'D', 'L' or 'U'."),
    (Person, {"birth_date": 19900131}, PARTIAL_DATE),
    (Person, {"birth_date": 1990}, PARTIAL_DATE),
    *(
        (Person, {"birth_date": text}, PARTIAL_DATE)
        for text in ("0000", "90", "1990-13", "1990-00", "1990-1", "1990-", "19900", "~1990", "1990-01~1990-02", "")
    ),
    (Person, {"death_date": "1990"}, "death_date must be a date such as 1990-01-31."),
    (Person, {"birth_date": "19900131"}, PARTIAL_DATE),
    (Person, {"birth_date": "1990-02-30"}, PARTIAL_DATE),
    (Person, {"birth_date": "31/01/1990"}, PARTIAL_DATE),
    (Person, {"birth_date": "1990-01-31T10:00:00Z"}, PARTIAL_DATE),
    (Person, {"last_updated": 0}, "last_updated must be a moment such as 2026-01-31T09:30:00Z."),
    (Person, {"last_updated": "2026"}, "last_updated must be a moment such as 2026-01-31T09:30:00Z."),
    (
        Person,
        {"last_updated": "0001-01-01T00:00:00+14:00"},
        "last_updated must be a moment such as 2026-01-31T09:30:00Z.",
    ),
    (Person, {"income": "much"}, "income must be a number."),
    (Person, {"income": float("nan")}, "income must be a finite number."),
    (Person, {"income": float("inf")}, "income must be a finite number."),
    (Person, {"income": 1e16}, "income must be at most 1000000000000000.0."),
    (Person, {"restricted": "perhaps"}, "restricted must be true or false."),
    (Person, {"is_disabled": "perhaps"}, "is_disabled must be true or false."),
    (
        Person,
        {"disability_info": [{"disability_limitation_type": "VIS_SS", "functional_severity": "5"}]},
        "disability_info.0.functional_severity must be '1', '2', '3' or '4'.",
    ),
    (Person, {"related_persons": [{"person_id": "p2"}]}, "related_persons.0.relationship_type is missing."),
    (Person, {"language_codes": "si"}, "language_codes must be a list."),
    (Group, {"place": {"geo": {"latitude": 91, "longitude": 0}}}, "place.geo.latitude must be at most 90.0."),
    (Group, {"place": {"contained_in_place": {"name": ""}}}, "place.contained_in_place.name must not be empty."),
    (Group, {"poverty_score": "-1e400"}, "poverty_score must be a finite number."),
    (Group, {"restricted": True}, "The record holds an unknown field."),
    (Group, {"addresses": [{}] * 11}, "addresses must have at most 10 entries."),
    (
        Group,
        {"additional_attributes": [{"key": "k", "value": "v" * 500}] * 101},
        "additional_attributes must have at most 100 entries.",
    ),
    (
        Group,
        {"additional_attributes": [{"key": "k", "value": "ක" * 500}] * 70},
        "The record must have at most 100000 bytes in all.",
    ),
]


@pytest.mark.parametrize(("model", "fields", "said"), BAD, ids=[f"{model.__name__} {said}" for model, _, said in BAD])
def test_an_invalid_field_is_rejected_by_name(model: type[BaseModel], fields: dict[str, Any], said: str) -> None:
    """An invalid record is rejected with the field's name and what is accepted."""
    assert refusal(model, {"id": "1", **fields}) == said


def test_an_invalid_membership_is_rejected() -> None:
    """A membership needs a person and a group, and accepts several roles."""
    assert refusal(Membership, {"person_id": "p1"}) == "group_id is missing."
    ids = {"person_id": "p1", "group_id": "g1"}
    assert refusal(Membership, {**ids, "roles": ["r"] * 11}) == "roles must have at most 10 entries."
    inverted = {**ids, "start": "2024-01-02", "end": "2024-01-01"}
    assert refusal(Membership, inverted) == "The record must not have its end before its start."
    assert Membership.model_validate({**inverted, "end": "2024-01-02"})


def test_endless_nesting_is_rejected() -> None:
    """A place that is nested without end is rejected."""
    nested = '{"contained_in_place":' * 10_000 + "{}" + "}" * 10_000
    with pytest.raises(ValidationError):
        Place.model_validate_json(nested)


def test_a_record_over_the_size_limit_is_rejected() -> None:
    """A record of exactly the largest size is accepted; one byte more is rejected."""
    filled = [{"key": "k" * 500, "value": "v" * 500}] * 97

    def group(last: int) -> dict[str, Any]:
        return {"id": "g1", "additional_attributes": [{"key": "k" * 400, "value": "v" * last}, *filled]}

    room = MAX_BYTES - len(json.dumps(group(0), separators=(",", ":")))
    said = f"must have at most {MAX_BYTES} bytes in all."
    assert Group.model_validate(group(room))
    assert refusal(Group, group(room + 1)) == f"The record {said}"
    assert read_line(json.dumps({"group": group(room)}))
    with pytest.raises(BadLine, match=f"^group {said}"):
        read_line(json.dumps({"group": group(room + 1)}))
