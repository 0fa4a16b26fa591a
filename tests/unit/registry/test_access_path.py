"""The access path of a query: it covers every match, and no more than it must."""

from __future__ import annotations

import operator
import random

import pytest

from dci_common.registries.social.catalogue import BIRTH_DATE, DISTRICT, REGION, SOCIAL_CATALOGUE
from dci_common.registry.model.base import Kind
from dci_common.registry.model.rules import Rules
from dci_common.registry.plan.access_path import AccessPath, PathPlanner, whole_registry
from dci_common.registry.plan.ranges import Proof
from dci_common.registry.query.partial_dates import compare_dates
from dci_common.registry.query.tree import And, Not, Or
from support.access_paths import (
    DAYS,
    KNOWN_IN_PART,
    NAMES,
    PEOPLE,
    PLACES,
    SEX,
    SLOT,
    SURNAME,
    born,
    compare,
    found,
    met,
    one_of,
    path_of,
    random_tree,
    slots,
    spans,
)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(20))
def test_a_path_covers_its_tree(seed: int) -> None:
    """Every match is on the path, an exact path holds nothing else, and its spans are disjoint and ascending."""
    draw = random.Random(seed)
    for _ in range(50):
        tree = random_tree(draw, 4)
        path = path_of(tree)
        assert met(tree) >= found(tree), tree
        if path.exact:
            assert met(tree) == found(tree), tree
        if path.proof is not Proof.NOTHING:
            assert met(tree) - found(tree) <= KNOWN_IN_PART, tree
        for range_ in path.ranges:
            bounds = [bound for span in range_.spans for bound in (span.low, span.high)]
            assert all(map(operator.lt, bounds, bounds[1:])), tree


def test_a_lookup_is_its_own_path() -> None:
    """What identifiers found is read by key, and nothing else is."""
    assert path_of(one_of("p01", "p02")) == AccessPath(ids=frozenset({"p01", "p02"}))
    assert path_of(one_of()) == AccessPath()


@pytest.mark.parametrize("sign", ["eq", "lt", "le", "gt", "ge"])
def test_a_comparison_is_an_exact_range_of_its_slot(sign: str) -> None:
    """The bound's day belongs to the range where the operator says so, and only there."""
    for day in (DAYS[0], DAYS[3], DAYS[-1]):
        path = path_of(born(sign, day))
        assert (slots(born(sign, day)), path.ids, path.exact) == ({SLOT}, frozenset(), True)
        assert len(spans(born(sign, day))) == 1
        assert met(born(sign, day)) == found(born(sign, day))


@pytest.mark.parametrize(
    ("sign", "day", "proof"),
    [
        ("ge", "2000-01-05", Proof.EXACT),
        ("gt", "2000-01-01", Proof.EXACT),
        ("le", "2000-01-05", Proof.NEARLY),  # the year and the month around it
        ("le", "1999-12-31", Proof.EXACT),
        ("lt", "2000-01-01", Proof.EXACT),
        ("lt", "2000", Proof.EXACT),
        ("eq", "2000", Proof.EXACT),
        ("eq", "1999-12", Proof.EXACT),
        ("eq", "2000-01", Proof.NEARLY),  # the year begins with it
        ("eq", "2000-01-01", Proof.EXACT),
    ],
)
def test_a_range_of_birth_dates_is_exact_but_for_what_is_uncertain(sign: str, day: str, proof: Proof) -> None:
    """One span holds the matches, and at most the year and the month that contain the bound beside them."""
    tree = compare_dates(BIRTH_DATE, sign, [BIRTH_DATE.type.normalize(day)])
    assert (path_of(tree).proof, len(spans(tree))) == (proof, 1)
    assert met(tree) >= found(tree)
    assert (met(tree) == found(tree)) is (proof is Proof.EXACT)
    both = And((compare(DISTRICT, "eq", "d"), tree))
    assert (path_of(both).proof, slots(both)) == (proof, {PLACES})


@pytest.mark.parametrize(("sign", "count"), [("eq", 12), ("prefix", 24)])
def test_a_name_prefix_is_a_range(sign: str, count: int) -> None:
    """A name is a range of its own, which holds no longer names; a prefix holds those too."""
    tree = compare(SURNAME, sign, "ana")
    assert (slots(tree), path_of(tree).exact, len(met(tree))) == ({NAMES}, True, count)
    assert met(tree) == found(tree)


def test_ranges_narrow_each_other() -> None:
    """Two ranges of one slot become their intersection, also an empty one."""
    between = And((born("ge", DAYS[2]), born("lt", DAYS[5])))
    assert met(between) == found(between)
    assert path_of(between).exact
    assert spans(And((born("lt", DAYS[2]), born("gt", DAYS[5])))) == ()
    picked = And((born("in", DAYS[1], DAYS[6], DAYS[4]), born("gt", DAYS[1])))
    assert len(spans(picked)) == 2


