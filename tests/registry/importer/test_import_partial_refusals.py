"""Files with a part of the fields: a row is rejected that makes an invalid record of what the registry has."""

from __future__ import annotations

from pathlib import Path

import pytest

from dci_cli.aws import OperatorRuntime
from dci_cli.registry.importer import command
from dci_cli.registry.importer.import_run import Options
from dci_cli.registry.importer.target import Target
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Person
from support.import_files import import_into, rejected_rows
from support.partial_rows import ALL, lines, table
from support.registry_harness import Client, Registry


def test_a_record_that_is_invalid_when_merged_is_rejected(
    filled: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row that makes the record of the registry invalid is rejected with the field and the reason."""
    more = [f"anna,T{number},1" for number in range(1, 2)] + [f",T{number},1" for number in range(2, 21)]
    path = table(tmp_path / "individuals.csv", "id,reg_ids/id_type,reg_ids/value", *more)
    assert import_into(filled, path) == 1
    printed = capsys.readouterr().out
    assert "Together with what the registry has: identifiers must have at most 20 entries" in printed
    rows = "person_id,group_id,start,end", "anna,hill,2020-01-01,2019-01-01"
    assert import_into(filled, table(tmp_path / "memberships.csv", *rows)) == 1
    membership = {"person_id": "anna", "group_id": "hill", "end": "2019-01-01"}
    assert import_into(filled, lines(tmp_path / "f.jsonl", membership=membership)) == 1
    filled.assert_holds(*ALL)


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
