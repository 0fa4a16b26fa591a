"""`dci registry follow` on a table with too little capacity: each pass ends with a sentence, and none does harm."""

from __future__ import annotations

import random
from typing import Any

import pytest

from dci_common.registry.storage.follow_status import FollowStatus
from support.example_counts import sampled
from support.follow_harness import FollowHarness
from support.memory_source import MemorySource
from support.throttled_client import ThrottledClient


def fill(source: MemorySource) -> None:
    """Have households that share people, and people alone."""
    for number in range(1, 31):
        uin = {"identifier_type": "UIN", "identifier_value": str(number)}
        source.person(number, identifiers=[uin], name={"surname": f"Name {number}"})
    for number in range(5):
        source.group(100 + number, *range(4 * number + 1, 4 * number + 6), name=f"Group {number}")


def change(source: MemorySource) -> set[str]:
    """Change some of them, and return whose records may differ then."""
    source.pass_time(minutes=1)
    source.delete(3)
    source.delete(104)
    source.person(25, name={"surname": "Changed"})
    uins = [{"identifier_type": "UIN", "identifier_value": value} for value in ("3", "26")]
    source.person(26, identifiers=uins)
    source.person(31)
    source.group(100, 1, 2, 31, name="Group 0")
    return {f"p{number}" for number in (*range(1, 6), *range(17, 22), 25, 26, 31, 100, 101, 103, 104)}


def until_it_succeeds(follow: FollowHarness, source: MemorySource, draw: random.Random, rate: float) -> list[str]:
    """Make passes on the throttled table until one succeeds, and return what the others said."""
    said: list[str] = []
    for _ in range(200):
        outcome = follow.through(lambda client: ThrottledClient(client, draw, rate), source, "--country", "KE")
        if outcome.status == 0:
            return said
        assert outcome.status == 2
        assert "Traceback" not in outcome.err
        said.append(outcome.problem)
    raise AssertionError(said)


@pytest.mark.parametrize("seed", sampled(range(6)))
def test_a_throttled_pass_is_made_again(new: FollowHarness, seed: int) -> None:
    """A load, and then changes, are complete at last; who did not change is not written, nor anything afterwards."""
    follow, draw, source = new, random.Random(seed), MemorySource()
    fill(source)
    failed = until_it_succeeds(follow, source, draw, 0.03)
    follow.assert_follows(source)
    before = follow.versions()
    changed = change(source)
    failed += until_it_succeeds(follow, source, draw, 0.03)
    follow.assert_follows(source)
    after = follow.versions()
    assert {key: version for key, version in after.items() if key[1] not in changed} == {
        key: version for key, version in before.items() if key[1] not in changed
    }
    assert all(line.startswith("AWS ") or "is busy" in line for line in failed), failed
    for arguments in ((), ("--full",)):
        assert follow(source, *arguments).out == "Memory 1: nothing changed.\n"
    assert follow.versions() == after
    assert FollowStatus.read(follow.registry.runtime).outcome == ""


def test_the_reason_of_a_throttled_pass_is_kept(follow: FollowHarness, source: MemorySource) -> None:
    """A pass that AWS throttles to its end is a sentence, which the registry keeps as soon as it can be written."""

    class OnceThrottled(ThrottledClient):
        def __getattr__(self, name: str) -> Any:
            return super().__getattr__(name) if name == "transact_write_items" else getattr(self._dynamodb, name)

    follow(source)
    source.pass_time(minutes=1)
    source.person(4, income=7.0)
    problem = follow.through(lambda client: OnceThrottled(client, random.Random(1), 1.0), source).problem
    assert problem.startswith("AWS rejected transact_write_items: Too many requests (")
    assert FollowStatus.read(follow.registry.runtime).outcome == problem
    assert follow(source).out == "Memory 1: 1 person changed.\n"
    follow.assert_follows(source)
