"""Any sequence of changes, refusals and crashes leaves a registry that agrees with itself and holds what was put."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from dci_cli.registry.edit.reindex import Reindex
from dci_common.registry.errors import IdentifierTaken, NoSuchRecord, VersionConflict, WriteRefused
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.records import Group, Identifier, Membership, Person
from dci_common.registry.model.rules import Rules
from dci_common.registry.model.views import entry_key, membership_fields, own_fields
from dci_common.registry.storage.items import lookup_items, settings_item
from dci_common.registry.write.committer import DELETION
from dci_common.registry.write.writer import RegistryWriter
from support.example_counts import some
from support.former_registry import write_as_version_2
from support.registry_harness import (
    INDEXING,
    Crash,
    Registry,
    expected_views,
    items_of,
    registry_with,
    unstamped,
)

# A group may have more members than a transaction of so few actions changes at once, and a person fits into one
# with all that it touches: two periods in each group, and the former keys of the memberships.
ACTIONS = 18
PEOPLE = [f"p{number:02}" for number in range(18)]
GROUPS = ["g0", "g1"]

identifiers = st.lists(
    st.builds(Identifier, identifier_type=st.sampled_from(("A", "a")), identifier_value=st.sampled_from("123456")),
    max_size=2,
    unique_by=lambda identifier: identifier.identifier_value,
)
dates = st.sampled_from((None, "2020-01-01", "2024-01-01"))
starts = st.sampled_from((None, "2020-01-01"))  # with `dates` as ends, two periods at most do not overlap
few = st.sampled_from(PEOPLE[:4])  # so that they come back often
people = st.builds(
    Person,
    id=st.sampled_from(PEOPLE),
    identifiers=identifiers,
    phone_numbers=st.sampled_from(((), ("555",))),
    birth_date=st.sampled_from((None, "2020-01-01", "2020-01", "2024")),
    birth_place=st.sampled_from((None, "here", "there")),
    restricted=st.booleans(),
)
groups = st.builds(
    Group,
    id=st.sampled_from(GROUPS),
    identifiers=identifiers,
    phone_numbers=st.sampled_from(((), ("555",))),
    poverty_score=st.sampled_from((None, 0, 2.5)),
)
memberships = st.builds(
    Membership,
    person_id=few | st.sampled_from(PEOPLE),
    group_id=st.sampled_from(GROUPS),
    roles=st.sampled_from(((), ("head",))),
    start=starts,
    end=dates,
)
without_start = st.builds(Membership, person_id=few, group_id=st.sampled_from(GROUPS), end=dates)
# No crash, or one at the n-th transaction from now: before it reaches DynamoDB (True), or after it took effect.
crashes = st.none() | st.tuples(st.integers(1, 5), st.booleans())
versions = st.sampled_from(("any", "any", "right", "right", "wrong"))


class Changes(RuleBasedStateMachine):
    """Changes a registry, and dicts as it should be."""

    def __init__(self, registry: Registry) -> None:
        super().__init__()
        self.registry = registry
        self.registry.clear()
        self.registry.write([settings_item(INDEXING.shards, set(), set())])
        self.people: dict[str, Person] = {}
        self.groups: dict[str, Group] = {}
        self.memberships: dict[tuple[str, str, str], Membership] = {}

    @initialize(crowded=st.sampled_from((True, True, False)), is_former=st.booleans())
    def begin(self, *, crowded: bool, is_former: bool) -> None:
        """Begin with nothing, or with everybody in a group and a few in another; perhaps as formerly."""
        if crowded:
            self.groups = {id_: Group(id=id_) for id_ in GROUPS}
            self.people = {id_: Person(id=id_) for id_ in PEOPLE}
            pairs = [*((id_, "g0") for id_ in PEOPLE), *((id_, "g1") for id_ in PEOPLE[:3])]
            self.memberships = {(*pair, ""): Membership(person_id=pair[0], group_id=pair[1]) for pair in pairs}
        if is_former:
            write_as_version_2(self.registry, *self._records())
        else:
            self.registry.write(items_of(self._records()))

    @rule(person=people, version=versions, crash=crashes)
    def put_person(self, person: Person, version: str, crash: tuple[int, bool] | None) -> None:
        """Create or replace a person."""
        self._put(self.people, Kind.PERSON, person, version, crash)

    @rule(group=groups, version=versions, crash=crashes)
    def put_group(self, group: Group, version: str, crash: tuple[int, bool] | None) -> None:
        """Create or replace a group."""
        self._put(self.groups, Kind.GROUP, group, version, crash)

    @rule(membership=memberships, crash=crashes)
    def put_membership(self, membership: Membership, crash: tuple[int, bool] | None) -> None:
        """Add or change a period of a person in a group."""
        self._put_period(membership, membership, crash)

    @rule(membership=without_start, crash=crashes)
    def put_without_start(self, membership: Membership, crash: tuple[int, bool] | None) -> None:
        """Change the period in force, the only one, or add one."""
        periods = self._periods(membership.person_id, membership.group_id)
        meant = [period for period in periods if period.end is None] or periods  # all dates are in the past
        start = meant[0].start if len(meant) == 1 else None
        is_valid = len(meant) < 2 and not (start and membership.end and membership.end < start)
        self._put_period(membership, membership.model_copy(update={"start": start}) if is_valid else None, crash)

    @rule(
        person_id=few | st.sampled_from(PEOPLE),
        group_id=st.sampled_from(GROUPS),
        start=starts,
        crash=crashes,
        is_given=st.booleans(),
    )
    def delete_membership(
        self, person_id: str, group_id: str, start: str | None, crash: tuple[int, bool] | None, *, is_given: bool
    ) -> None:
        """Delete a period of a person in a group, by its start or as the only one."""
        periods = [key for key in self.memberships if key[:2] == (person_id, group_id)]
        key = (person_id, group_id, start or "") if is_given or not periods else periods[0]
        refusal: type[WriteRefused] | None = None if key in self.memberships else NoSuchRecord
        if refusal is None and not is_given and len(periods) > 1:
            refusal = WriteRefused
        if self._done(
            lambda writer: writer.delete_membership(person_id, group_id, (start or "") if is_given else None),
            refusal,
            crash,
            lambda: self._shown(key) is None,
        ):
            del self.memberships[key]

    @precondition(lambda self: self.memberships)
    @rule(data=st.data(), crash=crashes)
    def move(self, data: st.DataObject, crash: tuple[int, bool] | None) -> None:
        """Move a member to the other group."""
        person_id, group_id, start = data.draw(st.sampled_from(sorted(self.memberships)))
        self.delete_membership(person_id, group_id, start, crash, is_given=True)
        other = {"g0": "g1", "g1": "g0"}[group_id]
        self.put_membership(Membership(person_id=person_id, group_id=other, start=None), None)

    @rule(person_id=st.sampled_from(PEOPLE), version=versions, crash=crashes)
    def delete_person(self, person_id: str, version: str, crash: tuple[int, bool] | None) -> None:
        """Delete a person."""
        self._delete(self.people, Kind.PERSON, person_id, version, crash)

    @rule(group_id=st.sampled_from(GROUPS), version=versions, crash=crashes)
    def delete_group(self, group_id: str, version: str, crash: tuple[int, bool] | None) -> None:
        """Delete a group."""
        self._delete(self.groups, Kind.GROUP, group_id, version, crash)

    @rule()
    def agree(self) -> None:
        """Finish what is unfinished; then the registry holds what it should."""
        self._finish()
        assert unstamped(self.registry.views()) == unstamped(expected_views(self._records()))
        if not self.registry.store.settings().former:
            assert self.registry.findings() == []

    @rule()
    def reindex(self) -> None:
        """Change the keys that an older version wrote."""
        list(Reindex(self.registry.operator).pages(None))
        assert not self.registry.store.settings().former

    def teardown(self) -> None:
        """See that it agrees at the end."""
        self.reindex()
        self.agree()

    def _put_period(self, membership: Membership, meant: Membership | None, crash: tuple[int, bool] | None) -> None:
        """Put a membership; `meant` is what it means, None if it may mean several or contradicts what is there."""
        pair = membership.person_id, membership.group_id
        key = (*pair, _start(meant) if meant else "")
        refusal: type[WriteRefused] | None = None
        if pair[0] not in self.people or pair[1] not in self.groups:
            refusal = NoSuchRecord
        elif meant is None or any(
            _overlap(meant, other) for other in self._periods(*pair) if _start(other) != key[2]
        ):
            refusal = WriteRefused
        if self._done(
            lambda writer: writer.put(membership),
            refusal,
            crash,
            lambda: meant is not None and self._shown(key) == membership_fields(record_fields(meant)),
        ):
            assert meant is not None
            self.memberships[key] = meant

    def _periods(self, person_id: str, group_id: str) -> list[Membership]:
        return [period for key, period in self.memberships.items() if key[:2] == (person_id, group_id)]

    def _records(self) -> list[Person | Group | Membership]:
        return [*self.groups.values(), *self.people.values(), *self.memberships.values()]

    def _put(
        self, known: dict[str, Any], kind: Kind, record: Any, version: str, crash: tuple[int, bool] | None
    ) -> None:
        expected = self._version(kind, record.id, version)
        refusal: type[WriteRefused] | None = VersionConflict if version == "wrong" else None
        if refusal is None and self._is_taken(kind, record):
            refusal = IdentifierTaken
        if self._done(
            lambda writer: writer.put(record, version=expected),
            refusal,
            crash,
            lambda: self._holds(kind, record),
        ):
            known[record.id] = record

    def _delete(
        self, known: dict[str, Any], kind: Kind, record_id: str, version: str, crash: tuple[int, bool] | None
    ) -> None:
        expected = self._version(kind, record_id, version)
        refusal: type[WriteRefused] | None = VersionConflict if version == "wrong" else None
        if refusal is None and record_id not in known:
            refusal = NoSuchRecord
        if self._done(
            lambda writer: writer.delete(kind, record_id, version=expected),
            refusal,
            crash,
            lambda: self._holds_no(kind, record_id),
        ):
            del known[record_id]
            self.memberships = {key: value for key, value in self.memberships.items() if record_id not in key}

    def _done(
        self,
        change: Callable[[RegistryWriter], None],
        refusal: type[WriteRefused] | None,
        crash: tuple[int, bool] | None,
        is_made: Callable[[], bool],
    ) -> bool:
        """Make a change, unless it crashes; tell whether it is made. It must be rejected just as it should be."""
        writer, client = self.registry.disturbed(ACTIONS)
        if crash:
            client.crash(crash[0], before=crash[1])
        try:
            change(writer)
        except Crash:
            return refusal is None and is_made()
        except WriteRefused as error:
            refused: type[WriteRefused] | None = type(error)
        else:
            refused = None
        assert refused is refusal
        return refused is None

    def _version(self, kind: Kind, record_id: str, which: str) -> int | None:
        if which == "any":
            return None
        self._finish()  # else that changes the versions
        return self.registry.version(kind, record_id) + (which == "wrong")

    def _finish(self) -> None:
        for group_id in GROUPS:
            self.registry.writer.finish(Kind.GROUP, group_id)

    def _is_taken(self, kind: Kind, record: Person | Group) -> bool:
        def unique(kind: Kind, record: Person | Group) -> set[str]:
            return {pk for pk, sk in lookup_items(kind, record_fields(record), Rules()) if sk == "RECORD"}

        others: list[tuple[Kind, Person | Group]] = [(Kind.PERSON, person) for person in self.people.values()]
        others += [(Kind.GROUP, group) for group in self.groups.values()]
        return any(
            unique(kind, record) & unique(other_kind, other)
            for other_kind, other in others
            if (other_kind, other.id) != (kind, record.id)
        )

    def _shown(self, key: tuple[str, str, str]) -> dict[str, Any] | None:
        person = self.registry.stored(Kind.PERSON, key[0])
        homes = person.view["households"] if person else []
        return next((membership_fields(home) for home in homes if entry_key(home) == key[1:]), None)

    def _holds(self, kind: Kind, record: Person | Group) -> bool:
        stored = self.registry.stored(kind, record.id)
        if stored is None or stored.pending == DELETION:
            return False
        return bool(unstamped(own_fields(stored.view)) == record_fields(record))

    def _holds_no(self, kind: Kind, record_id: str) -> bool:
        stored = self.registry.stored(kind, record_id)
        return stored is None or stored.pending == DELETION


def _start(period: Membership) -> str:
    return period.start.isoformat() if period.start else ""


def _overlap(one: Membership, other: Membership) -> bool:
    """Return whether two periods have a day in common, or one of no day is inside the other."""
    begins = [period.start or date.min for period in (one, other)]
    ends = [period.end or date.max for period in (one, other)]
    return begins[0] < ends[1] and begins[1] < ends[0]


@pytest.mark.exhaustive
def test_any_sequence_of_writes_matches_the_model(engine: None) -> None:  # noqa: ARG001 - must be running
    """People, groups and memberships come, change and go; writers crash; what is left is what the dicts hold."""
    with registry_with() as registry:
        machine: Any = partial(Changes, registry)
        run_state_machine_as_test(machine, settings=settings(max_examples=some(0.3), stateful_step_count=40))
