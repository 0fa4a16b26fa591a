"""What clients use of their limits, a day: of all of them on one day or the last ones, or of one on more."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from dci_common.clients.items import LISTED
from dci_common.clients.model import is_client_id
from dci_common.clients.store import ClientStore
from dci_common.edge.positions import INDEX_POSITION, position_text, read_limit, read_position
from dci_common.errors import InvalidRequest, NotFound
from dci_common.exchange.usage import KEPT_DAYS, MANY, compare, days_before, limits_of, read_counts
from dci_common.timestamps import day
from dci_oversight.requests import Rows, read_parameters, respond

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dci_common.clients.model import Client
    from dci_common.edge.http import Request, Response
    from dci_common.exchange.usage import Counts
    from dci_common.runtime import Runtime
    from dci_oversight.looks import Look
    from dci_oversight.requests import Parameters

_MAX_DAYS_OF_ALL = 7
_MOST_PAGES = 10  # of clients, looked at until one of unusual volume is found
USAGE_COLUMNS = (
    *("client_id", "client", "status", "date", "records", "records_a_day", "requests_a_minute"),
    *("usual", "known_days", "unusual"),
)


def usage(runtime: Runtime, request: Request, look: Look) -> Response:
    """Return a page of clients, in the order of their names, with the records that they received on a day.

    With `days`, each client has so many last days; with `client_id`, it is the only one. The latest day is the first.
    With `unusual`, clients without a day of unusual volume are left out.
    """
    parameters = read_parameters(request, "date", "client_id", "days", "unusual", "limit", "next", "format", "reason")
    if "client_id" in parameters:
        return _of_client(runtime, request, parameters, look)
    of_days = _days_of_all(parameters, day(runtime.clock()))
    limit = read_limit(parameters)
    position = read_position(parameters, INDEX_POSITION, LISTED)
    if parameters.get("unusual", "true") != "true":
        raise InvalidRequest("unusual must be true, or left out.")
    look.record("usage", parameters)
    further = {}
    if "unusual" in parameters:
        rows, following, further["looked_at"] = _unusual(runtime, of_days, limit, position)
    else:
        clients, following = ClientStore(runtime).page(limit, position)
        rows = _rows(runtime, clients, of_days)
    return respond(request, parameters, Rows("usage", USAGE_COLUMNS, rows, position_text(following)), further)


def _unusual(
    runtime: Runtime, days: list[date], limit: int, after: Mapping[str, str] | None
) -> tuple[list[dict[str, Any]], Mapping[str, str] | None, int]:
    """Return the rows of the next clients of unusual volume, where the next page starts, and how many were looked at.

    What is usual is read only of clients who received many records on one of the days.
    """
    rows, looked_at = list[dict[str, Any]](), 0
    for _ in range(_MOST_PAGES):
        clients, after = ClientStore(runtime).page(limit, after)
        counts = read_counts(runtime, [client.client_id for client in clients], days)
        many = {client_id for (client_id, _), records in counts.items() if records >= MANY}
        read = _rows(runtime, [client for client in clients if client.client_id in many], days)
        unusual = {row["client_id"] for row in read if row["unusual"]}
        rows += [row for row in read if row["client_id"] in unusual]
        looked_at += len(clients)
        if rows or after is None:
            break
    return rows, after, looked_at


def _of_client(runtime: Runtime, request: Request, parameters: Parameters, look: Look) -> Response:
    """Return the last days of a client. Raises NotFound."""
    if parameters.keys() & {"date", "unusual", "limit", "next"}:
        raise InvalidRequest("With client_id there are all of so many days: leave date, unusual, limit and next out.")
    days = _days(parameters.get("days", str(KEPT_DAYS)), KEPT_DAYS)
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


def _days_of_all(parameters: Parameters, today: date) -> list[date]:
    """Return the day of all clients that is asked for, or the last ones. Raises InvalidRequest."""
    if "days" not in parameters:
        return [_day(parameters.get("date", ""), today)]
    if "date" in parameters:
        raise InvalidRequest("Send date, or days, and not both.")
    return days_before(today, _days(parameters["days"], _MAX_DAYS_OF_ALL) - 1)


def _days(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and 1 <= int(text) <= most):
        raise InvalidRequest(f"days must be a whole number from 1 to {most}, and to {KEPT_DAYS} with client_id.")
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
