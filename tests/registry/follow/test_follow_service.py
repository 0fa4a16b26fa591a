"""`dci registry follow --every`: passes go on whatever happens to the database, until it is stopped."""

from __future__ import annotations

import pytest

from dci_common.registry.model.base import Kind
from dci_common.registry.storage.follow_status import FollowStatus
from support.follow_harness import FollowHarness
from support.memory_source import MemorySource
from support.scripted_source import ScriptedSource, stays


def test_the_service_goes_on_while_the_database_is_away(follow: FollowHarness, source: MemorySource) -> None:
    """A database that is away is one line, the age of the data is known, and the pass is made when it is back."""
    scripted = ScriptedSource(source.rows)
    statuses: list[FollowStatus] = []

    def look() -> None:
        statuses.append(FollowStatus.read(follow.registry.runtime))

    def back() -> None:
        look()
        scripted.problem = None
        scripted.person(4, income=9.0)

    scripted.steps = [look, scripted.away, look, back, look, look]
    outcome = follow.without_pauses(scripted, "--every", 1)
    assert outcome.status == 0
    lines = outcome.out.splitlines()
    assert [line.partition("UTC: ")[2] for line in lines] == [
        "Memory 1: 4 people, 1 group new.",
        "Memory 1: 1 person changed.",
        "stopped.",
    ]
    [problem] = [line for line in outcome.err.splitlines() if "reached" in line]
    assert problem.endswith("OpenSPP's database cannot be reached: connection refused. It is tried again.")
    assert [bool(status.outcome) for status in statuses] == [False, True, True, False, False]
    assert statuses[1].moment == statuses[2].moment == source.now.timestamp()
    follow.assert_follows(scripted)
    assert FollowStatus.read(follow.registry.runtime).holder == ""


def test_the_service_stops_when_another_takes_over(follow: FollowHarness, source: MemorySource) -> None:
    """A follower whose lease was taken ends with an error, and changes nothing any more."""
    scripted = ScriptedSource(source.rows)
    theirs = {"holder": {"S": "elsewhere:1"}, "expires": {"N": "99999999999"}, "seen": {"N": "1"}}

    def take_over() -> None:
        item = follow.registry.items()["REGISTRY", "FOLLOW"]
        follow.registry.write([item | theirs])
        scripted.person(4, income=9.0)

    scripted.steps = [stays, take_over, stays]
    outcome = follow.without_pauses(scripted, "--every", 1)
    assert outcome.status == 2
    assert "Another follower has taken over" in outcome.err
    assert follow.registry.items()["REGISTRY", "FOLLOW"]["holder"] == {"S": "elsewhere:1"}
    assert follow.registry.view(Kind.PERSON, "p4")["income"] == 5.0


def test_what_is_allowed_is_for_one_pass(follow: FollowHarness) -> None:
    """A service that was started with an allowance does not keep it: later passes are guarded again."""
    scripted = ScriptedSource()
    scripted.steps = []
    for number in range(1, 61):
        scripted.person(number)
    follow(scripted)

    def vanish() -> None:
        for number in list(scripted.rows)[:25]:
            scripted.delete(number)

    scripted.steps = [vanish, vanish, stays]
    outcome = follow.without_pauses(scripted, "--every", 1, "--allow-deletions", 25)
    assert "25 people deleted" in outcome.out
    assert "25 of 35 people and groups are not in the database any more" in outcome.err
    assert len(follow.registry.views()) == 35


def test_an_error_of_its_own_is_the_reason_that_the_doctor_shows(follow: FollowHarness, source: MemorySource) -> None:
    """A service that ends by an unexpected error leaves its name in the registry, without a value."""
    follow(source)
    scripted = ScriptedSource(source.rows)

    def fail() -> None:
        raise LookupError("Amara")

    scripted.steps = [fail]
    with pytest.raises(LookupError):
        follow.without_pauses(scripted, "--every", 1)
    status = FollowStatus.read(follow.registry.runtime)
    assert (status.outcome, status.holder) == ("The follower ended by an error of its own (LookupError).", "")
