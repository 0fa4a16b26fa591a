"""The state of `dci registry follow`, which may be lost, damaged, or of another clock."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from dci_common.registry.model.records import Person
from dci_common.registry.storage.follow_status import FollowStatus
from support.follow_harness import FollowHarness
from support.memory_source import MemorySource
from support.registry_harness import registry_with


def test_a_damaged_state_is_a_lost_one(follow: FollowHarness, source: MemorySource) -> None:
    """A file that is no database, or that of another registry's, is replaced."""
    follow(source)
    kept = follow.state.read_bytes()
    follow.state.write_bytes(b"no database at all" * 100)
    assert follow(source).out == "Memory 1: nothing changed.\n"
    assert follow.state.stat().st_mode & 0o777 == 0o600
    assert Path(f"{follow.state}.damaged").read_bytes() == b"no database at all" * 100
    for start in range(4096, len(kept), 4096):  # a page of it
        follow.state.write_bytes(kept[:start] + b"\xff" * 4096 + kept[start + 4096 :])
        source.pass_time(minutes=1)
        source.person(4, income=float(start))
        assert follow(source).status == 0
        follow.assert_follows(source)


def test_another_programs_database_is_no_state(follow: FollowHarness, source: MemorySource) -> None:
    """A database with other tables is left as it is; a state of another version is made again."""
    follow(source)
    with closing(sqlite3.connect(follow.state)) as db:
        db.executescript("PRAGMA user_version = 0; DROP TABLE known; CREATE TABLE known (id);")
    assert follow(source).out == "Memory 1: nothing changed.\n"
    follow.lose_state()
    with closing(sqlite3.connect(follow.state)) as db:
        db.executescript("CREATE TABLE accounts (id);")
    before = follow.state.read_bytes()
    assert "is another program's database (it has accounts): name another file with --state" in follow(source).problem
    assert follow.state.read_bytes() == before


def test_a_clock_that_was_set_back_makes_a_full_pass(follow: FollowHarness, source: MemorySource) -> None:
    """When the database's clock is earlier than it was, changes of the time between are found."""
    source.pass_time(hours=48)
    follow(source)
    source.pass_time(hours=-24)
    source.person(4, income=7.0)
    assert follow(source).out == "Memory 1: 1 person changed.\n"
    source.pass_time(days=5000)
    assert follow(source).status == 0
    assert FollowStatus.read(follow.registry.runtime).moment <= follow.registry.operator.clock()


def test_the_state_of_another_registry_is_a_lost_one(
    follow: FollowHarness, source: MemorySource, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the state of another registry, or of an older pass, nothing is missed and nothing written without need."""
    follow(source)
    old = follow.state.read_bytes()
    with registry_with() as registry:
        other = FollowHarness(registry, follow.state, capsys)
        assert other(source).out == "Memory 1: 4 people, 1 group new.\n"
        other.assert_follows(source)
        before = follow.versions()
        assert follow(source).out == "Memory 1: nothing changed.\n"
        assert follow.versions() == before
        source.pass_time(hours=12)
        source.person(4, income=7.0)
        assert other(source).status == 0
    source.person(2, silently=True)
    assert follow(source).status == 0
    follow.state.write_bytes(old)
    source.pass_time(hours=12)
    assert follow(source).status == 0
    follow.assert_follows(source)


def test_a_state_that_cannot_be_written_is_a_sentence(follow: FollowHarness, source: MemorySource) -> None:
    """A folder that is read-only, or is no file, and a report that cannot be written, stop the command."""
    kept = follow.state
    for path in (Path("/proc/dci/state.sqlite"), Path("/proc/state.sqlite"), kept.parent):
        follow.state = path
        assert follow(source).problem.endswith("name another file with --state.") or (
            follow(source).problem.endswith("Name another file with --state.")
        )
    follow.state = kept
    follow.registry.put(Person(id="p2"))
    assert follow(source, "--report", "/proc/report.csv").problem.startswith("/proc/report.csv cannot be written: ")
    assert follow(source).status == 0


def test_a_full_disk_is_a_sentence(follow: FollowHarness) -> None:
    """When the state cannot grow, the pass fails with a sentence that the registry keeps; the next one is right."""
    source = MemorySource()
    for number in range(1, 1001):
        source.person(number)
    with largest_file(65_536):
        problem = follow(source).problem
    assert problem.startswith("A file of the follower cannot be used (")
    assert FollowStatus.read(follow.registry.runtime).outcome == problem
    assert follow(source).status == 0
    follow.assert_follows(source)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file of this process grow above a size."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
