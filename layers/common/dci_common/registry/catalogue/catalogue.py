"""The attribute catalogue: everything that a query may ask about, in one table.

A new searchable attribute is a row here, a slot that nobody uses yet, and a backfill (`dci registry reindex`).
"""

from __future__ import annotations

from collections.abc import Iterable

from dci_common.registry.catalogue.attributes import (
    Attribute,
    address_reader,
    field_reader,
    identifier_reader,
    list_reader,
    name_reader,
    read_location,
    read_size,
)
from dci_common.registry.catalogue.types import Type
from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind

RECORD_SLOT = "x01"  # every record is in this slot, so that it serves what no other slot does
STANDARD_IDENTIFIERS = ("UIN", "NIN", "BRN", "MRN", "DRN")
HOUSEHOLD_ID = "HOUSEHOLD_ID"

_PERSON, _GROUP, _BOTH, _MEMBERSHIP = {Kind.PERSON}, {Kind.GROUP}, set(Kind), set[Kind]()


def _of_person(name: str, type_: Type, slot: str = "", *aliases: str, disclosed_by: str = "") -> Attribute:
    slots = {Kind.PERSON: slot} if slot else {}
    return Attribute(name, type_, _PERSON, field_reader(name), {disclosed_by or name}, aliases, slots)


def _of_group(name: str, type_: Type, slot: str = "", *aliases: str, disclosed_by: str = "") -> Attribute:
    slots = {Kind.GROUP: slot} if slot else {}
    return Attribute(name, type_, _GROUP, field_reader(name), {disclosed_by or name}, aliases, slots)


def _name(name: str, slot: str, parts: tuple[str, ...], *aliases: str) -> Attribute:
    return Attribute(
        name, Type.TEXT, _PERSON, name_reader(*parts), {"name"}, aliases, {Kind.PERSON: slot} if slot else {}
    )


def _address(name: str, parts: tuple[str, ...], *aliases: str) -> Attribute:
    return Attribute(name, Type.TEXT, _BOTH, address_reader(*parts), {"address"}, aliases, of_home=True)


def _dated(name: str, type_: Type, slot: str) -> Attribute:
    return Attribute(name, type_, _BOTH, field_reader(name), {name}, (), dict.fromkeys(Kind, slot))


BIRTH_DATE = _of_person("birth_date", Type.DATE, "x02", "birthdate", "dob", "date_of_birth")
DISTRICT = _address("district", ("sub_region_code",), "sub_region_code", "sub_region")
GROUP_SIZE = Attribute(
    "group_size", Type.NUMBER, _GROUP, read_size, {"household"}, ("household_size", "size"), {Kind.GROUP: "x05"}
)
POVERTY_SCORE = _of_group("poverty_score", Type.NUMBER, "x02", "score")

# Slots that hold two attributes: the records of one district in the order of another attribute.
COMPOSITES = {Kind.PERSON: ("x06", DISTRICT, BIRTH_DATE), Kind.GROUP: ("x06", DISTRICT, POVERTY_SCORE)}

ATTRIBUTES = (
    Attribute(
        "MOBILE",
        Type.PHONE,
        _BOTH,
        list_reader("phone_numbers"),
        {"phone_number"},
        ("phone", "phone_number", "mobile_number"),
        many=True,
    ),
    Attribute("EMAIL", Type.EMAIL, _PERSON, list_reader("emails"), {"email"}, ("email_address",), many=True),
    Attribute(HOUSEHOLD_ID, Type.IDENTIFIER, _GROUP, identifier_reader(HOUSEHOLD_ID), {"identifier"}, many=True),
    _name("surname", "x03", ("surname",), "family_name", "last_name"),
    _name("given_name", "x04", ("given_name",), "first_name"),
    _name("second_name", "", ("second_name",), "middle_name", "additional_name", "addl_name"),
    Attribute(
        "name",
        Type.TEXT,
        _BOTH,
        name_reader("given_name", "second_name", "surname"),
        {"name"},
        ("full_name",),
        {Kind.PERSON: "x05", Kind.GROUP: "x03"},
    ),
    _of_person("sex", Type.SEX, "", "gender"),
    BIRTH_DATE,
    _of_person("birth_place", Type.TEXT, "", "birthplace", "place_of_birth"),
    _of_person("marital_status", Type.MARITAL_STATUS, "", "civil_status"),
    _of_person("is_disabled", Type.TRUTH, "", "disabled", disclosed_by="disability"),
    _of_person("employment_status", Type.TEXT, "", "employment"),
    _of_person("occupation", Type.TEXT, "x09"),
    _of_person("income_level", Type.TEXT),
    _of_person("income", Type.NUMBER, "x10"),
    _of_person("education_level", Type.TEXT, "", "education"),
    _address("address_line", ("address_line_1", "address_line_2"), "address"),
    _address("locality", ("locality",), "city"),
    DISTRICT,
    _address("region", ("region_code",), "region_code"),
    _address("postal_code", ("postal_code",), "postcode", "zip_code"),
    _address("country", ("country_code",), "country_code"),
    Attribute("location", Type.TEXT, _BOTH, read_location, {"address"}, ("place",), many=True, of_home=True),
    _dated("registration_date", Type.DATE, "x07"),
    _dated("last_updated", Type.MOMENT, "x08"),
    _of_group("group_type", Type.TEXT, "", "household_type"),
    GROUP_SIZE,
    POVERTY_SCORE,
    _of_group("poverty_score_type", Type.TEXT, disclosed_by="poverty_score"),
    Attribute(
        "membership_kind",
        Type.TEXT,
        _MEMBERSHIP,
        list_reader("roles"),
        {"household"},
        ("role", "membership_role", "member_role"),
        many=True,
    ),
)
INDEXED = tuple(attribute for attribute in ATTRIBUTES if not attribute.type.is_lookup)


class Catalogue:
    """The attributes of one registry: those of the table, and its own identifier types."""

    def __init__(self, identifier_types: Iterable[str]) -> None:
        types = {normalize.identifier_type(type_) for type_ in (*STANDARD_IDENTIFIERS, *identifier_types)} - {
            HOUSEHOLD_ID
        }
        self.attributes = (*(_identifier(type_) for type_ in sorted(types)), *ATTRIBUTES)
        self._by_name = {
            normalize.identifier_type(name): attribute
            for attribute in self.attributes
            for name in (attribute.name, *attribute.aliases)
        }

    def find(self, name: str) -> Attribute | None:
        """Return the attribute with this name or alias; case, and a path before the last `:` or `.`, do not count."""
        key = normalize.identifier_type(name)
        last = key.rpartition(":")[2].rpartition(".")[2]
        return self._by_name.get(key) or self._by_name.get(last)


def _identifier(type_: str) -> Attribute:
    return Attribute(type_, Type.IDENTIFIER, _BOTH, identifier_reader(type_), {"identifier"}, many=True)
