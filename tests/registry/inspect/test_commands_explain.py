"""`dci registry explain`: how a search is run, and what it costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dci_common.registry.model.records import Group, Identifier, Membership, Name, Person
from support.commands import Commands, Outcome
from support.example_counts import sampled
from support.registry_harness import Registry


@pytest.fixture
def _filled(registry: Registry) -> None:
    """Let the registry have ten people, half of them with one surname, and a household."""
    for number in range(10):
        uin = Identifier(identifier_type="UIN", identifier_value=f"U{number}")
        name = Name(surname=("Okafor", "Sule")[number % 2], given_name=f"Name {number}")
        registry.put(Person(id=f"p{number}", identifiers=(uin,), name=name, sex="female", birth_date="1990-01-31"))
    registry.put(Group(id="g1", poverty_score=2.5), Membership(person_id="p1", group_id="g1"))


def explain(dci: Commands, tmp_path: Path, criteria: object, *options: str) -> Outcome:
    """Write the criteria to a file and have them explained."""
    path = tmp_path / "query.json"
    path.write_text(json.dumps(criteria))
    return dci("explain", path, *options)


def predicate(*expressions: tuple[str, str, object], **criteria: Any) -> dict[str, Any]:
    """Return criteria with entries that must all hold."""
    query = [
        {"expression1": {"attribute_name": name, "operator": operator, "attribute_value": value}}
        for name, operator, value in expressions
    ]
    return {"query_type": "predicate", "query": query, **criteria}


@pytest.mark.usefixtures("_filled")
def test_a_lookup_has_no_range(dci: Commands, tmp_path: Path) -> None:
    """A search by identifier has no range, and reads the lookup and then the record."""
    criteria = {"query_type": "idtype-value", "query": {"type": "UIN", "value": "U3"}}
    shown = json.loads(explain(dci, tmp_path, criteria, "--json").out)
    assert shown["path"] == {"ids": 1, "ranges": []}
    assert (shown["filter"], shown["partitions"]) == (None, [])
    assert (shown["entries_examined"], shown["items_read"], shown["matched"]) == (0, 2, 1)
    assert shown["calls"] == shown["serial_round_trips"] == 2
    assert shown["read_units"] > 0


@pytest.mark.usefixtures("_filled")
def test_a_range_is_shown_with_its_residual_filter(dci: Commands, tmp_path: Path) -> None:
    """The index that is queried is shown with its attributes, the residual filter, and the measured cost."""
    criteria = predicate(("surname", "eq", "Okafor"), ("sex", "eq", "female"))
    shown = json.loads(explain(dci, tmp_path, criteria, "--json").out)
    (range_,) = shown["path"]["ranges"]
    assert (range_["slot"], range_["attributes"], range_["spans"]) == ("x03", ["surname"], [["okafor#", "okafor$"]])
    assert "PERSON#body" in shown["partitions"]
    assert "IN" in shown["filter"]["expression"]
    assert shown["entries_examined"] == shown["matched"] == 5
    assert 2 <= shown["serial_round_trips"] <= shown["calls"]
    out = explain(dci, tmp_path, criteria).out
    assert "x03 (surname), one value or several" in out
    assert out.splitlines()[-1].split() == ["serial", "round", "trips", str(out.split()[-1])]


@pytest.mark.usefixtures("_filled")
def test_what_is_uncertain_of_a_birth_date_is_shown_as_a_filter(
    dci: Commands, registry: Registry, tmp_path: Path
) -> None:
    """A range of birth dates has one span, and the year and the month around its end are filtered."""
    registry.put(*(Person(id=known, birth_date=known) for known in ("1990", "1990-06", "1989", "1989-12")))
    shown = json.loads(explain(dci, tmp_path, predicate(("birth_date", "le", "1990-06-15")), "--json").out)
    (range_,) = shown["path"]["ranges"]
    assert (range_["slot"], range_["spans"]) == ("x02", [[" ", "1990-06-15$"]])
    assert shown["filter"]["expression"] == "(#f.#birth_date <= :f0 AND (NOT #f.#birth_date IN (:f1,:f2)))"
    assert [value["S"] for value in shown["filter"]["values"].values()] == [
        "1990-06-15",
        "1990-01-01~1990-12-31",
        "1990-06-01~1990-06-30",
    ]
    assert (shown["entries_examined"], shown["matched"]) == (14, 12)


@pytest.mark.exhaustive
@pytest.mark.usefixtures("_filled")
@pytest.mark.parametrize(
    ("criteria", "shown"),
    [
        (predicate(("surname", "ge", "")), "rejected"),
        (predicate(("household.poverty_score", "lt", 3)), "x01 (every record), all records"),
        (predicate(("poverty_score", "lt", 3), reg_record_type="Group"), "x02 (poverty_score), values to one side"),
        (predicate(("name", "eq", "Name 1*")), "begin alike"),
        ({"query_type": "everything", "query": {}}, "query_type"),
        ([], "search_criteria"),
    ],
)
def test_full_reads_and_rejections_are_shown(dci: Commands, tmp_path: Path, criteria: object, shown: str) -> None:
    """A path that reads every record is shown as such, and a search that would be rejected with its reason."""
    done = explain(dci, tmp_path, criteria)
    assert shown in (done.out or done.problem)


@pytest.mark.usefixtures("_filled")
def test_a_cursor_is_rejected(dci: Commands, tmp_path: Path) -> None:
    """A file with a cursor is rejected, not treated as the first page; an empty cursor is no cursor."""
    criteria = predicate(("surname", "eq", "Okafor"), pagination={"page_size": 2, "cursor": "AAAA"})
    done = explain(dci, tmp_path, criteria, "--json")
    assert "cursor" in done.problem
    criteria["pagination"]["cursor"] = ""
    assert explain(dci, tmp_path, criteria, "--json").status == 0


@pytest.mark.usefixtures("_filled")
@pytest.mark.parametrize(("number", "read"), sampled([(1, 3), (2, 2), (3, 0)], 1))
def test_the_requested_page_is_measured(dci: Commands, tmp_path: Path, number: int, read: int) -> None:
    """The cost is that of the requested page."""
    criteria = predicate(("surname", "eq", "Okafor"), pagination={"page_size": 3, "page_number": number})
    assert json.loads(explain(dci, tmp_path, criteria, "--json").out)["items_read"] == read


def test_a_missing_file_is_named(dci: Commands, tmp_path: Path) -> None:
    """A file that cannot be read is named."""
    assert "be read: " in dci("explain", tmp_path / "nothing.json").problem
