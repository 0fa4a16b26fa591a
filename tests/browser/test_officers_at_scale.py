"""The officers' pages with 2,500 clients and 20,000 audit records, on DynamoDB Local: `make browser`.

More would take longer to write than all other tests of these pages together: what a page reads does not depend on it.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from dci_cli.parallel import chunks, in_parallel, threads
from dci_common.clients.items import client_item
from dci_common.clients.model import Client
from dci_common.timestamps import day, timestamp
from support.audit_stream import index
from support.console_browser import Visitors, Watch
from support.console_clients import Clients
from support.officers import UIN, Item, Office, find
from support.server_process import dci_serve

CLIENTS, RECORDS, OF_ONE_PERSON = 2_500, 20_000, 250
STEP = RECORDS // OF_ONE_PERSON
NOW = time.time()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Run a server with many clients, and with many searches of one of them, a few of which found the demo person."""
    with dci_serve(tmp_path_factory.mktemp("large"), "--engine", "dynamodb-local") as server:
        office = Office(Clients(server))
        with office.runtime() as runtime, threads() as pool:
            settings = runtime.settings
            # With a stream, DynamoDB Local writes the slower the more there is.
            off: Any = {"StreamEnabled": False}
            runtime.dynamodb.update_table(TableName=settings.audit_table, StreamSpecification=off)
            ids = [str(uuid.UUID(int=number, version=4)) for number in range(CLIENTS)]
            tables = {settings.clients_table: clients(ids), settings.audit_table: audited(ids[-1])}
            for table, items in tables.items():

                def write(chunk: list[Item], table: str = table) -> None:
                    requests: Any = {table: [{"PutRequest": {"Item": item}} for item in chunk]}
                    assert not runtime.dynamodb.batch_write_item(RequestItems=requests).get("UnprocessedItems")

                assert all(result is None for _, result in in_parallel(pool, write, chunks(items, 25)))
        today = str(datetime.now(UTC).date())
        office.received(ids[-1], today, 5000)
        office.received(ids[-1], str(datetime.fromtimestamp(time.time() - 86_400, UTC).date()), 100)
        with office.runtime() as runtime:
            assert index(runtime, [item for item in audited(ids[-1]) if "records" in item]) == []
        yield office


def clients(ids: list[str]) -> Iterator[Item]:
    """Yield the items of clients in the order of their names."""
    for number, client_id in enumerate(ids):
        yield client_item(
            Client(
                client_id=client_id,
                name=f"Agency {number:05}",
                sender_id="agency",
                scopes=("registry.search",),
                token_lifetime=600,
                disclosure=("minimal",),
                openspp17=False,
                signature="optional",
                status="enabled",
                created="2026-01-01T00:00:00.000Z",
                updated="2026-01-01T00:00:00.000Z",
                version=1,
            )
        )


def audited(client_id: str) -> Iterator[Item]:
    """Yield the audit items of a day: searches that found nobody, and among them those that found the person."""
    draw = random.Random(1)
    for number in range(RECORDS):
        moment = NOW - number * 0.5
        found = {"records": {"SS": ["PERSON#p0001"]}, "disclosed": {"S": "minimal"}}
        yield {
            "pk": {"S": f"DAY#{day(moment)}#{draw.randrange(8)}"},
            "sk": {"S": f"{timestamp(moment)}#{number:016x}#0"},
            "client_id": {"S": client_id},
            **(found if number % STEP == 0 else {}),
        }


@pytest.fixture
def auditor(large: Office, browser: Browser) -> Iterator[Page]:
    """Return a page of an auditor at this server."""
    watch = Watch({large.server.base_url})
    visitors = Visitors(browser, large.server.base_url, watch, {})
    yield visitors.page_as("auditor", "/console/audit")
    for context in visitors.contexts:
        context.close()
    assert watch.found == []


@pytest.mark.exhaustive
@pytest.mark.dynamodb_local
def test_long_lists_and_histories_stay_usable(auditor: Page) -> None:
    """One person's history is there at once and whole; unusual volume of the last client is found by reading on."""
    find(auditor)
    expect(auditor.locator(".entry")).to_have_count(50)
    auditor.get_by_role("link", name="Statement for the citizen").click()
    expect(auditor.get_by_role("article").get_by_role("row")).to_have_count(OF_ONE_PERSON + 1)
    expect(auditor.get_by_role("article")).to_contain_text(UIN)

    auditor.goto("/console/audit/clients?only=unusual")
    more = auditor.get_by_role("button", name="Show more")
    expect(auditor.get_by_text("1,000 clients looked at. There are more")).to_be_visible()
    while more.count():
        more.click()
        expect(auditor.get_by_role("button", name="Loading …")).to_have_count(0)
    row = auditor.get_by_role("row").filter(has_text="Agency 02499")
    expect(row).to_contain_text("unusual: 50 times the usual")
    row.get_by_role("link").click()
    expect(auditor.locator(".entry").first).to_be_visible()

    auditor.get_by_role("link", name="Administration log").click()
    auditor.get_by_role("link", name="Looks of operators").click()
    expect(auditor.get_by_role("row").filter(has_text="Statement for a citizen").first).to_be_visible()
