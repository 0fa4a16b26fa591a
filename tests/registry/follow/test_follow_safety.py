"""`dci registry follow`: what stops it, and what it never does."""

from __future__ import annotations

import socket

import boto3
import pytest

from dci_cli.registry.follow.lease import Lease, LeaseLost
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Person
from dci_common.registry.storage import keys
from support.follow_harness import FollowHarness, audit_records
from support.memory_source import MemorySource


def test_another_database_stops_the_pass(follow: FollowHarness, source: MemorySource) -> None:
    """A copy of the database is not followed, until it is adopted; its records are the former ones then."""
    follow(source)
    copy = MemorySource(dict(source.rows), database="database-2")
    assert "follows another database (database-1), and this one is database-2" in follow(copy).problem
    copy.delete(4)
    assert follow(copy, "--adopt").out == "Memory 1: 3 people, 1 group changed; 1 person deleted.\n"
    follow.assert_follows(copy)
    assert follow.registry.view(Kind.PERSON, "p1")["source"] == {"database": "database-2", "id": 1}
    assert follow(copy).out == "Memory 1: nothing changed.\n"
    assert follow(source).status == 2


def test_a_change_by_hand_is_reported_and_overwritten(follow: FollowHarness, source: MemorySource) -> None:
    """What others change in a followed record is found, reported by its id, and undone."""
    follow(source)
    follow.registry.put(Person(id="p4", name={"surname": "By hand"}))
    assert "source" in follow.registry.view(Kind.PERSON, "p4")
    assert follow(source).out == "Memory 1: nothing changed.\n"  # its row was not written since
    outcome = follow(source, "--full")
    assert "person p4: it was changed in the registry, and is again as the database has it.\n" in outcome.err
    assert outcome.out == "Memory 1: 1 person changed.\n"
    follow.registry.writer.delete(Kind.PERSON, "p4")
    assert follow(source, "--full").out == "Memory 1: 1 person new.\n"
    follow.assert_follows(source)


def test_one_follows_at_a_time(follow: FollowHarness, source: MemorySource) -> None:
    """A second follower says who holds the lease, and takes it over when it has expired, or its process is gone."""
    now = follow.registry.operator.clock()
    item = {"holder": {"S": "elsewhere:17"}, "expires": {"N": str(now + 100)}, "seen": {"N": str(now - 50)}}
    follow.registry.write([keys.FOLLOW_KEY | item])
    problem = follow(source).problem
    assert problem.startswith(
        "The process 17 of elsewhere follows a database into this registry already; it was seen"
    )
    assert follow(source, "--dry-run").status == 0
    follow.registry.write([keys.FOLLOW_KEY | item | {"expires": {"N": str(now - 1)}}])
    assert follow(source).status == 0
    gone = {"S": f"{socket.gethostname()}:{2**22 + 1}"}
    follow.registry.write([keys.FOLLOW_KEY | item | {"holder": gone}])
    assert follow(source, "--adopt").status == 0
    assert "holder" not in follow.registry.items()["REGISTRY", "FOLLOW"]


def test_followers_of_one_name_do_not_both_hold_the_lease(follow: FollowHarness) -> None:
    """Of two containers with the same host name and number of the process, the first one notices the second."""
    with Lease(follow.registry.operator) as first, Lease(follow.registry.operator) as second:
        second.note()
        with pytest.raises(LeaseLost):
            first.note()


def test_a_dry_run_writes_nothing(follow: FollowHarness, source: MemorySource) -> None:
    """A dry run shows what would change, by fields, and leaves registry, state and audit as they are."""
    assert follow(source, "--dry-run").out == "Memory 1: 4 people, 1 group new. Nothing was written.\n"
    follow(source)
    source.pass_time(minutes=1)
    source.person(4, name={"surname": "Other"}, birth_date="1990")
    source.delete(3)
    items, state = follow.registry.items(), follow.state.read_bytes()
    outcome = follow(source, "--dry-run")
    first, *table = outcome.out.splitlines()
    assert first == "Memory 1: 1 person, 1 group changed; 1 person deleted. Nothing was written."
    assert [line.split() for line in table[1:]] == [
        ["person", "birth_date", "1", "0", "0"],
        ["person", "income", "0", "0", "1"],
        ["person", "name.given_name", "0", "0", "1"],
        ["person", "name.surname", "0", "1", "0"],
    ]
    assert (follow.registry.items(), follow.state.read_bytes()) == (items, state)


