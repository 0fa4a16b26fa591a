"""The queries of records: each reads one table in the order of the registrants, and never looks up row by row.

OpenSPP 17 has no index on its children's registrant, so a query for some registrants is a join with their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from dci_cli.registry.follow.openspp.conditions import (
    WANTED,
    day,
    joined,
    keyed_identifiers,
    moment,
    stamp,
    visible,
)
from dci_cli.registry.follow.openspp.connection import literal, quoted
from dci_cli.registry.follow.openspp.layout import ASSESSMENTS, PARTNERS, SCORES
from dci_cli.registry.follow.openspp.options import Options
from dci_cli.registry.follow.openspp.schema import Schema
from dci_common.registry.write.put_changes import MAX_HOUSEHOLDS

_RAW = ("int4", "int8", "bool", "float8")  # of which psycopg makes Python's own
WASHINGTON_GROUP = ("wg_seeing", "wg_hearing", "wg_walking", "wg_remembering", "wg_selfcare", "wg_communicating")


class Queries:
    """The queries of a database. With `some`, they are for the registrants of the parameter `ids`.

    `now` is the moment of the snapshot, and `types` are the types of identifiers that are read.
    """

    def __init__(self, schema: Schema, options: Options, types: Mapping[int, str], now: datetime) -> None:
        self._schema, self._options, self._layout, self._now = schema, options, schema.layout, now
        self._keyed = keyed_identifiers(schema, options, types)

    def partners(self, columns: Iterable[str], texts: Iterable[str], *, some: bool) -> str:
        """Return the registrants: id, whether it is a group, the time of writing, columns, and columns as texts."""
        types = self._schema.readable[PARTNERS]
        casts = {"numeric": "::float8", **dict.fromkeys(_RAW, "")}
        values = [f"p.{quoted(name)}{casts.get(types[name], '::text')}" for name in columns]
        values += [f"p.{quoted(name)}::text" for name in texts]
        return f"""
            SELECT {", ".join(["p.id", "p.is_group IS TRUE", stamp("p"), *values])}
              FROM {PARTNERS} p {joined("p.id", some=some)}
             WHERE {self._visible("p")} ORDER BY p.id"""

    def identifiers(self, *, some: bool) -> str:
        """Return the identifiers, the newest first: type, value, time of writing, first and last owner."""
        if not some:
            return f"""
                SELECT partner_id, type, value, written, min(partner_id) OVER equal, max(partner_id) OVER equal
                  FROM ({self._keyed}) keyed WINDOW equal AS (PARTITION BY key, form)
                 ORDER BY partner_id, id DESC"""
        return f"""
            WITH keyed AS NOT MATERIALIZED ({self._keyed}),
            mine AS MATERIALIZED (SELECT k.* FROM keyed k {joined("k.partner_id", some=True)}),
            owners AS (
                SELECT k.key, k.form, min(k.partner_id) AS first, max(k.partner_id) AS last FROM keyed k
                  JOIN (SELECT DISTINCT key, form FROM mine) m ON m.key = k.key AND m.form = k.form
                 GROUP BY k.key, k.form)
            SELECT m.partner_id, m.type, m.value, m.written, o.first, o.last
              FROM mine m JOIN owners o ON o.key = m.key AND o.form = m.form
             ORDER BY m.partner_id, m.id DESC"""

    def phones(self, *, some: bool) -> str:
        """Return the phone numbers: number, whether it is disabled, time of writing."""
        return f"""
            SELECT n.partner_id, n.phone_no::text, n.disabled IS NOT NULL, {stamp("n")}
              FROM {self._layout.phones} n {joined("n.partner_id", some=some)}
             ORDER BY n.partner_id, n.id"""

    def memberships(self, *, some: bool) -> str:
        """Return the memberships by group: person, days, roles, time of writing, what the member is, and its number.

        A person's memberships are numbered, so that those beyond the registry's limit can be left out.
        """
        table, options = self._layout.memberships, self._options
        active = "AND m.active IS NOT FALSE" if self._schema.has(table, "active") else ""
        same_people = f'SELECT o.individual FROM {table} o JOIN {WANTED} AS w(id) ON w.id = o."group"' if some else ""
        member = f"CASE WHEN NOT ({self._visible('i')}) THEN 'hidden' WHEN i.is_group THEN 'group' ELSE 'person' END"
        roles, with_roles = self._roles()
        return f"""
            SELECT n."group", n.individual, n.start, n."end", n.roles, n.written, n.member,
                   n.number > {MAX_HOUSEHOLDS}
              FROM (SELECT m.id, m."group", m.individual, {day("m.start_date", options)} AS start,
                           {day("m.ended_date", options)} AS "end", {roles} AS roles, {stamp("m")} AS written,
                           {member} AS member,
                           row_number() OVER (PARTITION BY m.individual, {member} ORDER BY m.id) AS number
                      FROM {table} m
                      JOIN {PARTNERS} g ON g.id = m."group" JOIN {PARTNERS} i ON i.id = m.individual {with_roles}
                     WHERE g.is_group AND {self._visible("g")} {active}
                       {f"AND m.individual IN ({same_people})" if some else ""}) n
              {joined('n."group"', some=some)}
             ORDER BY n."group", n.id"""

    def relations(self, *, some: bool) -> str:
        """Return the relationships of people at both ends: relation, whether inverse, other end, written."""
        layout = self._layout
        ends = [("source", "FALSE", "destination")]
        if not layout.has_codes:  # OpenSPP2's have no inverse
            ends.append(("destination", "TRUE", "source"))
        both = " UNION ALL ".join(
            f"""SELECT id, {owner} AS owner, {layout.relation} AS relation, {inverse} AS inverse, {other} AS other,
                       write_date
                  FROM {layout.relations}
                 WHERE disabled IS NULL AND (end_date IS NULL OR end_date > {moment(self._now)})"""
            for owner, inverse, other in ends
        )
        people = " AND ".join(f"{self._visible(end)} AND {end}.is_group IS NOT TRUE" for end in ("p", "o"))
        return f"""
            SELECT r.owner, r.relation, r.inverse, r.other, {stamp("r")}
              FROM ({both}) r {joined("r.owner", some=some)}
              JOIN {PARTNERS} p ON p.id = r.owner JOIN {PARTNERS} o ON o.id = r.other
             WHERE {people} ORDER BY r.owner, r.id"""

    def tags(self, *, some: bool) -> str:
        """Return the tags of registrants."""
        tags, tagged, tag = self._layout.tags, self._layout.tagged, self._layout.tag
        return f"""
            SELECT t.{tagged}, t.{tag} FROM {tags} t {joined(f"t.{tagged}", some=some)}
             ORDER BY t.{tagged}, t.{tag}"""

    def scores(self, *, some: bool) -> str:
        """Return the newest complete score of the model that was chosen."""
        complete = "AND s.is_complete IS TRUE" if self._schema.has(SCORES, "is_complete") else ""
        return f"""
            SELECT DISTINCT ON (s.registrant_id) s.registrant_id, s.score::float8, {stamp("s")}
              FROM {SCORES} s {joined("s.registrant_id", some=some)}
             WHERE s.model_code = {literal(self._options.poverty)} {complete}
             ORDER BY s.registrant_id, s.calculation_date DESC, s.id DESC"""

    def assessments(self, *, some: bool) -> str:
        """Return the current assessment of disability, if it is approved."""
        answers = ", ".join(self._schema.text(ASSESSMENTS, name, "a") for name in WASHINGTON_GROUP)
        return f"""
            SELECT p.id, {stamp("a")}, {answers}
              FROM {PARTNERS} p JOIN {ASSESSMENTS} a ON a.id = p.current_disability_assessment_id
              {joined("p.id", some=some)}
             WHERE a.approval_state = 'approved' AND {self._visible("p")} ORDER BY p.id"""

    def _roles(self) -> tuple[str, str]:
        layout = self._layout
        membership, role = layout.role_membership, layout.role
        if not self._schema.has(layout.roles, membership, role):
            return "NULL::int[]", ""
        return (
            "k.roles",
            f"""
            LEFT JOIN (SELECT {membership} AS id, array_agg({role} ORDER BY {role}) AS roles
                         FROM {layout.roles} GROUP BY {membership}) k ON k.id = m.id""",
        )

    def _visible(self, alias: str) -> str:
        return visible(alias, self._schema, self._options)
