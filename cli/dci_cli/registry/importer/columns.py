"""The columns of CSV files: the model's own names, and those of OpenSPP's exports (Odoo's import-compatible ones)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from dci_common.registries.social.code_lists import MARITAL_STATUS

_TIME_OF_DAY = re.compile(r"(\d{4}-\d\d-\d\d)[ T].*")
_TRUTHS = {
    **dict.fromkeys(("true", "yes", "y", "t", "1", "x"), True),
    **dict.fromkeys(("false", "no", "n", "f", "0", ""), False),
}
_SEXES = {"m": "male", "f": "female"}
_ROLES = {
    "principal": "principal_recipient",
    "alternative": "alternative_recipient",
    "alternate_recipient": "alternative_recipient",
}


def _text(cell: str) -> Any:  # noqa: ANN401 - the model's validation makes something of it
    return cell


def _day(cell: str) -> str:
    """Odoo writes a moment where a day is meant."""
    return _TIME_OF_DAY.sub(r"\1", cell)


def truth(cell: str) -> bool | None:
    """Read whether a cell says yes or no; None, which the model refuses, where it says neither."""
    return _TRUTHS.get(cell.casefold())


def _several(cell: str) -> list[str]:
    return [part for part in map(str.strip, cell.split(",")) if part]


def _sex(cell: str) -> str:
    return _SEXES.get(cell.casefold(), cell.casefold())


def _marital_status(cell: str) -> str:
    return MARITAL_STATUS.normalize(cell).upper() or cell


def _roles(cell: str) -> list[str]:
    """Membership kinds, by their names or their external ids (`module.group_membership_kind_head`)."""
    names = (re.sub(r".*group_membership_kind_", "", part) for part in _several(cell))
    words = ("_".join(name.casefold().split()) for name in names)
    return [_ROLES.get(word, word) for word in words]


@dataclass(frozen=True, slots=True)
class Column:
    """Where a column's cells go, under which names it is known, and how a cell is read.

    `field` is a field of the record, or `part.field`; `list[]` takes values and `list[].field` fields of an entry,
    of which every further row of the record has its own. The field's own name is understood, too.
    """

    field: str
    names: str = ""
    read: Callable[[str], Any] = _text

    @property
    def all_names(self) -> list[str]:
        """Every name of the column, as a header is matched."""
        return [self.field.removeprefix("name.").removesuffix("[]").replace("[].", "/"), *self.names.split()]


def _of_membership(place: str, prefix: str) -> tuple[Column, ...]:
    names = {
        "roles[]": "kind kind/id kind/name",
        "start": "start_date",
        "end": "ended_date end_date",
    }
    reads: dict[str, Callable[[str], Any]] = {"roles[]": _roles, "start": _day, "end": _day}
    return tuple(
        Column(place + field, " ".join(prefix + name for name in known.split()), reads[field])
        for field, known in names.items()
    )


_REGISTRANT = (
    Column("id", "external_id"),
    Column("phone_numbers[]", "phone mobile phone_number_ids phone_number_ids/phone_no", _several),
    Column("identifiers[].identifier_type", "reg_ids/id_type reg_ids/id_type/name reg_ids/id_type/id"),
    Column("identifiers[].identifier_value", "reg_ids/value"),
    Column("addresses[].address_line_1", "street address"),
    Column("addresses[].address_line_2", "street2"),
    Column("addresses[].locality", "city"),
    Column("addresses[].sub_region_code", "district district/name"),
    Column("addresses[].region_code", "state_id state_id/name"),
    Column("addresses[].postal_code", "zip"),
    Column("addresses[].country_code", "country_id country_id/code"),
    Column("registration_date", read=_day),
)
PERSON = (
    *_REGISTRANT,
    Column("display_name", "name"),  # Odoo makes it of the others; it counts where none of them is given
    Column("name.given_name"),
    Column("name.surname", "family_name"),
    Column("name.second_name", "addl_name"),
    Column("name.maiden_name"),
    Column("name.prefix"),
    Column("name.suffix"),
    Column("birth_date", "birthdate", _day),
    Column("death_date", read=_day),
    Column("sex", "gender gender_id gender/name gender_id/name", _sex),
    Column("birth_place"),
    Column("emails[]", "email", _several),
    Column("marital_status", "civil_status", _marital_status),
    Column("occupation"),
    Column("income"),
    Column("income_level"),
    Column("employment_status"),
    Column("education_level"),
    Column("restricted", read=truth),
    Column("memberships[].group_id", "individual_membership_ids/group/id individual_membership_ids/group"),
    *_of_membership("memberships[].", "individual_membership_ids/"),
)
GROUP = (
    *_REGISTRANT,
    Column("name"),
    Column("group_type", "kind kind/name"),
    Column("poverty_score"),
    Column("poverty_score_type"),
    Column("memberships[].person_id", "group_membership_ids/individual/id group_membership_ids/individual"),
    *_of_membership("memberships[].", "group_membership_ids/"),
)
MEMBERSHIP = (
    Column("group_id", "group/id group"),
    Column("person_id", "individual/id individual individual_id"),
    *_of_membership("", ""),
)


def by_name(columns: Iterable[Column]) -> dict[str, Column]:
    """Return the columns by every name that they have."""
    return {name: column for column in columns for name in column.all_names}
