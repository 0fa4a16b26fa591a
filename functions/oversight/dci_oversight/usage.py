"""What clients use of their limits, a day: of all of them on one day, or of one on several."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from dci_common.clients.items import LISTED
from dci_common.clients.model import is_client_id
from dci_common.clients.store import ClientStore
from dci_common.edge.positions import INDEX_POSITION, position_text, read_limit, read_position
from dci_common.errors import InvalidRequest, NotFound
from dci_common.exchange.usage import KEPT_DAYS, compare, days_before, limits_of, read_counts
from dci_common.timestamps import day
from dci_oversight.requests import Rows, read_parameters, respond

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.edge.http import Request, Response
    from dci_common.exchange.usage import Counts
    from dci_common.runtime import Runtime
    from dci_oversight.looks import Look
    from dci_oversight.requests import Parameters

USAGE_COLUMNS = (
    *("client_id", "client", "status", "date", "records", "records_a_day", "requests_a_minute"),
    *("usual", "known_days", "unusual"),
)


def usage(runtime: Runtime, request: Request, look: Look) -> Response:
    """Return a page of clients, in the order of their names, with the records that they received on a day.

    With `client_id`, return the days of one client instead, the latest first.
    """
    parameters = read_parameters(request, "date", "client_id", "days", "limit", "next", "format", "reason")
    if "client_id" in parameters:
        return _of_client(runtime, request, parameters, look)
    if "days" in parameters:
        raise InvalidRequest("days is for one client: add client_id.")
    of_day = _day(parameters.get("date", ""), day(runtime.clock()))
    limit = read_limit(parameters)
    position = read_position(parameters, INDEX_POSITION, LISTED)
    look.record("usage", parameters)
    clients, following = ClientStore(runtime).page(limit, position)
    rows = _rows(runtime, clients, [of_day])
    return respond(request, parameters, Rows("usage", USAGE_COLUMNS, rows, position_text(following)), {})


def _of_client(runtime: Runtime, request: Request, parameters: Parameters, look: Look) -> Response:
    """Return the last days of a client. Raises NotFound."""
    if parameters.keys() & {"date", "limit", "next"}:
        raise InvalidRequest("With client_id there is one page, of so many days: leave date, limit and next out.")
    days = _days(parameters.get("days", str(KEPT_DAYS)))
    look.record("usage", parameters)
    client_id = parameters["client_id"]
    client = ClientStore(runtime).many([client_id]).get(client_id) if is_client_id(client_id) else None
    if client is None:
        raise NotFound("There is no client with this id.")
    rows = _rows(runtime, [client], days_before(day(runtime.clock()), days - 1))
    return respond(request, parameters, Rows("usage", USAGE_COLUMNS, rows), {})


def _day(text: str, today: date) -> date:
    """Return the day that is asked for, of those that are kept. Raises InvalidRequest."""
    kept = {str(one): one for one in days_before(today, KEPT_DAYS)}
    if text and text not in kept:
        raise InvalidRequest(f"date must be today, or one of the {KEPT_DAYS} days before, in UTC.")
    return kept.get(text, today)


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(KEPT_DAYS)) and 1 <= int(text) <= KEPT_DAYS):
        raise InvalidRequest(f"days must be a whole number from 1 to {KEPT_DAYS}.")
    return int(text)


def _rows(runtime: Runtime, clients: list[Client], days: list[date]) -> list[dict[str, Any]]:
    """Return a row for each day of each client."""
    read = dict.fromkeys(one for of_day in days for one in days_before(of_day))
    counts = read_counts(runtime, [client.client_id for client in clients], read)
    return [_row(runtime, client, of_day, counts) for client in clients for of_day in days]


def _row(runtime: Runtime, client: Client, of_day: date, counts: Counts) -> dict[str, Any]:
    compared = compare(counts, client.client_id, of_day)
    return {
        "client_id": client.client_id,
        "client": client.name,
        "status": client.status,
        "date": str(of_day),
        "records": compared.records,
        **limits_of(client, runtime.settings),
        **({} if compared.usual is None else {"usual": round(compared.usual, 1)}),
        "known_days": compared.known_days,
        "unusual": compared.is_unusual,
    }
