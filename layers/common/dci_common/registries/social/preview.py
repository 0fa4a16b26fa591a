"""What a client would see of an example: an invented person and household, rendered as searches render records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from dci_common.registries.social.disclosure import FULL, SETS, disclosure
from dci_common.registries.social.record_types import GROUP, MEMBER, OPENSPP17_PERSON, SR_PERSON, RecordType
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Membership, Person
from dci_common.registry.model.views import views

if TYPE_CHECKING:
    from dci_common.registry.catalogue.attributes import Disclosure
    from dci_common.registry.model.views import View

_TODAY = date(2026, 1, 15)  # a fixed day, so that an example is always the same
_STAMPS = {"registration_date": "2024-05-06", "last_updated": "2026-01-10T08:00:00Z"}
_PERSON: dict[str, Any] = {
    "id": "example-person",
    "identifiers": [{"identifier_type": "UIN", "identifier_value": "EXAMPLE-0001"}],
    "name": {"surname": "Example", "given_name": "Amara", "second_name": "Grace"},
    "sex": "female",
    "birth_date": "1988-07-12",
    "birth_place": "Riverside",
    "phone_numbers": ["+9991700000000"],
    "emails": ["amara@example.org"],
    "addresses": [{"address_line_1": "12 Market Road", "locality": "Riverside", "country_code": "XX"}],
    "marital_status": "M",
    "is_disabled": True,
    "disability_info": [{"disability_limitation_type": "VIS_SS", "functional_severity": "2"}],
    "related_persons": [{"relationship_type": "child", "person_id": "example-child"}],
    "employment_status": "self-employed",
    "occupation": "tailor",
    "income_level": "low",
    "income": 1200,
    "language_codes": ["en"],
    "education_level": "secondary",
    "additional_attributes": [{"key": "water_source", "value": "well"}],
    **_STAMPS,
}
_CHILD: dict[str, Any] = {
    "id": "example-child",
    "identifiers": [{"identifier_type": "BRN", "identifier_value": "EXAMPLE-0002"}],
    "name": {"surname": "Example", "given_name": "Noor"},
    "sex": "male",
    "birth_date": "2017-02-28",
    "birth_place": "Riverside",
    **_STAMPS,
}
_HOUSEHOLD: dict[str, Any] = {
    "id": "example-household",
    "identifiers": [{"identifier_type": "HOUSEHOLD_ID", "identifier_value": "EXAMPLE-HH-01"}],
    "name": "Example",
    "group_type": "household",
    "phone_numbers": ["+9991700000000"],
    "addresses": [{"address_line_1": "12 Market Road", "locality": "Riverside", "country_code": "XX"}],
    "place": {"name": "Riverside", "contained_in_place": {"name": "North District"}},
    "poverty_score": 3.2,
    "poverty_score_type": "PMT",
    **_STAMPS,
}
_MEMBERSHIPS = (
    {"person_id": "example-person", "group_id": "example-household", "roles": ["head"], "start": "2024-05-06"},
    {"person_id": "example-child", "group_id": "example-household", "start": "2024-05-06"},
)
_EXAMPLE = {Kind.PERSON: "example-person", Kind.GROUP: "example-household"}
_PEOPLE = (SR_PERSON.name, MEMBER.name)
_ALL = (*_PEOPLE, GROUP.name)
# What each attribute is, and in which record types it appears by itself.
_ATTRIBUTES: dict[str, tuple[str, tuple[str, ...]]] = {
    "identifier": ("Identifiers, such as an identity number or a household number", _ALL),
    "name": ("Names of people, and of households", _ALL),
    "birth_date": ("Date of birth, and therefore the age", _PEOPLE),
    "sex": ("Sex", _PEOPLE),
    "birth_place": ("Place of birth", _PEOPLE),
    "phone_number": ("Phone numbers of people and of households", _ALL),
    "email": ("E-mail addresses", _PEOPLE),
    "address": ("Postal addresses, and where a household lives", _ALL),
    "household": ("Who lives with whom: a person's households, and a household's members", _ALL),
    "additional_attributes": ("Whatever else the registry stores of a person or a household", _ALL),
    "death_date": ("Date of death", _PEOPLE),
    "disability": ("Whether a person has a disability, and which limitations", _PEOPLE),
    "education_level": ("Level of education", _PEOPLE),
    "employment_status": ("Whether, and how, a person is employed", _PEOPLE),
    "group_type": ("Kind of group, such as household or family", (GROUP.name,)),
    "income": ("Annual income: it is searched by, and not shown", ()),
    "income_level": ("Level of income", _PEOPLE),
    "language_code": ("Languages that a person speaks", _PEOPLE),
    "marital_status": ("Marital status", _PEOPLE),
    "occupation": ("Occupation", _PEOPLE),
    "poverty_score": ("Score of a household's poverty, and how it is measured", (GROUP.name,)),
    "registration_date": ("When a person or a household was registered", _ALL),
    "related_person": ("Related people, of whom nothing is shown yet", ()),
    "last_updated": ("When a record last changed", _ALL),
}


def preview(names: Iterable[str], record_types: Iterable[str], *, openspp17: bool) -> dict[str, Any]:
    """Return what a client with these disclosures and record types sees, and what each attribute and set means."""
    disclosed, allowed = disclosure(names), set(record_types)
    offered = [SR_PERSON, MEMBER, GROUP, *([OPENSPP17_PERSON] if openspp17 else [])]
    shown = [one for one in offered if (one.standard_name or one.name) in allowed]
    return {
        "records": [{"record_type": one.name, "record": _rendered(one, disclosed)} for one in shown],
        "disclosed": sorted(disclosed),
        "sets": [{"name": name, "attributes": sorted(members)} for name, members in SETS.items()],
        "attributes": [
            {"name": name, "description": text, "record_types": list(types), "disclosed": name in disclosed}
            for name, (text, types) in _ATTRIBUTES.items()
            if name in FULL
        ],
    }


def _rendered(record_type: RecordType, disclosed: Disclosure) -> View:
    people = [Person.model_validate(fields) for fields in (_PERSON, _CHILD)]
    memberships = [Membership.model_validate(fields) for fields in _MEMBERSHIPS]
    built = views(people, [Group.model_validate(_HOUSEHOLD)], memberships)
    found = {(kind, view["id"]): view for kind, view in built}
    return record_type.render(found[record_type.kind, _EXAMPLE[record_type.kind]], disclosed, _TODAY)
