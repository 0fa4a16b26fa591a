"""`dci registry reindex`: what follows from the records, after the rules have changed or a write was interrupted."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dci_cli.aws import OperatorRuntime
from dci_cli.registry.edit.reindex import Reindex
from dci_common.aws.dynamodb import Item
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AdditionalAttribute, Group, Membership, Name, Person
from support.commands import Commands, Outcome
from support.hidden_people import make_older
from support.registry_harness import Crash, Registry

PEOPLE = [Person(id=f"p{number:02}", birth_date=f"19{number:02}-01-31") for number in range(12)]
HILL = Group(id="hill", name="Hill")
# So much in each person that the household's body stands in items of its own.
MUCH = tuple(AdditionalAttribute(key=f"{number}", value="ñ" * 450) for number in range(100))


@pytest.fixture
def filled(registry: Registry) -> Registry:
    """Return a registry with people."""
    registry.put(*PEOPLE, HILL)
    return registry


def age(registry: Registry, *refs: tuple[str, str]) -> None:
    """Turn records into what an older catalogue made of them: another slot, another facet, one slot missing."""
    items = registry.items()
    for ref in refs:
        item = items[ref] | {"x09": {"S": "old#1"}, "facets": {"M": {"old": {"S": "1"}}}}
        registry.write([{name: value for name, value in item.items() if name != "x02"}])


def test_an_up_to_date_registry_is_not_written(filled: Registry, dci: Commands) -> None:
    """When every record is up to date nothing is written."""
    before = filled.items()
    assert dci("reindex").out == "13 records checked, 0 rewritten, 0 interrupted writes completed.\n"
    assert filled.items() == before


def test_records_are_updated_to_the_catalogue(filled: Registry, dci: Commands) -> None:
    """Slots and facets are updated to the current catalogue; versions stay the same."""
    before = filled.items()
    age(filled, ("PERSON#p00", "RECORD"), ("PERSON#p07", "RECORD"), ("GROUP#hill", "RECORD"))
    assert len(filled.findings()) == 3
    assert dci("reindex").out == "13 records checked, 3 rewritten, 0 interrupted writes completed.\n"
    assert filled.items() == before


@pytest.mark.exhaustive
def test_a_body_in_parts_keeps_its_parts(registry: Registry, dci: Commands) -> None:
    """A record whose body is in several items keeps them."""
    people = [Person(id=f"p{number}", additional_attributes=MUCH) for number in range(4)]
    registry.put(HILL, *people, *(Membership(person_id=person.id, group_id="hill") for person in people))
    before = registry.items()
    assert ("GROUP#hill", "BODY#3") in before
    age(registry, ("GROUP#hill", "RECORD"))
    assert "1 rewritten" in dci("reindex").out
    assert registry.items() == before


@pytest.mark.exhaustive
def test_interrupted_writes_are_completed(registry: Registry, dci: Commands) -> None:
    """A long write whose writer crashed is completed, for a change and for a deletion."""
    lake = Group(id="lake")
    registry.put(*PEOPLE, HILL, lake)
    memberships = [Membership(person_id=person.id, group_id=group) for group in ("hill", "lake") for person in PEOPLE]
    registry.put(*memberships)
    writer, client = registry.disturbed(max_actions=10)
    changes = (partial(writer.put, Group(id="hill", name="High")), partial(writer.delete, Kind.GROUP, "lake"))
    for change in changes:
        client.crash(2, before=True)
        with pytest.raises(Crash):
            change()
        client.calm()
    assert registry.findings()
    assert json.loads(dci("stats", "--json").out)["unfinished_writes"] == 2
    assert "was interrupted: dci registry reindex completes it." in dci("show", "hill").out
    assert dci("reindex").out == "14 records checked, 0 rewritten, 2 interrupted writes completed.\n"
    registry.assert_holds(*PEOPLE, Group(id="hill", name="High"), *memberships[: len(PEOPLE)])


class Pages:
    """A DynamoDB client whose scans see five items a page.

    `hook` is called before each conditional put; a scan is interrupted before its page `interrupt`.
    """

    def __init__(
        self,
        runtime: OperatorRuntime,
        hook: Callable[[Item], None] = lambda _item: None,
        interrupt: int | None = None,
    ) -> None:
        self._dynamodb: Any = runtime.dynamodb
        self._hook, self._interrupt = hook, interrupt
        self._scans = 0
        vars(runtime)["dynamodb"] = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dynamodb, name)

    def scan(self, **request: Any) -> Any:
        self._scans += 1
        if self._scans == self._interrupt:
            raise KeyboardInterrupt
        return self._dynamodb.scan(**request, Limit=5)

    def put_item(self, **request: Any) -> Any:
        self._hook(request["Item"])
        return self._dynamodb.put_item(**request)


def on_pages(registry: Registry, hook: Callable[[Item], None] = lambda _item: None) -> Reindex:
    """Return a pass over the registry with small pages."""
    runtime = OperatorRuntime(registry.runtime.settings)
    Pages(runtime, hook)
    return Reindex(runtime)


def test_a_concurrent_change_is_kept_and_updated(filled: Registry) -> None:
    """A change between the read and the write is not undone, and is updated too."""
    age(filled, ("PERSON#p03", "RECORD"))
    changed = Person(id="p03", name=Name(given_name="Carla"), birth_date="1999-12-31")

    def intervene(_: Item) -> None:
        if filled.version(Kind.PERSON, "p03") == 1:
            filled.put(changed)

    reindex = on_pages(filled, intervene)
    list(reindex.pages(None))
    assert reindex.rewritten == 0  # the other writer's record is right already
    filled.assert_holds(*(changed if person.id == "p03" else person for person in PEOPLE), HILL)


def test_a_concurrent_deletion_is_kept(filled: Registry) -> None:
    """A record that is deleted meanwhile stays deleted, also when it is created again with the first version."""
    age(filled, ("PERSON#p03", "RECORD"), ("PERSON#p04", "RECORD"))
    anew = Person(id="p04", birth_date="2001-01-01")

    def intervene(item: Item) -> None:
        for person in (Person(id="p03"), anew):
            if item["pk"]["S"] == f"PERSON#{person.id}":
                filled.writer.delete(Kind.PERSON, person.id)
        if item["pk"]["S"] == "PERSON#p04":
            filled.put(anew)

    reindex = on_pages(filled, intervene)
    list(reindex.pages(None))
    assert reindex.rewritten == 0
    filled.assert_holds(*(person for person in PEOPLE if person.id not in {"p03", "p04"}), anew, HILL)


def test_reindex_continues_from_its_checkpoint(
    filled: Registry, dci: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupted pass continues from its checkpoint, and deletes it at the end."""
    checkpoint = tmp_path / "checkpoint"
    before = filled.items()
    age(filled, *((f"PERSON#{person.id}", "RECORD") for person in PEOPLE))

    def run(interrupt: int | None) -> Outcome:
        runtime = OperatorRuntime(filled.runtime.settings)
        Pages(runtime, interrupt=interrupt)
        monkeypatch.setattr("dci_cli.registry.edit.reindex.runtime_of", lambda _options: runtime)
        return dci("reindex", "--checkpoint", checkpoint)

    assert run(interrupt=3).status == 130
    left = len(filled.findings())
    assert 0 < left < len(PEOPLE)
    assert f"{left} rewritten" in run(interrupt=None).out
    assert not checkpoint.exists()
    assert filled.items() == before


