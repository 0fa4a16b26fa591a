"""The console with 10,000 clients and 100,000 audit records, on DynamoDB Local: `make browser`."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from dci_cli.local.openid.provider import LocalProvider
from dci_common.aws.dynamodb import Item
from dci_common.clients.items import client_item, log_item
from dci_common.clients.log import OPERATOR, LogEntry
from dci_common.clients.model import Client
from dci_common.exchange.audit_index import index_entries
from dci_common.timestamps import day, timestamp
from support.console_browser import Visitors, Watch
from support.console_clients import Clients
from support.dynamodb_file import write_items
from support.officers import UIN, Office, find
from support.server_process import ServerProcess, dci_serve

CLIENTS, RECORDS, OF_ONE_PERSON = 10_000, 100_000, 250
PERSON = {"id": "p0001", "identifiers": [{"identifier_type": "UIN", "identifier_value": UIN}]}
STEP = RECORDS // OF_ONE_PERSON
NOW = time.time()
IDS = [str(uuid.UUID(int=number, version=4)) for number in range(CLIENTS)]


def name(number: int) -> str:
    """Return the name of a client."""
    return f"Agency {number:05}"


LAST = name(CLIENTS - 1)


@pytest.fixture(scope="module")
def large(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Run a server with many clients, and with many searches of one of them, a few of which found the one person.

    It keeps its tables, so it has no people of its own: they are those of the server that the other tests use.
    """
    people = LocalProvider(server.base_url).variables()
    folder = tmp_path_factory.mktemp("large")
    data, registry = folder / "data", folder / "registry.jsonl"
    registry.write_text(json.dumps({"person": PERSON}))
    options = ("--engine", "dynamodb-local", "--data", str(data), "--registry", str(registry))
    with dci_serve(folder, *options, **people, JAVA_TOOL_OPTIONS="-XX:TieredStopAtLevel=1") as many:
        office = Office(Clients(many))
        with office.runtime() as runtime:
            settings = runtime.settings
        write_items(data, settings.clients_table, clients())
        items = list(audited())
        write_items(data, settings.audit_table, [*items, *(entry for item in items for entry in index_entries(item))])
        for ago, records in ((0, 5000), (1, 100)):
            office.received(IDS[-1], str(datetime.fromtimestamp(NOW - ago * 86_400, UTC).date()), records)
        yield office


def clients() -> Iterator[Item]:
    """Yield the items of clients in the order of their names, and of their log."""
    for number, client_id in enumerate(IDS):
        moment = f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000Z"
        yield log_item(
            LogEntry(client_id=client_id, at=moment, by=OPERATOR, act="created", version=1, name=name(number))
        )
        yield client_item(
            Client(
                client_id=client_id,
                name=name(number),
                sender_id="agency",
                scopes=("registry.search",),
                token_lifetime=600,
                disclosure=("minimal",),
                openspp17=False,
                signature="optional",
                status="enabled",
                created=moment,
                updated=moment,
                version=1,
            )
        )


def audited() -> Iterator[Item]:
    """Yield the audit items of a day: searches that found nobody, and among them those that found the person."""
    draw = random.Random(1)
    for number in range(RECORDS):
        moment = NOW - number * 0.5
        found = {"records": {"SS": ["PERSON#p0001"]}, "disclosed": {"S": "minimal"}}
        yield {
            "pk": {"S": f"DAY#{day(moment)}#{draw.randrange(8)}"},
            "sk": {"S": f"{timestamp(moment)}#{number:016x}#0"},
            "client_id": {"S": IDS[-1]},
            **(found if number % STEP == 0 else {}),
        }


@pytest.fixture
def auditor(large: Office, server: ServerProcess, browser: Browser) -> Iterator[Page]:
    """Return a page of an auditor at this server."""
    watch = Watch({large.server.base_url, server.base_url})
    with Visitors(browser, large.server.base_url, watch, {}) as visitors:
        yield visitors.page_as("auditor", "/console/audit")
    assert watch.found == []


@pytest.mark.exhaustive
@pytest.mark.dynamodb_local
def test_long_lists_and_histories_stay_usable(auditor: Page) -> None:
    """A person's history is there at once and whole; unusual volume is found by itself, and a client by its name."""
    find(auditor)
    expect(auditor.locator(".entry")).to_have_count(50)
    auditor.get_by_role("link", name="Statement for the citizen").click()
    expect(auditor.get_by_role("article").get_by_role("row")).to_have_count(OF_ONE_PERSON + 1)
    expect(auditor.get_by_role("article")).to_contain_text(UIN)

    auditor.get_by_role("link", name="Administration log").click()
    expect(auditor.get_by_role("row")).to_have_count(100 + 1)
    auditor.get_by_label("Name or id").fill(LAST)
    expect(auditor.get_by_role("row").filter(has_text=LAST)).to_be_visible()
    auditor.get_by_role("link", name="Looks of operators").click()
    expect(auditor.get_by_role("row").filter(has_text="Statement for a citizen").first).to_be_visible()

    auditor.goto("/console/audit/clients?only=unusual")
    row = auditor.get_by_role("row").filter(has_text=LAST)
    expect(row).to_contain_text("unusual: 50 times the usual", timeout=120_000)
    expect(auditor.get_by_text("10,002 clients, that is all.")).to_be_visible()  # with those of `dci serve`
    row.get_by_role("link").click()
    expect(auditor.locator(".entry").first).to_be_visible()

    auditor.get_by_role("link", name="Clients", exact=True).click()
    auditor.get_by_role("searchbox").fill(LAST[:-1].upper())
    expect(auditor.get_by_role("row")).to_have_count(10 + 1)
    auditor.get_by_role("link", name=LAST).click()
    expect(auditor.get_by_role("heading", level=1)).to_have_text(LAST)
