"""A person who leaves a group and comes back: each period is written, found and deleted by its start."""

from __future__ import annotations

from typing import Any

import pytest

from dci_common.registry.errors import NoSuchRecord, WriteRefused
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Membership, Person
from dci_common.registry.model.views import membership_fields
from dci_common.registry.write.put_changes import MAX_HOUSEHOLDS
from support.example_counts import sampled
from support.registry_harness import Registry

ANNA = Person(id="anna")
HILL = Group(id="hill", name="Hill")
BASE = (ANNA, HILL)


def member(**fields: Any) -> Membership:
    """Return a membership of Anna on the hill."""
    return Membership(person_id="anna", group_id="hill", **fields)


EARLIER = member(roles=("head",), start="2010-01-01", end="2015-01-01")
NOW = member(start="2020-01-01")


def test_a_member_who_comes_back_has_two_periods(registry: Registry) -> None:
    """Both sides show each period, in the order of their starts, and each has items of its own."""
    registry.put(*BASE, NOW, EARLIER)
    periods = [membership_fields(entry) for entry in registry.view(Kind.GROUP, "hill")["members"]]
    assert periods == [{"roles": ["head"], "start": "2010-01-01", "end": "2015-01-01"}, {"start": "2020-01-01"}]
    sides = {ref for ref in registry.items() if ref[1] != "RECORD" and ref[0] != "REGISTRY"}
    assert sides == {
        ("PERSON#anna", "GROUP#hill#2010-01-01"),
        ("PERSON#anna", "GROUP#hill#2020-01-01"),
        ("GROUP#hill", "MEMBER#anna#2010-01-01"),
        ("GROUP#hill", "MEMBER#anna#2020-01-01"),
    }
    registry.assert_holds(*BASE, EARLIER, NOW)


def test_a_membership_without_a_start_has_a_key(registry: Registry) -> None:
    """A membership whose start nobody knows is a period too, which others may follow."""
    unknown = member(end="2015-01-01")
    registry.put(*BASE, unknown, NOW)
    assert ("GROUP#hill", "MEMBER#anna#-") in registry.items()
    registry.assert_holds(*BASE, unknown, NOW)


def test_a_period_with_the_same_start_is_replaced(registry: Registry) -> None:
    """A membership replaces the period with its start, and no other one."""
    registry.put(*BASE, EARLIER, NOW)
    ended = member(start="2020-01-01", end="2024-01-01", roles=("principal_recipient",))
    registry.put(ended)
    registry.assert_holds(*BASE, EARLIER, ended)


def test_a_period_may_begin_when_another_one_ends(registry: Registry) -> None:
    """The end is the first day after a period, so the next one may begin on it."""
    following = member(start="2015-01-01")
    registry.put(*BASE, EARLIER, following)
    registry.assert_holds(*BASE, EARLIER, following)


@pytest.mark.parametrize(
    ("there", "put", "named"),
    sampled(
        [
            (NOW, member(start="2021-01-01"), "from 2020-01-01 already"),
            (NOW, member(start="2019-01-01"), "from 2020-01-01 already"),
            (NOW, member(start=None), "from 2020-01-01 already"),
            (EARLIER, member(start="2014-12-31"), "from 2010-01-01 until 2015-01-01 already"),
            (EARLIER, member(start="2000-01-01", end="2010-01-02"), "from 2010-01-01 until 2015-01-01 already"),
            (member(), member(start="2020-01-01"), "without a start already"),
            (member(end="2020-01-02"), member(start="2020-01-01"), "without a start until 2020-01-02 already"),
        ],
        3,
    ),
)
def test_periods_do_not_overlap(registry: Registry, there: Membership, put: Membership, named: str) -> None:
    """A period that overlaps another one is rejected with a sentence that names that one and says what to do."""
    registry.put(*BASE, there)
    with pytest.raises(WriteRefused) as refused:
        registry.put(put)
    assert str(refused.value) == (
        f"The person anna belongs to the group hill {named}, which overlaps: end that membership first, or delete it "
        "by its start."
    )
    registry.assert_holds(*BASE, there)


def test_without_start_the_period_in_force_is_meant(registry: Registry) -> None:
    """A membership that is given without a start changes the period in force, which keeps its start."""
    registry.put(*BASE, EARLIER, NOW, member(roles=("head",), end="2999-01-01"))
    registry.assert_holds(*BASE, EARLIER, member(start="2020-01-01", roles=("head",), end="2999-01-01"))


def test_without_start_the_only_period_is_meant(registry: Registry) -> None:
    """A membership that is given without a start changes the only period, even if that has ended."""
    registry.put(*BASE, EARLIER, member(end="2016-01-01"))
    registry.assert_holds(*BASE, member(start="2010-01-01", end="2016-01-01"))


def test_without_start_one_of_several_past_periods_is_not_guessed(registry: Registry) -> None:
    """A membership without a start is rejected when there are several periods and none is in force."""
    later = member(start="2016-01-01", end="2017-01-01")
    registry.put(*BASE, EARLIER, later)
    with pytest.raises(WriteRefused) as refused:
        registry.put(member())
    assert str(refused.value) == (
        "The person anna belonged to the group hill in several periods, and none is in force: from 2010-01-01 until "
        "2015-01-01; from 2016-01-01 until 2017-01-01. Give the start of one of them, or of a new one."
    )
    registry.assert_holds(*BASE, EARLIER, later)


