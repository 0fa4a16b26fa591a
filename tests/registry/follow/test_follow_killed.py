"""`dci registry follow`: a pass that was killed at any call of AWS is completed by the next one."""

from __future__ import annotations

from itertools import count

import pytest

from dci_cli.registry.follow import follow_pass
from dci_cli.registry.importer import record_items
from support.follow_harness import FollowHarness
from support.killed_client import Killed
from support.memory_source import MemorySource


def fill(source: MemorySource) -> None:
    """Have two households, which share a person."""
    for number in range(1, 6):
        uin = {"identifier_type": "UIN", "identifier_value": str(number)}
        source.person(number, identifiers=[uin], phone_numbers=[f"081-234-567{number}"], emails=["x@example.org"])
    source.group(10, 1, 2, 3, name="One")
    source.group(11, 3, 4, name="Two")


def change(source: MemorySource) -> None:
    """Change, move, merge and delete some of them."""
    source.pass_time(minutes=1)
    source.delete(2)
    source.delete(11)
    uins = [{"identifier_type": "UIN", "identifier_value": value} for value in ("1", "2")]
    source.person(1, identifiers=uins, name={"surname": "Merged"})
    source.person(6)
    source.group(10, 1, 4, 6, name="One")
    source.group(12, 3, 5, name="Three")


@pytest.mark.exhaustive
@pytest.mark.parametrize("edited", [False, True])
def test_a_killed_load_is_completed(follow: FollowHarness, monkeypatch: pytest.MonkeyPatch, *, edited: bool) -> None:
    """Killed anywhere in the first load, and with the source edited since, the registry is what a load gives."""
    monkeypatch.setattr(record_items, "_WINDOW", 2)
    for at in count(1):
        follow.lose_state()
        follow.registry.clear()
        follow.registry.remove(("REGISTRY", "SETTINGS"))
        follow.registry.remove(("REGISTRY", "FOLLOW"))
        source = MemorySource()
        fill(source)
        if not follow.killed(source, at, "--country", "TH", before=at % 2 == edited):
            break
        if edited:
            change(source)
        assert follow(source, "--country", "TH", "--allow-deletions", 99).status == 0
        follow.assert_follows(source)
    assert at > 8


@pytest.mark.exhaustive
@pytest.mark.parametrize("at", range(1, 60, 4))
def test_a_killed_pass_is_completed(follow: FollowHarness, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Killed anywhere in a pass of changes, the next pass does what is left; the lease is no hindrance."""
    monkeypatch.setattr(follow_pass, "MOST_APART", 0 if at % 2 else 1000)  # loads too
    source = MemorySource()
    fill(source)
    follow(source)
    change(source)
    follow.killed(source, at, before=bool(at % 3))
    assert follow(source).status == 0
    follow.assert_follows(source)


@pytest.mark.exhaustive
def test_a_killed_write_of_a_large_group_is_completed(follow: FollowHarness) -> None:
    """Killed while many join a group, and with the state lost, the members are as the group says."""
    interrupted = 0
    for at in (10, 13, 16, 19):
        source = MemorySource()
        for number in range(1, 91):
            source.person(number)
        source.group(1000, *range(1, 40))
        assert follow(source, "--allow-deletions", 999).status == 0
        source.pass_time(minutes=1)
        source.group(1000, *range(1, 91), name="Larger")
        assert follow.killed(source, at, before=True)
        interrupted += any("pending" in item for item in follow.registry.items().values())
        follow.lose_state()
        assert follow(source).status == 0
        follow.assert_follows(source)
    assert interrupted


def test_a_pass_that_was_killed_is_completed(follow: FollowHarness) -> None:
    """Killed between two transactions, the next pass does what is left."""
    source = MemorySource()
    fill(source)
    follow(source)
    change(source)
    with pytest.raises(Killed):
        follow.kill(source, 8, before=False)
    assert follow(source).status == 0
    follow.assert_follows(source)
