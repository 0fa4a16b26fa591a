"""The endpoints of what operators do to exchanges: they redrive, cancel, and resume what was paused.

Each act is in the log of the client before it is done, in a transaction that checks that its caller may still act.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from dci_clients.requests import client_id, read_due_page
from dci_common.clients.administration import Administration
from dci_common.clients.log import Change, LogAct
from dci_common.clients.model import is_client_id
from dci_common.clients.store import ClientStore
from dci_common.edge.http import Request, Response
from dci_common.edge.positions import next_page
from dci_common.errors import Conflict, NotFound
from dci_common.exchange.exchange_pages import DEAD_QUEUE, ExchangePages
from dci_common.exchange.exchange_views import exchange_view
from dci_common.exchange.interventions import UNKNOWN, Interventions
from dci_common.exchange.worker_places import WorkerPlaces
from dci_common.subscriptions.channels import Channels
from dci_common.subscriptions.subscribers import Subscribers

if TYPE_CHECKING:
    from dci_common.clients.changes import Caller
    from dci_common.exchange.exchanges import Exchange
    from dci_common.runtime import Runtime


class ExchangeActs:
    """Endpoints that change exchanges."""

    def __init__(self, runtime: Runtime) -> None:
        self._interventions = Interventions(runtime)
        self._administration = Administration(runtime)
        self._clients = ClientStore(runtime)
        self._places = WorkerPlaces(runtime)
        self._channels = Channels(runtime)
        self._pages = ExchangePages(runtime)
        self._subscribers = Subscribers(runtime)

    def redrive(self, request: Request, caller: Caller) -> Response:
        """Have a failed exchange go on where it stopped, and return it. Raises NotFound and Conflict."""
        exchange = self._interventions.failed(_correlation_id(request))
        act = {f"exchanges.{exchange.correlation_id}": Change(before=exchange.state, after="redriven")}
        self._administration.record(caller, exchange.client_id, "exchange_redriven", act)
        return Response.of(200, exchange_view(self._interventions.redrive(exchange)))

    def redrive_dead(self, request: Request, caller: Caller) -> Response:
        """Have a page of a client's dead exchanges go on, and return which do. Raises NotFound.

        It can be repeated: what goes on is not dead any more.
        """
        client = self._clients.get(client_id(request))
        limit, position = read_due_page(request.query, {DEAD_QUEUE: "EXCHANGE"})
        dead, following = self._pages.dead(client.client_id, limit, position)
        if dead:
            acts = {f"exchanges.{one.correlation_id}": Change(before="dead", after="redriven") for one in dead}
            self._administration.record(caller, client.client_id, "exchange_redriven", acts)
        failed = [failure for one in dead if (failure := self._failure(one))]
        kept = {failure["correlation_id"] for failure in failed}
        redriven = [one.correlation_id for one in dead if one.correlation_id not in kept]
        return Response.of(200, {"redriven": redriven, "failed": failed, **next_page(following)})

    def cancel(self, request: Request, caller: Caller) -> Response:
        """End an open exchange, and return it; that of a deleted client too. Raises NotFound and Conflict."""
        exchange = self._interventions.open(_correlation_id(request))
        self._record_cancelled(caller, exchange)
        return Response.of(200, exchange_view(self._interventions.cancel(exchange.correlation_id)))

    def resume(self, request: Request, caller: Caller) -> Response:
        """Have callbacks and notifications to a client sent again. Raises NotFound and Conflict."""
        client = self._clients.get(client_id(request))
        paused = {
            "callbacks": self._places.is_paused(client.client_id),
            "notifications": any(channel.client_id == client.client_id for channel in self._channels.paused()),
        }
        resumed = [name for name, is_paused in paused.items() if is_paused]
        if not resumed:
            raise Conflict("Nothing that is sent to this client is paused.")
        act = {name: Change(before="paused", after="resumed") for name in resumed}
        self._administration.record(caller, client.client_id, "callbacks_resumed", act)
        with suppress(NotFound):  # another operator has resumed them meanwhile
            self._subscribers.resume(client.client_id)
        return Response.of(200, {"client_id": client.client_id, "resumed": resumed})

    def _failure(self, exchange: Exchange) -> dict[str, str] | None:
        """Redrive an exchange, and return why it cannot be; None if it is."""
        try:
            self._interventions.redrive(exchange)
        except (NotFound, Conflict) as error:
            return {"correlation_id": exchange.correlation_id, "message": error.message}
        return None

    def _record_cancelled(self, caller: Caller, exchange: Exchange) -> None:
        cancelled: LogAct = "exchange_cancelled"
        act = Change(before=exchange.state, after="cancelled")
        name = f"exchanges.{exchange.correlation_id}"
        try:
            self._administration.record(caller, exchange.client_id, cancelled, {name: act})
        except NotFound:  # the client was deleted, and has no log of its own to be written to
            self._administration.record_act(caller, f"exchange#{exchange.correlation_id}", cancelled)


def _correlation_id(request: Request) -> str:
    """Return the id of the path. Raises NotFound for what can be none."""
    correlation_id = request.parameters.get("correlation_id", "")
    if not is_client_id(correlation_id):
        raise NotFound(UNKNOWN)
    return correlation_id
