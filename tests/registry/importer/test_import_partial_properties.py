"""Any sequence of files with parts of records makes the registry of the records merged one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dci_common.registry.model.records import AnyRecord, Group, Membership, Person
from support.example_counts import some
from support.import_files import import_into
from support.registry_harness import Registry, registry_with

Row = tuple[str, dict[str, Any]]
Merged = dict[tuple[str, ...], dict[str, Any]]

_few = settings(max_examples=some(1 / 8), suppress_health_check=[HealthCheck.function_scoped_fixture])
_people, _groups = st.sampled_from(["p1", "p2", "p3"]), st.sampled_from(["g1", "g2"])
_text = st.sampled_from(["A", "B", None])


def part(required: dict[str, Any], **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects with all required members and any of the others."""
    return st.fixed_dictionaries(required, optional=optional)


_names = part({}, given_name=_text, surname=_text)
_persons = part(
    {"id": _people},
    name=_names,
    sex=st.sampled_from(["female", None]),
    birth_date=st.sampled_from(["1990-01-31", None]),
    phone_numbers=st.sampled_from([["+1 555 0100"], ["+1 555 0101", "+1 555 0100"], [], None]),
    restricted=st.booleans(),
)
_households = part({"id": _groups}, name=_text, poverty_score=st.sampled_from([1.0, 2.0, None]))
_memberships = part(
    {"person_id": _people, "group_id": _groups},
    roles=st.sampled_from([["head"], [], None]),
    end=st.sampled_from(["2999-01-01", None]),
)
_rows: st.SearchStrategy[Row] = st.one_of(
    st.tuples(st.just("person"), _persons),
    st.tuples(st.just("group"), _households),
    st.tuples(st.just("membership"), _memberships),
    st.tuples(st.just("membership"), _memberships),
)


def key(row: Row) -> tuple[str, ...]:
    """Return what identifies a row's record."""
    kind, fields = row
    return (kind, fields["id"]) if "id" in fields else (kind, fields["person_id"], fields["group_id"])


_files = st.lists(st.lists(_rows, max_size=10, unique_by=key), min_size=1, max_size=3)


def merge(there: Merged, file: list[Row]) -> Merged:
    """Return the records after a file, by plain means; a membership of a record that is missing is left out."""
    merged = dict(there)
    for row in file:
        before = merged.get(key(row), {})
        name = before.get("name", {})
        after = before | row[1]
        if row[0] == "person" and "name" in row[1]:
            after["name"] = {part: text for part, text in (name | row[1]["name"]).items() if text}
        merged[key(row)] = {member: value for member, value in after.items() if value not in (None, [])}
    return {
        one: fields
        for one, fields in merged.items()
        if one[0] != "membership" or {("person", one[1]), ("group", one[2])} <= merged.keys()
    }


def records(merged: Merged) -> Iterator[AnyRecord]:
    """Return merged fields as records."""
    models: dict[str, type[AnyRecord]] = {"person": Person, "group": Group, "membership": Membership}
    for (kind, *_), fields in merged.items():
        yield models[kind].model_validate(fields)


@pytest.fixture
def emptied(engine: None) -> Iterator[Registry]:  # noqa: ARG001 - must be running
    """Return a registry that an example may clear."""
    with registry_with() as registry:
        yield registry


@_few
@given(files=_files)
def test_files_of_parts_make_the_merged_registry(emptied: Registry, tmp_path: Path, files: list[list[Row]]) -> None:
    """After each file the registry holds the merged records, and a second import of it changes nothing."""
    emptied.clear()
    merged: Merged = {}
    for file in files:
        path = tmp_path / "f.jsonl"
        path.write_text("".join(json.dumps({kind: fields}) + "\n" for kind, fields in file), encoding="utf-8")
        import_into(emptied, path)
        merged = merge(merged, file)
        emptied.assert_holds(*records(merged))
        before = emptied.items()
        import_into(emptied, path)
        assert emptied.items() == before
