"""Files with a part of the fields: a row changes what it gives, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dci_cli.aws import OperatorRuntime
from dci_cli.registry.importer import command
from dci_cli.registry.importer.import_run import Options
from dci_cli.registry.importer.target import Target
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Address, AnyRecord, Group, Identifier, Membership, Name, Person
from support.import_files import import_into, rejected_rows
from support.registry_harness import Client, Registry

UIN, NATIONAL_ID = (Identifier(identifier_type=type_, identifier_value="7") for type_ in ("UIN", "NATIONAL_ID"))
ANNA = Person(
    id="anna",
    identifiers=(UIN,),
    name=Name(given_name="Anna", surname="Okafor"),
    sex="female",
    birth_date="1990-01-31",
    phone_numbers=("+1 555 0100",),
    restricted=True,
)
HILL = Group(id="hill", name="Hill", poverty_score=2.5, addresses=(Address(locality="Hilltown"),))
MEMBER = Membership(person_id="anna", group_id="hill", roles=("head",), start="2020-01-01", end="2030-01-01")
ALL: tuple[AnyRecord, ...] = (ANNA, HILL, MEMBER)


@pytest.fixture
def filled(registry: Registry) -> Registry:
    """Return a registry with a person in a household."""
    registry.put(*ALL)
    return registry


def table(path: Path, *rows: str) -> Path:
    """Write a CSV file."""
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def lines(path: Path, **given: Any) -> Path:
    """Write a file of one record in JSON Lines: `person={...}`."""
    path.write_text(json.dumps(given) + "\n", encoding="utf-8")
    return path


def changed(record: Any, **fields: Any) -> Any:
    """Return a record with other fields."""
    return type(record).model_validate(record.model_dump() | fields)


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


@pytest.mark.parametrize(
    ("header", "row", "fields"),
    [
        ("person_id,group_id", "anna,hill", {}),
        ("person_id,group_id,roles", "anna,hill,principal_recipient", {"roles": ["principal_recipient"]}),
        ("person_id,group_id,start,ended_date", "anna,hill,2020-01-01,2027-01-01", {"end": "2027-01-01"}),
        ("person_id,group_id,ended_date", "anna,hill,", {"end": None}),
    ],
)
def test_a_membership_keeps_what_its_row_does_not_give(
    filled: Registry, tmp_path: Path, header: str, row: str, fields: dict[str, Any]
) -> None:
    """A row without end or roles leaves those of the period that it means."""
    assert import_into(filled, table(tmp_path / "memberships.csv", header, row)) == 0
    filled.assert_holds(ANNA, HILL, changed(MEMBER, **fields))


def test_replace_takes_a_membership_for_whole(filled: Registry, tmp_path: Path) -> None:
    """With --replace a row without end and roles removes both; the start stays, by which the period is known."""
    path = table(tmp_path / "memberships.csv", "person_id,group_id", "anna,hill")
    assert import_into(filled, path, "--replace") == 0
    filled.assert_holds(ANNA, HILL, Membership(person_id="anna", group_id="hill", start="2020-01-01"))


def test_a_new_period_is_added_after_the_one_that_ends(filled: Registry, tmp_path: Path) -> None:
    """A file ends the period in force and begins another one, in any order of its rows."""
    rows = "person_id,group_id,start,end", "anna,hill,2026-06-01,", "anna,hill,2020-01-01,2026-01-01"
    assert import_into(filled, path := table(tmp_path / "memberships.csv", *rows)) == 0
    ended = changed(MEMBER, end="2026-01-01")
    after = ANNA, HILL, ended, Membership(person_id="anna", group_id="hill", start="2026-06-01")
    filled.assert_holds(*after)
    before = filled.items()
    assert import_into(filled, path) == 0
    assert filled.items() == before


def test_periods_of_a_file_contradict_those_of_the_registry(
    filled: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row whose period overlaps one of the registry is rejected, in a dry run too."""
    path = table(tmp_path / "memberships.csv", "person_id,group_id,start", "anna,hill,2025-01-01")
    for how in (["--dry-run"], []):
        assert import_into(filled, path, *how) == 1
        assert "already, which overlaps" in capsys.readouterr().out
    filled.assert_holds(*ALL)