@pytest.mark.exhaustive
@pytest.mark.parametrize("content", ["", "{", "[]", '{"table": "x", "after": {"pk": "a"}}', "\xff"])
@pytest.mark.usefixtures("filled")
def test_an_invalid_checkpoint_is_rejected(dci: Commands, tmp_path: Path, content: str) -> None:
    """A file that is not a checkpoint is rejected."""
    checkpoint = tmp_path / "checkpoint"
    checkpoint.write_text(content, encoding="latin-1")
    problem = dci("reindex", "--checkpoint", checkpoint).problem
    assert problem.endswith("checkpoint is not a checkpoint that can be read: delete it to start from the beginning.")


@pytest.mark.usefixtures("filled")
def test_a_checkpoint_of_another_table_is_rejected(dci: Commands, tmp_path: Path) -> None:
    """A checkpoint is valid for its own table only."""
    checkpoint = tmp_path / "checkpoint"
    checkpoint.write_text('{"table": "other", "after": {"pk": "PERSON#p00", "sk": "RECORD"}}')
    assert dci("reindex", "--checkpoint", checkpoint).problem.endswith(
        "checkpoint belongs to the table other: name another file."
    )


HIDDEN = Person(id="hidden", phone_numbers=("+111",), restricted=True)
SEEN = Person(id="seen", phone_numbers=("+111",))


def test_what_older_versions_wrote_about_restricted_people_is_updated(registry: Registry, dci: Commands) -> None:
    """Lookup items are marked, and groups with restricted members move to their own index partition."""
    registry.put(HIDDEN, SEEN, HILL, Membership(person_id="hidden", group_id="hill"))
    before = registry.items()
    make_older(registry.table)
    assert len(registry.findings()) == 3
    assert dci("reindex").out == (
        "3 records checked, 1 rewritten, 0 interrupted writes completed.\n"
        "2 lookup items marked, which an older version wrote.\n"
    )
    assert registry.items() == before


def test_a_lookup_marked_by_another_writer_is_kept(registry: Registry) -> None:
    """A person who becomes restricted between the read and the mark stays hidden."""
    registry.put(SEEN)
    make_older(registry.table)
    reindex = on_pages(registry)
    update = registry.operator.dynamodb.update_item

    def intervene(**request: Any) -> Any:
        registry.put(SEEN.model_copy(update={"restricted": True}))
        return update(**request)

    vars(reindex._runtime.dynamodb)["update_item"] = intervene  # noqa: SLF001 - between its read and its write
    list(reindex.pages(None))
    assert reindex.marked == 0
    assert registry.findings() == []
