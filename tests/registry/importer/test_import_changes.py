"""Imports into a registry that has records: households are written at once, whatever happens meanwhile."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from threading import Thread

import pytest

from dci_cli.aws import OperatorRuntime
from dci_cli.registry.importer import bundles
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AnyRecord, Group, Membership, Name, Person
from support.example_counts import sampled
from support.import_files import import_into, jsonl
from support.import_groups import CROWD, GROUPS, IN_GROUPS, PEOPLE, disturbed, load
from support.registry_harness import Crash, Registry

IN_CROWD = [Membership(person_id=person.id, group_id="crowd") for person in PEOPLE]


@pytest.mark.exhaustive
def test_memberships_of_households_share_transactions(registry: Registry, tmp_path: Path) -> None:
    """Memberships into existing small households take fewer transactions than there are households."""
    registry.put(*PEOPLE, *GROUPS)
    runtime, client = disturbed(registry)
    assert load(runtime, jsonl(tmp_path / "f.jsonl", IN_GROUPS)) == 0
    assert client.transactions < len(GROUPS)
    registry.assert_holds(*PEOPLE, *GROUPS, *IN_GROUPS)
    assert {registry.version(Kind.GROUP, group.id) for group in GROUPS} == {2}


def crowd_of(size: int) -> tuple[list[Person], list[Membership]]:
    """Make people, and their memberships of one group."""
    people = [Person(id=f"c{number:04}") for number in range(size)]
    return people, [Membership(person_id=person.id, group_id="crowd") for person in people]


@pytest.mark.exhaustive
def test_nine_hundred_memberships_join_one_group(registry: Registry, tmp_path: Path) -> None:
    """900 memberships into an existing group are written without a conflict, in a long write."""
    people, memberships = crowd_of(900)
    assert import_into(registry, jsonl(tmp_path / "people.jsonl", [*people, CROWD])) == 0
    runtime, client = disturbed(registry)
    assert load(runtime, jsonl(tmp_path / "f.jsonl", memberships)) == 0
    assert client.transactions == 2 + 900 // 33 + 1
    registry.assert_holds(*people, CROWD, *memberships)


@pytest.mark.dynamodb_local
def test_two_thousand_memberships_join_one_group(local_registry: Registry, tmp_path: Path) -> None:
    """As many memberships as a group may have are written into an existing one, on DynamoDB's own engine."""
    local_registry.clear()
    people, memberships = crowd_of(2000)
    assert import_into(local_registry, jsonl(tmp_path / "people.jsonl", [*people, CROWD])) == 0
    assert import_into(local_registry, jsonl(tmp_path / "f.jsonl", memberships)) == 0
    assert len(local_registry.view(Kind.GROUP, "crowd")["members"]) == 2000
    assert local_registry.findings() == []


def test_people_of_several_groups_do_not_compete(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People who change and belong to a household and to a large group are written without a conflict."""
    monkeypatch.setattr(bundles, "_MOST_ACTIONS", 12)  # many bundles at once
    registry.writer.put_all([*PEOPLE[:12], *GROUPS[:3], CROWD, *IN_GROUPS[:12], *IN_CROWD[:12]])
    runtime, client = disturbed(registry)
    renamed = [person.model_copy(update={"name": Name(given_name="Q")}) for person in PEOPLE[:12]]
    joins = [Membership(person_id=person.id, group_id="g9") for person in PEOPLE[:12]]
    path = jsonl(tmp_path / "f.jsonl", [*renamed, GROUPS[9], *joins])
    assert load(runtime, path) == 0
    whole: list[AnyRecord] = [*renamed, *GROUPS[:3], GROUPS[9], CROWD, *IN_GROUPS[:12], *IN_CROWD[:12], *joins]
    registry.assert_holds(*whole)
    conflicts = client.transactions
    assert load(runtime, path) == 0
    assert client.transactions == conflicts


def records_of_every_kind() -> tuple[list[AnyRecord], list[AnyRecord], list[AnyRecord]]:
    """Return what a registry has, what a file changes and adds, and what there is then."""
    before: list[AnyRecord] = [*PEOPLE[:6], *GROUPS[:2], *IN_GROUPS[:5]]
    renamed = PEOPLE[0].model_copy(update={"name": Name(given_name="Q")})
    older = Group(id="g1", name="Old")
    file: list[AnyRecord] = [renamed, older, *PEOPLE[6:9], *IN_GROUPS[5:9], GROUPS[2], CROWD, *IN_CROWD[:9]]
    whole = {(type(one), getattr(one, "id", one)): one for one in [*before, *file]}
    return before, file, list(whole.values())


@pytest.mark.exhaustive
@pytest.mark.parametrize("before_it", [True, False])
@pytest.mark.parametrize("bundle", sampled([12, 80], quick=1))
def test_an_import_that_is_killed_anywhere_is_completed(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, bundle: int, before_it: bool
) -> None:
    """An import that ends at any transaction and is repeated leaves the registry of an uninterrupted one."""
    monkeypatch.setattr(bundles, "_MOST_ACTIONS", bundle)
    monkeypatch.setattr(bundles, "_LARGE", 6)
    before, file, whole = records_of_every_kind()
    path = jsonl(tmp_path / "f.jsonl", file)
    for at in count(1):
        registry.clear()
        registry.writer.put_all(before)
        runtime, client = disturbed(registry)
        client.crash(at, before=before_it)
        try:
            load(runtime, path)
        except Crash:
            client.calm()
        else:
            assert at > 2
            break
        assert load(runtime, path) == 0
        registry.assert_holds(*whole)


@pytest.mark.exhaustive
def test_two_imports_at_once_leave_one_registry(registry: Registry, tmp_path: Path) -> None:
    """Two imports of changes at the same time are both complete."""
    before, file, whole = records_of_every_kind()
    registry.writer.put_all(before)
    half = len(file) // 2
    registry.writer.put_all([GROUPS[2], CROWD, *PEOPLE[6:9]])
    paths = [jsonl(tmp_path / "a.jsonl", file), jsonl(tmp_path / "b.jsonl", file[:half])]
    statuses: list[int] = []
    threads = [
        Thread(target=lambda path=path: statuses.append(load(OperatorRuntime(registry.runtime.settings), path)))
        for path in paths
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [0, 0]
    registry.assert_holds(*whole)
