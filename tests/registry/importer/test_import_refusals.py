"""`dci registry import`: records that contradict the registry, or each other, are rejected alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from dci_common.registry.model.records import AnyRecord, Group, Membership, Person
from dci_common.registry.write import put_changes
from support.hill_household import ANNA, ANNA_ON_HILL, BENO, BENO_ON_HILL, HILL, uin
from support.import_files import import_into, jsonl, rejected
from support.registry_harness import Registry


def test_rejected_records_are_not_counted(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The summary counts no record or membership that was rejected at any step."""
    registry.put(ANNA, BENO.model_copy(update={"identifiers": uin("2")}))
    exchanged = [ANNA.model_copy(update={"identifiers": uin("2")}), BENO.model_copy(update={"identifiers": uin("1")})]
    thief = Group(id="thief", identifiers=uin("1"))
    stray = Membership(person_id="nobody", group_id="hill")
    path = jsonl(tmp_path / "f.jsonl", [*exchanged, thief, HILL, ANNA_ON_HILL, stray])
    assert import_into(registry, path) == 1
    assert len(rejected(path)) == 4
    assert capsys.readouterr().out.splitlines()[0] == (
        "0 people, 1 groups, 1 memberships: 1 records new, 0 changed, 0 unchanged; "
        "1 memberships new, 0 changed, 0 unchanged."
    )
    registry.assert_holds(ANNA, BENO.model_copy(update={"identifiers": uin("2")}), HILL, ANNA_ON_HILL)


def test_a_membership_of_an_unknown_person_is_rejected(registry: Registry, tmp_path: Path) -> None:
    """A membership of an unknown person or group is rejected with its line and the missing record."""
    registry.put(ANNA)
    path = jsonl(tmp_path / "f.jsonl", [BENO, BENO_ON_HILL, ANNA_ON_HILL])
    assert import_into(registry, path) == 1
    reason = "Neither the files nor the registry have the group hill."
    assert [(row["line"], row["reason"]) for row in rejected(path)] == [(2, reason), (3, reason)]
    assert rejected(path)[0]["row"] == {"membership": {"person_id": "beno", "group_id": "hill"}}
    registry.assert_holds(ANNA, BENO)


def test_another_records_identifier_is_rejected(registry: Registry, tmp_path: Path) -> None:
    """A record with another record's identifier is rejected with its memberships; the others are loaded."""
    registry.put(ANNA)
    path = jsonl(
        tmp_path / "f.jsonl", [thief := BENO.model_copy(update={"identifiers": uin("1")}), HILL, BENO_ON_HILL]
    )
    assert import_into(registry, path) == 1
    conflict, stray = rejected(path)
    assert conflict["reason"] == "An identifier of type UIN already belongs to PERSON#anna."
    assert (conflict["line"], conflict["row"]["person"]["id"]) == (1, thief.id)
    assert stray["reason"] == "Neither the files nor the registry have the person beno."
    registry.assert_holds(ANNA, HILL)


def test_a_record_is_rejected_once(registry: Registry, tmp_path: Path) -> None:
    """A record is rejected once, however many of its identifiers belong to others."""
    registry.put(ANNA, BENO.model_copy(update={"identifiers": uin("2")}))
    path = jsonl(tmp_path / "f.jsonl", [Person(id="cleo", identifiers=uin("1") + uin("2"))])
    assert import_into(registry, path) == 1
    assert [row["line"] for row in rejected(path)] == [1]


def test_an_identifier_can_move_between_records(registry: Registry, tmp_path: Path) -> None:
    """A file of whole records can move an identifier to another record, in either order."""
    registry.put(ANNA, HILL)
    heir = BENO.model_copy(update={"identifiers": uin("1")})
    path = jsonl(
        tmp_path / "f.jsonl", [heir, BENO_ON_HILL, poorer := ANNA.model_copy(update={"identifiers": uin("2")})]
    )
    assert import_into(registry, path, "--replace") == 0
    registry.assert_holds(poorer, heir, HILL, BENO_ON_HILL)


