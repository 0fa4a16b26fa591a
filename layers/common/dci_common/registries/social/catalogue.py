"""The social registry's catalogue: everything that a query may ask about, in one table.

A new searchable attribute is a row here, a slot that is not used yet, and a backfill (`dci registry reindex`).
"""

from __future__ import annotations

from functools import lru_cache

from dci_common.registries.social.code_lists import MARITAL_STATUS, SEX
from dci_common.registries.social.readers import address_reader, name_reader, read_group_size, read_location
from dci_common.registry.catalogue.attributes import Attribute, field_reader, identifier_reader, list_reader
from dci_common.registry.catalogue.catalogue import Catalogue, Composite, DateMeasure, DerivedAttribute
from dci_common.registry.catalogue.value_types import (
    BOOLEAN,
    DATE,
    EMAIL,
    IDENTIFIER,
    MOMENT,
    NUMBER,
    PARTIAL_DATE,
    PHONE,
    TEXT,
    ValueType,
)
from dci_common.registry.model.base import Kind

STANDARD_IDENTIFIERS = frozenset({"UIN", "NIN", "BRN", "MRN", "DRN"})
HOUSEHOLD_ID = "HOUSEHOLD_ID"
REGION_SLOTS_SINCE = 4  # the version of the rules whose items have them

_PERSON, _GROUP, _BOTH = frozenset({Kind.PERSON}), frozenset({Kind.GROUP}), frozenset(Kind)
_MEMBERSHIP = frozenset[Kind]()


def _of_person(
    name: str, type_: ValueType, slot: str = "", *aliases: str, disclosed_by: str = "", distinct: int = 1_000
) -> Attribute:
    slots, disclosure = {Kind.PERSON: slot} if slot else {}, frozenset({disclosed_by or name})
    return Attribute(name, type_, _PERSON, field_reader(name), disclosure, aliases, slots, distinct=distinct)


def _of_group(name: str, type_: ValueType, slot: str = "", *aliases: str, disclosed_by: str = "") -> Attribute:
    slots = {Kind.GROUP: slot} if slot else {}
    return Attribute(name, type_, _GROUP, field_reader(name), frozenset({disclosed_by or name}), aliases, slots)


def _of_both(name: str, type_: ValueType, slot: str, *, distinct: int) -> Attribute:
    slots = dict.fromkeys(Kind, slot)
    return Attribute(name, type_, _BOTH, field_reader(name), frozenset({name}), (), slots, distinct=distinct)


def _name(name: str, slot: str, parts: tuple[str, ...], *aliases: str, distinct: int = 1_000) -> Attribute:
    slots = {Kind.PERSON: slot} if slot else {}
    return Attribute(name, TEXT, _PERSON, name_reader(*parts), frozenset({"name"}), aliases, slots, distinct=distinct)


def _address(name: str, parts: tuple[str, ...], *aliases: str, distinct: int = 1_000) -> Attribute:
    read, disclosure = address_reader(*parts), frozenset({"address"})
    return Attribute(name, TEXT, _BOTH, read, disclosure, aliases, inherited=True, distinct=distinct)


BIRTH_DATE = _of_person("birth_date", PARTIAL_DATE, "x02", "dob", "date_of_birth", distinct=30_000)
DISTRICT = _address("district", ("sub_region_code",), "sub_region_code", "sub_region", distinct=500)
REGION = _address("region", ("region_code",), "region_code", distinct=20)
POVERTY_SCORE = _of_group("poverty_score", NUMBER, "x02", "score")

