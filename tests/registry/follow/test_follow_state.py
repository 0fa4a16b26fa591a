"""The state of `dci registry follow`, which may be lost, damaged, or of another clock."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from support.following import Following
from support.memory_source import MemorySource


def test_a_damaged_state_is_a_lost_one(follow: Following, source: MemorySource) -> None:
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


def test_another_programs_database_is_no_state(follow: Following, source: MemorySource) -> None:
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


def test_a_clock_that_was_set_back_makes_a_full_pass(follow: Following, source: MemorySource) -> None:
    """When the database's clock is earlier than it was, changes of the time between are found."""
    source.pass_time(hours=48)
    follow(source)
    source.pass_time(hours=-24)
    source.person(4, income=7.0)
    assert follow(source).out == "Memory 1: 1 person changed.\n"
