"""OpenSPP's lists, which are small and in memory: types of identifiers, kinds, codes, areas."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from dci_cli.registry.follow.openspp.connection import Row, Transaction, quoted
from dci_cli.registry.follow.openspp.layout import AREAS, CODES
from dci_cli.registry.follow.openspp.schema import Schema
from dci_cli.registry.follow.openspp.terms import Term, clean, translated

Terms = dict[int, Term]
_TAGS = re.compile(r"(^|[^a-z])tags?($|[^a-z])", re.IGNORECASE)  # in the address of a vocabulary
_UNKNOWN_SEXES = ("0", "9")  # of ISO 5218: not known, and not applicable, which says nothing of a person


@dataclass(frozen=True, slots=True)
class Area:
    """An area: its name without its code, and the larger one that contains it."""

    name: str
    code: str
    parent: int | None
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists by the ids of their entries; `genders` of OpenSPP 17 are by their value."""

    id_types: Terms = field(default_factory=dict)
    group_kinds: Terms = field(default_factory=dict)
    roles: Terms = field(default_factory=dict)
    relations: dict[int, tuple[Term, Term | None]] = field(default_factory=dict)  # with the inverse
    tags: Terms = field(default_factory=dict)
    genders: dict[int | str, Term] = field(default_factory=dict)
    civil_statuses: Terms = field(default_factory=dict)
    occupations: Terms = field(default_factory=dict)
    titles: dict[int, str] = field(default_factory=dict)
    suffixes: dict[int, str] = field(default_factory=dict)
    districts: Terms = field(default_factory=dict)
    states: Terms = field(default_factory=dict)
    countries: Terms = field(default_factory=dict)
    areas: dict[int, Area] = field(default_factory=dict)

    @property
    def of_addresses(self) -> tuple[tuple[str, str, Terms], ...]:
        """The fields of an address that lists give, with their columns."""
        return (
            ("sub_region_code", "district", self.districts),
            ("region_code", "state_id", self.states),
            ("country_code", "country_id", self.countries),
        )

    def area_chain(self, area: int | None) -> list[Area]:
        """Return an area and those that contain it, the smallest first."""
        found: dict[int, Area] = {}
        while area is not None and area not in found and area in self.areas:
            found[area] = self.areas[area]
            area = found[area].parent
        return list(found.values())


def read_lists(tx: Transaction, schema: Schema) -> Lists:
    """Read every list that is there."""
    reader = _Reader(tx, schema)
    return reader.codes() if schema.layout.has_codes else reader.tables()


