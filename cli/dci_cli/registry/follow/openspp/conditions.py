"""Parts of queries: which registrants are visible, which identifiers are equal, how Odoo writes moments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from dci_cli.registry.follow.openspp.connection import literal
from dci_cli.registry.follow.openspp.identifier_forms import equal_form
from dci_cli.registry.follow.openspp.layout import PARTNERS
from dci_cli.registry.follow.openspp.options import Options
from dci_cli.registry.follow.openspp.schema import Schema
from dci_common.registry.model import normalize

WANTED = "unnest(%(ids)s::int[])"


def visible(alias: str, schema: Schema, options: Options) -> str:
    """Return the condition of a registrant whom partners should see. A NULL is no in all of Odoo's booleans."""
    conditions = [f"{alias}.is_registrant IS TRUE", f"{alias}.active IS TRUE"]
    if not options.keep_disabled:
        conditions.append(f"{alias}.disabled IS NULL")
    if schema.has(PARTNERS, "merged_into_id"):
        conditions.append(f"{alias}.merged_into_id IS NULL")
    return " AND ".join(conditions)


def keyed_identifiers(schema: Schema, options: Options, types: Mapping[int, str]) -> str:
    """Return the query of every identifier of somebody visible: equal ones share `key` and `form`.

    `types` are the types that are read, with their names.
    """
    ids, id_type = schema.layout.ids, schema.layout.id_type
    rows = [f"({id_}, {literal(normalize.identifier_type(name))})" for id_, name in types.items()]
    valid = "AND r.status IS DISTINCT FROM 'invalid'" if schema.has(ids, "status") else ""
    return f"""
        SELECT r.id, r.partner_id, r.{id_type} AS type, r.value::text AS value, {stamp("r")} AS written,
               t.key, {equal_form("r.value::text")} AS form
          FROM {ids} r
          JOIN (VALUES {", ".join(rows or ["(0, '')"])}) AS t(id, key) ON t.id = r.{id_type}
          JOIN {PARTNERS} p ON p.id = r.partner_id
         WHERE {visible("p", schema, options)} AND btrim(r.value) <> '' {valid}"""


def joined(column: str, *, some: bool) -> str:
    """Return the join of a column with the wanted ids, if only some are."""
    return f"JOIN {WANTED} AS w(id) ON w.id = {column}" if some else ""


def stamp(alias: str) -> str:
    """Return the time at which a row was written, as records have it."""
    return f"""to_char({alias}.write_date, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""


def moment(value: datetime) -> str:
    """Return a moment as Odoo's columns have it: in UTC, without zone."""
    return f"{literal(value.astimezone(UTC).replace(tzinfo=None).isoformat(' '))}::timestamp"


def day(column: str, options: Options) -> str:
    """Return the day of a moment in UTC, where it was entered."""
    return f"(({column} AT TIME ZONE 'UTC') AT TIME ZONE {literal(str(options.time_zone))})::date::text"
