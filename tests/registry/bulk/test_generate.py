"""The synthetic population: valid, the same each time, and distributed as a real one."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from datetime import date
from itertools import islice
from pathlib import Path
from statistics import mean, median
from typing import Any

import pytest

from dci_cli.__main__ import main
from dci_cli.registry.support.json_lines import read_line, write_line
from dci_cli.synthetic.person import TODAY, YEAR
from dci_cli.synthetic.population import Line, population
from dci_common.registry.model.base import record_fields
from dci_common.registry.model.records import AnyRecord, Group, Membership, Person
from dci_common.registry.write.put_changes import MAX_HOUSEHOLDS, MAX_MEMBERS

pytestmark = pytest.mark.exhaustive  # what is rare takes long; `make check` runs it

HOUSEHOLDS = 1500


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    """Return a population, as it is written."""
    return list(population(HOUSEHOLDS, seed=7))


@pytest.fixture(scope="module")
def records(lines: list[Line]) -> list[AnyRecord]:
    """Return the same population, as an import reads it."""
    return [read_line(write_line(*line)) for line in lines]


@pytest.fixture(scope="module")
def people(records: list[AnyRecord]) -> dict[str, Person]:
    """Return the people, by id."""
    return {record.id: record for record in records if isinstance(record, Person)}


@pytest.fixture(scope="module")
def groups(records: list[AnyRecord]) -> dict[str, Group]:
    """Return the households and other groups, by id."""
    return {record.id: record for record in records if isinstance(record, Group)}


@pytest.fixture(scope="module")
def memberships(records: list[AnyRecord]) -> list[Membership]:
    """Return the members of each group."""
    return [record for record in records if isinstance(record, Membership)]


def test_lines_are_canonical(lines: list[Line], records: list[AnyRecord]) -> None:
    """Each line is a record that is written as it was read."""
    assert [fields for _, fields in lines] == [record_fields(record) for record in records]


def test_a_seed_gives_one_population() -> None:
    """The same seed gives the same population, and another seed another one."""
    assert list(population(20, seed=1)) == list(population(20, seed=1))
    assert list(population(20, seed=1)) != list(population(20, seed=2))


def test_a_larger_population_begins_with_a_smaller(lines: list[Line]) -> None:
    """A larger population begins with the households of a smaller one."""
    few = list(population(40, seed=7))
    assert few == list(islice(lines, len(few)))


def test_records_are_unique_and_in_order(records: list[AnyRecord]) -> None:
    """Ids, identifiers and memberships are unique, and a membership comes after its person and group."""
    ids: set[str] = set()
    identifiers: set[tuple[str, str]] = set()
    pairs: set[tuple[str, str]] = set()
    for record in records:
        if isinstance(record, Membership):
            assert {record.person_id, record.group_id} <= ids
            assert (record.person_id, record.group_id) not in pairs
            pairs.add((record.person_id, record.group_id))
        else:
            own = {(one.identifier_type, one.identifier_value) for one in record.identifiers}
            assert record.id not in ids
            assert not own & identifiers
            ids.add(record.id)
            identifiers |= own


def test_dates_are_consistent(people: dict[str, Person], memberships: list[Membership]) -> None:
    """Registration, change and death are after birth, and a membership ends after its start."""
    for person in people.values():
        assert person.registration_date is not None
        assert person.last_updated is not None
        assert person.registration_date <= person.last_updated.date()
        assert person.birth_date is None or person.birth_date <= str(person.registration_date)
        assert person.death_date is None or person.registration_date <= person.death_date
    for membership in memberships:
        assert membership.start is not None
        assert membership.end is None or membership.start <= membership.end


def age(person: Person) -> float:
    """Return the age of a person whose birth date is known."""
    return (TODAY - date.fromisoformat(str(person.birth_date)).toordinal()) / YEAR


def test_ages_are_those_of_a_young_country(people: dict[str, Person]) -> None:
    """The age pyramid is that of a young country: many children, few old people."""
    ages = [age(person) for person in people.values() if person.birth_date]
    share = {
        (low, high): sum(low <= age < high for age in ages) / len(ages)
        for low, high in ((0, 15), (15, 45), (45, 65), (65, 120))
    }
    assert 0.30 < share[0, 15] < 0.40
    assert 0.40 < share[15, 45] < 0.50
    assert 0.12 < share[45, 65] < 0.20
    assert 0.03 < share[65, 120] < 0.08
    assert min(ages) >= 0
    assert max(ages) < 100


def test_household_sizes_are_realistic(groups: dict[str, Group], memberships: list[Membership]) -> None:
    """Households have four or five members, most of them one head; a few groups are large."""
    sizes = Counter(membership.group_id for membership in memberships)
    heads = Counter(membership.group_id for membership in memberships if "head" in membership.roles)
    homes = [sizes[id_] for id_, group in groups.items() if group.group_type != "association"]
    assert len(homes) == HOUSEHOLDS
    assert 4 < mean(homes) < 5
    assert set(heads.values()) == {1}
    assert heads.keys() == groups.keys()
    assert 1 <= sum(size > 30 for size in sizes.values()) <= HOUSEHOLDS // 100
    assert max(sizes.values()) <= MAX_MEMBERS


def test_some_memberships_are_over(people: dict[str, Person], memberships: list[Membership]) -> None:
    """Some memberships are over, and some people belong to two households."""
    groups_of = Counter(membership.person_id for membership in memberships)
    roles = Counter(role for membership in memberships for role in membership.roles)
    assert groups_of.keys() == people.keys()
    assert 0.01 < sum(number > 1 for number in groups_of.values()) / len(people) < 0.1
    assert max(groups_of.values()) <= MAX_HOUSEHOLDS
    assert 0.005 < sum(membership.end is not None for membership in memberships) / len(memberships) < 0.05
    assert roles.keys() == {"head", "principal_recipient", "alternative_recipient"}


def test_attributes_depend_on_the_age(people: dict[str, Person]) -> None:
    """Children have no spouse, job, phone or national number; they have a birth certificate."""
    for person in people.values():
        types = {identifier.identifier_type for identifier in person.identifiers}
        if person.birth_date and age(person) < 15:
            adult = person.marital_status, person.occupation, person.phone_numbers, person.emails
            assert not any(adult)
            assert types <= {"UIN", "BRN", "DRN"}
        elif person.birth_date and age(person) > 19:
            assert person.marital_status
            assert person.education_level
            assert "BRN" not in types


def test_shares_are_realistic(people: dict[str, Person]) -> None:
    """Sexes are even, a few people are disabled, and very few restricted."""
    sexes = Counter(person.sex for person in people.values())
    assert sexes.keys() == {"male", "female", "other", "unknown"}
    assert 0.46 < sexes["male"] / len(people) < 0.54
    assert sexes["other"] + sexes["unknown"] < 0.01 * len(people)
    assert 0.02 < sum(bool(person.is_disabled) for person in people.values()) / len(people) < 0.12
    assert all(bool(person.is_disabled) == bool(person.disability_info) for person in people.values())
    assert 0 < sum(person.restricted for person in people.values()) < 0.01 * len(people)


def test_poverty_scores_are_skewed(groups: dict[str, Group]) -> None:
    """Most poverty scores are low, some far higher; poor households have thatched roofs."""
    scored = [group for group in groups.values() if group.poverty_score is not None]
    scores = [group.poverty_score or 0 for group in scored]
    thatched = [
        group.poverty_score or 0
        for group in scored
        if any(one.value == "thatch" for one in group.additional_attributes)
    ]
    assert 0.9 * HOUSEHOLDS < len(scores) < HOUSEHOLDS
    assert min(scores) > 0
    assert median(scores) < mean(scores) < max(scores) / 3
    assert median(thatched) < median(scores)


def test_names_have_four_scripts_and_places_three_levels(people: dict[str, Person], groups: dict[str, Group]) -> None:
    """Names are in four scripts, and a household's place is three levels deep."""
    letters = (person.name.surname[0] for person in people.values() if person.name.surname)
    assert {unicodedata.name(letter).split()[0] for letter in letters} == {
        "LATIN",
        "ARABIC",
        "DEVANAGARI",
        "ETHIOPIC",
    }
    for group in groups.values():
        assert group.place is not None
        assert group.place.contained_in_place is not None
        assert group.place.contained_in_place.contained_in_place is not None
        assert group.place.contained_in_place.contained_in_place.name == group.addresses[0].region_code


def _written(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_output_writes_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`dci registry generate` writes the population to a file, and prints its size."""
    file = tmp_path / "made.jsonl"
    assert main(["registry", "generate", "--households", "3", "--seed", "7", "--output", str(file)]) == 0
    assert [(name, fields) for line in _written(file) for name, fields in line.items()] == list(population(3, seed=7))
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "11 people, 3 groups, 13 memberships\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_without_output_lines_go_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    """Without --output the lines go to stdout, and the count does not."""
    assert main(["registry", "generate", "--households", "2", "--seed", "7"]) == 0
    assert capsys.readouterr().out == "".join(write_line(*line) for line in population(2, seed=7))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--households", "0"], "dci: --households must be at least 1.\n"),
        (["--households", "1", "--output", "/dev/null/x"], "dci: /dev/null/x cannot be written: Not a directory.\n"),
        (
            ["--households", "1", "--output", "/dev/null"],
            "dci: /dev/null is not a file: leave out --output to write to standard output.\n",
        ),
    ],
)
def test_wrong_options_are_one_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Options that cannot work are reported in one line."""
    assert main(["registry", "generate", *arguments]) == 2
    assert capsys.readouterr().err == message
