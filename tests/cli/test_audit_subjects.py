"""`dci audit`: of which person or client, and what is said of one that is nobody."""

from __future__ import annotations

import json

import pytest

from dci_common.clients.administration import Administration
from dci_common.clients.changes import Caller
from dci_common.clients.store import ClientStore
from support.api import Api
from support.audited import LONG_AGO, TABLE

from .conftest import Dci


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
def test_an_unknown_subject_is_distinguished(asked: Api, dci: Dci, arguments: tuple[str, ...], said: str) -> None:
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
