"""A registry whose memberships have keys without a start: it is read and written as it is, and reindexed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dci_cli.aws import OperatorRuntime
from dci_cli.registry.edit.reindex import Reindex
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AnyRecord, Group, Membership, Person
from dci_common.registry.model.rules import Rules
from support.commands import Commands
from support.example_counts import sampled
from support.former_registry import write_as_version_2
from support.import_files import jsonl
from support.registry_harness import Client, Crash, Registry, expected_views

pytestmark = pytest.mark.exhaustive  # what is rare takes long; `make check` runs it

HILL, LAKE = Group(id="hill", name="Hill"), Group(id="lake")
PEOPLE = [Person(id=f"p{number:02}") for number in range(26)]
MEMBERS = [Membership(person_id=person.id, group_id="hill", start="2020-01-01") for person in PEOPLE]
IN_LAKE = Membership(person_id="p00", group_id="lake", roles=("head",), end="2019-01-01")
RECORDS: list[AnyRecord] = [HILL, LAKE, *PEOPLE, *MEMBERS, IN_LAKE]
BACK = Membership(person_id="p00", group_id="lake", start="2024-01-01")


@pytest.fixture
def older(registry: Registry) -> Registry:
    """Return a registry that an older version wrote."""
    write_as_version_2(registry, *RECORDS)
    return registry


def memberships(registry: Registry) -> set[tuple[str, str]]:
    """Return the keys of all memberships, on both sides."""
    return {ref for ref in registry.items() if ref[1].startswith(("MEMBER#", "GROUP#"))}


def reindex(registry: Registry) -> Reindex:
    """Reindex a registry."""
    done = Reindex(OperatorRuntime(registry.runtime.settings))
    list(done.pages(None))
    return done


def test_an_older_registry_has_keys_without_a_start(older: Registry) -> None:
    """The keys are those that the older version wrote, and the settings say so."""
    assert {("PERSON#p00", "GROUP#lake"), ("GROUP#lake", "MEMBER#p00")} <= memberships(older)
    assert older.store.settings().former == {Rules(version=2)}
    assert older.views() == expected_views(RECORDS)


@pytest.mark.usefixtures("older")
def test_commands_read_an_older_registry(dci: Commands) -> None:
    """Export, show and stats give the same before and after the keys have changed."""
    commands = (("export",), ("show", "p00"), ("show", "lake"))
    before = [sorted(dci(*command).out.split("\n")) for command in commands]
    counts = [line for line in dci("stats").out.split("\n") if line.startswith(("people", "groups", "memberships"))]
    assert dci("reindex").status == 0
    assert [sorted(dci(*command).out.split("\n")) for command in commands] == before
    assert counts == [
        "people                          26   of whom restricted: 0",
        "groups                           2   the largest: hill with 26 members",
        "memberships                     27",
    ]
    assert set(counts) <= set(dci("stats").out.split("\n"))


def test_verify_and_import_ask_for_a_reindex(older: Registry, dci: Commands, tmp_path: Path) -> None:
    """Until the keys have changed, verify says so and no more, and an import does not begin."""
    assert "run dci registry reindex" in dci("verify").out
    assert "must be reindexed before an import" in dci("import", jsonl(tmp_path / "a.jsonl", [BACK])).problem
    assert dci("reindex").out == (
        "28 records checked, 0 rewritten, 0 interrupted writes completed.\n27 memberships have got other keys.\n"
    )
    older.assert_holds(*RECORDS)
    assert dci("import", tmp_path / "a.jsonl").status == 0
    older.assert_holds(*RECORDS, BACK)


def test_a_second_reindex_writes_nothing(older: Registry) -> None:
    """Reindexing again changes nothing."""
    assert reindex(older).moved == 27
    before = older.items()
    assert reindex(older).moved == 0
    assert older.items() == before


CHANGES: dict[str, tuple[Callable[[Registry], None], list[AnyRecord]]] = {
    "another period": (lambda registry: registry.put(BACK), [*RECORDS, BACK]),
    "the same period": (
        lambda registry: registry.put(IN_LAKE.model_copy(update={"roles": ()})),
        [*RECORDS[:-1], IN_LAKE.model_copy(update={"roles": ()})],
    ),
    "deletion": (lambda registry: registry.writer.delete_membership("p00", "lake"), RECORDS[:-1]),
    "deletion of the person": (
        lambda registry: registry.writer.delete(Kind.PERSON, "p00"),
        [HILL, LAKE, *PEOPLE[1:], *MEMBERS[1:]],
    ),
    "deletion of the group": (
        lambda registry: registry.writer.delete(Kind.GROUP, "lake"),
        [HILL, *PEOPLE, *MEMBERS],
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_write_changes_the_keys_of_its_membership(older: Registry, change: str) -> None:
    """A change of a membership replaces its former items in the same transaction, and leaves all others alone."""
    make, left = CHANGES[change]
    make(older)
    former = {("PERSON#p00", "GROUP#lake"), ("GROUP#lake", "MEMBER#p00")}
    assert not former & memberships(older)
    assert ("GROUP#hill", "MEMBER#p01") in memberships(older)
    reindex(older)
    older.assert_holds(*left)


def test_other_changes_leave_the_keys_alone(older: Registry) -> None:
    """A change of a person or a group that is no change of a membership moves nothing."""
    before = memberships(older)
    anna, lake = Person(id="p00", birth_place="here"), Group(id="lake", name="Lake")
    older.put(anna, lake)
    assert memberships(older) == before
    reindex(older)
    older.assert_holds(HILL, lake, anna, *PEOPLE[1:], *MEMBERS, IN_LAKE)


@pytest.mark.parametrize("crash_at", range(1, 7))
def test_a_large_group_is_deleted_in_steps(older: Registry, crash_at: int) -> None:
    """A deletion in steps takes the former items with it, also when it is interrupted; reindex completes it."""
    writer, client = older.disturbed(max_actions=25)
    client.crash(crash_at, before=False)
    with pytest.raises(Crash):
        writer.delete(Kind.GROUP, "hill")
    reindex(older)
    older.assert_holds(LAKE, *PEOPLE, IN_LAKE)


@pytest.mark.parametrize("before", sampled([True, False]))
@pytest.mark.parametrize("crash_at", sampled([1, 2, 3]))
def test_an_interrupted_reindex_continues(older: Registry, crash_at: int, *, before: bool) -> None:
    """Wherever it stops, the registry can be written, and the next pass changes the rest of the keys."""
    runtime = OperatorRuntime(older.runtime.settings)
    client = Client(runtime.dynamodb)
    vars(runtime)["dynamodb"] = client
    client.crash(crash_at, before=before)
    with pytest.raises(Crash):
        list(Reindex(runtime).pages(None))
    assert older.store.settings().former == {Rules(version=2)}
    older.put(BACK)
    reindex(older)
    assert older.store.settings().former == frozenset()
    older.assert_holds(*RECORDS, BACK)


def test_a_reindex_continues_from_its_checkpoint(older: Registry) -> None:
    """A pass that begins where another one ended changes the keys of what follows."""
    runtime = OperatorRuntime(older.runtime.settings)
    scan = runtime.dynamodb.scan
    client = Client(runtime.dynamodb)
    vars(client)["scan"] = lambda **request: scan(**request, Limit=20)
    vars(runtime)["dynamodb"] = client
    first = Reindex(runtime)
    position = next(first.pages(None))
    second = Reindex(runtime)
    list(second.pages(position))
    assert first.moved + second.moved == 27
    older.assert_holds(*RECORDS)


@pytest.mark.parametrize(
    ("interfere", "left"),
    [
        (lambda registry: registry.put(BACK), [*RECORDS, BACK]),
        (lambda registry: registry.writer.delete_membership("p00", "lake"), RECORDS[:-1]),
        (lambda registry: registry.writer.delete(Kind.GROUP, "lake"), [HILL, *PEOPLE, *MEMBERS]),
        (lambda registry: registry.writer.delete(Kind.PERSON, "p00"), [HILL, LAKE, *PEOPLE[1:], *MEMBERS[1:]]),
    ],
)
def test_others_may_write_during_a_reindex(
    older: Registry, interfere: Callable[[Registry], None], left: list[AnyRecord]
) -> None:
    """A change between the read and the write of a reindex is neither lost nor undone."""
    runtime = OperatorRuntime(older.runtime.settings)
    client = Client(runtime.dynamodb)
    vars(runtime)["dynamodb"] = client
    done: list[int] = []

    def change(number: int) -> None:
        if not done:
            done.append(number)
            interfere(older)

    client.before = change
    list(Reindex(runtime).pages(None))
    assert done
    older.assert_holds(*left)
