"""What other commands show of a registry that follows a database, and what they keep of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dci_cli.doctor.follow_checks import examine_followed
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Person
from support.commands import Commands
from support.follow_harness import FollowHarness
from support.import_files import import_into, jsonl
from support.memory_source import MemorySource
from support.registry_harness import registry_with
from support.scripted_source import of_steps, stays


def test_an_export_for_a_new_table_is_followed_from_there(
    follow: FollowHarness, source: MemorySource, tmp_path: Path
) -> None:
    """What `--export` writes is what a pass would load: afterwards nothing changes, and what vanished is deleted."""
    path = tmp_path / "people.jsonl"
    assert follow(source, "--export", path).status == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert import_into(follow.registry, path) == 0
    source.delete(4)
    assert follow(source).out == "Memory 1: 1 person deleted.\n"
    follow.assert_follows(source)


def test_the_registrys_own_export_keeps_whose_records_are(
    follow: FollowHarness, source: MemorySource, dci: Commands, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A registry that is restored from its export follows the database as before."""
    follow(source)
    path = tmp_path / "backup.jsonl"
    assert dci("export", "--output", path).status == 0
    with registry_with() as restored:
        assert import_into(restored, path) == 0
        again = FollowHarness(restored, tmp_path / "other.sqlite", capsys)
        assert again(source).out == "Memory 1: nothing changed.\n"
        again.assert_follows(source)


def test_files_and_hands_keep_whose_a_record_is(follow: FollowHarness, source: MemorySource, tmp_path: Path) -> None:
    """An import and a put of a followed record leave its source as it is."""
    follow(source)
    person = Person(id="p4", income=1.0)
    mark = follow.registry.view(Kind.PERSON, "p4")["source"]
    for arguments in ((), ("--replace",)):
        assert import_into(follow.registry, jsonl(tmp_path / "f.jsonl", [person]), *arguments) == 0
        assert follow.registry.view(Kind.PERSON, "p4")["source"] == mark
    follow.registry.put(person)
    assert follow.registry.view(Kind.PERSON, "p4")["source"] == mark
    assert follow.registry.findings() == []


def test_a_source_is_shown_to_operators_only_by_its_record(follow: FollowHarness, source: MemorySource) -> None:
    """Households and members do not repeat the sources of each other."""
    follow(source)
    assert follow.registry.view(Kind.PERSON, "p1")["source"] == {"database": "database-1", "id": 1}
    assert all("source" not in one for one in follow.registry.view(Kind.PERSON, "p1")["households"])
    assert all("source" not in one for one in follow.registry.view(Kind.GROUP, "p9")["members"])


def test_statistics_show_how_old_the_data_is(follow: FollowHarness, source: MemorySource, dci: Commands) -> None:
    """Statistics name the database's version, the age of the data and the last failure; without one, nothing."""
    assert "follows" not in json.loads(dci("stats", "--json").out)
    follow(source)
    shown = json.loads(dci("stats", "--json").out)["follows"]
    assert shown["age_seconds"] > 0
    assert {**shown, "age_seconds": 0} == {
        "database": "database-1", "version": "Memory 1", "is_following": False, "as_of": "2026-03-01 09:30:00 UTC",
        "age_seconds": 0, "problems": 0, "last_failure": None,
    }  # fmt: skip
    assert "follows             Memory 1, loaded once, as of 2026-03-01 09:30:00 UTC\n" in dci("stats").out
    follow.without_pauses(of_steps(source, stays, stays), "--every", 1)
    assert re.search(r"follows             Memory 1, \d+ days old\n", dci("stats").out)
    assert dci("verify").status == 0


def test_the_doctor_says_how_old_the_data_is(follow: FollowHarness, source: MemorySource) -> None:
    """The doctor warns of data that is followed and hours old, with the reason of the last failure; not of a load."""
    table = follow.registry.table
    assert examine_followed(table) is None
    follow(source)
    loaded = examine_followed(table, source.now.timestamp() + 3 * 3600)
    assert loaded is not None
    assert loaded.found == "The registry was loaded once, as of 2026-03-01 09:30:00 UTC (Memory 1)."
    assert loaded.outcome == "ok"
    follow.without_pauses(of_steps(source, stays, stays), "--every", 1)
    fresh = examine_followed(table, source.now.timestamp() + 40)
    assert (fresh.outcome, fresh.found) == ("ok", "The registry is 40 s old (Memory 1).") if fresh else False
    source.away()
    assert follow(source).status == 2
    old = examine_followed(table, source.now.timestamp() + 3 * 3600)
    assert old is not None
    assert old.outcome == "warning"
    assert old.found.startswith(
        "The registry is 3 h old (Memory 1). The last pass failed: OpenSPP's database cannot be reached"
    )
    missing = examine_followed("no-such-table")
    assert missing is not None
    assert missing.outcome == "skipped"


def test_a_sample_names_differences_without_values(follow: FollowHarness, source: MemorySource) -> None:
    """`--check` names records and fields that differ, members too, and returns 1."""
    follow(source)
    assert follow(source, "--check").out == "5 records compared, 0 differences.\n"
    assert follow(source, "--check", 2).out == "2 records compared, 0 differences.\n"
    source.person(4, phone_numbers=["+1 555 0199"])
    source.person(5)
    source.join(9, source.member(1, 9, roles=["head"]), source.member(2, 9), source.member(4, 9))
    outcome = follow(source, "--check")
    assert outcome.status == 1
    assert outcome.out.splitlines() == [
        "person p4: income, name, phone_numbers differ.",
        "person p5: the registry does not have it.",
        "group p9: the registry lacks the member p4.",
        "group p9: the member p3 is in the registry only.",
        "group p9: roles or dates of the members p1 differ.",
        "6 records compared, 5 differences.",
    ]
    assert "0199" not in outcome.out + outcome.err


def test_a_report_has_all_that_is_not_as_in_the_database(
    follow: FollowHarness, source: MemorySource, tmp_path: Path
) -> None:
    """The report names each record with its id; only its owner can read it."""
    follow.registry.put(Person(id="p2"))
    path = tmp_path / "report.csv"
    follow(source, "--report", path)
    assert path.stat().st_mode & 0o777 == 0o600
    header, line = path.read_text(encoding="utf-8-sig").splitlines()
    assert header == "kind,id,column,what"
    assert line.startswith("person,p2,,")