def test_a_dry_run_names_what_may_not_be_read(follow: FollowHarness, source: MemorySource) -> None:
    """The columns and tables that the database's user may not read are a line after what would change."""
    source.not_granted = {"people": ("phone", "mobile"), "phones": ()}
    assert follow(source, "--dry-run").out == (
        "Memory 1: 4 people, 1 group new. Nothing was written.\n"
        "Left out, because the database's user may not read it: people (phone, mobile), phones.\n"
    )


def test_changes_are_recorded_and_nothing_else(follow: FollowHarness, source: MemorySource) -> None:
    """A pass that changes records is recorded with their keys before; one that changes nothing is not."""
    follow(source)
    before = audit_records()
    follow(source)
    assert audit_records() == before
    source.pass_time(minutes=1)
    source.person(4, income=1.0)
    source.delete(3)
    follow(source)
    [made] = [one for one in audit_records() if one not in before]
    assert made["command"] == {"S": "follow"}
    assert set(made["records"]["SS"]) == {"PERSON#p3", "PERSON#p4", "GROUP#p9"}


def test_a_pass_that_cannot_be_recorded_changes_nothing(follow: FollowHarness, source: MemorySource) -> None:
    """Without a table of audit records the command does not begin."""
    assert "cannot be recorded" in follow(source, "--audit-table", "no-such-table").err
    assert follow.registry.views() == {}


def test_identifiers_change_hands(follow: FollowHarness) -> None:
    """Identifiers that people give to each other follow, in rings too, and one of a deleted person."""
    source = MemorySource()

    def uins(*values: int) -> None:
        for number, value in enumerate(values, 1):
            identifiers = [{"identifier_type": "UIN", "identifier_value": str(value)}] if value else []
            source.person(number, identifiers=identifiers)

    uins(11, 12, 13)
    follow(source)
    for values in ((12, 13, 11), (11, 13, 12), (0, 11, 13), (13, 0, 11)):
        source.pass_time(minutes=1)
        uins(*values)
        assert follow(source).err.count("UIN") == 0
        follow.assert_follows(source)
    source.delete(1)
    uins_of_two = [{"identifier_type": "uin", "identifier_value": " 13"}]
    source.person(2, identifiers=uins_of_two)
    follow(source)
    follow.assert_follows(source)


def test_an_identifier_of_another_record_is_left_out(follow: FollowHarness, source: MemorySource) -> None:
    """The person follows without it, which is reported once; a full pass sees that it has become free."""
    taken = [{"identifier_type": "UIN", "identifier_value": "847951632"}]
    follow.registry.put(Person.model_validate({"id": "file-1", "identifiers": taken}))
    source.pass_time(minutes=1)
    outcome = follow(source)
    assert (
        "person p1: left out, because another record has it: an identifier of type UIN (PERSON#file-1)."
        in outcome.err
    )
    assert "identifiers" not in follow.registry.view(Kind.PERSON, "p1")
    assert [one["id"] for one in follow.registry.view(Kind.GROUP, "p9")["members"]] == ["p1", "p2", "p3"]
    before = follow.versions()
    again = follow(source)
    assert ("UIN" in again.err, follow.versions()) == (False, before)
    follow.registry.writer.delete(Kind.PERSON, "file-1")
    assert follow(source, "--full").out == "Memory 1: 1 person changed.\n"
    follow.assert_follows(source)


@pytest.mark.parametrize("size", [120])
def test_a_large_group_follows(follow: FollowHarness, size: int) -> None:
    """Many join and leave a group at once, and its people change with it."""
    source = MemorySource()
    for number in range(1, size + 1):
        source.person(number)
    source.group(1000, *range(1, size - 9))
    follow(source)
    follow.assert_follows(source)
    source.pass_time(minutes=1)
    source.group(1000, *range(60, size + 1), name="Smaller")
    source.person(61, income=1.0)
    follow(source, "--allow-deletions", size)
    follow.assert_follows(source)


def test_the_deployments_alarm_gets_a_metric(
    follow: FollowHarness, source: MemorySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pass that succeeds is counted for the stack that is named."""
    monkeypatch.setenv("DCI_STACK", "dci-follow-metric")
    follow(source)
    [metric] = [
        one
        for one in boto3.client("cloudwatch").list_metrics(Namespace="DCI/Follow")["Metrics"]
        if one["Dimensions"] == [{"Name": "stack", "Value": "dci-follow-metric"}]
    ]
    assert metric["MetricName"] == "passes"
