"""Files without ids: each new record gets a stable one, which is written out."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Person
from support.import_files import import_into, private_rows, read_table, rejected_rows
from support.registry_harness import Registry, registry_with

WITHOUT_IDS = "given_name,reg_ids/id_type,reg_ids/value\nAnna,UIN,7\n"


def ids(text: str, name: str = "individuals.csv") -> list[str]:
    """Return the ids of the records of a table."""
    return [row.record.id for row in read_table(name, text) if isinstance(row.record, Person | Group)]


def given_to_anna(registry: Registry, path: Path, *options: str) -> str:
    """Import a person without id, and return the id that they are given."""
    path.write_text(WITHOUT_IDS)
    assert import_into(registry, path, *options) == 0
    (anna,) = private_rows(path, "ids.csv")
    return anna["id"]


def test_records_without_id_are_given_one(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file without ids loads once, changes nothing the second time, and its ids are written for other files."""
    path = tmp_path / "individuals.csv"
    path.write_text(
        "given_name,birthdate,reg_ids/id_type,reg_ids/value\nAnna,1990-01-31,UIN,7\n,,NIN,8\nBeno,1991-01-31,,\n"
    )
    assert import_into(registry, path) == 0
    assert f"{path}: 2 records were given an id (see {path}.ids.csv)\n" in capsys.readouterr().out
    before = registry.items()
    assert import_into(registry, path) == 0
    assert registry.items() == before
    target = tmp_path / "individuals.csv.ids.csv"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    anna, more, beno = private_rows(path, "ids.csv")
    assert (anna["given_name"], more["id"], more["reg_ids/value"], beno["given_name"]) == ("Anna", "", "8", "Beno")
    assert import_into(registry, target) == 0
    assert registry.items() == before
    (tmp_path / "groups.csv").write_text("id\ng.1\n")
    (tmp_path / "memberships.csv").write_text(f"group,individual\ng.1,{anna['id']}\n")
    assert import_into(registry, tmp_path / "memberships.csv", tmp_path / "groups.csv") == 0
    assert len(registry.views()) == 3


def test_an_id_follows_from_the_first_identifier() -> None:
    """A corrected name, another spelling or a further identifier leaves the id as it is."""
    header = "given_name,reg_ids/id_type,reg_ids/value\n"
    (known,) = ids(f"{header}Anna,UIN,7\n")
    for text in ("Anne,uin,7\n", "Anna,UIN,'7\n", "Anna,UIN,7.0\n", "Anna,UIN,٧\n", "Anna,UIN,7\n,NIN,8\n"):
        assert ids(header + text) == [known]
    assert ids(f"{header}Anna,NIN,7\n") != [known]
    assert ids(f"{header}Anna,UIN,8\n") != [known]


def test_an_id_follows_from_the_whole_row_without_an_identifier() -> None:
    """Without an identifier the id follows from all values of the row, whatever the columns are called."""
    (known,) = ids("given_name,birthdate\nAnna,1990-01-31\n")
    assert ids("Birth Date,Given Name,phone\n1990-01-31,Anna,\n") == [known]
    assert ids("given_name,birthdate\nAnna,1990-02-01\n") != [known]
    assert ids("name\nAnna\n", "groups.csv") != ids("name\nAnna\n")


def test_rows_that_say_the_same_are_rejected(registry: Registry, tmp_path: Path) -> None:
    """Two rows that cannot be distinguished are not loaded as one in silence."""
    path = tmp_path / "individuals.csv"
    path.write_text("given_name\nAnna\nAnna\n")
    assert import_into(registry, path) == 1
    (row,) = rejected_rows(path)
    assert row["reason"].endswith(" is in the files twice.")
    assert len(registry.views()) == 1


def test_an_empty_id_is_filled(registry: Registry, tmp_path: Path) -> None:
    """A row without id in a file with ids is a new record; only it is written out, with its memberships."""
    path = tmp_path / "individuals.csv"
    path.write_text("given_name,id,individual_membership_ids/group\nAnna,1,\nBeno,,g.1\n")
    (tmp_path / "groups.csv").write_text("id,name\ng.1,Hill\n")
    assert import_into(registry, path, tmp_path / "groups.csv") == 0
    (beno,) = private_rows(path, "ids.csv")
    assert beno["given_name"] == "Beno"
    assert beno["id"].startswith("p-")
    (household,) = registry.view(Kind.PERSON, beno["id"])["households"]
    assert household["id"] == "g.1"


def test_an_id_does_not_reveal_the_identifier(registry: Registry, tmp_path: Path) -> None:
    """Ids follow from a secret of their registry: two registries give others, although results show their order."""
    path = tmp_path / "individuals.csv"
    anna = given_to_anna(registry, path)
    with registry_with() as other:
        assert given_to_anna(other, path) != anna
        assert given_to_anna(other, path, "--dry-run") != anna
    assert given_to_anna(registry, path, "--dry-run") == anna
    assert ids(WITHOUT_IDS) != [anna]


def test_ids_stay_the_same_in_a_registry_with_records(registry: Registry, tmp_path: Path) -> None:
    """A registry that was loaded with ids keeps the key of the first ones that it gives."""
    (tmp_path / "groups.csv").write_text("id\ng.1\n")
    assert import_into(registry, tmp_path / "groups.csv") == 0
    anna = given_to_anna(registry, tmp_path / "individuals.csv")
    assert given_to_anna(registry, tmp_path / "individuals.csv") == anna
    assert len(registry.views()) == 2


def test_a_dry_run_before_the_first_id_gives_none(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dry run writes nothing to the registry, so it writes no ids that the import would not give."""
    path = tmp_path / "individuals.csv"
    path.write_text(WITHOUT_IDS)
    before = registry.items()
    assert import_into(registry, path, "--dry-run") == 0
    assert registry.items() == before
    assert "given an id" not in capsys.readouterr().out
    assert not (tmp_path / "individuals.csv.ids.csv").exists()
