"""The columns of CSV files: the model's field names, and those of OpenSPP's (import-compatible) Odoo exports."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dci_common.registries.social.code_lists import MARITAL_STATUS

Fields = dict[str, Any]

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


def _text(cell: str) -> Any:  # noqa: ANN401 - the model validates it
    return cell


def _day(cell: str) -> str:
    """Return the day of a cell; Odoo exports a day with a time."""
    return _TIME_OF_DAY.sub(r"\1", cell)


def truth(cell: str) -> bool | None:
    """Return whether a cell means yes or no; None, which the model rejects, when it means neither."""
    return _TRUTHS.get(cell.casefold())


def _several(cell: str) -> list[str]:
    return [part for part in map(str.strip, cell.split(",")) if part]


def _sex(cell: str) -> str:
    return _SEXES.get(cell.casefold(), cell.casefold())


def _marital_status(cell: str) -> str:
    return MARITAL_STATUS.normalize(cell).upper() or cell


def _roles(cell: str) -> list[str]:
    """Return the roles of membership kinds, given by name or external id (`module.group_membership_kind_head`)."""
    names = (re.sub(r".*group_membership_kind_", "", part) for part in _several(cell))
    words = ("_".join(name.casefold().split()) for name in names)
    return [_ROLES.get(word, word) for word in words]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the field of the record that its cells fill, its names in headers, and how a cell is read.

    `field` is a field of the record, or `part.field`. `list[]` holds values, and `list[].field` a field of an entry:
    each row of a record has an entry of its own. The field's own name is also a name of the column.
    """

    field: str
    names: str = ""
    read: Callable[[str], Any] = _text

    @property
    def all_names(self) -> list[str]:
        """Every name of the column, normalized as headers are."""
        return [self.field.removeprefix("name.").removesuffix("[]").replace("[].", "/"), *self.names.split()]


def _membership_columns(path: str, prefix: str) -> tuple[Column, ...]:
    names = {
        "roles[]": "kind kind/id kind/name",
        "start": "start_date",
        "end": "ended_date end_date",
    }
    reads: dict[str, Callable[[str], Any]] = {"roles[]": _roles, "start": _day, "end": _day}
    return tuple(
        Column(path + field, " ".join(prefix + name for name in known.split()), reads[field])
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
    Column("display_name", "name"),  # Odoo computes it from the others; it is used when they are missing
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
    *_membership_columns("memberships[].", "individual_membership_ids/"),
)
GROUP = (
    *_REGISTRANT,
    Column("name"),
    Column("group_type", "kind kind/name"),
    Column("poverty_score"),
    Column("poverty_score_type"),
    Column("memberships[].person_id", "group_membership_ids/individual/id group_membership_ids/individual"),
    *_membership_columns("memberships[].", "group_membership_ids/"),
)
MEMBERSHIP = (
    Column("group_id", "group/id group"),
    Column("person_id", "individual/id individual individual_id"),
    *_membership_columns("", ""),
)


def by_name(columns: Iterable[Column]) -> dict[str, Column]:
    """Return the columns by each of their names."""
    return {name: column for column in columns for name in column.all_names}


def record_fields(columns: Sequence[Column | None], rows: Iterable[Sequence[str]]) -> Fields:
    """Return the fields of a record from its rows; the cells of a column that is None are ignored."""
    fields: Fields = {}
    for row in rows:
        entries: dict[str, Fields] = {}
        for column, cell in zip(columns, row, strict=True):
            if column and cell:
                _set_field(fields, entries, column, cell)
        for name, entry in entries.items():
            _append(fields.setdefault(name, []), entry)
    return fields


def _set_field(fields: Fields, entries: dict[str, Fields], column: Column, cell: str) -> None:
    value = column.read(cell)
    part, _, field = column.field.rpartition(".")
    if part.endswith("[]"):
        entries.setdefault(part.removesuffix("[]"), {})[field.removesuffix("[]")] = value
    elif part:
        fields.setdefault(part, {})[field] = value
    elif field.endswith("[]"):
        values = fields.setdefault(field.removesuffix("[]"), [])
        values += [new for new in value if new not in values]
    else:
        fields[field] = value


def _append(entries: list[Fields], entry: Fields) -> None:
    """Append an entry; an entry with nothing but roles adds them to the entry before."""
    if entries and entry.keys() == {"roles"}:
        entries[-1]["roles"] = [*entries[-1].get("roles", []), *entry["roles"]]
    else:
        entries.append(entry)
