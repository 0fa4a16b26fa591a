"""What all commands print has one shape: one JSON document with --json, and lines of 80 columns without it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from rich.cells import cell_len

from dci_cli.__main__ import main
from dci_cli.command_table import COMMANDS, Entry, Group
from dci_cli.local.demo import Population
from dci_common.clients.changes import Caller, ClientChange
from dci_common.clients.model import Client
from dci_common.clients.proposals import Proposals
from dci_common.exchange.worker_places import WorkerPlaces
from dci_common.operators.operator import Operator
from dci_common.operators.store import OperatorStore
from dci_common.registry.model.records import Group as GroupRecord
from dci_common.registry.model.records import Membership, Name, Person
from support.admin_client import Admin
from support.api import Api, predicate
from support.api_over_http import api_over_http
from support.example_counts import sampled
from support.handover_officer import make
from support.registries import registry_of
from support.stored_exchanges import accepted
from support.subscriptions import subscribed

from .conftest import NEW

LONG = "Ministry of Social Welfare, Families and Children 社会保障・家族省 وزارة الشؤون الاجتماعية والأسرة"
LONG_URL = f"https://partner.example.org/{'on-search/' * 20}"
OFFICE = Population(
    [Person(id="p" * 60, name=Name(surname=LONG, given_name=LONG), birth_date="1990-01-01")],
    [GroupRecord(id="g" * 60, name=LONG)],
    [Membership(person_id="p" * 60, group_id="g" * 60, roles=("head",))],
)
SENT = {"query_type": "idtype-value", "query": {"type": "UIN", "value": "u" * 100}}
# Every other command with --json, with its arguments and what it prints.
PRINTED: dict[str, tuple[Sequence[str], type]] = {
    "clients create": (("{new}", *NEW), dict),
    "clients list": ((), list),
    "clients show": (("{client}",), dict),
    "clients update": (("{client}", "--restricted"), dict),
    "clients disable": (("{client}", "--yes"), dict),
    "clients enable": (("{client}",), dict),
    "clients revoke-tokens": (("{client}", "--yes"), dict),
    "clients delete": (("{client}", "--yes"), dict),
    "clients rotate-secret": (("{client}",), dict),
    "clients secrets": (("{client}",), list),
    "clients delete-secret": (("{client}", "{secret}", "--yes"), dict),
    "clients hand-over": (("{client}",), dict),
    "clients handovers": (("{client}",), list),
    "clients withdraw-handover": (("{client}", "{handover}", "--yes"), dict),
    "clients log": ((), list),
    "approvals list": ((), list),
    "approvals show": (("{approval}",), dict),
    "approvals withdraw": (("{approval}",), dict),
    "operators list": (("--clients-table", "dci-clients"), list),
    "keys list": ((), list),
    "keys rotate": ((), dict),
    "keys revoke": (("--yes",), dict),
    "exchange list": (("--client", "{client_id}"), list),
    "exchange show": (("{exchange}",), dict),
    "exchange cancel": (("{open_exchange}", "--yes"), dict),
    "exchange paused": ((), list),
    "subscriptions list": (("--client", "{client_id}"), list),
    "subscriptions show": (("{subscription}",), dict),
    "subscriptions cancel": (("{subscription}", "--yes"), dict),
    "doctor": ((), dict),
    "registry find": (("--name", LONG, "--table", "{registry}"), list),
    "audit": (
        ("--client", "{client}", "--day", "2026-03-01", "--table", "dci-audit", "--clients-table", "dci-clients"),
        list,
    ),
    "registry show": (("p" * 60, "--table", "{registry}"), dict),
    "registry explain": (("{query}", "--table", "{registry}"), dict),
    "registry stats": (("--table", "{registry}"), dict),
}
# These print sentences, or the keys and values of a record as they are. `stats` prints a table below sentences.
SENTENCES = {
    *("clients delete", "clients delete-secret", "clients hand-over", "clients withdraw-handover"),
    *("keys rotate", "keys revoke"),
    *("registry show", "registry explain", "subscriptions cancel", "exchange cancel", "approvals withdraw"),
}
OF_PEOPLE = {"approvals approve", "approvals reject"}  # see test_approvals.py
Command = Callable[..., str]


def commands() -> Iterator[tuple[str, Entry]]:
    """Yield the words and the entry of every command."""
    for name, entry in COMMANDS.items():
        if isinstance(entry, Group):
            yield from ((f"{name} {below}", own) for below, own in entry.commands.items())
        else:
            yield name, entry


@pytest.fixture
def printed(
    api: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Return what a command prints about a client with a search, and a registry, with long names."""
    admin = Admin(api)
    unique = api.runtime.random_bytes(8).hex()
    client, secret = api.client(name=f"{LONG} {unique}", sender_id=LONG)
    token = api.token(client, secret).json["access_token"]
    assert api.search(predicate(("birth_date", "ge", "1990-01-01")), token=token, sender_id=LONG).status == 200
    ended = int(api.runtime.clock())
    exchange = accepted(api.runtime, client.client_id, state="answered", due=None, ended=ended, callback_url=LONG_URL)
    query = tmp_path / "query.json"
    query.write_text(json.dumps(SENT))
    monkeypatch.setenv("DCI_CLIENT_ID", admin.client.client_id)
    monkeypatch.setenv("DCI_CLIENT_SECRET", admin.secret)
    subscription = subscribed(api.runtime, client.client_id, callback_url=LONG_URL)
    OperatorStore(api.runtime).admit(Operator("https://idp.example.org", "s" * 60, LONG, "", frozenset({"auditor"})))
    with registry_of(OFFICE) as registry, api_over_http(api) as url:
        monkeypatch.setenv("DCI_API", url)
        words = {
            "new": f"{LONG} {unique} too",
            "client": client.name,
            "client_id": client.client_id,
            "exchange": exchange.correlation_id,
            "open_exchange": accepted(api.runtime, client.client_id).correlation_id,
            "subscription": subscription.code,
            "approval": _waiting(admin, client),
            "handover": make(admin, client.client_id).json["handover_id"],
            "secret": admin.secrets(client.client_id)[0]["secret_id"],
            "registry": registry,
            "query": str(query),
        }
        WorkerPlaces(api.runtime).pause(client.client_id)

        def run(command: str, *more: str) -> str:
            arguments = [argument.format(**words) for argument in PRINTED[command][0]]
            capsys.readouterr()
            status = main([*command.split(), *arguments, *more])
            assert status == 0 or command == "doctor"  # the URL is not that of the issuer
            return capsys.readouterr().out

        yield run


