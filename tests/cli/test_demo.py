"""The demo registry."""

from __future__ import annotations

import unicodedata
from collections import Counter
from datetime import date, timedelta

from dci_cli.local.demo import Population, demo_population

IDENTIFIERS = {"UIN", "NIN", "BRN", "National ID"}


def test_the_demo_is_always_the_same(population: Population) -> None:
    """Two runs make the same people, to the last phone number."""
    assert demo_population() == population


def test_the_demo_has_the_documented_size(population: Population) -> None:
    """There are 60 households and about 250 people, each in one of them."""
    members = Counter(membership.person_id for membership in population.memberships)
    assert len(population.groups) == 60
    assert 230 <= len(population.people) <= 270
    assert members == dict.fromkeys((person.id for person in population.people), 1)


def test_each_household_has_a_head(population: Population) -> None:
    """One adult of each household is its head."""
    people = {person.id: person for person in population.people}
    heads = [membership for membership in population.memberships if "head" in membership.roles]
    assert [head.group_id for head in heads] == [group.id for group in population.groups]
    for head in heads:
        person = people[head.person_id]
        assert person.birth_date is not None
        assert person.registration_date is not None
        assert person.registration_date - date.fromisoformat(person.birth_date) > timedelta(days=18 * 365)


def test_identifiers_are_unique_and_of_several_types(population: Population) -> None:
    """No identifier has two owners, and the types are those that partners ask by."""
    held = [person.identifiers for person in population.people] + [group.identifiers for group in population.groups]
    owned = Counter(
        (identifier.identifier_type, identifier.identifier_value)
        for identifiers in held
        for identifier in identifiers
    )
    assert set(owned.values()) == {1}
    assert {type_ for type_, _ in owned} == IDENTIFIERS | {"HOUSEHOLD_ID"}


def test_the_known_identifier_exists(population: Population) -> None:
    """UIN 847951632 belongs to one person with phone and e-mail, TEST-001 to none."""
    uins = {identifier.identifier_value: person for person in population.people for identifier in person.identifiers}
    assert uins["847951632"].phone_numbers
    assert uins["847951632"].emails
    assert "TEST-001" not in uins


def test_names_are_in_several_scripts(population: Population) -> None:
    """Latin letters with and without accents, Arabic, Devanagari and Ethiopic, all in composed form."""
    names = [f"{person.name.given_name} {person.name.surname}" for person in population.people if person.name]
    scripts = {unicodedata.name(letter).split()[0] for name in names for letter in name if letter.isalpha()}
    assert scripts >= {"LATIN", "ARABIC", "DEVANAGARI", "ETHIOPIC"}
    assert any("WITH" in unicodedata.name(letter) for name in names for letter in name)
    assert all(unicodedata.is_normalized("NFC", name) for name in names)


def test_households_differ_in_place_score_and_phone(population: Population) -> None:
    """Places, scores and phones vary, so that a search by any of them finds some and not all."""
    groups = population.groups
    addresses = [address for group in groups for address in group.addresses]
    assert len({address.locality for address in addresses}) > 10
    assert len({address.region_code for address in addresses}) == 6
    assert len({group.poverty_score for group in groups}) > 30
    assert 0 < sum(bool(group.phone_numbers) for group in groups) < len(groups)
    assert 0 < sum(bool(person.phone_numbers) for person in population.people) < len(population.people)
