"""A person's fields, from the columns of OpenSPP's registrant and of its children."""

from __future__ import annotations

from collections.abc import Sequence

from dci_cli.registry.follow.openspp import terms
from dci_cli.registry.follow.openspp.attributes import filled_fields
from dci_cli.registry.follow.openspp.connection import Row
from dci_cli.registry.follow.openspp.contacts import emails
from dci_cli.registry.follow.openspp.parts import Mapping, Remarks
from dci_cli.registry.follow.openspp.parts import Row as ChildRow
from dci_cli.registry.follow.openspp.queries import WASHINGTON_GROUP
from dci_cli.registry.follow.openspp.terms import Term, clean
from dci_cli.registry.support.plausibility import Fields

_ENCRYPTED = "encrypted"  # stands for a name that is cipher text
_FIRST_YEAR = "1800"
_MONTHS = {"month": 12, "year": 1}
_MOST_RELATIONS = 50
_LIMITATIONS = dict(zip(WASHINGTON_GROUP, ("VIS_SS", "HEAR_SS", "MOB_SS", "COG_SS", "SC_SS", "COM_SS"), strict=True))
_SEVERITIES = {"none": "1", "some": "2", "a_lot": "3", "cannot": "4"}


def person_fields(row: Row, mapping: Mapping, remarks: Remarks) -> Fields:
    """Return what the registrant's own columns say of a person."""
    education = clean(row.get("highest_education_level"))
    fields: Fields = {
        "name": _name(row, mapping),
        "sex": _sex(row, mapping, remarks),
        "birth_date": _birth_date(row, remarks),
        "birth_place": clean(row.get("birth_place")),
        "emails": emails(row.get("email"), remarks),
        "marital_status": _marital_status(row, mapping, remarks),
        "occupation": _occupation(row, mapping),
        "education_level": mapping.options.names.get(education, education),
    }
    fields = {name: value for name, value in fields.items() if value}
    if income := _income(row, mapping, remarks):
        fields["income"] = income
    if row.get("has_disability") is not None:
        fields["is_disabled"] = row["has_disability"]
    for name, value in filled_fields(row, mapping).items():
        holder, _, part = name.rpartition(".")
        (fields.setdefault(holder, {}) if holder else fields)[part] = value
    if row["id"] in mapping.restricted:
        fields["restricted"] = True
    return fields


def disability_info(answers: ChildRow | None) -> list[dict[str, str]]:
    """Return the limitations of an assessment by the questions of the Washington Group."""
    if answers is None:
        return []
    found = zip(_LIMITATIONS.values(), answers[2:], strict=True)
    return [
        {"disability_limitation_type": limitation, "functional_severity": _SEVERITIES[answer]}
        for limitation, answer in found
        if answer in _SEVERITIES
    ]


def related_persons(rows: Sequence[ChildRow], mapping: Mapping, remarks: Remarks) -> list[dict[str, str]]:
    """Return the relationships with other people; the other end's word is the inverse."""
    found: dict[tuple[str, int], dict[str, str]] = {}
    for _, relation, is_inverse, other, _ in rows:
        name, inverse = mapping.lists.relations.get(relation, (None, None))
        if term := inverse if is_inverse else name:
            word = term.named(mapping.options.names)
            entry = {"relationship_type": word, "person_id": f"{mapping.options.prefix}{other}"}
            found.setdefault((word, other), entry)
    if len(found) > _MOST_RELATIONS:
        remarks.add("related", f"There are more than {_MOST_RELATIONS} relationships: the others are left out.")
    return list(found.values())[:_MOST_RELATIONS]


def _name(row: Row, mapping: Mapping) -> Fields:
    """Return the name by its parts; the whole one only if there are none, as it is for files."""
    parts = {
        "surname": clean(row.get("family_name")),
        "given_name": clean(row.get("given_name")),
        "second_name": clean(row.get("addl_name")),
    }
    if not any(parts.values()):
        parts["given_name"] = clean(row.get("name"))
    if "is_encrypted" in mapping.schema.readable["res_partner"]:
        parts = {part: "" if value == _ENCRYPTED else value for part, value in parts.items()}
    parts["prefix"] = mapping.lists.titles.get(row.get("title") or 0, "")
    parts["suffix"] = mapping.lists.suffixes.get(row.get("suffix_id") or 0, "")
    return {part: value for part, value in parts.items() if value}


def _sex(row: Row, mapping: Mapping, remarks: Remarks) -> str:
    key = row.get("gender_id") or clean(row.get("gender"))
    if not key:
        return ""
    term = mapping.lists.genders.get(key) or Term(str(key))
    found = terms.sex(term, mapping.options.names)
    if not found:
        remarks.add("gender", "The gender has a value that is unknown here: give its name with --map.")
    return found or "unknown"


def _birth_date(row: Row, remarks: Remarks) -> str:
    day = clean(row.get("birthdate"))
    if day and day < _FIRST_YEAR:
        remarks.add("birthdate", f"birthdate is before {_FIRST_YEAR}: it is left out.")
        return ""
    return day


def _marital_status(row: Row, mapping: Mapping, remarks: Remarks) -> str:
    names = mapping.options.names
    if code := row.get("civil_status_id"):
        term = mapping.lists.civil_statuses.get(code)
        found = terms.marital_status(term, names, is_code=True) if term else ""
    elif text := clean(row.get("civil_status")):
        found = terms.marital_status(Term(text), names, is_code=False)
    elif text := clean(row.get("marital_status")):  # of the module of farmers, with its own words
        found = terms.marital_status(
            Term("married" if text.startswith("married") else text, (text,)), names, is_code=False
        )
    else:
        return ""
    if not found:
        remarks.add("civil_status", "The civil status has no place in the registry: give a name of one with --map.")
    return found


def _occupation(row: Row, mapping: Mapping) -> str:
    term = mapping.lists.occupations.get(row.get("occupation_id") or 0) or Term(clean(row.get("occupation")))
    return term.named(mapping.options.names)


def _income(row: Row, mapping: Mapping, remarks: Remarks) -> float | None:
    """Return the income of a year. OpenSPP does not say of which period it is; 0 may mean that it was not given."""
    income = row.get("income")
    if not income or not income > 0:
        return None
    if not (months := _MONTHS.get(mapping.options.income)):
        remarks.add("income", "income is left out, because its period is not known: give it with --income.")
        return None
    return float(income) * months
