"""Canonical records: who is registered, which households there are, and who belongs to which.

The field names follow the standard's core vocabulary (`core/v1/data`): Person, Group, Name, Identifier, Address.
Dates are calendar dates, moments are in UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,100}$")]
Moment = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
Sex = Literal["male", "female", "other", "unknown"]


class Kind(StrEnum):
    """What a record is about; the value begins its key in RegistryTable."""

    PERSON = "PERSON"
    GROUP = "GROUP"


class Record(BaseModel):
    """What every part of the registry has in common: it never changes in place, and knows all its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Identifier(Record):
    """An identifier; type and value together belong to one record only."""

    identifier_type: Text
    identifier_value: Text


class Name(Record):
    """A person's name, in its own script."""

    surname: Text | None = None
    given_name: Text | None = None
    second_name: Text | None = None
    maiden_name: Text | None = None
    prefix: Text | None = None
    suffix: Text | None = None


class Address(Record):
    """Where a household lives, from the house to the country."""

    address_line_1: Text | None = None
    address_line_2: Text | None = None
    locality: Text | None = None
    sub_region_code: Text | None = None
    region_code: Text | None = None
    postal_code: Text | None = None
    country_code: Text | None = None


class Person(Record):
    """A person. `id` is the registry's own and is never disclosed as an identifier."""

    id: Key
    identifiers: tuple[Identifier, ...] = ()
    name: Name = Name()
    sex: Sex | None = None
    birth_date: date | None = None
    birth_place: Text | None = None
    phone_numbers: tuple[Text, ...] = ()
    emails: tuple[Text, ...] = ()
    registration_date: date | None = None
    last_updated: Moment | None = None


class Group(Record):
    """A household, family or other group of people. A lower `poverty_score` is a poorer household."""

    id: Key
    identifiers: tuple[Identifier, ...] = ()
    name: Text | None = None
    group_type: Text | None = None
    phone_numbers: tuple[Text, ...] = ()
    address: Address | None = None
    poverty_score: Annotated[float, Field(allow_inf_nan=False)] | None = None
    poverty_score_type: Text | None = None
    registration_date: date | None = None
    last_updated: Moment | None = None


class Membership(Record):
    """That a person belongs to a group, in which roles (`head`, `principal_recipient`, ...), and since when.

    It is over from the day `end` on.
    """

    person_id: Key
    group_id: Key
    roles: tuple[Text, ...] = ()
    start: date | None = None
    end: date | None = None
