"""`dci registry follow`: the registry gets what the source has, and nothing that is not its own changes."""

from __future__ import annotations

from datetime import timedelta

from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Membership, Person
from support.follow_harness import FollowHarness
from support.memory_source import MemorySource


def test_the_first_pass_loads_what_the_source_has(new: FollowHarness, source: MemorySource) -> None:
    """The first pass loads everything into a new table, and a second one changes nothing."""
    follow = new
    outcome = follow(source, "--country", "KE")
    assert outcome.status == 0, outcome.err
    assert outcome.out.splitlines()[-1] == "Memory 1: 4 people, 1 group new."
    follow.assert_follows(source)
    before = follow.registry.items()
    again = follow(source)
    assert (again.status, again.out) == (0, "Memory 1: nothing changed.\n")
    after = follow.registry.items()
    assert {ref: item for ref, item in after.items() if ref[1] != "FOLLOW"} == {
        ref: item for ref, item in before.items() if ref[1] != "FOLLOW"
    }


def test_changes_follow(follow: FollowHarness, source: MemorySource) -> None:
    """People and groups that come, change and go do so in the registry; memberships too."""
    follow(source)
    source.pass_time(minutes=1)
    source.person(4, name={"surname": "Mbeki", "given_name": "Lina"}, income=7.0)
    source.person(5, name={"surname": "New"})
    source.group(9, 1, 2, 5, name="Okafor", group_type="household")
    source.group(10, 3, 4, name="Others")
    outcome = follow(source)
    assert outcome.out == "Memory 1: 1 person, 1 group new; 1 person, 1 group changed.\n"
    follow.assert_follows(source)
    source.pass_time(minutes=1)
    source.delete(1)
    source.delete(10)
    assert follow(source).out == "Memory 1: 1 group changed; 1 person, 1 group deleted.\n"
    follow.assert_follows(source)


def test_a_membership_whose_start_changes_is_the_same_membership(follow: FollowHarness, source: MemorySource) -> None:
    """Start, end and roles of a membership follow, and leave no other period behind."""
    source.join(9, source.member(1, 9, start="2020-01-01", roles=["head"]))
    follow(source)
    source.pass_time(minutes=1)
    source.join(9, source.member(1, 9, start="2021-01-01", end="2022-01-01", roles=["head"]), source.member(2, 9))
    follow(source)
    follow.assert_follows(source)


def test_what_was_written_late_or_silently_is_found(follow: FollowHarness, source: MemorySource) -> None:
    """A row that was written hours before it was committed follows at once, and a silent change with --full."""
    follow(source)
    source.pass_time(hours=8)
    follow(source)
    late = source.rows[4]
    source.person(4, name={"surname": "Late"})
    source.rows[4] = source.rows[4].__class__(source.rows[4].record, source.now - timedelta(hours=5))
    assert late.record != source.rows[4].record
    source.person(2, silently=True, name={"surname": "Silent"})
    assert follow(source).out == "Memory 1: 1 person changed.\n"
    assert follow(source, "--full").out == "Memory 1: 1 person changed.\n"
    follow.assert_follows(source)


def test_records_of_others_are_left_alone(follow: FollowHarness, source: MemorySource) -> None:
    """Records that were not followed stay, even those with an id of the source, which are reported once."""
    theirs: list[Person | Group] = [
        Person(id="p2", name={"surname": "Theirs"}),
        Person(id="file-1"),
        Group(id="file-2"),
    ]
    follow.registry.put(*theirs, Membership(person_id="file-1", group_id="file-2"))
    outcome = follow(source)
    assert "person p2: the registry's record with this id is another one" in outcome.err
    assert "1 record is not as the database has it." in outcome.out
    assert follow.registry.view(Kind.PERSON, "p2")["name"] == {"surname": "Theirs"}
    assert [one["id"] for one in follow.registry.view(Kind.GROUP, "p9")["members"]] == ["p1", "p3"]
    follow.registry.put(Membership(person_id="file-1", group_id="p9"))
    source.pass_time(minutes=1)
    source.group(9, 1, 2, name="Okafor-Bello")
    outcome = follow(source, "--full")
    assert outcome.err.count("p2") == 0
    assert [one["id"] for one in follow.registry.view(Kind.GROUP, "p9")["members"]] == ["file-1", "p1"]
    for number in list(source.rows):
        source.delete(number)
    follow(source)
    assert {id_ for _, id_ in follow.registry.views()} == {"p2", "file-1", "file-2"}
    assert follow.registry.findings() == []


def test_a_lost_state_is_made_again_of_the_registry(follow: FollowHarness, source: MemorySource) -> None:
    """Without its state, the follower finds what changed, what vanished, and that nothing else did."""
    follow(source)
    follow.lose_state()
    before = follow.versions()
    assert follow(source).out == "Memory 1: nothing changed.\n"
    assert follow.versions() == before
    follow.lose_state()
    source.person(4, silently=True, name={"surname": "Changed"})
    source.delete(3)
    assert follow(source).out == "Memory 1: 1 person, 1 group changed; 1 person deleted.\n"
    follow.assert_follows(source)