def test_a_record_that_is_invalid_when_merged_is_rejected(
    filled: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row that makes the record of the registry invalid is rejected with the field and the reason."""
    more = [f"anna,T{number},1" for number in range(1, 2)] + [f",T{number},1" for number in range(2, 21)]
    path = table(tmp_path / "individuals.csv", "id,reg_ids/id_type,reg_ids/value", *more)
    assert import_into(filled, path) == 1
    told = capsys.readouterr().out
    assert "Together with what the registry has: identifiers must have at most 20 entries" in told
    rows = "person_id,group_id,start,end", "anna,hill,2020-01-01,2019-01-01"
    assert import_into(filled, table(tmp_path / "memberships.csv", *rows)) == 1
    membership = {"person_id": "anna", "group_id": "hill", "end": "2019-01-01"}
    assert import_into(filled, lines(tmp_path / "f.jsonl", membership=membership)) == 1
    filled.assert_holds(*ALL)


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


def test_a_rejected_row_leaves_its_memberships(filled: Registry, tmp_path: Path) -> None:
    """The membership of a person whose row is rejected is loaded if the registry has the person."""
    filled.put(Group(id="lake"), Person(id="beno", identifiers=(NATIONAL_ID,)))
    people = table(tmp_path / "individuals.csv", "id,reg_ids/id_type,reg_ids/value", "anna,NATIONAL_ID,7")
    memberships = table(tmp_path / "memberships.csv", "person_id,group_id", "anna,lake")
    assert import_into(filled, people, memberships) == 1
    joined = Membership(person_id="anna", group_id="lake")
    filled.assert_holds(*ALL, Group(id="lake"), Person(id="beno", identifiers=(NATIONAL_ID,)), joined)


@pytest.mark.parametrize("replace", [False, True])
def test_a_restriction_meanwhile_is_kept(filled: Registry, tmp_path: Path, *, replace: bool) -> None:
    """Another writer may restrict a person after the import has compared them: what the row does not give stays."""
    filled.put(Person(id="beno"))
    runtime = OperatorRuntime(filled.runtime.settings)
    vars(runtime)["dynamodb"] = client = Client(runtime.dynamodb)
    meanwhile = Person(id="beno", restricted=True, sex="male")
    client.before = lambda number: filled.writer.put(meanwhile) if number == 1 else None
    path = table(tmp_path / "individuals.csv", "id,phone", "beno,555")
    assert command.load([path], Target.read(runtime, None), Options(replace=replace)) == 0
    assert filled.view(Kind.PERSON, "beno")["phone_numbers"] == ["555"]
    assert filled.view(Kind.PERSON, "beno")["restricted"] is True
    assert ("sex" in filled.view(Kind.PERSON, "beno")) is not replace


def test_what_is_not_valid_with_a_change_meanwhile_is_rejected(filled: Registry, tmp_path: Path) -> None:
    """A row that contradicts what another writer has changed since the comparison is rejected."""
    filled.put(Person(id="beno"))
    runtime = OperatorRuntime(filled.runtime.settings)
    vars(runtime)["dynamodb"] = client = Client(runtime.dynamodb)
    meanwhile = Person(id="beno", birth_date="2001-01-01")
    client.before = lambda number: filled.writer.put(meanwhile) if number == 1 else None
    path = table(tmp_path / "individuals.csv", "id,death_date", "beno,2000-01-01")
    assert command.load([path], Target.read(runtime, None)) == 1
    assert "Together with what the registry has" in rejected_rows(path)[0]["reason"]
    filled.assert_holds(*ALL, meanwhile)


def test_a_death_before_the_birth_in_the_registry_is_rejected(filled: Registry, tmp_path: Path) -> None:
    """What is impossible is rejected also where the file gives only one of the two dates."""
    path = table(tmp_path / "individuals.csv", "id,death_date", "anna,1989-12-31")
    assert import_into(filled, path) == 1
    assert rejected_rows(path)[0]["reason"].endswith("death_date is before the birth.")
    filled.assert_holds(*ALL)
