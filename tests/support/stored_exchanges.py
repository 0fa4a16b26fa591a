"""Exchanges as they are stored at some moment of their lives, without the work that would bring them there."""

from __future__ import annotations

import itertools
import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dci_cli.local.tables import create_tables
from dci_common.exchange.acceptance import Acceptance
from dci_common.exchange.exchange_lists import ExchangeLists
from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.exchange_table import ExchangeTable
from dci_common.exchange.exchanges import OPEN_QUEUES, Checkpoint, Delivery, Exchange, Outcome, exchange_key
from dci_common.timestamps import day, timestamp
from support.registries import tables
from support.stored_items import stored_items, tests_client

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

PRIVATE = "PERSONAL-DATA"  # in everything that must not be shown
COLLECTED = (Outcome(keys=3, total=3), Outcome(code="rjct.x", reason=f"No: {PRIVATE}"))
STOPPED = Delivery(item=0, start=2, page=1, portions=((0, 2, 1),), attempts=11, first_attempt=1, reason="HTTP 500.")
SECOND_PAGE: dict[str, Any] = {"outcomes": COLLECTED, "delivery": STOPPED}  # of a delivery that stopped there
_numbers = itertools.count()


def exchange_table() -> str:
    """Make an ExchangeTable, and return its name: workers would fail with these exchanges, of which some are due."""
    name = f"dci-exchange-{next(_numbers)}"
    create_tables(tests_client(), tables(streams=False), {"ExchangeTable": name})
    return name


def accepted(runtime: Runtime, client_id: str, **changes: Any) -> Exchange:
    """Store a new exchange of two items, with its message and the keys that the first one found."""
    now = runtime.clock()
    exchange = Exchange(
        correlation_id=str(uuid.UUID(bytes=runtime.random_bytes(16), version=4)),
        client_id=client_id,
        kind="search",
        transaction_id=f"t-{runtime.random_bytes(4).hex()}",
        message_id=runtime.random_bytes(8).hex(),
        references=(f"r-{PRIVATE}", "r-2"),
        accepted=timestamp(now),
        today=day(now),
        callback_url=f"https://partner.example.org/on-search?id={PRIVATE}",
        state="collecting",
        due=int(now) + 60,
        checkpoint=Checkpoint(keys=1),
    )
    made = replace(exchange, **changes)
    Acceptance(runtime).accept(made, f'{{"query": "{PRIVATE}"}}', "digest", 0)
    keys = ExchangeStore(runtime).keys_item(made, 0, 0, [PRIVATE, "2", "3"])
    ExchangeTable(runtime).transact([{"Put": {"Item": keys}}])
    return made


def ended(runtime: Runtime, client_id: str, state: str, **changes: Any) -> Exchange:
    """Store an exchange that has ended in a state."""
    exchange = accepted(runtime, client_id, **changes)
    return ExchangeStore(runtime).end(replace(exchange, state=state))  # type: ignore[arg-type] # one of STATES


def attempted(runtime: Runtime, exchange: Exchange, page: int, status: int) -> None:
    """Record an attempt to send a page."""
    item = {
        **exchange_key(exchange.correlation_id, f"ATTEMPT#{timestamp(runtime.clock())}#{page}#1"),
        "page": {"N": str(page)},
        "result": {"S": "failed"},
        "http_status": {"N": str(status)},
        "reason": {"S": f"The receiver answered with HTTP status {status}." if status else "Nobody answers."},
        "latency": {"N": "40"},
        "next": {"S": timestamp(runtime.clock() + 5)},
    }
    ExchangeTable(runtime).transact([{"Put": {"Item": item}}])


def open_count(runtime: Runtime, client_id: str) -> int:
    """Return how many exchanges of a client count as open."""
    item = ExchangeTable(runtime).item({"pk": {"S": f"OPEN#{client_id}"}, "sk": {"S": "OPEN"}})
    return int(item["open_exchanges"]["N"]) if item else 0


def stored(runtime: Runtime, exchange: Exchange) -> Exchange:
    """Return an exchange as it is stored now."""
    found = ExchangeStore(runtime).get(exchange.correlation_id)
    assert found
    return found


def is_due(runtime: Runtime, exchange: Exchange) -> bool:
    """Return whether the next sweep finds an exchange."""
    lists, now = ExchangeLists(runtime), int(time.time())
    return any(exchange.correlation_id in lists.listed(queue, until=now) for queue in OPEN_QUEUES)


def recorded(exchange: Exchange) -> list[tuple[str, bool]]:
    """Return the operators' commands that AuditTable has for an exchange, and whether each was complete."""
    items = stored_items("dci-audit")
    own = [item for item in items if f"EXCHANGE#{exchange.correlation_id}" in item.get("records", {}).get("SS", ())]
    return [(item["command"]["S"], "incomplete" not in item) for item in own if item["operator"]["S"]]
