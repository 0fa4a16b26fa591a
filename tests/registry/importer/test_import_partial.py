"""Files with a part of the fields: a row changes what it gives, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Person
from support.import_files import import_into
from support.partial_rows import ALL, ANNA, HILL, MEMBER, NATIONAL_ID, changed, lines, table
from support.registry_harness import Registry


def test_a_file_of_phones_changes_phones_alone(filled: Registry, tmp_path: Path) -> None:
    """`id,phone` leaves name, sex, identifiers, birth date and the restriction of a person."""
    assert import_into(filled, table(tmp_path / "individuals.csv", "id,phone", "anna,+1 555 0199")) == 0
    filled.assert_holds(changed(ANNA, phone_numbers=["+1 555 0199"]), HILL, MEMBER)


def test_an_update_of_an_unknown_person_is_improbable(
    filled: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row of a partial file with an unknown id makes a person without a name: a warning, or rejected if strict."""
    path = table(tmp_path / "individuals.csv", "id,phone", "ana,+1 555 0199")
    kind = "id is not in the registry, and the row gives neither a name nor an identifier"
    assert import_into(filled, path, "--strict") == 1
    assert f"{path}: 1 rejected: 1 {kind} (see" in capsys.readouterr().out
    filled.assert_holds(*ALL)
    assert import_into(filled, path) == 0
    assert f"{path}: 1 warnings: 1 {kind} (see" in capsys.readouterr().out
    assert import_into(filled, path) == 0
    assert "warning" not in capsys.readouterr().out


def test_an_empty_cell_removes_a_value(filled: Registry, tmp_path: Path) -> None:
    """An empty cell removes the value of its column, but never an identifier or a restriction."""
    path = table(
        tmp_path / "individuals.csv",
        "id,phone,birthdate,surname,restricted,reg_ids/id_type,reg_ids/value",
        "anna,,,,,,",
    )
    assert import_into(filled, path) == 0
    after = changed(ANNA, phone_numbers=[], birth_date=None, name={"given_name": "Anna"})
    filled.assert_holds(after, HILL, MEMBER)


def test_null_removes_a_value(filled: Registry, tmp_path: Path) -> None:
    """A `null` of JSON Lines removes a value; what is not there stays."""
    person = {"id": "anna", "birth_date": None, "phone_numbers": None, "name": {"surname": None}}
    assert import_into(filled, lines(tmp_path / "f.jsonl", person=person)) == 0
    after = changed(ANNA, phone_numbers=[], birth_date=None, name={"given_name": "Anna"})
    filled.assert_holds(after, HILL, MEMBER)


def test_a_name_changes_part_by_part(filled: Registry, tmp_path: Path) -> None:
    """A given name changes, and the surname stays; a list of addresses is replaced as a whole."""
    assert import_into(filled, table(tmp_path / "individuals.csv", "id,given_name", "anna,Ana")) == 0
    group = {"id": "hill", "addresses": [{"region_code": "R1"}]}
    assert import_into(filled, lines(tmp_path / "f.jsonl", group=group)) == 0
    person = changed(ANNA, name={"given_name": "Ana", "surname": "Okafor"})
    filled.assert_holds(person, changed(HILL, addresses=[{"region_code": "R1"}]), MEMBER)


def test_identifiers_are_added(filled: Registry, tmp_path: Path) -> None:
    """An identifier of a file is added; one that is equal is spelled as in the file."""
    rows = "id,reg_ids/id_type,reg_ids/value", "anna,NATIONAL_ID,7", ",uin,7"
    assert import_into(filled, table(tmp_path / "individuals.csv", *rows)) == 0
    spelled = {"identifier_type": "uin", "identifier_value": "7"}
    filled.assert_holds(changed(ANNA, identifiers=[spelled, NATIONAL_ID.model_dump()]), HILL, MEMBER)


def test_types_of_restricted_people_stay_unknown(filled: Registry, tmp_path: Path) -> None:
    """A row that does not say that its person is restricted discloses no identifier type that only they have."""
    rows = "id,reg_ids/id_type,reg_ids/value", "anna,WITNESS_ID,7", "beno,NATIONAL_ID,7"
    assert import_into(filled, table(tmp_path / "individuals.csv", *rows)) == 0
    settings = filled.store.settings()
    assert settings.identifier_types == {"NATIONAL_ID"}
    assert settings.restricted_types == {"UIN", "WITNESS_ID"}


