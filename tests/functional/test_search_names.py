"""POST /registry/sync/search: names of attributes, types and records, however partners spell them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dci_cli.local.demo import KNOWN_UIN, Population
from dci_common.registry.model.records import Group, Identifier, Person
from support.api import Api, identified, item, predicate
from support.example_counts import sampled
from support.registries import registry_of
from support.tiny_registry import letters

# An identifier is asked by its type, and a line of an address only with the other: address_line.
NOT_ASKED = {"identifier_type", "identifier_value", "identifier", "address_line_1"}
NAMES = {
    "given_name": "GivenName given-name FIRSTNAME ns:org:givenName person.givenName",
    "surname": "familyName family_name lastName Last_Name sur-name demographic_info.name.surname",
    "birth_date": "date_of_birth birthDate BIRTHDATE dob birth-date spdci:birthDate",
    "birth_place": "birthPlace placeOfBirth birthplace",
    "MOBILE": "phone_number phoneNumbers mobileNumber Phone-Number",
    "marital_status": "maritalStatus civilStatus",
    "sex": "Gender gender ns:Sex",
}
VALUES = {
    "given_name": "José María",
    "surname": "Núñez",
    "birth_date": "2008-02-29",
    "birth_place": "São Tomé",
    "MOBILE": "+111",
    "marital_status": "S",
    "sex": "male",
}
SPELLINGS = [
    *(("given_name", spelling) for spelling in ("firstName", "first_name", "givenName")),
    ("MOBILE", "phoneNumber"),
    ("birth_date", "dateOfBirth"),
    *((attribute, spelling) for attribute, spellings in NAMES.items() for spelling in spellings.split()),
]


@pytest.mark.parametrize(("attribute", "spelling"), sampled(SPELLINGS, quick=12))
def test_an_attribute_is_known_by_any_spelling(tiny_api: Api, attribute: str, spelling: str) -> None:
    """Case, `_`, `-`, spaces and a prefix do not count; what another code base calls the field is known too."""
    reply = tiny_api.search(predicate((spelling, "eq", VALUES[attribute])))
    assert letters(reply.records) == letters(tiny_api.search(predicate((attribute, "eq", VALUES[attribute]))).records)
    assert "a" in letters(reply.records)


def fields(record: object) -> Iterator[str]:
    """Yield the names of the members of a record that hold values."""
    members = record.items() if isinstance(record, dict) else ()
    for name, value in members:
        inner = value if isinstance(value, list) else [value]
        for part in inner:
            yield from fields(part)
        if inner and not any(isinstance(part, dict) for part in inner) and not name.startswith("@"):
            yield name


@pytest.mark.exhaustive
def test_what_records_call_a_field_can_be_asked_by_that_name(tiny_api: Api, shared_api: Api) -> None:
    """Each field with a value is the name of an attribute, in the standard's dialect and in OpenSPP 17's."""
    kinds = {"reg_record_type": "SRPerson"}, {"reg_record_type": "Group"}, {"reg_type": "SPP:RegistryType:Individual"}
    born = ("birth_date", "gt", "1900-01-01")
    sent = set[str]()
    for api in (tiny_api, shared_api):
        for criteria in kinds:
            sent |= {name for record in api.search(predicate(born, **criteria)).records for name in fields(record)}
    assert len(sent) > 30
    asked = {name: tiny_api.search(predicate((name, "eq", "1"))).items[0] for name in sent}
    unknown = {name for name, found in asked.items() if "no such" in found.get("status_reason_message", "")}
    assert unknown == NOT_ASKED


@pytest.mark.parametrize("name", ["birthDate", "dateOfBirth", "BIRTH-DATE", "ns:person.birth_date"])
def test_a_sort_key_is_known_by_any_spelling(tiny_api: Api, name: str) -> None:
    """Sort keys are names of attributes."""
    sort = [{"attribute_name": name, "sort_order": "asc"}]
    reply = tiny_api.search(predicate(("birth_date", "gt", "1900-01-01"), sort=sort))
    assert letters(reply.records) == "cbda"


@pytest.mark.parametrize("name", ["yearOfBirth", "birth_year", "YOB", "year-of-birth"])
def test_a_derived_attribute_is_known_by_any_spelling(tiny_api: Api, name: str) -> None:
    """So are age and the year of birth."""
    assert letters(tiny_api.search(predicate((name, "eq", 1990))).records) == "b"


SOCIAL = [
    *(
        "ns:registry_type:social_registry",
        "SOCIAL_REGISTRY",
        "SR",
        "Social",
        "ns:org:RegistryType:Social",
        "spdci.sr",
    ),
    *(
        f"{prefix}{name}"
        for prefix in ("", "NS:ORG:", "x.")
        for name in ("social", "Social-Registry", "social registry")
    ),
]


@pytest.mark.parametrize("reg_type", sampled(SOCIAL, quick=6))
def test_the_social_registry_is_known_by_any_spelling(shared_api: Api, reg_type: str) -> None:
    """A registry that rejects a spelling of its own type is taken for one in which nobody is registered."""
    (response,) = shared_api.search(identified("UIN", KNOWN_UIN, reg_type=reg_type)).items
    assert (response["status"], response["pagination"]["total_count"]) == ("succ", 1)
    assert response["data"]["reg_type"] == reg_type


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((name, "SRPerson") for name in ("sr_person", "SR-Person", "PERSON", "spdci-extensions-dci:Person")),
        *((name, "Member") for name in ("sr_member", "MEMBER", "spdci.Member")),
        *((name, "Group") for name in ("HOUSE_HOLD", "house hold", "ns:Group")),
    ],
)
def test_a_record_type_is_known_by_any_spelling(shared_api: Api, name: str, expected: str) -> None:
    """Record types are compared as attributes are."""
    (response,) = shared_api.search(identified("UIN", KNOWN_UIN, reg_record_type=name)).items
    assert response["data"]["reg_record_type"] == expected


@pytest.mark.parametrize("name", ["HHID", "hhid", "ns:id:HHID", "householdId", "household-id"])
def test_a_household_id_is_known_by_any_spelling(shared_api: Api, population: Population, name: str) -> None:
    """HHID is a household id, and returns the household."""
    group = population.groups[0]
    (response,) = shared_api.search(identified(name, group.identifiers[0].identifier_value)).items
    assert (response["data"]["reg_record_type"], response["pagination"]["total_count"]) == ("Group", 1)


@pytest.fixture(scope="module")
def typed_api(new_api: Callable[..., Api]) -> Iterator[Api]:
    """Return an API over a registry whose identifier types differ in their prefix alone."""
    people = [_identified(f"p{number}", type_) for number, type_ in enumerate(TYPES)]
    household = Identifier(identifier_type="HHID", identifier_value="1")
    with registry_of(Population(people, [Group(id="g", identifiers=(household,))])) as table:
        yield new_api(registry_table=table)


TYPES = ("urn:a:nid", "urn:b:nid", "National ID", "urn:b:tax-number", "PHONE-CARD")


def _identified(id_: str, type_: str) -> Person:
    identifiers = (Identifier(identifier_type=type_, identifier_value="1"),)
    return Person(id=id_, identifiers=identifiers, emails=(f"{id_}@example.org",))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        *((type_, number) for number, type_ in enumerate(TYPES)),
        ("URN:A:NID", 0),
        ("national_id", 2),
        ("nationalId", 2),
        ("ns:NATIONAL-ID", 2),
        ("taxNumber", 3),
        ("urn:c:tax number", 3),
        ("phone_card", 4),
    ],
)
def test_an_identifier_type_is_folded_where_one_folds_so(typed_api: Api, name: str, found: int) -> None:
    """A type is compared exactly first, and folded else: a spreadsheet's National ID is a partner's nationalId."""
    (record,) = typed_api.search(identified(name, "1")).records
    assert record["email"] == [f"p{found}@example.org"]


@pytest.mark.parametrize("name", ["nid", "NID", "urn:c:nid", "n-id"])
def test_two_identifier_types_are_not_folded_into_one(typed_api: Api, name: str) -> None:
    """Where two types fold alike nobody knows whose number it is: the query is rejected, and names both."""
    (response,) = typed_api.search(identified(name, "1")).items
    assert (response["status"], response["status_reason_code"]) == ("rjct", "rjct.filter.invalid")
    assert "URN:A:NID, URN:B:NID" in response["status_reason_message"]


def test_a_registry_may_have_hhid_as_a_type_of_its_own(typed_api: Api) -> None:
    """A type that the registry has comes before the other name of HOUSEHOLD_ID, and returns the household too."""
    (response,) = typed_api.search(identified("HHID", "1")).items
    assert (response["data"]["reg_record_type"], response["pagination"]["total_count"]) == ("Group", 1)


@pytest.fixture(scope="module")
def sexes_api(new_api: Callable[..., Api]) -> Iterator[Api]:
    """Return an API over a registry with a person of each sex."""
    people = [Person.model_validate({"id": sex, "sex": sex}) for sex in ("male", "female", "unknown", "other")]
    with registry_of(Population(people)) as table:
        yield new_api(registry_table=table)


@pytest.mark.parametrize(
    ("value", "found"),
    sampled(
        [
            *((value, {"male"}) for value in ("1", 1, "m", "Male")),
            *((value, {"female"}) for value in ("2", 2, "F")),
            *((value, {"unknown"}) for value in ("0", 0, "unknown")),
            *((value, {"other"}) for value in ("9", 9, "others", "Others", "other")),
        ],
        5,
    ),
    ids=repr,
)
def test_a_sex_is_known_by_its_codes(sexes_api: Api, value: object, found: set[str]) -> None:
    """Codes of ISO/IEC 5218 and the plural of other are understood, as numbers and as texts."""
    assert {record["sex"] for record in sexes_api.search(predicate(("sex", "eq", value))).records} == found


@pytest.mark.parametrize("operator", ["$and", "$or", "$nor"])
def test_an_empty_list_of_conditions_is_rejected(shared_api: Api, operator: str) -> None:
    """An empty list never means everybody, and the sentence says that it is empty."""
    query = {"type": "x", "value": {"expression": {"collection": "Person", "query": {operator: []}}}}
    (response,) = shared_api.search(item(query, "expression")).items
    assert (response["status"], response["status_reason_code"]) == ("rjct", "rjct.search_criteria.invalid")
    assert f"{operator} is empty" in response["status_reason_message"]


def test_the_longest_name_is_rejected_at_once(shared_api: Api) -> None:
    """A name as long as a body can be is no attribute, and comparing it takes no longer than reading it."""
    (response,) = shared_api.search(identified("a" * 1_000_000, "1")).items
    assert response["status_reason_code"] == "rjct.filter.invalid"