class _Reader:
    def __init__(self, tx: Transaction, schema: Schema) -> None:
        self._tx, self._schema = tx, schema

    def tables(self) -> Lists:
        """Return the lists of OpenSPP 17, which has a table for each."""
        genders = self._rows("gender_type", "value", "code")
        relations = self._rows("g2p_relationship", "name", "name_inverse")
        return Lists(
            id_types=self._terms("g2p_id_type", "name"),
            group_kinds=self._terms("g2p_group_kind", "name"),
            roles=self._terms("g2p_group_membership_kind", "name"),
            relations={
                row["id"]: (Term(row["name"]), _term(row["name_inverse"])) for row in relations if row["name"]
            },
            tags=self._terms("g2p_registrant_tags", "name"),
            genders={row["value"]: Term(row["value"], _some(row["code"])) for row in genders if row["value"]},
            titles={row["id"]: row["name"] for row in self._rows("res_partner_title", "name")},
            suffixes={row["id"]: row["name"] for row in self._rows("spp_name_suffix", "name")},
            districts=self._terms("g2p_district", "name"),
            states=self._states(),
            countries=self._countries(),
            areas=self._areas(),
        )

    def codes(self) -> Lists:
        """Return the lists of OpenSPP2, which are vocabularies in one table."""
        rows = self._rows(CODES, "code", "display", "uri", "reference_uri", "namespace_uri")
        by_code = {row["id"]: Term(row["code"], _some(row["display"], row["uri"])) for row in rows if row["code"]}
        by_display = {
            row["id"]: Term(row["display"] or row["code"], _some(row["code"], row["uri"]))
            for row in rows
            if row["display"] or row["code"]
        }
        return Lists(
            id_types=by_code,
            group_kinds=by_code,
            roles=by_code,
            relations={id_: (term, None) for id_, term in by_code.items()},
            tags={row["id"]: by_code[row["id"]] for row in rows if row["id"] in by_code and self._is_tag(row)},
            genders=self._genders(rows),
            civil_statuses=by_code,
            occupations=by_display,
            states=self._states(),
            countries=self._countries(),
            areas=self._areas(),
        )

    def _is_tag(self, row: Row) -> bool:
        """Return whether a code is of a vocabulary of tags: by its address, or because registrants have such tags."""
        return row["namespace_uri"] in self._tag_vocabularies or bool(_TAGS.search(row["namespace_uri"]))

    @cached_property
    def _tag_vocabularies(self) -> set[str]:
        layout = self._schema.layout
        if not self._schema.has(layout.tags, layout.tag):
            return set()
        rows = self._tx.select(
            f"SELECT DISTINCT c.namespace_uri FROM {CODES} c JOIN {layout.tags} t ON t.{layout.tag} = c.id"
        )
        return {clean(row["namespace_uri"]) for row in rows} - {""}

    def _genders(self, rows: list[Row]) -> dict[int | str, Term]:
        """Return the terms of genders: a local one has also the standard's code that it refers to."""
        by_id, by_uri = {row["id"]: row for row in rows}, {row["uri"]: row for row in rows if row["uri"]}
        targets: dict[int, list[Row]] = {}
        if self._schema.has("spp_vocabulary_mapping", "source_id", "target_id"):
            for one in self._tx.select("SELECT source_id, target_id FROM spp_vocabulary_mapping ORDER BY id"):
                if one["target_id"] in by_id:
                    targets.setdefault(one["source_id"], []).append(by_id[one["target_id"]])
        genders: dict[int | str, Term] = {}
        for row in rows:
            standard = [by_uri[row["reference_uri"]]] if row["reference_uri"] in by_uri else []
            referred = [_sex_of(other["code"]) for other in (*standard, *targets.get(row["id"], ()))]
            if row["code"]:
                spelled = _some(*referred, row["code"], row["display"], row["uri"])
                genders[row["id"]] = Term(_sex_of(row["code"]), spelled)
        return genders

    def _countries(self) -> Terms:
        rows = self._rows("res_country", "code", "name")
        return {row["id"]: Term(row["code"], _some(row["name"])) for row in rows if row["code"]}

    def _states(self) -> Terms:
        rows = self._rows("res_country_state", "code", "name")
        return {
            row["id"]: Term(row["code"] or row["name"], _some(row["name"]))
            for row in rows
            if row["code"] or row["name"]
        }

    def _areas(self) -> dict[int, Area]:
        rows = self._rows(AREAS, "draft_name", "code", integers=("parent_id", "area_level"))
        return {
            row["id"]: Area(row["draft_name"] or row["code"], row["code"], row["parent_id"], row["area_level"])
            for row in rows
        }

    def _terms(self, table: str, column: str) -> Terms:
        return {row["id"]: Term(row[column]) for row in self._rows(table, column) if row[column]}

    def _rows(self, table: str, *columns: str, integers: Iterable[str] = ()) -> list[Row]:
        """Return the rows of a list with some texts, "" where there is none; nothing when it may not be read."""
        if not self._schema.has(table, "id"):
            return []
        numbers = [
            f"{quoted(name)}" if self._schema.has(table, name) else f"NULL::int AS {quoted(name)}"
            for name in integers
        ]
        texts = [f"{self._schema.text(table, name)} AS {quoted(name)}" for name in columns]
        rows = self._tx.select(f"SELECT id, {', '.join([*numbers, *texts])} FROM {table} ORDER BY id")
        for row in rows:
            for name in columns:
                row[name] = translated(row[name], is_json=self._schema.is_json(table, name))
        return rows


def _sex_of(code: str) -> str:
    return "unknown" if code in _UNKNOWN_SEXES else code


def _term(text: str) -> Term | None:
    return Term(text) if text else None


def _some(*texts: str | None) -> tuple[str, ...]:
    return tuple(text for text in map(clean, texts) if text)