def test_replace_takes_the_row_for_the_whole_record(filled: Registry, tmp_path: Path) -> None:
    """With --replace a row is the whole record: also identifiers go, but the restriction stays."""
    path = table(tmp_path / "individuals.csv", "id,phone", "anna,+1 555 0199")
    assert import_into(filled, path, "--replace") == 0
    filled.assert_holds(Person(id="anna", phone_numbers=("+1 555 0199",), restricted=True), HILL, MEMBER)
    assert import_into(filled, lines(tmp_path / "f.jsonl", person={"id": "anna", "restricted": False})) == 0
    filled.assert_holds(Person(id="anna", phone_numbers=("+1 555 0199",)), HILL, MEMBER)


def test_a_dry_run_lists_what_changes_field_by_field(
    filled: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dry run counts the values that are added, changed and removed, in a table of at most 80 columns."""
    before = filled.items()
    rows = (
        "id,given_name,surname,occupation,phone,reg_ids/id_type,reg_ids/value",
        "anna,Ana,,farmer,+1 555 0199,NATIONAL_ID,7",
        "new,New,,,,,",
    )
    people = table(tmp_path / "individuals.csv", *rows)
    groups = table(tmp_path / "groups.csv", "id,name,poverty_score", "hill,Hill,3")
    memberships = table(tmp_path / "memberships.csv", "person_id,group_id,roles,ended_date", "anna,hill,head,")
    assert import_into(filled, people, groups, memberships, "--dry-run") == 0
    summary, *shown = capsys.readouterr().out.splitlines()
    assert summary == (
        "2 people, 1 groups, 1 memberships: 1 records new, 2 changed, 0 unchanged; "
        "0 memberships new, 1 changed, 0 unchanged. Nothing was written."
    )
    assert [" ".join(line.split()) for line in shown] == [
        "field added changed removed",
        "group poverty_score 0 1 0",
        "membership end 0 0 1",
        "person identifiers 1 0 0",
        "person name.given_name 0 1 0",
        "person name.surname 0 0 1",
        "person occupation 1 0 0",
        "person phone_numbers 1 0 1",
    ]
    assert max(map(len, shown)) <= 80
    assert filled.items() == before


def test_a_dry_run_of_a_replacement_shows_lost_identifiers(
    filled: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Identifiers that --replace would remove are counted."""
    path = table(tmp_path / "individuals.csv", "id,phone", "anna,+1 555 0100")
    import_into(filled, path, "--dry-run", "--replace")
    shown = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "person identifiers 0 0 1" in shown
    assert "person name.surname 0 0 1" in shown


def stamp(registry: Registry, kind: Kind = Kind.PERSON, id_: str = "anna") -> Any:
    """Return when a record was changed."""
    return registry.view(kind, id_).get("last_updated")


def test_what_changes_is_stamped(filled: Registry, tmp_path: Path) -> None:
    """A record that an import changes or adds gets the time as last_updated; the others keep theirs."""
    when = {"id": "anna", "last_updated": "2020-01-01T00:00:00Z", "sex": "male"}
    filled.writer.put(changed(ANNA, last_updated=datetime(2999, 1, 1, tzinfo=UTC), sex="other"))
    assert stamp(filled) == "2999-01-01T00:00:00Z"
    hill = stamp(filled, Kind.GROUP, "hill")
    assert import_into(filled, lines(tmp_path / "f.jsonl", person=when)) == 0
    assert stamp(filled).startswith("20")
    assert stamp(filled) not in {"2999-01-01T00:00:00Z", "2020-01-01T00:00:00Z"}
    assert stamp(filled, Kind.GROUP, "hill") == hill
    assert import_into(filled, lines(tmp_path / "f.jsonl", person={"id": "new"})) == 0
    assert stamp(filled, id_="new")
    assert filled.findings() == []


def test_a_newer_stamp_of_the_file_is_kept(filled: Registry, tmp_path: Path) -> None:
    """A file's own last_updated is kept when it is newer than the registry's, and that of a new record always."""
    given = {"id": "anna", "last_updated": "2998-01-01T00:00:00Z", "sex": "male"}
    assert import_into(filled, lines(tmp_path / "f.jsonl", person=given)) == 0
    assert stamp(filled) == "2998-01-01T00:00:00Z"
    old = {"id": "new", "last_updated": "2001-01-01T00:00:00Z"}
    assert import_into(filled, lines(tmp_path / "f.jsonl", person=old)) == 0
    assert stamp(filled, id_="new") == "2001-01-01T00:00:00Z"


@pytest.mark.parametrize("how", [[], ["--replace"]])
def test_a_stamp_alone_is_no_difference(filled: Registry, tmp_path: Path, how: list[str]) -> None:
    """A record that differs in last_updated alone is not written."""
    before = filled.items()
    given = ANNA.model_dump(mode="json", exclude_defaults=True) | {"last_updated": "2998-01-01T00:00:00Z"}
    assert import_into(filled, lines(tmp_path / "f.jsonl", person=given), *how) == 0
    assert filled.items() == before
