"""A registry so small that a test can name the records found.

There are people `a` to `d`, `n` without any values, and groups 1 to 3. One more person, a head of household 1,
is restricted: no response may show that they exist.
"""

from __future__ import annotations

from typing import Any

from dci_cli.local.demo import Population
from dci_common.registry.model.records import Group, Membership, Person

Json = dict[str, Any]
SECRET = "secret"


def tiny_population() -> Population:
    """Make the tiny registry; its day is 1 March 2026."""
    people = [
        _person(
            "a",
            name={"surname": "Núñez", "given_name": "José María"},
            sex="male",
            birth_date="2008-02-29",
            birth_place="São Tomé",
            phone_numbers=["+111"],
            emails=["A@example.org"],
            marital_status="S",
            is_disabled=True,
            employment_status="self-employed",
            occupation="Weaver",
            income_level="low",
            income=100.5,
            education_level="primary",
            registration_date="2020-01-01",
            last_updated="2026-01-02T00:30:00+02:00",
            addresses=[
                {
                    "address_line_1": "1 Mill Road",
                    "locality": "Hilltown",
                    "sub_region_code": "D1",
                    "region_code": "R1",
                    "postal_code": "12345",
                    "country_code": "XX",
                }
            ],
        ),
        _person(
            "b",
            name={"surname": "მაისურაძე", "given_name": "ნინო"},
            sex="female",
            birth_date="1990-01-31",
            marital_status="W",
            is_disabled=False,
            income=50,
        ),
        _person(
            "c",
            name={"surname": "Nunez Ortega", "given_name": "Ana", "maiden_name": "Ünal"},
            sex="female",
            birth_date="1950-06-01",
            death_date="2026-02-28",
            language_codes=["spa", "eng"],
        ),
        _person("d", name={"surname": "O’Neil", "given_name": "Bo"}, sex="male", birth_date="2000-03-01"),
        _person("n"),
        _person(
            SECRET,
            "R0",
            name={"surname": "Secret"},
            sex="female",
            birth_date="1900-01-01",
            phone_numbers=["+999"],
            emails=["secret@example.org"],
            restricted=True,
        ),
    ]
    groups = [
        _group(
            "1",
            name="Hill",
            group_type="household",
            poverty_score=2.5,
            poverty_score_type="PMT",
            phone_numbers=["+222"],
            addresses=[{"sub_region_code": "D2"}],
        ),
        _group(
            "2",
            name="River",
            group_type="family",
            poverty_score=7,
            place={"name": "Hill", "contained_in_place": {"name": "Coast"}},
        ),
        _group("3"),
    ]
    memberships = [
        Membership(person_id="R0", group_id="g1", roles=("head",)),
        Membership(person_id="a", group_id="g1", roles=("head",)),
        Membership(person_id="b", group_id="g1", roles=("spouse",)),
        Membership(person_id="b", group_id="g2"),
        Membership(person_id="c", group_id="g2", roles=("head",)),
        Membership.model_validate({"person_id": "d", "group_id": "g2", "end": "2025-01-01"}),
    ]
    return Population(people, groups, memberships)


def _person(uin: str, id_: str = "", **fields: Any) -> Person:
    identifiers = [{"identifier_type": "UIN", "identifier_value": uin}]
    return Person.model_validate({"id": id_ or uin, "identifiers": identifiers, **fields})


def _group(number: str, **fields: Any) -> Group:
    identifiers = [{"identifier_type": "HOUSEHOLD_ID", "identifier_value": number}]
    return Group.model_validate({"id": f"g{number}", "identifiers": identifiers, **fields})


def letters(records: list[Json]) -> str:
    """Return the names of the records found, in order: `abc`, `12`."""
    identifiers = (record.get("identifier") or record["group_identifier"] for record in records)
    return "".join(first["identifier_value"] for first, *_ in identifiers)


def expressed(query: Json, collection: object = None) -> Json:
    """Return the query of an expression item."""
    named = {} if collection is None else {"collection": collection}
    return {"type": "ns:org:QueryType:expression", "value": {"expression": {**named, "query": query}}}