def test_ranges_that_meet_are_read_once() -> None:
    """An OR of overlapping or touching ranges is one range."""
    assert len(spans(Or((born("lt", DAYS[4]), born("lt", DAYS[2]))))) == 1
    assert len(spans(Or((born("lt", DAYS[4]), born("ge", DAYS[4]))))) == 1
    assert len(spans(Or((born("lt", DAYS[2]), born("ge", DAYS[4]))))) == 2


def test_an_or_of_two_attributes_is_the_union_of_their_ranges() -> None:
    """Each branch is read from its own slot, and together they are exact."""
    either = Or((compare(SURNAME, "eq", "bo"), born("lt", DAYS[2])))
    assert slots(either) == {NAMES, SLOT}
    assert path_of(either).exact
    assert met(either) == found(either)


def test_an_and_takes_its_narrowest_path() -> None:
    """Ids before ranges, several sets of ids by what they share, equality before a range, that before everything."""
    assert path_of(And((born("lt", DAYS[4]), one_of("p01")))).ids == {"p01"}
    both = path_of(And((one_of("p01", "p02"), one_of("p02", "p03"))))
    assert (both.ids, both.exact) == (frozenset({"p02"}), True)
    assert slots(And((Not(one_of("p01")), born("lt", DAYS[4])))) == {SLOT}
    assert slots(And((born("lt", DAYS[4]), compare(SURNAME, "eq", "bo")))) == {NAMES}
    mixed = And((Or((one_of("p01"), born("lt", DAYS[4]))), Not(one_of("p02"))))
    path = path_of(mixed)
    assert (path.ids, slots(mixed), path.exact) == (frozenset({"p01"}), {SLOT}, False)


def test_a_range_of_the_same_slot_does_not_prove_an_or() -> None:
    """A record's id in an OR keeps the other side's range from being exact."""
    tree = And((Or((one_of("p07"), born("lt", DAYS[1]))), born("le", DAYS[5])))
    assert not path_of(tree).exact
    assert met(tree) >= found(tree)


def test_an_or_is_read_by_its_branches_beside_a_not() -> None:
    """A condition without a path does not make the others read all records."""
    either = Or((compare(SURNAME, "eq", "bo"), born("lt", DAYS[2])))
    assert slots(And((either, Not(one_of("p01"))))) == {NAMES, SLOT}


def test_a_place_and_an_age_are_one_range() -> None:
    """The composite slot holds a district's people by birth date, and no neighbour whose name begins alike."""
    both = And((compare(DISTRICT, "eq", "d"), born("ge", DAYS[2]), born("le", DAYS[5])))
    path = path_of(both)
    assert (slots(both), path.exact) == ({PLACES}, True)
    assert met(both) == found(both)
    alone = compare(DISTRICT, "eq", "d")
    assert (slots(alone), met(alone)) == ({PLACES}, found(alone))


def test_what_has_no_path_is_read_from_the_records_slot() -> None:
    """A NOT also matches records without the attribute, so all are read; so does an attribute without a slot."""
    for tree in (
        Not(born("eq", DAYS[0])),
        Or((born("eq", DAYS[0]), Not(one_of("p01")))),
        compare(SEX, "eq", "male"),
    ):
        assert slots(tree) == {SOCIAL_CATALOGUE.record_slot}
        assert not path_of(tree).exact
        assert met(tree) == {person["id"] for person in PEOPLE}


def test_several_places_and_an_age_are_a_range_each() -> None:
    """The composite slot has one span for each place and part of the dates, and needs no filter."""
    ages = Or((compare_dates(BIRTH_DATE, "eq", ["1999-01-01~1999-12-31"]), born("ge", DAYS[4])))
    both = And((compare(DISTRICT, "in", "d", "e"), ages))
    assert (slots(both), path_of(both).exact, len(spans(both))) == ({PLACES}, True, 4)
    assert met(both) == found(both)


def test_a_region_is_a_filter_until_its_slot_is_filled() -> None:
    """A slot that some records lack is not read: neither for the region nor with a birth date."""
    (slot,) = SOCIAL_CATALOGUE.unfilled_slots(Kind.PERSON, {Rules(version=3)})
    assert SOCIAL_CATALOGUE.unfilled_slots(Kind.PERSON, ()) == set()
    region, older = compare(REGION, "eq", "r"), PathPlanner(Kind.PERSON, SOCIAL_CATALOGUE, {slot})
    assert slots(region) == slots(And((region, born("ge", DAYS[2])))) == {slot}
    assert older.path(region) == whole_registry(SOCIAL_CATALOGUE)
    (range_,) = older.path(And((region, born("ge", DAYS[2])))).ranges
    assert range_.slot == SLOT
