"""Whatever is imported into whatever is there: the registry holds it, agrees with itself, and takes it only once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dci_common.registry.model.records import AnyRecord, Group, Identifier, Membership, Name, Person
from support.example_counts import some
from support.import_files import import_into, jsonl
from support.registry_harness import Registry, registry_with

_few = settings(max_examples=some(1 / 8), suppress_health_check=[HealthCheck.function_scoped_fixture])
_people, _groups = st.sampled_from(["p1", "p2", "p3", "p4"]), st.sampled_from(["g1", "g2", "g3"])
_names = st.sampled_from(["Anna", "Beno", "Cleo"])
_identifiers = st.lists(
    st.builds(Identifier, identifier_type=st.just("UIN"), identifier_value=st.sampled_from("123")),
    max_size=2,
    unique=True,
)
_groups_made = st.builds(Group, id=_groups, name=_names, poverty_score=st.sampled_from([1.0, 2.0]))
_memberships = st.builds(
    Membership, person_id=_people, group_id=_groups, roles=st.sampled_from([(), ("head",)]), end=st.none()
)


def files(people: st.SearchStrategy[Person]) -> st.SearchStrategy[list[AnyRecord]]:
    """Return files of up to a dozen records, none of which comes twice."""
    one: st.SearchStrategy[AnyRecord] = st.one_of(people, _groups_made, _memberships, _memberships)
    return st.lists(one, max_size=12, unique_by=key)


def key(record: AnyRecord) -> tuple[str, ...]:
    """Return what identifies a record."""
    if isinstance(record, Membership):
        return record.person_id, record.group_id
    return type(record).__name__, record.id


def whole(there: list[AnyRecord], file: list[AnyRecord]) -> list[AnyRecord]:
    """Return the records after an import: the file's before older ones, memberships of existing people only."""
    merged = {key(record): record for record in (*there, *file)}
    return [
        record
        for record in merged.values()
        if not isinstance(record, Membership)
        or (("Person", record.person_id) in merged and ("Group", record.group_id) in merged)
    ]


@pytest.fixture
def emptied(engine: None) -> Iterator[Registry]:  # noqa: ARG001 - must be running
    """Return a registry that an example may clear."""
    with registry_with() as registry:
        yield registry


@_few
@given(there=files(st.builds(Person, id=_people, name=st.builds(Name, given_name=_names))), data=st.data())
def test_an_import_adds_its_records_to_any_registry(
    emptied: Registry, tmp_path: Path, there: list[AnyRecord], data: st.DataObject
) -> None:
    """An import makes the registry of the older and the newer records together."""
    emptied.clear()
    file = data.draw(files(st.builds(Person, id=_people, name=st.builds(Name, given_name=_names))))
    import_into(emptied, jsonl(tmp_path / "there.jsonl", there))
    expected = whole(whole([], there), file)
    import_into(emptied, path := jsonl(tmp_path / "file.jsonl", file))
    emptied.assert_holds(*expected)
    before = emptied.items()
    import_into(emptied, path)
    assert emptied.items() == before


@_few
@given(first=files(st.builds(Person, id=_people, identifiers=_identifiers)), data=st.data())
def test_conflicting_identifiers_leave_a_consistent_registry(
    emptied: Registry, tmp_path: Path, first: list[AnyRecord], data: st.DataObject
) -> None:
    """With any conflicts of identifiers the registry is consistent, and a second import changes nothing."""
    emptied.clear()
    second = data.draw(files(st.builds(Person, id=_people, identifiers=_identifiers)))
    import_into(emptied, jsonl(tmp_path / "first.jsonl", first))
    statuses = [import_into(emptied, path := jsonl(tmp_path / "second.jsonl", second))]
    assert emptied.findings() == []
    before = emptied.items()
    statuses.append(import_into(emptied, path))
    assert emptied.items() == before
    assert statuses[0] == statuses[1]
