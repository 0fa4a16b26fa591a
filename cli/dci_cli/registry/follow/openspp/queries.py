"""The queries: each reads one table in the order of the registrants, and never looks up row by row.

OpenSPP 17 has no index on its children's registrant, so a query for some registrants is a join with their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from dci_cli.registry.follow.openspp.connection import literal, quoted
from dci_cli.registry.follow.openspp.identifier_forms import equal_form
from dci_cli.registry.follow.openspp.layout import ASSESSMENTS, PARTNERS, SCORES
from dci_cli.registry.follow.openspp.options import Options
from dci_cli.registry.follow.openspp.schema import Schema
from dci_common.registry.model import normalize
from dci_common.registry.write.put_changes import MAX_HOUSEHOLDS

_RAW = ("int4", "int8", "bool", "float8")
_WANTED = "unnest(%(ids)s::int[])"
WASHINGTON_GROUP = ("wg_seeing", "wg_hearing", "wg_walking", "wg_remembering", "wg_selfcare", "wg_communicating")


class Queries:
    """The queries of a database. With `some`, they are for the registrants of the parameter `ids`.

    `now` is in UTC, as Odoo writes moments. `types` are the types of identifiers that are read.
    """

    def __init__(self, schema: Schema, options: Options, types: Mapping[int, str], now: datetime) -> None:
        self._schema, self._options, self._layout = schema, options, schema.layout
        self._types, self._now = types, _moment(now)

    def identities(self) -> str:
        """Return each registrant that partners should see, and whether it is a group."""
        return f"SELECT p.id, p.is_group IS TRUE FROM {PARTNERS} p WHERE {self._is_visible('p')} ORDER BY p.id"

    def tagged(self) -> str:
        """Return the registrants with one of the tags `tag_ids`."""
        layout = self._layout
        return f"SELECT DISTINCT {layout.tagged} AS id FROM {layout.tags} WHERE {layout.tag} = ANY(%(tag_ids)s) ORDER BY 1"

    def partners(self, columns: Iterable[str], *, some: bool) -> str:
        """Return the registrants: id, whether it is a group, the time of writing, and these columns."""
        types = self._schema.readable[PARTNERS]
        values = [
            f"p.{quoted(name)}{'' if types[name] in _RAW else '::float8' if types[name] == 'numeric' else '::text'}"
            for name in columns
        ]
        selected = ", ".join(["p.id", "p.is_group IS TRUE", _stamp("p"), *values])
        return (
            f"SELECT {selected} FROM {PARTNERS} p {_joined('p.id', some)} WHERE {self._is_visible('p')} ORDER BY p.id"
        )

    def identifiers(self, *, some: bool) -> str:
        """Return the identifiers, the newest first: type, value, time of writing, first and last owner of its value."""
        keyed = f"WITH keyed AS ({self._keyed()})"
        if not some:
            return (
                f"{keyed} SELECT partner_id, type, value, written, min(partner_id) OVER equal, max(partner_id) OVER equal"
                " FROM keyed WINDOW equal AS (PARTITION BY key, form) ORDER BY partner_id, id DESC"
            )
        return (
            f"{keyed}, mine AS MATERIALIZED (SELECT k.* FROM keyed k JOIN {_WANTED} AS w(id) ON w.id = k.partner_id),"
            " owners AS (SELECT k.key, k.form, min(k.partner_id) AS first, max(k.partner_id) AS last FROM keyed k"
            " JOIN (SELECT DISTINCT key, form FROM mine) m ON m.key = k.key AND m.form = k.form GROUP BY k.key, k.form)"
            " SELECT m.partner_id, m.type, m.value, m.written, o.first, o.last"
            " FROM mine m JOIN owners o ON o.key = m.key AND o.form = m.form ORDER BY m.partner_id, m.id DESC"
        )

    def phones(self, *, some: bool) -> str:
        """Return the phone numbers: number, whether it is disabled, time of writing."""
        return (
            f"SELECT n.partner_id, n.phone_no::text, n.disabled IS NOT NULL, {_stamp('n')} FROM {self._layout.phones} n"
            f" {_joined('n.partner_id', some)} ORDER BY n.partner_id, n.id"
        )

    def memberships(self, *, some: bool) -> str:
        """Return the memberships by group: person, days, roles, time of writing, what the member is, and its number.

        A person's memberships are numbered, so that those beyond the registry's limit can be left out.
        """
        layout, zone = self._layout, literal(str(self._options.time_zone))
        active = "m.active IS NOT FALSE" if self._schema.has(layout.memberships, "active") else "TRUE"
        of_these = (
            f' AND m.individual IN (SELECT o.individual FROM {layout.memberships} o JOIN {_WANTED} AS w(id) ON w.id = o."group")'
            if some
            else ""
        )
        member = (
            f"CASE WHEN NOT ({self._is_visible('i')}) THEN 'hidden' WHEN i.is_group THEN 'group' ELSE 'person' END"
        )
        roles, joined = self._roles()
        numbered = (
            f'SELECT m.id, m."group", m.individual, {_day("m.start_date", zone)} AS start, {_day("m.ended_date", zone)} AS "end",'
            f" {roles} AS roles, {_stamp('m')} AS written, {member} AS member,"
            f" row_number() OVER (PARTITION BY m.individual, {member} ORDER BY m.id) AS number"
            f' FROM {layout.memberships} m JOIN {PARTNERS} g ON g.id = m."group" JOIN {PARTNERS} i ON i.id = m.individual'
            f" {joined} WHERE g.is_group AND {self._is_visible('g')} AND {active}{of_these}"
        )
        wanted = _joined('n."group"', some)
        return (
            f'SELECT n."group", n.individual, n.start, n."end", n.roles, n.written, n.member, n.number > {MAX_HOUSEHOLDS}'
            f' FROM ({numbered}) n {wanted} ORDER BY n."group", n.id'
        )

    def relations(self, *, some: bool) -> str:
        """Return the relationships of people, at both of their ends: relation, whether it is the inverse, other end."""
        layout = self._layout
        relation = quoted(layout.relation)
        ends = [("source", "FALSE", "destination")]
        if not layout.has_codes:
            ends.append(("destination", "TRUE", "source"))
        both = " UNION ALL ".join(
            f"SELECT id, {owner} AS owner, {relation} AS relation, {inverse} AS inverse, {other} AS other, write_date"
            f" FROM {layout.relations} WHERE disabled IS NULL AND (end_date IS NULL OR end_date > {self._now})"
            for owner, inverse, other in ends
        )
        people = " AND ".join(f"{self._is_visible(end)} AND {end}.is_group IS NOT TRUE" for end in ("p", "o"))
        return (
            f"SELECT r.owner, r.relation, r.inverse, r.other, {_stamp('r')} FROM ({both}) r {_joined('r.owner', some)}"
            f" JOIN {PARTNERS} p ON p.id = r.owner JOIN {PARTNERS} o ON o.id = r.other WHERE {people} ORDER BY r.owner, r.id"
        )

    def tags(self, *, some: bool) -> str:
        """Return the tags of registrants."""
        layout = self._layout
        return (
            f"SELECT t.{layout.tagged}, t.{layout.tag} FROM {layout.tags} t {_joined(f't.{layout.tagged}', some)}"
            f" ORDER BY t.{layout.tagged}, t.{layout.tag}"
        )

    def scores(self, *, some: bool) -> str:
        """Return the newest complete score of the model `model`."""
        complete = " AND s.is_complete IS TRUE" if self._schema.has(SCORES, "is_complete") else ""
        return (
            f"SELECT DISTINCT ON (s.registrant_id) s.registrant_id, s.score::float8, {_stamp('s')} FROM {SCORES} s"
            f" {_joined('s.registrant_id', some)} WHERE s.model_code = {literal(self._options.poverty)}{complete}"
            " ORDER BY s.registrant_id, s.calculation_date DESC, s.id DESC"
        )

    def assessments(self, *, some: bool) -> str:
        """Return the approved current assessment of disability."""
        answers = ", ".join(self._schema.text(ASSESSMENTS, name, "a") for name in WASHINGTON_GROUP)
        return (
            f"SELECT p.id, {_stamp('a')}, {answers} FROM {PARTNERS} p"
            f" JOIN {ASSESSMENTS} a ON a.id = p.current_disability_assessment_id {_joined('p.id', some)}"
            f" WHERE a.approval_state = 'approved' AND {self._is_visible('p')} ORDER BY p.id"
        )

    def touched(self, since: datetime) -> str:
        """Return who was written at or after `since`, and who shares an identifier with them."""
        layout = self._layout
        children = [(PARTNERS, "id"), (layout.ids, "partner_id"), (layout.phones, "partner_id")]
        children += [(layout.memberships, '"group"'), (layout.relations, "source"), (layout.relations, "destination")]
        children += [(SCORES, "registrant_id"), (ASSESSMENTS, "registrant_id")]
        written = " UNION ".join(
            f"SELECT {owner} AS id FROM {table} WHERE write_date IS NULL OR write_date >= {_moment(since)}"
            for table, owner in children
            if self._schema.has(table)
        )
        written = f"SELECT w.id FROM ({written}) w JOIN {PARTNERS} p ON p.id = w.id WHERE p.is_registrant"
        return (
            f"WITH written AS MATERIALIZED ({written}), keyed AS ({self._keyed()}), {_sharing('written')}"
            " SELECT id FROM written UNION SELECT partner_id FROM sharing ORDER BY 1"
        )

    def neighbours(self) -> str:
        """Return whose records name one of the registrants `ids`, or share an identifier with one."""
        layout = self._layout
        parts = [
            f"wanted AS MATERIALIZED (SELECT id FROM {_WANTED} AS w(id)), keyed AS ({self._keyed()}), {_sharing('wanted')}"
        ]
        found = ["SELECT partner_id AS id FROM sharing"]
        if self._schema.has(layout.memberships):
            found.append(f'SELECT m."group" FROM {layout.memberships} m JOIN wanted w ON w.id = m.individual')
        if self._schema.has(layout.relations):
            for one, other in (("source", "destination"), ("destination", "source")):
                found.append(f"SELECT r.{one} FROM {layout.relations} r JOIN wanted w ON w.id = r.{other}")
        return f"WITH {', '.join(parts)} {' UNION '.join(found)} ORDER BY 1"

    def _keyed(self) -> str:
        """Return every identifier of somebody visible: `key` and `form` are what equal ones share."""
        layout = self._layout
        valid = " AND r.status IS DISTINCT FROM 'invalid'" if self._schema.has(layout.ids, "status") else ""
        return (
            f"SELECT r.id, r.partner_id, r.{layout.id_type} AS type, r.value::text AS value, {_stamp('r')} AS written,"
            f" t.key, {equal_form('r.value::text')} AS form"
            f" FROM {layout.ids} r JOIN {self._type_keys()} ON t.id = r.{layout.id_type}"
            f" JOIN {PARTNERS} p ON p.id = r.partner_id"
            f" WHERE {self._is_visible('p')} AND btrim(r.value) <> ''{valid}"
        )

    def _type_keys(self) -> str:
        """Return the types of identifiers that are read, as a table of their ids and of what equal ones share."""
        rows = [f"({id_}, {literal(normalize.identifier_type(name))})" for id_, name in self._types.items()]
        return f"(VALUES {', '.join(rows or ['(0, NULL)'])}) AS t(id, key)"

    def _roles(self) -> tuple[str, str]:
        layout = self._layout
        if not self._schema.has(layout.roles, layout.role_membership, layout.role):
            return "NULL::int[]", ""
        return "k.roles", (
            f"LEFT JOIN (SELECT {layout.role_membership} AS id, array_agg({layout.role} ORDER BY {layout.role}) AS roles"
            f" FROM {layout.roles} GROUP BY {layout.role_membership}) k ON k.id = m.id"
        )

    def _is_visible(self, alias: str) -> str:
        """Return the condition of a registrant whom partners should see."""
        conditions = [f"{alias}.is_registrant IS TRUE", f"{alias}.active IS TRUE"]
        if not self._options.keep_disabled:
            conditions.append(f"{alias}.disabled IS NULL")
        if self._schema.has(PARTNERS, "merged_into_id"):
            conditions.append(f"{alias}.merged_into_id IS NULL")
        return " AND ".join(conditions)


def _sharing(of: str) -> str:
    return (
        "sharing AS (SELECT k.partner_id FROM keyed k JOIN"
        f" (SELECT DISTINCT m.key, m.form FROM keyed m JOIN {of} w ON w.id = m.partner_id) s"
        " ON s.key = k.key AND s.form = k.form)"
    )


def _joined(column: str, some: bool) -> str:  # noqa: FBT001 - as the queries have it
    return f"JOIN {_WANTED} AS w(id) ON w.id = {column}" if some else ""


def _moment(moment: datetime) -> str:
    """Return a moment as Odoo's columns have it: in UTC, without zone."""
    return f"{literal(moment.astimezone(UTC).replace(tzinfo=None).isoformat(' '))}::timestamp"


def _stamp(alias: str) -> str:
    return f"""to_char({alias}.write_date, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""


def _day(column: str, zone: str) -> str:
    """Return the day of a moment in UTC without zone, where it was entered."""
    return f"(({column} AT TIME ZONE 'UTC') AT TIME ZONE {zone})::date::text"
