"""Changes of a small registry that are drawn at random, and whether the registry made them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from hypothesis import strategies as st

from dci_common.registry.errors import WriteRefused
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.records import Group, Identifier, Membership, Person
from dci_common.registry.model.rules import Rules
from dci_common.registry.model.views import entry_key, membership_fields, own_fields
from dci_common.registry.storage.items import lookup_items
from dci_common.registry.write.committer import DELETION
from dci_common.registry.write.writer import RegistryWriter
from support.registry_harness import Crash, Registry, unstamped

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


def start_of(period: Membership) -> str:
    """Return the start of a period as text; empty without one."""
    return period.start.isoformat() if period.start else ""


def overlap(one: Membership, other: Membership) -> bool:
    """Return whether two periods have a day in common, or one of no day is inside the other."""
    begins = [period.start or date.min for period in (one, other)]
    ends = [period.end or date.max for period in (one, other)]
    return begins[0] < ends[1] and begins[1] < ends[0]


def shown(registry: Registry, key: tuple[str, str, str]) -> dict[str, Any] | None:
    """Return what a person shows of the period of membership with this person, group and start, if anything."""
    person = registry.stored(Kind.PERSON, key[0])
    homes = person.view["households"] if person else []
    return next((membership_fields(home) for home in homes if entry_key(home) == key[1:]), None)


def holds(registry: Registry, kind: Kind, record: Person | Group) -> bool:
    """Return whether a record is stored as it is, and not being deleted."""
    stored = registry.stored(kind, record.id)
    if stored is None or stored.pending == DELETION:
        return False
    return bool(unstamped(own_fields(stored.view)) == record_fields(record))


def holds_no(registry: Registry, kind: Kind, record_id: str) -> bool:
    """Return whether no record has this id, but for one that is being deleted."""
    stored = registry.stored(kind, record_id)
    return stored is None or stored.pending == DELETION


def unique_keys(kind: Kind, record: Person | Group) -> set[str]:
    """Return the keys of a record's identifiers that no other record may have."""
    return {pk for pk, sk in lookup_items(kind, record_fields(record), Rules()) if sk == "RECORD"}


def is_made(
    registry: Registry,
    change: Callable[[RegistryWriter], None],
    refusal: type[WriteRefused] | None,
    crash: tuple[int, bool] | None,
    has_effect: Callable[[], bool],
) -> bool:
    """Make a change, unless it crashes; return whether it is made. It must be rejected just as it should be."""
    writer, client = registry.disturbed(ACTIONS)
    if crash:
        client.crash(crash[0], before=crash[1])
    try:
        change(writer)
    except Crash:
        return refusal is None and has_effect()
    except WriteRefused as error:
        refused: type[WriteRefused] | None = type(error)
    else:
        refused = None
    assert refused is refusal
    return refused is None
