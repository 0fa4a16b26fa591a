"""People of OpenSPP 17 as records."""

from __future__ import annotations

import pytest

from dci_cli.registry.follow.openspp.options import Options
from support.openspp_database import OpenSppDatabase, warned

pytestmark = pytest.mark.postgres


def test_every_column_of_a_person_has_its_field(openspp17: OpenSppDatabase) -> None:
    """A registrant with all that OpenSPP 17 asks for becomes a person with all of it."""
    person = openspp17.person(
        family_name="Doe",
        given_name="Anna",
        addl_name="Maria",
        title=1,
        gender="Female",
        birthdate="1990-01-31",
        birth_place="Harbour",
        civil_status="Married",
        occupation="Farmer",
        income=100,
        email="a@x.org; Anna Doe <b@x.org>",
        street="1 Road",
        street2="Back",
        zip="100",
        city="Town",
        state_id=1,
        country_id=1,
        district=1,
        registration_date="2024-02-01",
        phone="+63 917 555 0101",
        mobile="+63 917 555 0102",
        write_date="2026-01-02 03:04:05.678",
    )
    openspp17.identifier(person, "N-1", write_date="2026-02-02 03:04:05")
    openspp17.identifier(person, "B-1", id_type=3)
    openspp17.insert("g2p_phone_number", partner_id=person, phone_no="+63 917 555 0100")
    assert openspp17.fields(person, Options(income="month")) == {
        "name": {"surname": "Doe", "given_name": "Anna", "second_name": "Maria", "prefix": "Doctor"},
        "sex": "female",
        "birth_date": "1990-01-31",
        "birth_place": "Harbour",
        "marital_status": "M",
        "occupation": "Farmer",
        "income": 1200.0,
        "emails": ["a@x.org", "b@x.org"],
        "addresses": [
            {
                "address_line_1": "1 Road",
                "address_line_2": "Back",
                "locality": "Town",
                "sub_region_code": "D-7",
                "region_code": "N-1",
                "postal_code": "100",
                "country_code": "PH",
            }
        ],
        "registration_date": "2024-02-01",
        "phone_numbers": ["+63 917 555 0100", "+63 917 555 0101", "+63 917 555 0102"],
        "identifiers": [
            {"identifier_type": "BRN", "identifier_value": "B-1"},
            {"identifier_type": "National ID", "identifier_value": "N-1"},
        ],
    }
    record = openspp17.read()[person]
    assert record.record.last_updated
    assert record.record.last_updated.isoformat() == "2026-02-02T03:04:05+00:00"  # that of the newest part
    assert warned(record) == ["income"]  # of which nobody said the period


def test_odd_persons_are_kept_without_their_odd_parts(openspp17: OpenSppDatabase) -> None:
    """What a part cannot be is left out and reported; the person stays, and nothing of them is in the report."""
    cases = {
        openspp17.person(is_group=None, gender="MALE", name="DOE, JOHN ", birthdate="0202-05-01"): (
            {"name": {"given_name": "DOE, JOHN"}, "sex": "male"},
            ["birthdate"],
        ),
        openspp17.person(given_name="Future", birthdate="2990-01-01"): (
            {"name": {"given_name": "Future"}},
            ["birthdate"],
        ),
        openspp17.person(given_name="Far", birthdate="12990-01-01"): ({"name": {"given_name": "Far"}}, ["birthdate"]),
        openspp17.person(given_name="Old", birthdate="0044-03-15 BC"): (
            {"name": {"given_name": "Old"}},
            ["birthdate"],
        ),
        openspp17.person(given_name="N/A", family_name="Roe"): ({"name": {"surname": "Roe"}}, ["given_name"]),
        openspp17.person(given_name="Kim\x01 "): ({"name": {"given_name": "Kim"}}, []),
        openspp17.person(given_name="x" * 600, family_name="Roe"): ({"name": {"surname": "Roe"}}, ["given_name"]),
        openspp17.person(given_name="Xu", gender="Diverse"): (
            {"name": {"given_name": "Xu"}, "sex": "unknown"},
            ["gender"],
        ),
        openspp17.person(given_name="Babae", gender="Babae"): (
            {"name": {"given_name": "Babae"}, "sex": "female"},
            [],
        ),
        openspp17.person(given_name="Lee", civil_status="It is complicated"): (
            {"name": {"given_name": "Lee"}},
            ["civil_status"],
        ),
        openspp17.person(given_name="Nil", income=0): ({"name": {"given_name": "Nil"}}, []),
        openspp17.person(given_name="Inf", income="Infinity"): ({"name": {"given_name": "Inf"}}, ["income"]),
        openspp17.person(given_name="Free", address="By the river"): (
            {"name": {"given_name": "Free"}, "addresses": [{"address_line_1": "By the river"}]},
            [],
        ),
        openspp17.person(given_name="Mail", email="a@x.org,b@x.org, none"): (
            {"name": {"given_name": "Mail"}, "emails": ["a@x.org", "b@x.org"]},
            ["email"],
        ),
        openspp17.person(): ({}, []),
        openspp17.person(write_date=None): ({}, []),
    }
    records = openspp17.read(Options(income="year"))
    for person, (fields, warnings) in cases.items():
        record = records[person]
        dumped = record.record.model_dump(mode="json", exclude_unset=True, exclude={"id", "last_updated"})
        assert (dumped, warned(record)) == (fields, warnings), person
        assert not any("Roe" in one.what or "2990" in one.what or "Diverse" in one.what for one in record.warnings)


def test_a_map_names_what_openspp_calls_otherwise(openspp17: OpenSppDatabase) -> None:
    """Types of identifiers, sexes and other codes get the names of `--map`; a type loses what it must not have."""
    person = openspp17.person(gender="Diverse", civil_status="Live-in", state_id=1, district=1)
    openspp17.identifier(person, "N-1")
    openspp17.identifier(person, "C-1", id_type=2)
    names = {"National ID": "UIN", "Diverse": "other", "Live-in": "M", "D-7": "PH-7", "N-1": "PH-N"}
    assert openspp17.fields(person, Options(names=names)) == {
        "sex": "other",
        "marital_status": "M",
        "addresses": [{"sub_region_code": "PH-7", "region_code": "PH-N"}],
        "identifiers": [
            {"identifier_type": "Card -", "identifier_value": "C-1"},
            {"identifier_type": "UIN", "identifier_value": "N-1"},
        ],
    }


def test_phones_are_split_and_each_occurs_once(openspp17: OpenSppDatabase) -> None:
    """Disabled numbers and those without digits are left out, and equal ones occur once."""
    person = openspp17.person(phone="+63 917 555 0101, +63-917-5550102", mobile="(+63) 917 555 0101")
    openspp17.insert("g2p_phone_number", partner_id=person, phone_no="+639175550103")
    openspp17.insert("g2p_phone_number", partner_id=person, phone_no="+639175550104", disabled="2025-01-01")
    openspp17.insert("g2p_phone_number", partner_id=person, phone_no="none")
    (record,) = openspp17.read().values()
    assert record.record.phone_numbers == ("+639175550103", "+63 917 555 0101", "+63-917-5550102")
    assert warned(record) == ["phone"]
    short = openspp17.person(phone="+63 1, +63 2")
    assert openspp17.fields(short)["phone_numbers"] == ["+63 1", "+63 2"]
    many = openspp17.person(phone=", ".join(f"+63917556{number:04}" for number in range(12)))
    assert len(openspp17.fields(many)["phone_numbers"]) == 10
    assert warned(openspp17.read()[many]) == ["phone"]