ATTRIBUTES = (
    Attribute(
        "MOBILE",
        PHONE,
        _BOTH,
        list_reader("phone_numbers"),
        frozenset({"phone_number"}),
        ("phone", "phone_number", "phone_numbers", "mobile_number"),
        many=True,
    ),
    Attribute("EMAIL", EMAIL, _PERSON, list_reader("emails"), frozenset({"email"}), ("email_address",), many=True),
    Attribute(
        HOUSEHOLD_ID,
        IDENTIFIER,
        _GROUP,
        identifier_reader(HOUSEHOLD_ID),
        frozenset({"identifier"}),
        ("HHID",),
        many=True,
    ),
    _name("surname", "x03", ("surname",), "family_name", "last_name", distinct=10_000),
    _name("given_name", "x04", ("given_name",), "first_name", distinct=5_000),
    _name("second_name", "", ("second_name",), "middle_name", "additional_name", "addl_name"),
    _name("maiden_name", "", ("maiden_name",), "birth_name"),
    Attribute(
        "name",
        TEXT,
        _BOTH,
        name_reader("given_name", "second_name", "surname"),
        frozenset({"name"}),
        ("full_name",),
        {Kind.PERSON: "x05", Kind.GROUP: "x03"},
        distinct=1_000_000,
    ),
    _of_person("sex", SEX, "", "gender"),
    BIRTH_DATE,
    _of_person("death_date", DATE, "", "dod", "date_of_death"),
    _of_person("birth_place", TEXT, "", "place_of_birth"),
    _of_person("marital_status", MARITAL_STATUS, "", "civil_status"),
    _of_person("is_disabled", BOOLEAN, "", "disabled", disclosed_by="disability"),
    _of_person("employment_status", TEXT, "", "employment"),
    _of_person("occupation", TEXT, "x09", distinct=100),
    _of_person("income_level", TEXT),
    _of_person("income", NUMBER, "x10", distinct=5_000),
    _of_person("education_level", TEXT, "", "education"),
    Attribute(
        "language_code",
        TEXT,
        _PERSON,
        list_reader("language_codes"),
        frozenset({"language_code"}),
        ("language", "languages", "language_codes"),
        many=True,
    ),
    _address("address_line", ("address_line_1", "address_line_2"), "address"),
    _address("locality", ("locality",), "city"),
    DISTRICT,
    REGION,
    _address("postal_code", ("postal_code",), "postcode", "zip_code"),
    _address("country", ("country_code",), "country_code"),
    Attribute(
        "location",
        TEXT,
        _BOTH,
        read_location,
        frozenset({"address"}),
        ("place", "geographical_location"),
        many=True,
        inherited=True,
    ),
    _of_both("registration_date", DATE, "x07", distinct=5_000),
    _of_both("last_updated", MOMENT, "x08", distinct=1_000),
    _of_group("group_type", TEXT, "", "household_type"),
    Attribute(
        "group_size",
        NUMBER,
        _GROUP,
        read_group_size,
        frozenset({"household"}),
        ("household_size", "size"),
        {Kind.GROUP: "x05"},
        volatile=True,
        distinct=20,
    ),
    POVERTY_SCORE,
    _of_group("poverty_score_type", TEXT, disclosed_by="poverty_score"),
    Attribute(
        "membership_kind",
        TEXT,
        _MEMBERSHIP,
        list_reader("roles"),
        frozenset({"household"}),
        ("role", "roles", "membership_role", "member_role"),
        many=True,
    ),
)

SOCIAL_CATALOGUE = Catalogue(
    rows=ATTRIBUTES,
    identifier_types=STANDARD_IDENTIFIERS,
    derived=(
        DerivedAttribute("age", BIRTH_DATE, DateMeasure.YEARS_SINCE),
        DerivedAttribute("YOB", BIRTH_DATE, DateMeasure.YEAR, ("year_of_birth", "birth_year")),
    ),
    record_slot="x01",
    composites={
        Kind.PERSON: (
            Composite("x06", DISTRICT, BIRTH_DATE),
            Composite("x11", REGION, BIRTH_DATE, since=REGION_SLOTS_SINCE),
        ),
        Kind.GROUP: (
            Composite("x06", DISTRICT, POVERTY_SCORE),
            Composite("x04", REGION, POVERTY_SCORE, since=REGION_SLOTS_SINCE),
        ),
    },
    related_disclosure="household",
)


@lru_cache(maxsize=8)  # a deployment has one registry, whose types hardly ever change
def social_catalogue(identifier_types: frozenset[str], country: str) -> Catalogue:
    """Return the catalogue of a social registry of a country (or of none: empty) with these identifier types."""
    return SOCIAL_CATALOGUE.with_country(country).with_identifier_types(identifier_types)
