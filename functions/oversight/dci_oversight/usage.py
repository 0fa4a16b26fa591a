"""What clients use of their limits, a day: from the counters of the quota, which are kept for two days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from dci_common.aws.dynamodb import batch_get
from dci_common.clients.items import LISTED
from dci_common.clients.store import ClientStore
from dci_common.edge.positions import INDEX_POSITION, position_text, read_limit, read_position
from dci_common.errors import InvalidRequest
from dci_common.timestamps import day
from dci_oversight.requests import Rows, read_parameters, respond

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.edge.http import Request, Response
    from dci_common.runtime import Runtime
    from dci_oversight.looks import Look

USAGE_COLUMNS = ("client_id", "client", "status", "date", "records", "records_a_day", "requests_a_minute")


def usage(runtime: Runtime, request: Request, look: Look) -> Response:
    """Return a page of clients, in the order of their names, with the records that they received on a day."""
    parameters = read_parameters(request, "date", "limit", "next", "format", "reason")
    of_day = _day(parameters.get("date", ""), day(runtime.clock()))
    limit = read_limit(parameters)
    position = read_position(parameters, INDEX_POSITION, LISTED)
    look.record("usage", parameters)
    clients, following = ClientStore(runtime).page(limit, position)
    received = _received(runtime, clients, of_day)
    rows = [_row(runtime, client, of_day, received.get(client.client_id, 0)) for client in clients]
    return respond(request, parameters, Rows("usage", USAGE_COLUMNS, rows, position_text(following)), {})


def _day(text: str, today: date) -> date:
    """Return the day that is asked for, of the two that are kept. Raises InvalidRequest."""
    kept = {str(one): one for one in (today, today - timedelta(days=1))}
    if text and text not in kept:
        raise InvalidRequest("date must be today or yesterday, in UTC: what is counted is kept for two days.")
    return kept.get(text, today)


def _received(runtime: Runtime, clients: list[Client], of_day: date) -> dict[str, int]:
    """Return the records of each client that were disclosed on a day, or are reserved now."""
    keys = [{"pk": {"S": f"RATE#{client.client_id}"}, "sk": {"S": f"DAY#{of_day}"}} for client in clients]
    items = batch_get(runtime, runtime.settings.exchange_table, keys, consistent=False)
    return {item["pk"]["S"].removeprefix("RATE#"): int(item.get("records", {"N": "0"})["N"]) for item in items}


def _row(runtime: Runtime, client: Client, of_day: date, records: int) -> dict[str, Any]:
    settings = runtime.settings
    a_day, a_minute = client.records_a_day, client.requests_a_minute
    return {
        "client_id": client.client_id,
        "client": client.name,
        "status": client.status,
        "date": str(of_day),
        "records": records,
        "records_a_day": settings.records_a_day if a_day is None else a_day,
        "requests_a_minute": settings.requests_a_minute if a_minute is None else a_minute,
    }