def test_an_end_before_the_start_that_is_there_is_rejected(registry: Registry) -> None:
    """A membership without a start cannot end before the period that it means began."""
    registry.put(*BASE, NOW)
    with pytest.raises(WriteRefused, match=r"began on 2020-01-01: its end must not be before that\.$"):
        registry.put(member(end="2019-12-31"))
    registry.assert_holds(*BASE, NOW)


def test_a_later_end_must_not_reach_the_next_period(registry: Registry) -> None:
    """A period whose end is moved into the next one is rejected."""
    registry.put(*BASE, EARLIER, NOW)
    with pytest.raises(WriteRefused, match="from 2020-01-01 already"):
        registry.put(member(start="2010-01-01", end="2020-01-02"))
    registry.assert_holds(*BASE, EARLIER, NOW)


def test_a_change_of_the_person_or_group_reaches_each_period(registry: Registry) -> None:
    """Both periods show what the person and the group are now."""
    registry.put(*BASE, EARLIER, NOW)
    anna, hill = Person(id="anna", birth_place="here"), Group(id="hill", name="Hilltop")
    registry.put(anna, hill)
    assert [home["name"] for home in registry.view(Kind.PERSON, "anna")["households"]] == ["Hilltop", "Hilltop"]
    registry.assert_holds(anna, hill, EARLIER, NOW)


def test_one_period_is_deleted_by_its_start(registry: Registry) -> None:
    """A period is deleted by its start, or by the start that is empty; the other periods stay."""
    unknown = member(end="2005-01-01")
    registry.put(*BASE, unknown, EARLIER, NOW)
    registry.writer.delete_membership("anna", "hill", "2010-01-01")
    registry.assert_holds(*BASE, unknown, NOW)
    registry.writer.delete_membership("anna", "hill", "")
    registry.assert_holds(*BASE, NOW)


def test_without_start_only_the_only_period_is_deleted(registry: Registry) -> None:
    """One of several periods is not deleted without its start; the only one is."""
    registry.put(*BASE, EARLIER, NOW)
    with pytest.raises(WriteRefused) as refused:
        registry.writer.delete_membership("anna", "hill")
    assert str(refused.value) == (
        "The membership has several periods: from 2010-01-01 until 2015-01-01; from 2020-01-01. "
        "Give the start of one."
    )
    registry.writer.delete_membership("anna", "hill", "2020-01-01")
    registry.writer.delete_membership("anna", "hill")
    registry.assert_holds(*BASE)


def test_a_period_that_is_not_there_is_not_deleted(registry: Registry) -> None:
    """The start of no period is an error, and so is any start of somebody who never belonged to the group."""
    registry.put(*BASE, NOW)
    with pytest.raises(NoSuchRecord, match=r"^The person anna does not belong to the group hill from 2020-01-02\.$"):
        registry.writer.delete_membership("anna", "hill", "2020-01-02")
    registry.writer.delete_membership("anna", "hill")
    with pytest.raises(NoSuchRecord, match=r"^The person anna does not belong to the group hill\.$"):
        registry.writer.delete_membership("anna", "hill", "2020-01-01")


@pytest.mark.parametrize("kind", Kind)
def test_deleting_a_record_deletes_every_period(registry: Registry, kind: Kind) -> None:
    """A deleted person or group leaves no period behind."""
    registry.put(*BASE, EARLIER, NOW)
    registry.writer.delete(kind, {Kind.PERSON: "anna", Kind.GROUP: "hill"}[kind])
    registry.assert_holds(*(record for record in BASE if isinstance(record, Person) == (kind is Kind.GROUP)))
    assert len(registry.items()) == 2


def test_periods_count_towards_the_limits(registry: Registry) -> None:
    """A person has at most fifteen memberships, each period counted; one that is there can still change."""
    years = [member(start=f"20{year:02}-01-01", end=f"20{year:02}-06-01") for year in range(MAX_HOUSEHOLDS)]
    registry.put(*BASE, *years)
    with pytest.raises(WriteRefused, match="at most 15 groups, past memberships included"):
        registry.put(member(start="2020-01-01"))
    changed = years[0].model_copy(update={"roles": ("head",)})
    registry.put(changed)
    registry.assert_holds(*BASE, changed, *years[1:])


@pytest.mark.exhaustive
def test_a_large_group_changes_in_steps_with_all_periods(registry: Registry) -> None:
    """Steps of a long write take each period of their people; a deletion in steps leaves none."""
    people = [Person(id=f"p{number}") for number in range(8)]
    periods = [
        Membership.model_validate({**period.model_dump(), "person_id": person.id})
        for person in people
        for period in (EARLIER, NOW)
    ]
    registry.put(HILL, *people, *periods)
    writer, client = registry.disturbed(max_actions=8)
    after = Group(id="hill", name="Hilltop")
    writer.put(after)
    assert client.transactions > 2
    registry.assert_holds(after, *people, *periods)
    writer.delete(Kind.GROUP, "hill")
    registry.assert_holds(*people)
