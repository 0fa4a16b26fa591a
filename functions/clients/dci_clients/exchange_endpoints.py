"""The endpoints that return asynchronous exchanges."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from dci_clients.requests import read_client_id, read_due_page, read_page
from dci_common.clients.model import is_client_id
from dci_common.clients.names import client_names, named
from dci_common.clients.store import ClientStore
from dci_common.edge.http import Request, Response
from dci_common.edge.positions import LOG_POSITION, filled_page, invalid_next, next_page
from dci_common.errors import InvalidRequest, NotFound
from dci_common.exchange.exchange_lists import ExchangeLists
from dci_common.exchange.exchange_pages import ExchangePages
from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.exchange_views import exchange_view, shown_exchange
from dci_common.exchange.exchanges import FAILED, OPEN, OPEN_QUEUES, STATES
from dci_common.exchange.worker_places import PAUSED_QUEUE
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.exchange.exchange_pages import Page, Position
    from dci_common.exchange.exchanges import State
    from dci_common.runtime import Runtime

    _Read = Callable[[int, Position | None], Page]

_FAILED_QUEUES = tuple(state.upper() for state in reversed(FAILED))  # the dead first
_ATTEMPTS = 100


class ExchangeEndpoints:
    """Endpoints that read exchanges."""

    def __init__(self, runtime: Runtime) -> None:
        self._clock = runtime.clock
        self._clients = ClientStore(runtime)
        self._store = ExchangeStore(runtime)
        self._lists = ExchangeLists(runtime)
        self._pages = ExchangePages(runtime)

    def exchanges(self, request: Request) -> Response:
        """Return a page of a client's exchanges, or else of all that failed or are open."""
        client_id, state = read_client_id(request.query), _state(request.query)
        found, following = (
            self._all(request, state) if client_id is None else self._of_client(request, client_id, state)
        )
        return Response.of(200, {"exchanges": list(map(exchange_view, found)), **next_page(following)})

    def paused(self, request: Request) -> Response:
        """Return a page of the clients whose callbacks are paused, the longest paused first."""
        limit, position = read_due_page(request.query, {PAUSED_QUEUE: "OPEN"})
        found, following = self._pages.entries([PAUSED_QUEUE], limit, position)
        names = client_names(self._clients, (client_id for _, client_id, _ in found))
        clients = [
            {"client_id": client_id, **named(names, client_id), "since": timestamp(since)}
            for _, client_id, since in found
        ]
        return Response.of(200, {"clients": clients, **next_page(following)})

    def exchange(self, request: Request) -> Response:
        """Return an exchange with its latest attempts. Raises NotFound."""
        correlation_id = request.parameters.get("correlation_id", "")
        found = self._store.get(correlation_id) if is_client_id(correlation_id) else None
        if found is None or not found.is_kept(self._clock()):
            raise NotFound("There is no exchange with this correlation id. One that has ended is kept for 14 days.")
        return Response.of(200, shown_exchange(found, self._lists.attempts(found, _ATTEMPTS)))

    def _of_client(self, request: Request, client_id: str, state: State | None) -> Page:
        limit, position = read_page(request.query, LOG_POSITION)
        if position and position["pk"] != f"CLIENT#{client_id}":
            raise invalid_next()
        return filled_page(_in_state(state, partial(self._pages.of_client, client_id)), limit, position)

    def _all(self, request: Request, state: State | None) -> Page:
        queues = _queues(state)
        limit, position = read_due_page(request.query, dict.fromkeys(queues, "EXCHANGE"))
        return filled_page(_in_state(state, partial(self._pages.listed, queues)), limit, position)


def _in_state(state: State | None, read: _Read) -> _Read:
    """Return how the exchanges in a state are read, of a list of any."""

    def read_in_state(limit: int, after: Position | None) -> Page:
        found, following = read(limit, after)
        return [exchange for exchange in found if state in {None, exchange.state}], following

    return read_in_state


def _queues(state: State | None) -> tuple[str, ...]:
    """Return the partitions of the index that list exchanges in a state. Raises InvalidRequest."""
    if state is None:
        return (*_FAILED_QUEUES, *OPEN_QUEUES)
    if state in OPEN:
        return OPEN_QUEUES
    if state in FAILED:
        return (state.upper(),)
    raise InvalidRequest(f"state {state} is listed for one client only: add client_id.")


def _state(query: str) -> State | None:
    """Return `state` of the list of exchanges; None is any. Raises InvalidRequest."""
    name = dict(parse_qsl(query)).get("state")
    state = next((state for state in STATES if state == name), None)
    if name is not None and state is None:
        raise InvalidRequest(f"state must be {' or '.join(STATES)}.")
    return state
