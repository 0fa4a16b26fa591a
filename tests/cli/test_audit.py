"""`dci audit`: the clients that saw a person, and the people that a client saw."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from support.api import Api
from support.audited import LONG_AGO, TABLE

from .conftest import Dci


def disclosures(dci: Dci, *arguments: str) -> list[dict[str, object]]:
    """Return the disclosures that are printed as JSON."""
    done = dci("audit", *arguments, *TABLE, "--json")
    assert done.status == 0
    found: list[dict[str, object]] = json.loads(done.out)
    return found


@pytest.mark.exhaustive
def test_a_person_is_seen_alone_and_in_a_household(asked: Api, dci: Dci) -> None:
    """Clients that found a person or saw them in a household are listed, the oldest first."""
    seen = disclosures(dci, "--person", "audited-1")  # by the clients of other tests too
    moments = [str(one["moment"]) for one in seen]
    assert [one["moment"] for one in seen if one.get("client_id") == asked.partner_id] == ["2026-03-01T09:30:00.000Z"]
    assert "2026-03-02T09:30:00.000Z" in moments
    assert moments == sorted(moments)
    assert disclosures(dci, "--person", "audited-2") == []


@pytest.mark.exhaustive
def test_a_clients_searches_are_listed_with_purpose_and_query(asked: Api, dci: Dci) -> None:
    """Every search of a client is listed, with the purpose and the query as they were sent."""
    seen = disclosures(dci, "--client", asked.partner_id)
    assert sorted(len(disclosure.get("records", [])) for disclosure in seen) == [0, 2]  # type: ignore[arg-type]
    [one] = [disclosure for disclosure in seen if "records" in disclosure]
    assert one["purpose"] == {"consent": {"code": "benefit"}}
    assert one["query"]["query_type"] == "predicate"  # type: ignore[index]


@pytest.mark.exhaustive
@pytest.mark.usefixtures("asked")
def test_only_the_days_of_the_period_are_read(dci: Dci) -> None:
    """Only disclosures of the period are printed."""
    assert len(disclosures(dci, "--group", "audited-group", "--since", "2026-03-02")) > 0
    done = dci(
        "audit", "--person", "audited-1", "--table", "dci-audit", "--since", "2025-01-01", "--until", "2025-01-02"
    )
    assert done.out == (
        "Nothing was recorded about the person audited-1 from 2025-01-01 to 2025-01-02."
        " Whether there is such a person was not checked: give --registry-table or REGISTRY_TABLE.\n"
    )


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--table", ""),
            "The table's name is missing or not valid: give the stack's output AuditTable with ",
        ),
        (("--table", "no-such-table"), "There is no such table in the AWS region "),
        (("--table", "dci-audit", "--since", "2999-01-01"), "--since must not be after --until."),
        (("--table", "dci-audit", "--since", "2026-01-01", "--day", "2026-01-01"), "Give --day, or --since and "),
    ],
)
def test_a_wrong_option_is_one_line(dci: Dci, arguments: tuple[str, ...], said: str) -> None:
    """A missing table and a wrong period are reported in one line."""
    assert dci("audit", "--person", "1", *arguments).problem.startswith(said)


@pytest.mark.usefixtures("asked")
def test_a_day_alone(dci: Dci) -> None:
    """--day is one day."""
    day = ("--table", "dci-audit", "--day", "2026-03-01", "--json")
    moments = [record["moment"] for record in json.loads(dci("audit", "--group", "audited-group", *day).out)]
    assert moments
    assert {moment[:10] for moment in moments} == {"2026-03-01"}


def test_changes_by_operators_are_shown(asked: Api, dci: Dci, tmp_path: Path) -> None:
    """The history of a person has changes and disclosures; --changes shows all changes."""
    registry = ("--table", asked.runtime.settings.registry_table)
    path = tmp_path / "one.jsonl"
    path.write_text('{"person": {"id": "changed"}}\n{"person": {"id": "changed"}}\n')
    assert dci("registry", "put", str(path), *registry).status == 0
    path.write_text(
        '{"person": {"id": "changed", "identifiers": [' + '{"identifier_type": "UIN", "identifier_value": "55"}]}}'
    )
    assert dci("registry", "put", str(path), *registry).status == 2
    today = ("--table", "dci-audit")
    sheets = dci("audit", "--person", "changed", *today).out.strip().split("\n\n")
    shown = [dict(re.split(" {2,}", line, maxsplit=1) for line in sheet.splitlines()) for sheet in sheets]
    assert [(sheet["did"], sheet["count"], sheet["records"]) for sheet in shown] == [
        ("put", "1", "PERSON#changed"),
        ("put, in part", "1", "PERSON#changed"),
    ]
    found = json.loads(dci("audit", "--changes", *today, "--json").out)
    assert {"put"} <= {record["command"] for record in found}
    assert all("operator" in record for record in found)
    assert dci("audit", "--changes", *LONG_AGO).out.startswith("There were no changes by operators from 2025-01-01")
