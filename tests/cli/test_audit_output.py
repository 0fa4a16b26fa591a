"""`dci audit`: its table, and its CSV."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from support.api import Api, identified
from support.audited import LONG_AGO, TABLE
from support.events import ROOT

from .conftest import Dci


@pytest.mark.exhaustive
def test_each_disclosure_is_a_line_of_the_table(asked: Api, dci: Dci, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --json each disclosure is a line, where the terminal is wide enough."""
    monkeypatch.setenv("COLUMNS", "1000")
    title, *lines = dci("audit", "--client", asked.partner_id, *TABLE).out.splitlines()
    columns = [
        "when",
        "who",
        "did",
        "type",
        "count",
        "records",
        "disclosed",
        "route",
        "transaction",
        "purpose",
        "query",
    ]
    assert title.split() == columns
    assert len(lines) == 2
    assert all(asked.partner_id in line for line in lines)


@pytest.mark.exhaustive
@pytest.mark.usefixtures("asked")
def test_the_table_is_the_one_in_the_docs(dci: Dci) -> None:
    """docs/operations.md shows the printed table, except for the names of the clients."""
    document = (ROOT / "docs" / "operations.md").read_text()
    shown = document[document.index("when    ") :].partition("\n```")[0].splitlines()
    printed = dci("audit", "--person", "audited-1", *TABLE, "--clients-table", "dci-clients").out
    client = re.compile(r"(?<=who          ).*")
    # Each test asks anew, so a disclosure may be there several times.
    once = dict.fromkeys(client.sub("", sheet) for sheet in printed.strip().split("\n\n"))
    assert client.sub("", "\n".join(shown)) == "\n\n".join(once)


def test_csv_has_the_keys_of_all_records(asked: Api, dci: Dci) -> None:
    """With --csv each record is a row with all keys, for a spreadsheet."""
    rows = list(csv.DictReader(dci("audit", "--client", asked.partner_id, *TABLE, "--csv").out.splitlines()))
    assert sorted(row["records"] for row in rows) == ["", "GROUP#audited-group PERSON#audited-1"]
    assert {row["client_id"] for row in rows} == {asked.partner_id}
    assert {(row["did"], row["count"]) for row in rows} == {("saw", "0"), ("saw", "2")}


@pytest.mark.exhaustive
@pytest.mark.usefixtures("asked")
def test_the_table_has_the_first_keys_of_an_import(asked: Api, dci: Dci, tmp_path: Path) -> None:
    """A record with thousands of keys does not hide the others; JSON has all of its keys."""
    people = tmp_path / "people.jsonl"
    people.write_text("".join(json.dumps({"person": {"id": f"p-{number:04}"}}) + "\n" for number in range(1500)))
    options = ("--table", asked.runtime.settings.registry_table, "--audit-table", "dci-audit")
    assert dci("registry", "import", str(people), *options).status == 0
    arguments = ("audit", "--person", "p-0700", "--table", "dci-audit")
    shown = dci(*arguments).out
    [record] = json.loads(dci(*arguments, "--json").out)
    assert f"and {len(record['records']) - 20:,} more" in " ".join(shown.split())
    assert shown.count("PERSON#") == 20


def test_csv_of_nothing_is_its_header(dci: Dci) -> None:
    """Without records the CSV has only its header, and the sentence goes to stderr."""
    done = dci("audit", "--person", "nobody", *LONG_AGO, "--csv")
    assert done.out.startswith("moment,client_id,client,operator,did,")
    assert len(done.out.splitlines()) == 1
    assert done.err.startswith("Nothing was recorded about the person nobody")


@pytest.mark.exhaustive
def test_a_cell_of_the_csv_is_no_formula(asked: Api, dci: Dci) -> None:
    """A text that a partner chose and that begins like a formula is made harmless."""
    client, secret = asked.client()
    token = asked.token(client, secret).json["access_token"]
    asked.search(identified("UIN", "nobody", reference_id="=1+1"), token=token)
    rows = csv.DictReader(dci("audit", "--client", client.client_id, *TABLE, "--csv").out.splitlines())
    assert [row["reference_id"] for row in rows] == ["'=1+1"]
