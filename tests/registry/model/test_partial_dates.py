"""Birth dates that are known in part: loaded from files, shown, exported and changed as far as they are known."""

from __future__ import annotations

from pathlib import Path

import pytest

from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Membership, Person
from support.commands import Commands
from support.registry_harness import Registry

CSV = "id,given_name,birthdate\np1,Ana,1982\np2,Bo,1982-05\np3,Chi,1982-05-31\np4,Dan,1982-13\n"
LINES = "\n".join(f'{{"person":{{"id":"p{number}","birth_date":"{known}"}}}}' for number, known in
                  enumerate(("1982", "1982-05", "1982-05-31", "82"), 1))  # fmt: skip


@pytest.mark.parametrize(("name", "content"), [("individuals.csv", CSV), ("people.jsonl", LINES)])
def test_files_may_have_a_part_of_a_birth_date(
    dci: Commands, registry: Registry, tmp_path: Path, name: str, content: str
) -> None:
    """A year or a month is loaded as it is, found consistent, and exported again; what is no date is rejected."""
    path, exported = tmp_path / name, tmp_path / "out.jsonl"
    path.write_text(content)
    assert dci("import", path).status == 1
    born = {person_id: view.get("birth_date") for (_, person_id), view in registry.views().items()}
    assert born == {"p1": "1982", "p2": "1982-05", "p3": "1982-05-31"}
    assert registry.findings() == []
    assert dci("export", "--output", exported).status == 0
    assert '"birth_date":"1982"}' in exported.read_text()
    assert dci("import", exported).status == 0
    assert registry.findings() == []


def test_show_has_the_index_entry_of_a_part(dci: Commands, registry: Registry) -> None:
    """The record shows what is known; its index entry from when to when that is."""
    registry.put(Person(id="p1", birth_date="1982-05"))
    shown = dci("show", "p1").out
    assert "birth_date              1982-05\n" in shown
    assert "1982-05-01~1982-05-31#p1" in shown


def test_a_birth_date_becomes_known_and_unknown(registry: Registry) -> None:
    """Index entries, the group's member list and slots follow each change."""
    group, member = Group(id="g1"), Membership(person_id="p1", group_id="g1")
    registry.put(Person(id="p1", birth_date="1982"), group, member)
    for known in ("1982-05", "1982-05-31", "1982", None):
        person = Person(id="p1", birth_date=known)
        registry.put(person)
        registry.assert_holds(person, group, member)
        (entry,) = registry.view(Kind.GROUP, "g1")["members"]
        assert entry.get("birth_date") == known


def test_whole_dates_have_the_index_entries_that_they_always_had(registry: Registry) -> None:
    """A table that an older version wrote needs no reindex."""
    registry.put(Person(id="p1", birth_date="1982-05-31", addresses=[{"sub_region_code": "D"}]))
    item = registry.items()["PERSON#p1", "RECORD"]
    slots = {name: value["S"] for name, value in item.items() if name in {"x02", "x06"}}
    assert slots == {"x02": "1982-05-31#p1", "x06": "d#1982-05-31#p1"}
    assert item["facets"]["M"]["birth_date"] == {"S": "1982-05-31"}
