"""The columns of tables: the model's field names, and those of OpenSPP's Odoo exports, by technical name or label."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from dci_cli.registry.files import cells
from dci_cli.registry.files.cells import Notation

IS_GROUP, IS_GROUP_LABEL = "is_group", "group"  # of individuals and groups


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the field of the record that its cells fill, its names in headers, and how a cell is read.

    `field` is a field of the record, or `part.field`. `list[]` holds values, and `list[].field` a field of an entry:
    each row of a record has an entry of its own. The field's own name is also a name of the column.
    """

    field: str
    names: str = ""
    read: Callable[[str, Notation], Any] = cells.text

    @property
    def all_names(self) -> list[str]:
        """Every name of the column, normalized as headers are."""
        own = self.field.removeprefix("name.").removesuffix("[]").replace("[].", "/").replace(".", "/")
        return [own, *self.names.split()]

    @property
    def path(self) -> str:
        """The field as it is in a location of the model, without indexes: `identifiers.identifier_type`."""
        return self.field.replace("[]", "")

    @property
    def is_repeated(self) -> bool:
        """Whether continuation rows may have a value."""
        return "[]" in self.field


def _below(prefixes: str, names: str) -> str:
    return " ".join(f"{prefix}/{name}" for prefix in prefixes.split() for name in names.split())


def _membership_columns(path: str, prefixes: str) -> tuple[Column, ...]:
    names = {
        "roles[]": "kind kind/id kind/name membership_type_ids membership_type_ids/id membership_type_ids/display "
        "membership_type_ids/code group_role",
        "start": "start_date",
        "end": "ended_date end_date",
    }
    reads = {"roles[]": cells.roles, "start": cells.day, "end": cells.day}
    return tuple(
        Column(path + field, _below(prefixes, known) if prefixes else known, reads[field])
        for field, known in names.items()
    )


_IDS, _PERSONS_GROUPS, _GROUPS_PEOPLE = (
    "reg_ids registrant_ids",
    "individual_membership_ids membership_to_groups",
    "group_membership_ids group_members",
)
_ID_TYPES = "id_type id_type/name id_type/id id_type_id id_type_id/id id_type_id/display id_type_id/code"
_REGISTRANT = (
    Column("id", "external_id"),
    Column(
        "phone_numbers[]",
        "phone mobile phone_number_ids phone_number_ids/phone_no phone_numbers/phone_no phone_numbers/phone_number",
        cells.several,
    ),
    Column("identifiers[].identifier_type", _below(_IDS, _ID_TYPES), cells.coded),
    Column("identifiers[].identifier_value", _below(_IDS, "value")),
    Column("addresses[].address_line_1", "street address"),
    Column("addresses[].address_line_2", "street2"),
    Column("addresses[].locality", "city"),
    Column("addresses[].sub_region_code", "district district/id district/name", cells.coded),
    Column("addresses[].region_code", "state_id state_id/id state_id/name state", cells.coded),
    Column("addresses[].postal_code", "zip"),
    Column("addresses[].country_code", "country_id country_id/id country_id/code country", cells.coded),
    Column("additional_attributes[].key"),
    Column("additional_attributes[].value"),
    Column("registration_date", read=cells.day),
    Column("last_updated", "write_date last_updated_on", cells.moment),
)
PERSON = (
    *_REGISTRANT,
    Column("display_name", "name"),  # Odoo computes it from the others; it is used when they are missing
    Column("name.given_name"),
    Column("name.surname", "family_name"),
    Column("name.second_name", "addl_name additional_name"),
    Column("name.maiden_name"),
    Column("name.prefix"),
    Column("name.suffix"),
    Column("birth_date", "birthdate date_of_birth", cells.day),
    Column("death_date", read=cells.day),
    Column(
        "sex",
        "gender gender/id gender/name gender_id gender_id/id gender_id/name gender_id/display gender_id/code",
        cells.sex,
    ),
    Column("birth_place"),
    Column("emails[]", "email", cells.several),
    Column(
        "marital_status",
        "civil_status civil_status_id civil_status_id/id civil_status_id/display civil_status_id/code",
        cells.marital_status,
    ),
    Column("occupation", "occupation_id occupation_id/id occupation_id/display occupation_id/code", cells.coded),
    Column("income", read=cells.number),
    Column("income_level", read=cells.coded),
    Column("employment_status", read=cells.coded),
    Column("education_level", read=cells.coded),
    Column("is_disabled", read=cells.truth),
    Column("disability_info[].disability_limitation_type", read=cells.standard_code),
    Column("disability_info[].functional_severity"),
    Column("related_persons[].relationship_type", read=cells.coded),
    Column("related_persons[].person_id"),
    Column("language_codes[]", read=cells.several),
    Column("restricted", read=cells.truth),
    Column("memberships[].group_id", _below(_PERSONS_GROUPS, "group/id group group/external_id")),
    *_membership_columns("memberships[].", _PERSONS_GROUPS),
)
GROUP = (
    *_REGISTRANT,
    Column("name"),
    Column(
        "group_type",
        "kind kind/id kind/name group_type_id group_type_id/id group_type_id/display group_type_id/code",
        cells.coded,
    ),
    Column("place.name"),
    Column("place.address_line"),
    Column("place.geo.latitude", "place/latitude partner_latitude", cells.number),
    Column("place.geo.longitude", "place/longitude partner_longitude", cells.number),
    Column("place.contained_in_place.name"),
    Column("poverty_score", read=cells.number),
    Column("poverty_score_type"),
    Column("memberships[].person_id", _below(_GROUPS_PEOPLE, "individual/id individual individual/external_id")),
    *_membership_columns("memberships[].", _GROUPS_PEOPLE),
)
MEMBERSHIP = (
    Column("group_id", "group/id group group/external_id"),
    Column("person_id", "individual/id individual individual_id individual/external_id"),
    *_membership_columns("", ""),
)


def by_name(columns: Iterable[Column]) -> dict[str, Column]:
    """Return the columns by each of their names."""
    return {name: column for column in columns for name in column.all_names}
