"""`dci registry follow`: what the source does not have any more stops a pass when it is too much to be true."""

from __future__ import annotations

from support.follow_harness import FollowHarness
from support.memory_source import MemorySource


def test_too_many_deletions_stop_the_pass(follow: FollowHarness) -> None:
    """If much of the database vanishes at once, nothing is changed, until the operator allows that number."""
    source = MemorySource()
    for number in range(1, 31):
        source.person(number)
    follow(source)
    source.pass_time(minutes=1)
    source.person(1, income=1.0)
    for number in range(10, 31):
        source.delete(number)
    before = follow.versions()
    assert follow(source).problem.startswith(
        "21 of 30 people and groups are not in the database any more, so nothing"
    )
    assert follow.versions() == before
    assert follow(source, "--dry-run").problem.endswith("repeat the command with --allow-deletions 21.")
    assert follow(source, "--allow-deletions", 20).status == 2
    assert follow(source, "--allow-deletions", 21).out == "Memory 1: 1 person changed; 21 people deleted.\n"
    follow.assert_follows(source)


def test_lost_identifiers_of_people_who_stay_stop_the_pass(follow: FollowHarness) -> None:
    """If a table of children is emptied, or not there any more, nothing is changed until the operator allows it."""
    source = MemorySource()
    for number in range(1, 31):
        uin = [{"identifier_type": "UIN", "identifier_value": str(number)}]
        source.person(number, identifiers=uin, phone_numbers=["+1 555 0100"])
    follow(source)
    before = follow.versions()
    for number in range(1, 31):
        phones = ["+1 555 0100"] if number > 21 else []
        source.person(number, silently=True, phone_numbers=phones)  # as TRUNCATE does it
    for arguments in ((), ("--dry-run",), ("--allow-deletions", 29)):
        assert follow(source, *arguments).problem == (
            "30 of 30 identifiers, 21 of 30 phone numbers are not in the database any more, so nothing was "
            "changed: see that it is the right database, complete, with all grants. If they are really gone, repeat "
            "the command with --allow-deletions 30."
        )
    follow.lose_state()
    assert follow(source, "--full").status == 2
    assert follow.versions() == before
    assert follow(source, "--full", "--allow-deletions", 30).out == "Memory 1: 30 people changed.\n"
    assert follow(source).out == "Memory 1: nothing changed.\n"
    follow.assert_follows(source)


def test_few_identifiers_may_go(follow: FollowHarness) -> None:
    """Fewer than 20, or less than 5 % of the identifiers, are no accident."""
    source = MemorySource()
    for number in range(1, 21):
        source.person(number, identifiers=[{"identifier_type": "UIN", "identifier_value": str(number)}])
    follow(source)
    source.pass_time(minutes=1)
    for number in range(1, 21):
        source.person(number)
    assert follow(source).out == "Memory 1: 20 people changed.\n"


def test_all_groups_of_many_people_are_too_many(follow: FollowHarness) -> None:
    """Groups that all vanish stop the pass, however few they are among the people."""
    source = MemorySource()
    for number in range(1, 500):
        source.person(number)
    for number in range(1001, 1022):
        source.group(number)
    follow(source)
    for number in range(1001, 1022):
        source.delete(number)
    assert follow(source).problem.startswith("21 of 21 groups are not in the database any more, so nothing was")
    assert follow(source, "--allow-deletions", 21).out == "Memory 1: 21 groups deleted.\n"
