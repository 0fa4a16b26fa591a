"""POST /registry/sync/search: a person is found however a name, a phone number or an identifier was typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dci_cli.registry.edit.reindex import Reindex
from dci_common.registry.model.records import Group, Identifier, Membership, Name, Person
from support.api import Api, identified, predicate
from support.example_counts import sampled
from support.former_registry import write_as_formerly
from support.registry_harness import Registry, registry_with

NAMES = (
    ("स्\u200dथान", "स्थान"),
    ("O\u02bcNeill", "O'Neill"),
    ("Hawai\u02bbi", "HAWAI\u2019I"),
    ("محـــمد", "محمد"),
    ("علی", "علي"),
    ("فاطمة", "فاطمه"),
    ("کریم", "كريم"),
    ("Block ٣", "block 3"),
)
PHONES = (
    ("081-234-5678", "+66812345678"),
    ("+66 (0)82 234 5678", "082-234-5678"),
    ("66832345678", "+66 83 234 5678"),
    ("٠٨٤٢٣٤٥٦٧٨", "0066 84 234 5678"),
    ("\u202a+66 85 234 5678\u202c", "０８５－２３４－５６７８"),
)
IDENTIFIERS = (("UIN", "٠٧٧١٢٣٤٥٦٧٨", "07712345678"), ("National ID", "A\u200b१२-9", "A12-9"), ("HHID", "۱۲", "12"))


PEOPLE = [
    *(Person(id=f"n{at}", name=Name(surname=stored)) for at, (stored, _) in enumerate(NAMES)),
    *(Person(id=f"t{at}", phone_numbers=(stored,)) for at, (stored, _) in enumerate(PHONES)),
    *(
        Person(id=f"i{at}", identifiers=(Identifier(identifier_type=type_, identifier_value=stored),))
        for at, (type_, stored, _) in enumerate(IDENTIFIERS[:2])
    ),
    Person(id="b0", birth_date="٢٠٠١-٠٢-٠٣"),
]
HOME = Group(id="home", identifiers=(Identifier(identifier_type="HHID", identifier_value="۱۲"),))


@pytest.fixture(scope="module")
def thai(engine: None) -> Iterator[Registry]:  # noqa: ARG001 - must be running
    """Return a Thai registry."""
    with registry_with(*PEOPLE, HOME, Membership(person_id="b0", group_id="home")) as registry:
        list(Reindex(registry.operator, "TH", sleep=lambda _: None).pages(None))
        yield registry


@pytest.fixture
def registry(engine: None) -> Iterator[Registry]:  # noqa: ARG001 - must be running
    """Return a registry of a test's own."""
    with registry_with() as made:
        yield made


@pytest.fixture(scope="module")
def thai_api(thai: Registry, new_api: Callable[..., Api]) -> Api:
    """Return an API over it."""
    return new_api(registry_table=thai.table)


@pytest.mark.parametrize(("stored", "asked"), sampled([*NAMES, *((other, one) for one, other in NAMES)], 4))
def test_a_name_is_found_in_either_spelling(thai_api: Api, stored: str, asked: str) -> None:
    """Joiners, apostrophes, tatweel, letters and digits of other keyboards do not count."""
    for value in (stored, asked, f"{asked[:-1]}*"):
        (record,) = thai_api.search(predicate(("surname", "eq", value))).records
        assert record["name"]["surname"] in (stored, asked)


@pytest.mark.parametrize(("stored", "asked"), PHONES)
def test_a_phone_number_is_found_in_any_form(thai_api: Api, stored: str, asked: str) -> None:
    """In national form, with (0), without +, in any digits; the record shows it as it came."""
    for value in (stored, asked):
        (record,) = thai_api.search(identified("MOBILE", value)).records
        assert record["phone_number"] == [stored]


@pytest.mark.parametrize(("type_", "stored", "asked"), IDENTIFIERS)
def test_an_identifier_is_found_in_any_digits(thai_api: Api, type_: str, stored: str, asked: str) -> None:
    """Digits of any script are equal, and what cannot be seen does not count; the record shows it as it came."""
    for value in (stored, asked):
        (record,) = thai_api.search(identified(type_, value)).records
        shown_identifiers = record.get("identifier") or record["group_identifier"]
        assert [one["identifier_value"] for one in shown_identifiers] == [stored]


def test_a_date_is_read_in_any_digits(thai_api: Api) -> None:
    """A date in a record and a date that is asked for may be in digits of any script."""
    for value in ("2001-02-03", "٢٠٠١-٠٢-٠٣", "२००१-०२-०३"):
        (record,) = thai_api.search(predicate(("birth_date", "eq", value))).records
        assert record["birth_date"] == "2001-02-03"


def test_an_identifier_of_nothing_visible_is_rejected(thai_api: Api) -> None:
    """A value of format characters alone never means every record."""
    (answer,) = thai_api.search(identified("UIN", "\u200b\u200d")).items
    assert answer["status"] == "rjct"


@pytest.mark.parametrize("type_", ["HHID", "hhid"])
def test_hhid_is_a_household_id(thai_api: Api, type_: str) -> None:
    """A registry whose households have an HHID finds them by it, and shows groups, or their members."""
    reply = thai_api.search(identified(type_, "12"))
    assert reply.items[0]["data"]["reg_record_type"] == "Group"
    assert len(reply.records) == 1
    (member,) = thai_api.search(identified(type_, "12", reg_record_type="Member")).records
    assert member["demographic_info"]["birth_date"] == "2001-02-03"


@pytest.mark.exhaustive
@pytest.mark.parametrize("spelling", [0, 1])
def test_until_it_is_reindexed_both_forms_are_found(
    registry: Registry, new_api: Callable[..., Api], spelling: int
) -> None:
    """A registry that an older version wrote finds everybody by the spelling that it has; then by every one."""
    people = [Person(id=f"n{at}", name=Name(surname=pair[spelling])) for at, pair in enumerate(NAMES)]
    people += [Person(id="t", phone_numbers=("٠٨٤",)), Person(id="u", phone_numbers=("+66 (0)82 234 5678",))]
    people += [Person(id="i", identifiers=(Identifier(identifier_type="UIN", identifier_value="٧٧"),))]
    write_as_formerly(registry, *people)
    asked = [predicate(("surname", "eq", pair[spelling])) for pair in NAMES]
    asked += [identified("MOBILE", "٠٨٤"), identified("MOBILE", "+66 (0)82 234 5678"), identified("UIN", "٧٧")]
    api = new_api(registry_table=registry.table)
    assert [len(api.search(one).records) for one in asked] == [1] * len(asked)
    list(Reindex(registry.operator).pages(None))
    asked += [predicate(("surname", "eq", pair[1 - spelling])) for pair in NAMES]
    asked += [identified("MOBILE", "084"), identified("MOBILE", "+66822345678"), identified("UIN", "77")]
    for fresh in (api, new_api(registry_table=registry.table)):
        assert [len(fresh.search(one).records) for one in asked] == [1] * len(asked)
