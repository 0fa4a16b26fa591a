"""The columns of a country that become additional attributes, or fill a field of the model."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dci_cli.command_error import CommandError
from dci_cli.registry.files import columns
from dci_cli.registry.files.cells import Notation
from dci_cli.registry.follow.openspp.connection import Row, Transaction
from dci_cli.registry.follow.openspp.layout import FIELDS, PARTNERS, SELECTIONS, STUDIO_FIELDS
from dci_cli.registry.follow.openspp.options import Options
from dci_cli.registry.follow.openspp.parts import Mapping
from dci_cli.registry.follow.openspp.places import ADDRESS_LEVELS
from dci_cli.registry.follow.openspp.schema import Schema
from dci_cli.registry.follow.openspp.terms import clean, translated
from dci_cli.registry.support.plausibility import Fields
from dci_common.registry.model.base import Kind

TAGS = "tags"  # the attribute of a registrant's tags, which is no column
# What a country's own column may fill: what OpenSPP has no column for.
FILLABLE = {
    column.field.removesuffix("[]"): column.read
    for column in columns.PERSON
    if column.field
    in (
        *("is_disabled", "death_date", "employment_status", "income_level", "education_level", "language_codes[]"),
        *("name.maiden_name", "name.prefix", "name.suffix", "occupation", "birth_place"),
    )
}
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_OF_GROUPS = re.compile(r"[xz]_(cst|ind)_grp_")
_OF_PEOPLE = re.compile(r"[xz]_(cst|ind)_indv_")
_KINDS = {
    "is_partial_group": Kind.GROUP,
    "birthdate_not_exact": Kind.PERSON,
    "in_institutional_care": Kind.PERSON,
}
_SECRET = re.compile(r"encrypted|pin_code|card_uid|password|token|bank|acc_number")


def text_of(name: str) -> str:
    """Return the key in a registrant's row of a chosen column, which is read as text, besides others of its name."""
    return f"{name} as text"


def check_columns(schema: Schema, options: Options) -> None:
    """Raise CommandError when a column that is to be read is not there, or must not be."""
    for name in (*options.attributes, *options.fields):
        if name == TAGS:
            continue
        if not _NAME.fullmatch(name) or _SECRET.search(name):
            raise CommandError(f"{name} cannot be read as an attribute: name a column of {PARTNERS} without secrets.")
        schema.require(PARTNERS, name)
    if strange := [level for level in options.area_levels if level and level not in ADDRESS_LEVELS]:
        raise CommandError(f"{strange[0]} cannot be filled by an area: name one of {', '.join(ADDRESS_LEVELS)}.")
    if unknown := sorted(set(options.fields.values()) - FILLABLE.keys()):
        raise CommandError(f"{unknown[0]} cannot be filled by a column: name one of {', '.join(sorted(FILLABLE))}.")


def read_labels(tx: Transaction, schema: Schema, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return, by column, the label of each value of a selection, whose keys are what the database stores."""
    wanted = [name for name in names if name != TAGS]
    if not wanted or not (
        schema.has(FIELDS, "id", "model", "name") and schema.has(SELECTIONS, "field_id", "value", "name")
    ):
        return {}
    rows = tx.select(
        f"""SELECT f.name AS field, s.value, s.name::text AS label
              FROM {SELECTIONS} s JOIN {FIELDS} f ON f.id = s.field_id
             WHERE f.model = 'res.partner' AND f.name = ANY(%(names)s) ORDER BY s.id""",
        {"names": wanted},
    )
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        label = translated(row["label"], is_json=schema.is_json(SELECTIONS, "name"))
        found.setdefault(row["field"], {})[row["value"]] = label
    return found


def kinds_of(tx: Transaction, schema: Schema, names: Iterable[str]) -> dict[str, Kind]:
    """Return of which kind of registrants the columns are that are of one only."""
    found = dict(_KINDS)
    for name in names:
        if _OF_GROUPS.match(name):
            found[name] = Kind.GROUP
        elif _OF_PEOPLE.match(name):
            found[name] = Kind.PERSON
    if schema.has(STUDIO_FIELDS, "technical_name", "target_type"):
        for row in tx.select(
            f"SELECT technical_name, target_type FROM {STUDIO_FIELDS} ORDER BY technical_name, target_type"
        ):
            if row["target_type"] in ("group", "individual"):
                found[row["technical_name"]] = Kind.GROUP if row["target_type"] == "group" else Kind.PERSON
    return found


def additional_attributes(row: Row, kind: Kind, tags: Iterable[int], mapping: Mapping) -> list[Fields]:
    """Return the chosen attributes of a registrant that have a value."""
    found = []
    for name in mapping.options.attributes:
        if mapping.kinds.get(name, kind) is not kind:
            continue
        if name == TAGS:
            value = ", ".join(mapping.lists.tags[tag].text for tag in tags if tag in mapping.lists.tags)
        else:
            value = _labelled(clean(row[text_of(name)]), mapping.labels.get(name, {}))
        if value:
            found.append({"key": name, "value": value})
    return found


def filled_fields(row: Row, mapping: Mapping) -> Fields:
    """Return the fields that a country's own columns fill, read as cells of a table are."""
    notation, found = Notation(names=mapping.options.names), Fields()
    for name, field in mapping.options.fields.items():
        if value := clean(row[text_of(name)]):
            found[field] = FILLABLE[field](value, notation)
    return found


def _labelled(value: str, labels: dict[str, str]) -> str:
    """Return the label of a value, or of each value of a JSON list."""
    if not labels or value in labels:
        return labels.get(value, value)
    if value.startswith("["):
        return ", ".join(labels.get(one, one) for one in re.findall(r'"([^"]*)"', value))
    return value