def test_an_exchange_of_identifiers_is_rejected(registry: Registry, tmp_path: Path) -> None:
    """Two records that exchange identifiers are rejected: neither can be written before the other."""
    registry.put(ANNA, BENO.model_copy(update={"identifiers": uin("2")}))
    before = registry.items()
    exchanged = [ANNA.model_copy(update={"identifiers": uin("2")}), BENO.model_copy(update={"identifiers": uin("1")})]
    path = jsonl(tmp_path / "f.jsonl", exchanged)
    for how in ([], ["--replace"]):
        assert import_into(registry, path, *how) == 1
        assert sorted(row["line"] for row in rejected(path)) == [1, 2]
        assert registry.items() == before


def test_the_later_of_two_contradicting_rows_is_rejected(empty: Registry, tmp_path: Path) -> None:
    """Of two rows with the same id, identifier or membership the later is rejected, in one file or two."""
    first = jsonl(tmp_path / "a.jsonl", [ANNA, ANNA, HILL, ANNA_ON_HILL, ANNA_ON_HILL])
    second = jsonl(tmp_path / "b.jsonl", [BENO.model_copy(update={"identifiers": uin(" 1")}), HILL])
    assert import_into(empty, first, second) == 1
    assert [(row["line"], row["reason"]) for row in rejected(first)] == [
        (2, "The person anna is in the files twice."),
        (5, "The membership of the person anna in the group hill is in the files twice."),
    ]
    assert [(row["line"], row["reason"]) for row in rejected(second)] == [
        (1, "An identifier of type UIN already belongs to the person anna."),
        (2, "The group hill is in the files twice."),
    ]
    empty.assert_holds(ANNA, HILL, ANNA_ON_HILL)


def test_bad_lines_are_rejected_as_they_are(
    empty: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line that is not a record is written unchanged to a private file of rejects; the rest is imported."""
    path = tmp_path / "f.jsonl"
    path.write_bytes(
        b'\xef\xbb\xbf{"person":{"id":"anna"}}\n\nnot JSON \xff\n'
        b'{"person":{"id":"b","sex":"yes"}}\n{"group":{"id":"hill"}}\n{"group":{"id":"a","id":"b"}}'
    )
    assert import_into(empty, path) == 1
    assert rejected(path) == [
        {"line": 3, "reason": "The line is not valid JSON.", "row": "not JSON \ufffd"},
        {
            "line": 4,
            "reason": "person.sex must be 'male', 'female', 'other' or 'unknown'.",
            "row": '{"person":{"id":"b","sex":"yes"}}',
        },
        {
            "line": 6,
            "reason": "The line has id more than once in an object.",
            "row": '{"group":{"id":"a","id":"b"}}',
        },
    ]
    file = tmp_path / "f.jsonl.rejected.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kinds = (
        "1 The line is not valid JSON, 1 person.sex must be 'male', 'female', 'other' or 'unknown', "
        "1 The line has id more than once in an object"
    )
    assert f"{path}: 3 rejected: {kinds} (see {file})\n" in capsys.readouterr().out
    empty.assert_holds(Person(id="anna"), Group(id="hill"))


def test_old_rejects_are_deleted(empty: Registry, tmp_path: Path) -> None:
    """A run without rejects deletes those of an earlier run."""
    path = tmp_path / "f.jsonl"
    path.write_text("nonsense\n")
    import_into(empty, path)
    assert import_into(empty, jsonl(path, [ANNA])) == 0
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.exhaustive
@pytest.mark.parametrize("limit", ["MAX_MEMBERS", "MAX_HOUSEHOLDS"])
def test_a_membership_over_the_limit_is_rejected_alone(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """A new record is loaded without the membership that an existing person cannot have any more."""
    registry.put(ANNA, HILL, ANNA_ON_HILL)
    monkeypatch.setattr(put_changes, limit, 1)
    lake = Group(id="lake")
    more: dict[str, list[AnyRecord]] = {
        "MAX_MEMBERS": [BENO, HILL, BENO_ON_HILL],
        "MAX_HOUSEHOLDS": [lake, ANNA, Membership(person_id="anna", group_id="lake")],
    }
    path = jsonl(tmp_path / "f.jsonl", more[limit])
    assert import_into(registry, path) == 1
    assert [(row["line"], "at most 1 " in row["reason"]) for row in rejected(path)] == [(3, True)]
    registry.assert_holds(ANNA, HILL, ANNA_ON_HILL, BENO if limit == "MAX_MEMBERS" else lake)
