"""Any sequence of changes, refusals and crashes leaves a registry that agrees with itself and holds what was put."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from dci_common.registry.errors import IdentifierTaken, NoSuchRecord, VersionConflict, WriteRefused
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.records import Group, Identifier, Membership, Person
from dci_common.registry.model.rules import Rules
from dci_common.registry.model.views import membership_fields, own_fields
from dci_common.registry.storage.items import lookup_items
from dci_common.registry.write.committer import DELETION
from dci_common.registry.write.writer import RegistryWriter
from support.example_counts import some
from support.registry_harness import Crash, Registry, items_of, registry_with

# Each group has more members than a transaction of so few actions changes at once, and a person fits into one
# with all that it touches.
ACTIONS = 10
PEOPLE = [f"p{number}" for number in range(8)]
GROUPS = ["g0", "g1"]

identifiers = st.lists(
    st.builds(Identifier, identifier_type=st.sampled_from(("A", "a")), identifier_value=st.sampled_from("123456")),
    max_size=2,
    unique_by=lambda identifier: identifier.identifier_value,
)
dates = st.sampled_from((None, "2020-01-01", "2024-01-01"))
people = st.builds(
    Person,
    id=st.sampled_from(PEOPLE),
    identifiers=identifiers,
    phone_numbers=st.sampled_from(((), ("555",))),
    birth_date=dates,
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
    person_id=st.sampled_from(PEOPLE),
    group_id=st.sampled_from(GROUPS),
    roles=st.sampled_from(((), ("head",))),
    start=st.sampled_from((None, "2020-01-01")),
    end=dates,
)
# No crash, or one at the n-th transaction from now: before it reaches DynamoDB (True), or after it took effect.
crashes = st.none() | st.tuples(st.integers(1, 5), st.booleans())
versions = st.sampled_from(("any", "any", "right", "right", "wrong"))


class Changes(RuleBasedStateMachine):
    """Changes a registry, and dicts as it should be."""

    def __init__(self, registry: Registry) -> None:
        super().__init__()
        self.registry = registry
        self.registry.clear()
        self.people: dict[str, Person] = {}
        self.groups: dict[str, Group] = {}
        self.memberships: dict[tuple[str, str], Membership] = {}

    @initialize(crowded=st.sampled_from((True, True, False)))
    def begin(self, *, crowded: bool) -> None:
        """Begin with nothing, or with everybody in one group and a few in another."""
        if crowded:
            self.groups = {id_: Group(id=id_) for id_ in GROUPS}
            self.people = {id_: Person(id=id_) for id_ in PEOPLE}
            pairs = [*((id_, "g0") for id_ in PEOPLE), *((id_, "g1") for id_ in PEOPLE[:3])]
            self.memberships = {(one, group): Membership(person_id=one, group_id=group) for one, group in pairs}
            self.registry.write(items_of([*self.groups.values(), *self.people.values(), *self.memberships.values()]))

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
        """Add or change a person's membership in a group."""
        key = membership.person_id, membership.group_id
        known = key[0] in self.people and key[1] in self.groups
        if self._done(
            lambda writer: writer.put(membership),
            None if known else NoSuchRecord,
            crash,
            lambda: self._shown(key) == membership_fields(record_fields(membership)),
        ):
            self.memberships[key] = membership

    @rule(person_id=st.sampled_from(PEOPLE), group_id=st.sampled_from(GROUPS), crash=crashes)
    def end_membership(self, person_id: str, group_id: str, crash: tuple[int, bool] | None) -> None:
        """Take a person out of a group."""
        key = person_id, group_id
        if self._done(
            lambda writer: writer.delete_membership(*key),
            None if key in self.memberships else NoSuchRecord,
            crash,
            lambda: self._shown(key) is None,
        ):
            del self.memberships[key]

    @precondition(lambda self: self.memberships)
    @rule(data=st.data(), crash=crashes)
    def move(self, data: st.DataObject, crash: tuple[int, bool] | None) -> None:
        """Move a member to the other group."""
        person_id, group_id = data.draw(st.sampled_from(sorted(self.memberships)))
        self.end_membership(person_id, group_id, crash)
        self.put_membership(Membership(person_id=person_id, group_id={"g0": "g1", "g1": "g0"}[group_id]), None)

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
        self.registry.assert_holds(*self.people.values(), *self.groups.values(), *self.memberships.values())

    def teardown(self) -> None:
        """See that it agrees at the end."""
        self.agree()

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

    def _shown(self, key: tuple[str, str]) -> dict[str, Any] | None:
        person = self.registry.stored(Kind.PERSON, key[0])
        homes = person.view["households"] if person else []
        return next((membership_fields(home) for home in homes if home["id"] == key[1]), None)

    def _holds(self, kind: Kind, record: Person | Group) -> bool:
        stored = self.registry.stored(kind, record.id)
        return stored is not None and stored.pending != DELETION and own_fields(stored.view) == record_fields(record)

    def _holds_no(self, kind: Kind, record_id: str) -> bool:
        stored = self.registry.stored(kind, record_id)
        return stored is None or stored.pending == DELETION


@pytest.mark.exhaustive
def test_any_sequence_of_writes_matches_the_model(engine: None) -> None:  # noqa: ARG001 - must be running
    """People, groups and memberships come, change and go; writers crash; what is left is what the dicts hold."""
    with registry_with() as registry:
        machine: Any = partial(Changes, registry)
        run_state_machine_as_test(machine, settings=settings(max_examples=some(0.3), stateful_step_count=40))
