"""Staging: views of records that arrive in any order, and records that contradict staged ones."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import closing

import pytest

from dci_cli.local.demo import Population
from dci_cli.registry.importer.staging import Counts, Staging, StagingConflict
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AnyRecord, Group, Identifier, Membership, Person, Place
from dci_common.registry.model.views import View
from dci_common.registry.write.put_changes import MAX_HOUSEHOLDS, MAX_MEMBERS
from support.registry_harness import expected_views


@pytest.fixture
def staging() -> Iterator[Staging]:
    """Return an empty staging."""
    with closing(Staging()) as empty:
        yield empty


def stage(staging: Staging, *records: AnyRecord) -> None:
    """Stage records, each from a line of its own."""
    for line, record in enumerate(records, 1):
        staging.add(record, "file", line)


def written(views: dict[tuple[Kind, str], View]) -> dict[tuple[Kind, str], str]:
    """Return views as JSON, so that the order of their fields counts."""
    return {key: json.dumps(view) for key, view in views.items()}


def test_views_do_not_depend_on_the_order(staging: Staging, population: Population) -> None:
    """Views are those built from all records at once, in any order of the records."""
    records: list[AnyRecord] = [*population.people, *population.groups, *population.memberships]
    records.append(Group(id="empty", place=Place(name="Hill")))
    random.Random(7).shuffle(records)
    stage(staging, *records)
    for _ in range(2):
        views = {(kind, view["id"]): view for kind, view in staging.views()}
        assert written(views) == written(expected_views(records))
    assert staging.counts == Counts(people=250, groups=61, memberships=250)
    assert staging.identifier_types() == ({"UIN", "NIN", "BRN", "NATIONAL ID", "HOUSEHOLD_ID"}, set())


def test_groups_come_first(staging: Staging) -> None:
    """Groups come before people, each in the order of the files."""
    stage(staging, Person(id="b"), Group(id="b"), Person(id="a"), Group(id="a"))
    assert [(kind, view["id"]) for kind, view in staging.views()] == [
        (Kind.GROUP, "b"),
        (Kind.GROUP, "a"),
        (Kind.PERSON, "b"),
        (Kind.PERSON, "a"),
    ]


def test_dangling_memberships_are_in_no_view(staging: Staging) -> None:
    """A membership whose person or group is not staged is in no view, and is yielded with its line."""
    dangling = Membership(person_id="a", group_id="nowhere")
    stage(staging, Person(id="a"), dangling, Group(id="b"), Membership(person_id="a", group_id="b"))
    found = [(staged.record, staged.source, staged.line) for staged in staging.dangling_memberships()]
    assert found == [(dangling, "file", 2)]
    assert [view.get("households") for kind, view in staging.views() if kind is Kind.PERSON] == [
        [{"id": "b", "member_spans": [["", "", 1]]}]
    ]


def test_a_rejected_record_claims_nothing(staging: Staging) -> None:
    """The id and identifiers of a rejected record are free for another one."""
    first, second = (Identifier(identifier_type="UIN", identifier_value=value) for value in "12")
    stage(staging, Person(id="a", identifiers=(first,)))
    with pytest.raises(StagingConflict):
        stage(staging, Person(id="b", identifiers=(second, first)))
    stage(staging, Person(id="b", identifiers=(second,)), Group(id="a"))
    assert staging.counts == Counts(people=2, groups=1, memberships=0)


@pytest.mark.parametrize(
    ("most", "side"),
    [(MAX_MEMBERS, "A group has at most 2000"), (MAX_HOUSEHOLDS, "A person belongs to at most 15")],
)
def test_memberships_over_the_limit_are_rejected(staging: Staging, most: int, side: str) -> None:
    """A group and a person have at most the memberships that the registry accepts."""

    def membership(number: int) -> Membership:
        ids = (f"p{number}", "g") if most == MAX_MEMBERS else ("p", f"g{number}")
        return Membership(person_id=ids[0], group_id=ids[1])

    stage(staging, *map(membership, range(most)))
    with pytest.raises(StagingConflict, match=side):
        stage(staging, membership(most))


def test_a_conflict_costs_the_same_however_much_is_staged(staging: Staging) -> None:
    """To reject a record whose identifier is taken, the identifiers of all others are not read."""
    taken = Identifier(identifier_type="UIN", identifier_value="0")
    others = (Identifier(identifier_type="UIN", identifier_value=str(number)) for number in range(1, 5_000))
    stage(staging, *(Person(id=one.identifier_value, identifiers=(one,)) for one in (taken, *others)))
    steps: list[None] = []
    staging.db.set_progress_handler(lambda: steps.append(None), 100)  # instructions of SQLite
    with pytest.raises(StagingConflict, match="belongs to the person 0"):
        stage(staging, Person(id="second", identifiers=(taken,)))
    assert len(steps) < 10
