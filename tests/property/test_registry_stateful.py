"""Any sequence of changes, refusals and crashes leaves a registry that agrees with itself and holds what was put."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from dci_cli.registry.edit.reindex import Reindex
from dci_common.registry.errors import IdentifierTaken, NoSuchRecord, VersionConflict, WriteRefused
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.records import Group, Membership, Person
from dci_common.registry.model.views import membership_fields
from dci_common.registry.storage.items import settings_item
from support.example_counts import some
from support.former_registry import write_as_version_2
from support.registry_changes import (
    GROUPS,
    PEOPLE,
    crashes,
    few,
    groups,
    holds,
    holds_no,
    is_made,
    memberships,
    overlap,
    people,
    shown,
    start_of,
    starts,
    unique_keys,
    versions,
    without_start,
)
from support.registry_harness import (
    INDEXING,
    Registry,
    expected_views,
    items_of,
    registry_with,
    unstamped,
)


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
        if is_made(
            self.registry,
            lambda writer: writer.delete_membership(person_id, group_id, (start or "") if is_given else None),
            refusal,
            crash,
            lambda: shown(self.registry, key) is None,
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
        key = (*pair, start_of(meant) if meant else "")
        refusal: type[WriteRefused] | None = None
        if pair[0] not in self.people or pair[1] not in self.groups:
            refusal = NoSuchRecord
        elif meant is None or any(
            overlap(meant, other) for other in self._periods(*pair) if start_of(other) != key[2]
        ):
            refusal = WriteRefused
        if is_made(
            self.registry,
            lambda writer: writer.put(membership),
            refusal,
            crash,
            lambda: meant is not None and shown(self.registry, key) == membership_fields(record_fields(meant)),
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
        if is_made(
            self.registry,
            lambda writer: writer.put(record, version=expected),
            refusal,
            crash,
            lambda: holds(self.registry, kind, record),
        ):
            known[record.id] = record

    def _delete(
        self, known: dict[str, Any], kind: Kind, record_id: str, version: str, crash: tuple[int, bool] | None
    ) -> None:
        expected = self._version(kind, record_id, version)
        refusal: type[WriteRefused] | None = VersionConflict if version == "wrong" else None
        if refusal is None and record_id not in known:
            refusal = NoSuchRecord
        if is_made(
            self.registry,
            lambda writer: writer.delete(kind, record_id, version=expected),
            refusal,
            crash,
            lambda: holds_no(self.registry, kind, record_id),
        ):
            del known[record_id]
            self.memberships = {key: value for key, value in self.memberships.items() if record_id not in key}

    def _version(self, kind: Kind, record_id: str, which: str) -> int | None:
        if which == "any":
            return None
        self._finish()  # else that changes the versions
        return self.registry.version(kind, record_id) + (which == "wrong")

    def _finish(self) -> None:
        for group_id in GROUPS:
            self.registry.writer.finish(Kind.GROUP, group_id)

    def _is_taken(self, kind: Kind, record: Person | Group) -> bool:
        others: list[tuple[Kind, Person | Group]] = [(Kind.PERSON, person) for person in self.people.values()]
        others += [(Kind.GROUP, group) for group in self.groups.values()]
        return any(
            unique_keys(kind, record) & unique_keys(other_kind, other)
            for other_kind, other in others
            if (other_kind, other.id) != (kind, record.id)
        )


@pytest.mark.exhaustive
def test_any_sequence_of_writes_matches_the_model(engine: None) -> None:  # noqa: ARG001 - must be running
    """People, groups and memberships come, change and go; writers crash; what is left is what the dicts hold."""
    with registry_with() as registry:
        machine: Any = partial(Changes, registry)
        run_state_machine_as_test(machine, settings=settings(max_examples=some(0.3), stateful_step_count=40))
