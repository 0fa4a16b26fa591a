"""Any edits of the source, followed by passes, give the registry that a fresh load gives; other records stay."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Membership, Person
from support.example_counts import sampled
from support.follow_harness import FollowHarness
from support.memory_source import MemorySource
from support.registry_harness import registry_with, unstamped

PEOPLE, GROUPS = range(1, 9), range(20, 23)


class Editor:
    """Edits a source at random, as forms, jobs and plain SQL do."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self.source = MemorySource()

    def edit(self) -> None:
        """Make some edits, some of them unseen."""
        self.source.pass_time(minutes=self._draw.choice((1, 1, 1, 500)))
        for _ in range(self._draw.randint(1, 5)):
            self._draw.choice((self._person, self._person, self._group, self._delete, self._move, self._merge))()

    def _person(self) -> None:
        number = self._draw.choice(PEOPLE)
        values = self._draw.sample(range(6), self._draw.choice((0, 1, 1, 2)))
        fields: dict[str, Any] = {
            "identifiers": [{"identifier_type": "UIN", "identifier_value": str(one)} for one in values]
        }
        fields["name"] = {"surname": self._draw.choice("ABC")}
        fields["restricted"] = self._draw.random() < 0.2
        if self._draw.random() < 0.3 and self._draw.choice(PEOPLE) in self.source.rows:
            fields["emails"] = [f"{self._draw.choice('xy')}@example.org"]
        self.source.person(number, silently=self._unseen(), **fields)

    def _group(self) -> None:
        number = self._draw.choice((*GROUPS, self._draw.choice(PEOPLE)))  # a person may become a group
        self.source.group(number, name=self._draw.choice("XYZ"))
        self._fill(number)

    def _move(self) -> None:
        groups = [number for number, row in self.source.rows.items() if row.kind is Kind.GROUP]
        if groups:
            self._fill(self._draw.choice(groups))

    def _fill(self, number: int) -> None:
        starts = (None, "2020-01-01", "2021-06-01")
        members = self._draw.sample(PEOPLE, self._draw.randint(0, 5))
        fields = [{"start": self._draw.choice(starts), "roles": self._draw.choice(([], ["head"]))} for _ in members]
        self.source.join(
            number,
            *(self.source.member(one, number, **some) for one, some in zip(members, fields, strict=True)),
            silently=self._unseen(),
        )

    def _delete(self) -> None:
        if self.source.rows:
            self.source.delete(self._draw.choice(list(self.source.rows)))

    def _merge(self) -> None:
        people = [number for number, row in self.source.rows.items() if row.kind is Kind.PERSON]
        if len(people) > 1:
            gone, kept = self._draw.sample(people, 2)
            identifiers = self.source.rows[gone].record.identifiers[:1]
            self.source.delete(gone)
            self.source.person(kept, silently=self._unseen(), identifiers=identifiers)

    def _unseen(self) -> bool:
        return self._draw.random() < 0.2


def others(draw: random.Random) -> list[Person | Group | Membership]:
    """Return records of another origin, some of which are in the way."""
    people = [Person(id="file-1"), Person(id="p8", name={"surname": "Theirs"})]
    taken = [{"identifier_type": "UIN", "identifier_value": "5"}]
    people += [Person.model_validate({"id": "file-2", "identifiers": taken})] if draw.random() < 0.5 else []
    return [*people[: draw.randint(1, 3)], Group(id="file-3"), Membership(person_id="file-1", group_id="file-3")]


@pytest.mark.parametrize("seed", sampled(range(8)))
@pytest.mark.usefixtures("engine")
def test_any_edits_are_followed(tmp_path: Path, capsys: pytest.CaptureFixture[str], seed: int) -> None:
    """After each round of edits, the registry is that of a fresh load, and the records of others are as they were."""
    draw = random.Random(seed)
    editor, theirs = Editor(draw), others(draw)
    with registry_with(*theirs) as registry, registry_with() as fresh_registry:
        follow = FollowHarness(registry, tmp_path / "state.sqlite", capsys)
        fresh = FollowHarness(fresh_registry, tmp_path / "fresh.sqlite", capsys)
        for round_ in range(6):
            editor.edit()
            if draw.random() < 0.2:
                follow.lose_state()
            if draw.random() < 0.3:
                follow.killed(editor.source, draw.randint(5, 40), before=True)
            full = ["--full"] if draw.random() < 0.5 or round_ == 5 else []
            assert follow(editor.source, "--allow-unrestricted", 8, *full).status == 0
        fresh.registry.clear()
        fresh.registry.put(*theirs)
        assert fresh(editor.source).status == 0
        assert unstamped(registry.views()) == unstamped(fresh_registry.views())
        assert registry.findings() == fresh_registry.findings() == []
