"""Canonical records: people, groups such as households, and the memberships that connect them.

The field names follow the standard's core vocabulary, which all its registries share (`core/v1/data`: Person, Member,
Group, Name, Address, Identifier, Place, DisabilityInfo, RelatedPerson) and, where it has none, OpenSPP's registrant.
Dates are calendar dates, of which a birth date may be known in part; date-times are in UTC. Values of the standard's
long code lists (occupation, education, ...) are stored as they arrive: countries use their own.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError, to_json

from dci_common.registry.model import normalize, validators
from dci_common.registry.model.base import MaritalStatus, Record, Sex

MAX_IDENTIFIERS = 20
MAX_CONTACTS = 10  # phone numbers, and e-mail addresses, of one record
MAX_BYTES = 100_000  # of one record, so that a person with the summaries of all its groups fits into a transaction
SMALL = "small"  # the context of a validation whose record is certainly smaller, and is not written to see that

_Stripped = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Text = Annotated[_Stripped, AfterValidator(validators.check_text)]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,100}\z")]
Date = Annotated[date, WrapValidator(validators.read_date)]
PartialDate = Annotated[str, BeforeValidator(validators.read_partial_date)]  # `1982`, `1982-05` or `1982-05-31`
Moment = Annotated[datetime, WrapValidator(validators.read_moment)]
Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e15, le=1e15)]
LimitationType = Literal["VIS_SS", "HEAR_SS", "MOB_SS", "COG_SS", "SC_SS", "COM_SS"]
Severity = Literal["1", "2", "3", "4"]
PhoneNumber = Annotated[_Stripped, AfterValidator(validators.check_phone)]
EmailAddress = Annotated[_Stripped, AfterValidator(validators.check_email)]
IdentifierType = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(validators.check_identifier_type),
]
IdentifierValue = Annotated[_Stripped, AfterValidator(validators.check_identifier)]


class Identifier(Record):
    """An identifier. Type (in any case) and value together belong to one record only."""

    identifier_type: IdentifierType
    identifier_value: IdentifierValue


class Name(Record):
    """A person's name, in its own script."""

    surname: Text | None = None
    given_name: Text | None = None
    second_name: Text | None = None
    maiden_name: Text | None = None
    prefix: Text | None = None
    suffix: Text | None = None


class GeoCoordinates(Record):
    """A position on the earth (WGS 84), in degrees."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class Bounds(Record):
    """Two opposite corners of a box."""

    northeast: GeoCoordinates
    southwest: GeoCoordinates


class Geometry(Record):
    """A box and its centre."""

    bounds: Bounds | None = None
    location: GeoCoordinates | None = None


class PlusCode(Record):
    """An Open Location Code."""

    global_code: Text | None = None
    geometry: Geometry | None = None


class GeoLocation(Record):
    """The position of an address on the earth."""

    plus_code: PlusCode


class Address(Record):
    """A postal address, from the house to the country."""

    address_line_1: Text | None = None
    address_line_2: Text | None = None
    locality: Text | None = None
    sub_region_code: Text | None = None
    region_code: Text | None = None
    postal_code: Text | None = None
    country_code: Text | None = None
    geo_location: GeoLocation | None = None


class Place(Record):
    """A place and the larger one that contains it. The standard's `contains_place` follows from these."""

    name: Text | None = None
    address_line: Text | None = None
    geo: GeoCoordinates | None = None
    contained_in_place: Place | None = None


class DisabilityInfo(Record):
    """A functional limitation; severity from 1 (none) to 4 (cannot do at all)."""

    disability_limitation_type: LimitationType
    functional_severity: Severity | None = None


class RelatedPerson(Record):
    """A related person, by their id in the registry."""

    relationship_type: Text
    person_id: Key


class AdditionalAttribute(Record):
    """A value that a country stores beyond the standard."""

    key: Text
    value: Text


def _check_each_once(identifiers: tuple[Identifier, ...]) -> tuple[Identifier, ...]:
    matched = {(normalize.identifier_type(one.identifier_type), one.identifier_value) for one in identifiers}
    if len(matched) < len(identifiers):
        raise PydanticCustomError("rule", "must hold each identifier once, whatever the case of its type")
    return identifiers


Identifiers = Annotated[tuple[Identifier, ...], Field(max_length=MAX_IDENTIFIERS), AfterValidator(_check_each_once)]
PhoneNumbers = Annotated[tuple[PhoneNumber, ...], Field(max_length=MAX_CONTACTS)]


class Source(Record):
    """The record of another database that a record follows: it is changed and deleted with that one.

    `restricted` says that this database restricts the person, and may lift that again; `restricted_here` that an
    operator of the registry does so too, which then stays. A person who is restricted without either is restricted by
    an operator alone. Nothing of it is disclosed.
    """

    database: Key
    id: int
    restricted: bool = False
    restricted_here: bool = False


class Registrant(Record):
    """The fields that people and groups share. `id` is the registry's own and is never disclosed as an identifier."""

    id: Key
    identifiers: Identifiers = ()
    phone_numbers: PhoneNumbers = ()
    addresses: Annotated[tuple[Address, ...], Field(max_length=10)] = ()
    additional_attributes: Annotated[tuple[AdditionalAttribute, ...], Field(max_length=100)] = ()
    registration_date: Date | None = None
    last_updated: Moment | None = None
    source: Source | None = None

    @model_validator(mode="after")
    def _is_small(self, info: ValidationInfo) -> Self:
        if info.context == SMALL:
            return self
        # With empty lists it is longer, and written faster.
        is_small = len(to_json(self, exclude_none=True)) <= MAX_BYTES
        if not is_small and len(self.model_dump_json(exclude_defaults=True).encode()) > MAX_BYTES:
            raise PydanticCustomError("rule", f"must have at most {MAX_BYTES} bytes in all")
        return self


class Person(Registrant):
    """A person. A `restricted` one (witness protection, say) is disclosed to entitled clients only.

    `income` is annual, in the registry's currency.
    """

    name: Name = Name()
    sex: Sex | None = None
    birth_date: PartialDate | None = None
    death_date: Date | None = None
    birth_place: Text | None = None
    emails: Annotated[tuple[EmailAddress, ...], Field(max_length=MAX_CONTACTS)] = ()
    marital_status: MaritalStatus | None = None
    is_disabled: bool | None = None
    disability_info: Annotated[tuple[DisabilityInfo, ...], Field(max_length=20)] = ()
    related_persons: Annotated[tuple[RelatedPerson, ...], Field(max_length=50)] = ()
    employment_status: Text | None = None
    occupation: Text | None = None
    income_level: Text | None = None
    income: Number | None = None
    language_codes: Annotated[tuple[Text, ...], Field(max_length=20)] = ()
    education_level: Text | None = None
    restricted: bool = False


class Group(Registrant):
    """A household, family or other group of people. A lower `poverty_score` is a poorer household.

    `place` is where the group lives (the standard's `geographical_location`).
    """

    name: Text | None = None
    group_type: Text | None = None
    place: Place | None = None
    poverty_score: Number | None = None
    poverty_score_type: Text | None = None


class Membership(Record):
    """A person's membership of a group, with its roles (`head`, `principal_recipient`, `alternative_recipient`, ...).

    It is active from the day `start`, and ended from the day `end`.
    """

    person_id: Key
    group_id: Key
    roles: Annotated[tuple[Text, ...], Field(max_length=10)] = ()
    start: Date | None = None
    end: Date | None = None

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.start and self.end and self.end < self.start:
            raise PydanticCustomError("rule", "must not have its end before its start")
        return self


AnyRecord = Person | Group | Membership