def _waiting(admin: Admin, client: Client) -> str:
    change = ClientChange("updated", client._replace(restricted=True, version=client.version + 1))
    asked = Proposals(admin.api.runtime).propose(Caller(admin.client.client_id), client, change, ("restricted",))
    assert asked
    return asked.approval_id


def test_every_command_with_json_is_listed_here() -> None:
    """A new command with --json is added to the tests below, and describes it as the others do."""
    found = set()
    for words, entry in commands():
        parser = argparse.ArgumentParser(words)
        entry.load().add_arguments(parser)
        if "--json" in parser.format_help():
            found.add(words)
    assert found == PRINTED.keys() | OF_PEOPLE


@pytest.mark.parametrize("command", sampled(list(PRINTED)))
def test_json_is_one_document(printed: Command, command: str) -> None:
    """With --json a command prints one JSON document: a list of things, or an object that is one thing."""
    content = json.loads(printed(command, "--json"))
    assert type(content) is PRINTED[command][1]
    assert content or command in {"clients delete", "clients delete-secret", "clients withdraw-handover"}


@pytest.mark.parametrize("command", sampled(sorted(PRINTED.keys() - SENTENCES)))
def test_lines_fit_80_columns(printed: Command, command: str) -> None:
    """Without --json no line of a table is wider than 80 cells, whatever the script of the names in it."""
    lines = printed(command).splitlines()
    if command == "registry stats":
        lines = lines[next(number for number, line in enumerate(lines) if line.startswith("items ")) :]
    assert lines
    assert max(map(cell_len, lines)) <= 80, max(lines, key=cell_len)
