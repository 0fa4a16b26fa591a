"""The records of registrants: the rows of all tables, merged in the order of the registrants, in little memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from hashlib import blake2b
from typing import Any

from pydantic_core import to_json

from dci_cli.registry.follow.openspp import contacts, groups, people
from dci_cli.registry.follow.openspp.attributes import TAGS, additional_attributes, text_of
from dci_cli.registry.follow.openspp.checked import check
from dci_cli.registry.follow.openspp.connection import Row, Transaction
from dci_cli.registry.follow.openspp.layout import ASSESSMENTS, PARTNERS, SCORES
from dci_cli.registry.follow.openspp.parts import Children, Mapping, Remarks, newest
from dci_cli.registry.follow.openspp.places import address
from dci_cli.registry.follow.openspp.queries import Queries
from dci_cli.registry.follow.source import SourceRecord
from dci_cli.registry.support.plausibility import Fields
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Membership, Person

_DIGEST_BYTES = 16
_ONE_BY_ONE = 100  # ids whose rows are looked up by indexes; those of more are joined with whole tables
_COLUMNS = (
    *("family_name", "given_name", "addl_name", "name", "suffix_id", "title", "gender", "gender_id"),
    *("birthdate", "birth_place", "civil_status", "civil_status_id", "marital_status", "occupation", "occupation_id"),
    *("income", "highest_education_level", "has_disability", "email", "phone", "mobile", "registration_date"),
    *("street", "street2", "zip", "city", "address", "state_id", "country_id", "district", "area_id"),
    *("kind", "group_type_id", "partner_latitude", "partner_longitude", "coordinates"),
)
_PMT = "grp_pmt_score"
Parameters = dict[str, Any]


class RecordReader:
    """Reads the records of a snapshot."""

    def __init__(self, tx: Transaction, queries: Queries, mapping: Mapping, today: date) -> None:
        self._tx, self._queries, self._mapping, self._today = tx, queries, mapping, today
        wanted = (*_COLUMNS, _PMT) if mapping.options.poverty else _COLUMNS
        self._columns = [name for name in wanted if mapping.schema.has(PARTNERS, name)]
        chosen = (*mapping.options.attributes, *mapping.options.fields)
        self._texts = list(dict.fromkeys(name for name in chosen if name != TAGS))

    def read(self, ids: list[int] | None = None, picked: Iterable[int] | None = None) -> Iterator[SourceRecord]:
        """Yield the records of all; of a few ids; or of those that are picked out of all, whose ids are in order."""
        some, parameters = ids is not None, {"ids": ids}
        self._tx.prefer_whole_tables(whole=ids is None or len(ids) > _ONE_BY_ONE)
        names = ("id", "is_group", "written", *self._columns, *map(text_of, self._texts))
        children = _AllChildren(self._tx, self._queries, self._mapping, parameters, some=some)
        wanted = iter(picked) if picked is not None else None
        next_id = next(wanted, None) if wanted else None
        for values in self._tx.stream(self._queries.partners(self._columns, self._texts, some=some), parameters):
            if wanted is not None:
                while next_id is not None and next_id < values[0]:
                    next_id = next(wanted, None)
                if next_id is None:
                    return
                if next_id != values[0]:
                    continue
            yield self._record(dict(zip(names, values, strict=True)), children)

    def _record(self, row: Row, children: _AllChildren) -> SourceRecord:
        id_, mapping = row["id"], self._mapping
        remarks = Remarks(id_)
        identifiers, phones = children.identifiers.of(id_), children.phones.of(id_)
        fields = self._shared_fields(row, identifiers, phones, remarks)
        stamps = [row["written"], *(one[3] for one in identifiers), *(one[3] for one in phones)]
        members: tuple[Membership, ...] = ()
        tags = [tag for _, tag in children.tags.of(id_)]
        kind = Kind.GROUP if row["is_group"] else Kind.PERSON
        if attributes := additional_attributes(row, kind, tags, mapping):
            fields["additional_attributes"] = attributes
        if row["is_group"]:
            rows, score = children.memberships.of(id_), next(iter(children.scores.of(id_)), None)
            stamps += [*(one[5] for one in rows), score[2] if score else None]
            fields |= groups.group_fields(row, mapping, score)
            if id_ in mapping.restricted:
                remarks.add(
                    "tags", "The tag of restricted people is on a group, where it has no effect: tag its people."
                )
            members = groups.memberships(fields["id"], rows, mapping, self._today, remarks)
        else:
            relations, answers = children.relations.of(id_), next(iter(children.assessments.of(id_)), None)
            stamps += [*(one[4] for one in relations), answers[1] if answers else None]
            fields |= people.person_fields(row, mapping, remarks)
            if limitations := people.disability_info(answers):
                fields["disability_info"] = limitations
            if related := people.related_persons(relations, mapping, remarks):
                fields["related_persons"] = related
        content = to_json(fields)
        if stamp := newest(stamps):
            fields["last_updated"] = stamp
        record: Person | Group
        if kind is Kind.GROUP:
            record = check(Group, fields, self._today, remarks, len(content))
        else:
            record = check(Person, fields, self._today, remarks, len(content))
        if remarks.warnings:  # by which fields may have been repaired, or left out
            content = to_json({name: value for name, value in fields.items() if name != "last_updated"})
        digest = _digest(kind, content, members)
        return SourceRecord(id_, kind, record, members, digest, remarks.contested, tuple(remarks.warnings))

    def _shared_fields(self, row: Row, identifiers: list[Any], phones: list[Any], remarks: Remarks) -> Fields:
        """Return the fields that people and groups share and that have a value."""
        where = address(row, self._mapping)
        fields = {
            "id": f"{self._mapping.options.prefix}{row['id']}",
            "identifiers": contacts.identifiers(identifiers, self._mapping, remarks),
            "phone_numbers": contacts.phones(phones, (row.get("phone"), row.get("mobile")), remarks),
            "addresses": [where] if where else [],
            "registration_date": row.get("registration_date"),
        }
        return {name: value for name, value in fields.items() if value}


class _AllChildren:
    """The rows of every table of children, of which those that are missing have none."""

    def __init__(
        self, tx: Transaction, queries: Queries, mapping: Mapping, parameters: Parameters, *, some: bool
    ) -> None:
        schema, layout = mapping.schema, mapping.schema.layout

        def rows(query: Callable[..., str], *, when: bool) -> Children:
            return Children(tx.stream(query(some=some), parameters) if when else ())

        self.identifiers = rows(queries.identifiers, when=bool(mapping.types))
        self.phones = rows(queries.phones, when=schema.has(layout.phones))
        self.memberships = rows(queries.memberships, when=schema.has(layout.memberships))
        self.relations = rows(queries.relations, when=schema.has(layout.relations))
        self.tags = rows(queries.tags, when=TAGS in mapping.options.attributes)
        self.scores = rows(queries.scores, when=bool(mapping.options.poverty) and schema.has(SCORES, "model_code"))
        has_assessments = schema.has(ASSESSMENTS, "approval_state") and schema.has(
            PARTNERS, "current_disability_assessment_id"
        )
        self.assessments = rows(queries.assessments, when=has_assessments)


def _digest(kind: Kind, content: bytes, members: tuple[Membership, ...]) -> bytes:
    """Return a digest of a record with its memberships; the content is without its stamp."""
    digest = blake2b(kind.encode() + content, digest_size=_DIGEST_BYTES)
    if members:
        digest.update(to_json(members))
    return digest.digest()
