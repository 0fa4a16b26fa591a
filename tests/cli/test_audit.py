"""`dci audit`: the clients that saw a person, and the people that a client saw."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest

from dci_cli.local.demo import Population
from dci_common.registry.model.records import Group, Membership, Person
from support.api import Api, identified, predicate
from support.events import ROOT
from support.registries import registry_of

from .conftest import Dci

POPULATION = Population(
    [Person(id="audited-1", birth_date="1990-01-01"), Person(id="audited-2", birth_date="1991-01-01")],
    [Group(id="audited-group", poverty_score=1)],
    [Membership(person_id="audited-1", group_id="audited-group")],
)
TABLE = ("--table", "dci-audit", "--until", "2026-03-02")


@pytest.fixture
def asked(new_api: Callable[..., Api]) -> Iterator[Api]:
    """Return an API with a search for a person, one without matches, and one for a group on the next day."""
    with registry_of(POPULATION) as table:
        api = new_api(registry_table=table)
        purpose = {"purpose": {"code": "benefit"}}
        api.search(predicate(("birth_date", "eq", "1990-01-01"), consent=purpose), token=api.partner_token)
        api.search(identified("UIN", "nobody"))
        api.clock.advance(86_400)
        token = api.token(*api.client()).json["access_token"]
        api.search(predicate(("poverty_score", "eq", 1), reg_record_type="Group"), token=token)
        yield api


def disclosures(dci: Dci, *arguments: str) -> list[dict[str, object]]:
    """Return the disclosures that are printed as JSON Lines."""
    done = dci("audit", *arguments, *TABLE, "--json")
    assert done.status == 0
    return [json.loads(line) for line in done.out.splitlines() if line]


@pytest.mark.exhaustive
@pytest.mark.usefixtures("asked")
def test_a_person_is_seen_alone_and_in_a_household(dci: Dci) -> None:
    """Clients that found a person or saw them in a household are listed, the oldest first."""
    assert [seen["moment"] for seen in disclosures(dci, "--person", "audited-1")][-2:] == [
        "2026-03-01T09:30:00.000Z",
        "2026-03-02T09:30:00.000Z",
    ]
    assert disclosures(dci, "--person", "audited-2") == []


@pytest.mark.exhaustive
def test_a_clients_searches_are_listed_with_purpose_and_query(asked: Api, dci: Dci) -> None:
    """Every search of a client is listed, with the purpose and the query as they were sent."""
    seen = disclosures(dci, "--client", asked.partner_id)
    assert sorted(len(disclosure.get("records", [])) for disclosure in seen) == [0, 2]  # type: ignore[arg-type]
    [one] = [disclosure for disclosure in seen if "records" in disclosure]
    assert one["purpose"] == {"consent": {"code": "benefit"}}
    assert one["query"]["query_type"] == "predicate"  # type: ignore[index]


def test_each_disclosure_is_a_line_of_the_table(asked: Api, dci: Dci, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --json each disclosure is a line, where the terminal is wide enough."""
    monkeypatch.setenv("COLUMNS", "1000")
    title, *lines = dci("audit", "--client", asked.partner_id, *TABLE).out.splitlines()
    assert title.split() == ["when", "client", "transaction", "type", "records", "purpose", "query"]
    assert len(lines) == 2
    assert all(asked.partner_id in line for line in lines)


@pytest.mark.exhaustive
@pytest.mark.usefixtures("asked")
def test_the_table_is_the_one_in_the_docs(dci: Dci) -> None:
    """docs/operations.md shows the printed table, except for the clients' ids."""
    document = (ROOT / "docs" / "operations.md").read_text()
    shown = document[document.index("when    ") :].partition("\n```")[0].splitlines()
    printed = dci("audit", "--person", "audited-1", *TABLE).out
    client = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
    # Each test asks anew, so a disclosure may be there several times.
    once = dict.fromkeys(client.sub("", sheet) for sheet in printed.strip().split("\n\n"))
    assert client.sub("", "\n".join(shown)) == "\n\n".join(once)


@pytest.mark.usefixtures("asked")
def test_only_the_days_of_the_period_are_read(dci: Dci) -> None:
    """Only disclosures of the period are printed."""
    assert len(disclosures(dci, "--group", "audited-group", "--since", "2026-03-02")) > 0
    done = dci(
        "audit", "--person", "audited-1", "--table", "dci-audit", "--since", "2025-01-01", "--until", "2025-01-02"
    )
    assert done.out == "Nothing was disclosed from 2025-01-01 to 2025-01-02.\n"


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
    ],
)
def test_a_wrong_option_is_one_line(dci: Dci, arguments: tuple[str, ...], said: str) -> None:
    """A missing table and a wrong period are reported in one line."""
    assert dci("audit", "--person", "1", *arguments).problem.startswith(said)
