"""`dci audit`: the clients that saw a person, and the people that a client saw."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dci_cli.local.demo import Population
from dci_common.clients.administration import Administration
from dci_common.clients.changes import Caller
from dci_common.clients.store import ClientStore
from dci_common.registry.model.records import Group, Identifier, Membership, Person
from support.api import Api, identified, predicate
from support.events import ROOT
from support.registries import registry_of

from .conftest import Dci

UIN = Identifier(identifier_type="UIN", identifier_value="55")
POPULATION = Population(
    [
        Person(id="audited-1", birth_date="1990-01-01", identifiers=(UIN,)),
        Person(id="audited-2", birth_date="1991-01-01"),
    ],
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
    """Return the disclosures that are printed as JSON."""
    done = dci("audit", *arguments, *TABLE, "--json")
    assert done.status == 0
    found: list[dict[str, object]] = json.loads(done.out)
    return found


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


@pytest.mark.exhaustive
def test_each_disclosure_is_a_line_of_the_table(asked: Api, dci: Dci, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --json each disclosure is a line, where the terminal is wide enough."""
    monkeypatch.setenv("COLUMNS", "1000")
    title, *lines = dci("audit", "--client", asked.partner_id, *TABLE).out.splitlines()
    columns = ["when", "who", "did", "type", "count", "records", "transaction", "purpose", "query"]
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


LONG_AGO = ("--table", "dci-audit", "--day", "2025-01-01")


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--person", "audited-1"), "Nothing was recorded about the person audited-1 from"),
        (("--group", "audited-group"), "Nothing was recorded about the group audited-group from"),
        (
            ("--person", "nobody"),
            "There is no person nobody in the registry now, and nothing was recorded about one",
        ),
        (("--person", "audited-group"), "There is no person audited-group in the registry now, and nothing was "),
        (("--person", "uin", "55"), "Nothing was recorded about the person audited-1 from"),
    ],
)
def test_nobody_is_told_from_never_recorded(asked: Api, dci: Dci, arguments: tuple[str, ...], said: str) -> None:
    """With the registry's table, the answer says whether there is such a person or group."""
    registry = ("--registry-table", asked.runtime.settings.registry_table)
    done = dci("audit", *arguments, *LONG_AGO, *registry)
    assert done.status == 0
    assert done.out.startswith(said)
    assert done.out.endswith(" 2025-01-01 to 2025-01-01.\n")


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--person", "uin", "56"),
            "There is no person with uin 56 in the registry now: name a deleted one by",
        ),
        (
            ("--group", "UIN", "55"),
            "UIN 55 belongs to PERSON#audited-1: name one of them, by --person ID or",
        ),
        (("--person", "UNI", "55"), "The registry has no identifier type UNI; it has UIN."),
        (("--person", "National", "ID", "5"), "Give an id, or TYPE VALUE: an identifier."),
        (("--person", ""), "Give an id, or TYPE VALUE: an identifier."),
    ],
)
def test_an_identifier_that_is_nobodys_is_reported(
    asked: Api, dci: Dci, arguments: tuple[str, ...], said: str
) -> None:
    """An identifier without an owner of this kind is an error, not an empty answer."""
    registry = ("--registry-table", asked.runtime.settings.registry_table)
    assert dci("audit", *arguments, *LONG_AGO, *registry).problem.startswith(said)


@pytest.mark.usefixtures("asked")
def test_an_identifier_needs_the_registry(dci: Dci) -> None:
    """Without the registry's table an identifier cannot be looked up, and the message says what to give."""
    problem = dci("audit", "--person", "UIN", "55", *LONG_AGO, "--registry-table", "").problem
    assert "give the stack's output RegistryTable with --registry-table or REGISTRY_TABLE" in problem


def test_a_client_that_never_was_is_reported(asked: Api, dci: Dci) -> None:
    """With the clients' table, the answer says whether there is or was such a client."""
    clients = ("--clients-table", "dci-clients")
    assert dci("audit", "--client", asked.partner_id, *LONG_AGO, *clients).out.startswith(
        "Nothing was recorded of the "
    )
    for nobody in ("00000000-0000-4000-8000-000000000000", "x", "", "No Ministry"):
        problem = dci("audit", "--client", nobody, *LONG_AGO, *clients).problem
        assert problem.startswith("No client has, or had, the id")
    assert "was not checked: give --clients-table" in dci("audit", "--client", "x", *LONG_AGO).out


@pytest.mark.exhaustive
def test_a_client_is_audited_by_its_name(asked: Api, dci: Dci) -> None:
    """A name means the client that has it, compared without case and spacing; a deleted client has its id."""
    clients = ("--clients-table", "dci-clients")
    name = ClientStore(asked.runtime).get(asked.partner_id).name
    by_id = dci("audit", "--client", asked.partner_id, *TABLE, *clients).out
    assert "saw" in by_id
    assert dci("audit", "--client", f" {name.upper()}", *TABLE, *clients).out == by_id
    Administration(asked.runtime).delete(Caller("operator"), asked.partner_id)
    assert "by its id, which `dci clients log` shows" in dci("audit", "--client", name, *TABLE, *clients).problem
    assert "saw" in dci("audit", "--client", asked.partner_id, *TABLE, *clients).out


@pytest.mark.exhaustive
def test_clients_have_names_also_when_they_are_deleted(asked: Api, dci: Dci) -> None:
    """With the clients' table the names are shown; those of deleted clients come from the log."""
    arguments = ("audit", "--client", asked.partner_id, *TABLE)
    without = dci(*arguments)
    assert asked.partner_id in without.out
    assert without.err == "Clients are shown by their ids: give --clients-table or CLIENTS_TABLE for names.\n"
    name = ClientStore(asked.runtime).get(asked.partner_id).name
    assert name in dci(*arguments, "--clients-table", "dci-clients").out
    Administration(asked.runtime).delete(Caller("operator"), asked.partner_id)
    shown = json.loads(dci(*arguments, "--clients-table", "dci-clients", "--json").out)[0]
    assert (shown["client"], shown["client_id"]) == (f"{name} (deleted)", asked.partner_id)


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


@pytest.mark.usefixtures("asked")
def test_a_day_alone(dci: Dci) -> None:
    """--day is one day."""
    day = ("--table", "dci-audit", "--day", "2026-03-01", "--json")
    moments = [record["moment"] for record in json.loads(dci("audit", "--group", "audited-group", *day).out)]
    assert moments
    assert {moment[:10] for moment in moments} == {"2026-03-01"}


def test_changes_by_operators_are_shown(asked: Api, dci: Dci, tmp_path: Path) -> None:
    """Who changed a person is shown with who saw them, and all changes with --changes."""
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
