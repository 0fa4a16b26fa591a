"""What of OpenSPP's tables is there and may be read: columns depend on the installed modules and on the grants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dci_cli.command_error import CommandError
from dci_cli.registry.follow.openspp.connection import Transaction, literal, quoted
from dci_cli.registry.follow.openspp.layout import (
    ASSESSMENTS,
    MODULES,
    OPENSPP_2,
    OPENSPP_17,
    PARTNERS,
    SCORES,
    Layout,
)

# pg_catalog has what exists, whether it may be read or not.
_COLUMNS = """
SELECT c.relname AS "table", a.attname AS "column", t.typname AS type,
       has_column_privilege(c.oid, a.attnum, 'SELECT') AS readable
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
 WHERE c.relname = ANY(%(tables)s) AND c.relkind IN ('r', 'p', 'v', 'm') AND pg_table_is_visible(c.oid)
   AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY c.relname, a.attname"""
_DATABASE = "SELECT system_identifier::text AS cluster, oid::text AS database FROM pg_control_system(), pg_database"
_JSON = ("json", "jsonb")
_CHILD = ("id", "partner_id", "write_date")
_NAMES = ("name", "family_name", "given_name", "addl_name")
_ENCRYPTABLE = (*_NAMES, "birthdate", "birth_place", "email", "phone", "mobile", "street", "address")


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a database: `readable` by table, with their types; `hidden` are there, and may not be read."""

    layout: Layout
    readable: Mapping[str, Mapping[str, str]]
    hidden: Mapping[str, frozenset[str]]

    def has(self, table: str, *columns: str) -> bool:
        """Return whether a table, or all of these columns of it, may be read."""
        found = self.readable.get(table, {})
        return bool(found) and all(column in found for column in columns)

    def is_json(self, table: str, column: str) -> bool:
        """Return whether a text is translated."""
        return self.readable.get(table, {}).get(column) in _JSON

    def text(self, table: str, column: str, alias: str = "") -> str:
        """Return a column as text in SQL; NULL when it may not be read."""
        if not self.has(table, column):
            return "NULL::text"
        return f"{f'{alias}.' if alias else ''}{quoted(column)}::text"

    def require(self, table: str, *columns: str) -> None:
        """Raise CommandError when one of these columns may not be read."""
        missing = [column for column in columns if not self.has(table, column)]
        hidden = [column for column in missing if column in self.hidden.get(table, ())]
        if hidden:
            names = ", ".join(map(quoted, hidden))
            raise CommandError(
                f"The database's user may not read {', '.join(hidden)} of {table}: GRANT SELECT ({names}) ON {table}."
            )
        if missing:
            raise CommandError(
                f"{table} has no column {', '.join(missing)}: this form of {self.layout.name} is not known."
            )


def read_schema(tx: Transaction) -> Schema:
    """Return what may be read. Raises CommandError when it is not enough, or the registry is encrypted."""
    layout = _layout(tx)
    found = tx.select(_COLUMNS, {"tables": list(layout.tables)})
    readable: dict[str, dict[str, str]] = {}
    hidden: dict[str, set[str]] = {}
    for row in found:
        if row["readable"]:
            readable.setdefault(row["table"], {})[row["column"]] = row["type"]
        else:
            hidden.setdefault(row["table"], set()).add(row["column"])
    schema = Schema(layout, readable, {table: frozenset(columns) for table, columns in hidden.items()})
    _check_required(schema)
    _check_encryption(schema, tx)
    return schema


def database_id(tx: Transaction) -> tuple[str, str]:
    """Return what identifies the cluster and the database in it, on a standby too.

    Odoo's own `database.uuid` is not taken: a copy of the database has it too, and it is in a table of secrets.
    """
    (row,) = tx.select(f"{_DATABASE} WHERE datname = current_database()")
    return row["cluster"], row["database"]


def version(schema: Schema, tx: Transaction) -> str:
    """Return the name of the version, with that of the module if it may be read."""
    if not schema.has(MODULES, "name", "latest_version"):
        return schema.layout.name
    names = ", ".join(map(literal, ("spp_base", schema.layout.base_module)))
    found = tx.select(
        f"SELECT latest_version FROM {MODULES} WHERE name IN ({names}) AND latest_version > '' ORDER BY name"
    )
    return f"{schema.layout.name} ({found[0]['latest_version']})" if found else schema.layout.name


def _layout(tx: Transaction) -> Layout:
    (row,) = tx.select(
        f"SELECT to_regclass({literal(OPENSPP_2.ids)}) IS NOT NULL AS two, "
        f"to_regclass({literal(OPENSPP_17.ids)}) IS NOT NULL AS seventeen, "
        f"to_regclass({literal(PARTNERS)}) IS NOT NULL AS odoo"
    )
    if row["two"]:
        return OPENSPP_2
    if row["seventeen"]:
        return OPENSPP_17
    if row["odoo"]:
        raise CommandError(
            "The database is Odoo's without OpenSPP's registry: its module g2p_registry_base or spp_registry is not "
            "installed."
        )
    raise CommandError(
        "The database has no table res_partner: --database names another one than OpenSPP's, or its user has no "
        "USAGE of the schema."
    )


def _check_required(schema: Schema) -> None:
    """Raise CommandError unless the columns without which nothing can be followed may be read.

    A table of phones or relationships of which nothing is granted is left out: the grants also say what is shared.
    """
    layout = schema.layout
    schema.require(PARTNERS, "id", "is_registrant", "is_group", "active", "disabled", "write_date")
    schema.require(layout.ids, *_CHILD, layout.id_type, "value")
    if layout.memberships in schema.hidden or schema.has(layout.memberships):
        schema.require(layout.memberships, "id", "group", "individual", "start_date", "ended_date", "write_date")
    if schema.has(layout.phones):
        schema.require(layout.phones, *_CHILD, "phone_no", "disabled")
    if schema.has(layout.relations):
        names = ("source", "destination", layout.relation, "disabled", "end_date", "write_date")
        schema.require(layout.relations, "id", *names)
    for table in (SCORES, ASSESSMENTS):
        if schema.has(table):
            schema.require(table, "id", "registrant_id", "write_date")
    deciding = ((PARTNERS, "merged_into_id"), (layout.memberships, "active"), (layout.ids, "status"))
    for table, column in deciding:  # they say who and what is left out
        if _exists(schema, table, column):
            schema.require(table, column)


def _check_encryption(schema: Schema, tx: Transaction) -> None:
    """Raise CommandError for names or identifiers that are in the database as cipher text only."""
    if _exists(schema, PARTNERS, "is_encrypted"):
        schema.require(PARTNERS, "is_encrypted")
        (row,) = tx.select(f"SELECT EXISTS (SELECT FROM {PARTNERS} WHERE is_encrypted AND is_registrant) AS found")
        if row["found"]:
            raise CommandError(
                "The registry is encrypted (g2p_registry_encryption): the database has the word `encrypted` in place "
                "of names, so it cannot be followed. Export it from OpenSPP, and use dci registry import."
            )
    columns = [(PARTNERS, name) for name in _ENCRYPTABLE] + [(schema.layout.ids, "value")]
    for table, name in columns:
        if _exists(schema, table, f"{name}_index"):
            raise CommandError(
                f"{table}.{name} is encrypted (spp_pii_encryption, which keeps {name}_index beside it), so the "
                "database cannot be followed. Export it from OpenSPP, and use dci registry import."
            )


def _exists(schema: Schema, table: str, column: str) -> bool:
    return schema.has(table, column) or column in schema.hidden.get(table, ())
