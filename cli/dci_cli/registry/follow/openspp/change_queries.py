"""The queries about changes: the registrants that exist, those that were written, and those that depend on others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from dci_cli.registry.follow.openspp.conditions import WANTED, keyed_identifiers, moment, visible
from dci_cli.registry.follow.openspp.connection import quoted
from dci_cli.registry.follow.openspp.layout import ASSESSMENTS, PARTNERS, SCORES
from dci_cli.registry.follow.openspp.options import Options
from dci_cli.registry.follow.openspp.schema import Schema


class ChangeQueries:
    """The queries of a database. `types` are the types of identifiers that are read."""

    def __init__(self, schema: Schema, options: Options, types: Mapping[int, str]) -> None:
        self._schema, self._layout, self._types = schema, schema.layout, types
        self._visible = visible("p", schema, options)
        self._keyed = keyed_identifiers(schema, options, types)

    def identities(self) -> str:
        """Return each registrant that partners should see, and whether it is a group."""
        return f"SELECT p.id, p.is_group IS TRUE FROM {PARTNERS} p WHERE {self._visible} ORDER BY p.id"

    def parts(self) -> str:
        """Return the number of rows of each table of children; NULL for one that may not be read.

        Of identifiers, only those count whose type may be read: the others are left out.
        """
        layout = self._layout
        types = ", ".join(map(str, self._types)) or "NULL"
        tables = {
            "identifiers": f"{layout.ids} WHERE {layout.id_type} IN ({types})",
            "phone numbers": layout.phones,
            "memberships": layout.memberships,
            "relationships": layout.relations,
        }
        counts = (
            f"{f'(SELECT count(*) FROM {table})' if self._schema.has(table.split()[0]) else 'NULL'} AS {quoted(name)}"
            for name, table in tables.items()
        )
        return f"SELECT {', '.join(counts)}"

    def tagged(self) -> str:
        """Return the registrants with one of the tags of the parameter `tag_ids`."""
        tags, tagged, tag = self._layout.tags, self._layout.tagged, self._layout.tag
        return f"SELECT DISTINCT {tagged} AS id FROM {tags} WHERE {tag} = ANY(%(tag_ids)s) ORDER BY 1"

    def written(self, since: datetime) -> str:
        """Return who was written at or after a moment, or a child of whom was.

        m2m tables have no time of writing: Odoo writes the row that has the field, and comparisons find the rest.
        """
        layout = self._layout
        owners = [
            *((PARTNERS, "id"), (layout.ids, "partner_id"), (layout.phones, "partner_id")),
            *((layout.memberships, '"group"'), (layout.relations, "source"), (layout.relations, "destination")),
            *((SCORES, "registrant_id"), (ASSESSMENTS, "registrant_id")),
        ]
        written = " UNION ".join(
            f"SELECT {owner} AS id FROM {table} WHERE write_date IS NULL OR write_date >= {moment(since)}"
            for table, owner in owners
            if self._schema.has(table)
        )
        return f"SELECT u.id FROM ({written}) u JOIN {PARTNERS} p ON p.id = u.id WHERE p.is_registrant ORDER BY u.id"

    def with_sharers(self, since: datetime | None = None) -> str:
        """Return the registrants `ids`, or who was written since a moment, and who shares an identifier with them."""
        changed = f"SELECT id FROM {WANTED} AS w(id)" if since is None else self.written(since)
        return f"""
            WITH changed AS MATERIALIZED ({changed}),
            {self._sharing("changed")}
            SELECT id FROM changed UNION SELECT partner_id FROM sharing ORDER BY 1"""

    def neighbours(self) -> str:
        """Return whose records name one of the registrants `ids`, or share an identifier with one."""
        layout = self._layout
        found = ["SELECT partner_id AS id FROM sharing"]
        if self._schema.has(layout.memberships):
            found.append(f'SELECT m."group" FROM {layout.memberships} m JOIN changed c ON c.id = m.individual')
        if self._schema.has(layout.relations):
            for one, other in (("source", "destination"), ("destination", "source")):
                found.append(f"SELECT r.{one} FROM {layout.relations} r JOIN changed c ON c.id = r.{other}")
        return f"""
            WITH changed AS MATERIALIZED (SELECT id FROM {WANTED} AS w(id)),
            {self._sharing("changed")}
            {" UNION ".join(found)} ORDER BY 1"""

    def _sharing(self, of: str) -> str:
        """Return two common table expressions: the second has who shares an identifier with some registrants."""
        return f"""
            keyed AS NOT MATERIALIZED ({self._keyed}),
            sharing AS (
                SELECT k.partner_id FROM keyed k
                  JOIN (SELECT DISTINCT m.key, m.form FROM keyed m JOIN {of} c ON c.id = m.partner_id) s
                    ON s.key = k.key AND s.form = k.form)"""
