"""The import that docs/registry.md shows prints what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dci_common.registry.storage import keys
from support.events import ROOT
from support.import_files import import_into
from support.registry_harness import Registry

_TITLES = "id,Given Name,Family Name,Date of Birth,Gender,Phone,Registrant IDs/ID Type,Registrant IDs/Value,Remarks"
INDIVIDUALS = f"""\
{_TITLES}
p-0001,Amara,Okafor,1990-01-31,Female,+1 555 0100,UIN,847951632,
,,,,,,National ID,A-17,
p-0002,Chidi,Okafor,1986-05-12,Male,+1 555 0102/+1 555 0103,UIN,847951633.0,
p-0003,Ife,Okafor,2012-11-20,Female,,,,
p-0004,Obi,Okafor,2081-09-03,Male,555 O1O3,BRN,BR-2018-12,
p-0005,Lina,Mbeki,1975-02-14,Female,,,,
"""
GROUPS = "id,name,group_type\nh-0001,Okafor,household\nh-0002,Mbeki,household\n"
MEMBERSHIPS = "group,individual,kind\nh-0001,p-0001,Head\nh-0001,p-0002,\nh-0001,p-0003,\nh-0002,p-0005,Head\n"
DOCUMENT = (ROOT / "docs" / "registry.md").read_text(encoding="utf-8")
CORRECTIONS = """\
id,family_name,phone,reg_ids/id_type,reg_ids/value
p-0001,Okafor-Bello,+1 555 0199,,
p-0003,Okafor,+1 555 0104,BRN,BR-2012-7
"""
ENDED = "group,individual,end_date\nh-0001,p-0002,2026-01-01\n"


def test_the_import_in_the_docs_prints_that(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The documented output is the printed one, apart from the seconds, and so are the rejects."""
    registry.runtime.dynamodb.delete_item(TableName=registry.table, Key=keys.REGISTRY_KEY)  # as a new table is
    monkeypatch.chdir(tmp_path)
    files = {"individuals.csv": INDIVIDUALS, "groups.csv": GROUPS, "memberships.csv": MEMBERSHIPS}
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8")
    assert import_into(registry, *files) == 1
    printed = capsys.readouterr()
    assert _without_seconds(printed.err + printed.out) == _shown(*files)
    rejects = Path("individuals.csv.rejected.csv").read_text(encoding="utf-8-sig")
    assert all(f"  {line}\n" in DOCUMENT for line in rejects.splitlines())
    Path("individuals.csv").write_text(CORRECTIONS, encoding="utf-8")
    Path("memberships.csv").write_text(ENDED, encoding="utf-8")
    assert all(text in DOCUMENT for text in (CORRECTIONS, ENDED))
    corrected = "individuals.csv", "memberships.csv"
    assert import_into(registry, "--dry-run", *corrected) == 0
    printed = capsys.readouterr()
    assert _without_seconds(printed.err + printed.out) == _shown("--dry-run", *corrected)


def _shown(*arguments: str) -> str:
    command = f"$ ./dci registry import {' '.join(arguments)}\n"
    return _without_seconds(DOCUMENT.partition(command)[2].partition("```")[0])


def _without_seconds(text: str) -> str:
    return re.sub(r"\d+\.\d s", "N s", text)
