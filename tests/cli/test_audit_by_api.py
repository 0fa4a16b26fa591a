"""`dci audit` of a person who is signed in: through the API, without AWS credentials, and with each look recorded."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator

import pytest

from dci_common.timestamps import day
from support.api import Api
from support.audit_stream import audit_items, index, own_audit_table
from support.oversight import disclosed
from support.people_over_http import Browser, PeopleApi, people_over_http

from .conftest import Dci, Outcome


@pytest.fixture
def people(new_api: Callable[..., Api]) -> Iterator[PeopleApi]:
    """Run an API with an AuditTable of its own, and a provider."""
    with own_audit_table() as runtime:
        table = runtime.settings.audit_table
        with people_over_http(lambda **settings: new_api(audit_table=table, **settings)) as running:
            yield running


@pytest.fixture
def auditor(sign_in: Callable[..., Outcome], browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign in as an auditor, who has no table."""
    monkeypatch.delenv("AUDIT_TABLE", raising=False)
    browser.person = "amina"
    assert sign_in().status == 0


@pytest.mark.usefixtures("auditor")
def test_an_auditor_needs_no_table(people: PeopleApi, dci: Dci) -> None:
    """The history of a person or a client is printed as from the table, and each look is recorded."""
    runtime, now = people.api.runtime, people.api.clock()
    client, _ = people.api.client()
    for number in range(3):
        query = {"S": '{"query":1}'}
        disclosed(runtime, now - number, number, "PERSON#p0001", client_id=client.client_id, query=query)
    index(runtime)
    for subject in (("--person", "p0001"), ("--person", "UIN", "847951632"), ("--client", client.name)):
        done = dci("audit", *subject, "--day", str(day(now)), "--json")
        shown = [one for one in json.loads(done.out) if "operator" not in one]
        assert [(one["client"], one["records"], one["query"]) for one in shown] == [
            (client.name, ["PERSON#p0001"], {"query": 1})
        ] * 3, done.err
        moments = [one["moment"] for one in shown]
        assert moments == sorted(moments)
    assert dci("audit", "--person", "p0001", "--csv").out.count("PERSON#p0001") >= 3
    assert client.name in dci("audit", "--client", client.client_id).out
    looks = [item for item in audit_items(runtime) if item.get("operator_name") == {"S": "Amina Diallo"}]
    assert len(looks) == 5


@pytest.mark.usefixtures("auditor")
def test_a_statement_for_a_citizen_is_printed(people: PeopleApi, dci: Dci) -> None:
    """It is the whole history of who saw the record, the oldest first, page by page, and without any query."""
    runtime, now = people.api.runtime, people.api.clock()
    client, _ = people.api.client()
    seen = {"query": {"S": "names another"}, "purpose": {"S": '{"text": "benefit"}'}, "disclosed": {"S": "standard"}}
    for number in range(103):
        moment = now - 90 * 86_400 * number / 102
        disclosed(runtime, moment, number, "PERSON#p0001", client_id=client.client_id, **seen)
    index(runtime)
    statement = ("audit", "--person", "UIN", "847951632", "--statement")
    done = dci(*statement, "--json")
    shown = json.loads(done.out)
    assert [(one["organisation"], one["purpose"]) for one in shown] == [(client.name, "benefit")] * 103
    assert [one["when"] for one in shown] == sorted(one["when"] for one in shown)
    assert "may be missing" in done.err
    today = dci(*statement, "--day", str(day(now)))
    assert "benefit" in today.out
    rows = list(csv.reader(dci(*statement, "--csv").out.splitlines()))
    assert (rows[0], len(rows)) == (["when", "organisation", "fields", "purpose"], 104)
    assert "names another" not in done.out + today.out + str(rows)
    assert dci("audit", "--person", "nobody", "--statement").out == "Nobody saw this record.\n"
    assert dci("audit", "--client", client.name, "--statement").problem.startswith("A statement is about one person")


def test_a_statement_needs_a_person_who_is_signed_in(dci: Dci) -> None:
    """The tables are not read for it: the person who asks for one is recorded."""
    assert dci("audit", "--person", "p0001", "--statement").problem.startswith("--statement asks the API: sign in")


@pytest.mark.usefixtures("auditor")
def test_what_the_api_answers_is_reported(people: PeopleApi, dci: Dci) -> None:
    """That nothing was recorded, or that something may be missing, or is not known, is a sentence."""
    done = dci("audit", "--person", "nobody")
    assert "Nothing was recorded" in done.out
    assert "There is no PERSON#nobody in the registry now." in done.out
    assert "may be missing: run dci audit reindex" in done.err
    assert dci("audit", "--person", "UIN", "none").problem.startswith("Nobody in the registry has this now")
    assert dci("audit", "--changes").problem.startswith("--changes reads the table")
    assert dci("audit", "--person", "a", "b", "c").problem.startswith("Give an id")
    assert people.paths.count("/audit") == 2


def test_nobody_who_is_not_signed_in_asks_the_api(dci: Dci, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a sign-in, the table is needed as before."""
    monkeypatch.delenv("AUDIT_TABLE", raising=False)
    assert dci("audit", "--person", "p0001").problem.startswith("The table's name is missing or not valid")
