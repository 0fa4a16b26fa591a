"""The endpoints that return subscriptions, and end one."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from dci_clients.requests import read_client_id, read_page
from dci_common.clients.administration import Administration
from dci_common.clients.log import Change
from dci_common.edge.http import Request, Response
from dci_common.edge.positions import LOG_POSITION, invalid_next, next_page
from dci_common.errors import Conflict, NotFound
from dci_common.exchange.exchange_lists import ExchangeLists
from dci_common.subscriptions.channels import Channels
from dci_common.subscriptions.subscription_pages import SubscriptionPages, is_position
from dci_common.subscriptions.subscription_store import SubscriptionStore
from dci_common.subscriptions.subscription_views import (
    failing_subscriber_view,
    gone_subscriber_view,
    subscription_view,
)

if TYPE_CHECKING:
    from dci_common.clients.changes import Caller
    from dci_common.runtime import Runtime
    from dci_common.subscriptions.subscription import Subscription

_MAX_CODE = 99  # characters


class SubscriptionEndpoints:
    """Endpoints that read and end subscriptions."""

    def __init__(self, runtime: Runtime) -> None:
        self._store = SubscriptionStore(runtime)
        self._lists = ExchangeLists(runtime)
        self._channels = Channels(runtime)
        self._pages = SubscriptionPages(runtime)
        self._administration = Administration(runtime)

    def subscriptions(self, request: Request) -> Response:
        """Return a page of a client's active subscriptions, or else of all by condition, and their limits."""
        client_id = read_client_id(request.query)
        limit, position = read_page(request.query, LOG_POSITION)
        if position and not is_position(position, client_id):
            raise invalid_next()
        found, following = self._pages.listed(client_id, limit, position)
        body = {"subscriptions": list(map(subscription_view, found)), "limits": self._pages.usage(client_id)}
        return Response.of(200, {**body, **next_page(following)})

    def subscription(self, request: Request) -> Response:
        """Return a subscription. Raises NotFound."""
        return Response.of(200, subscription_view(self._find(request)))

    def failing(self, _: Request) -> Response:
        """Return the clients that are not notified any more, those that failed first before the others."""
        failing = [failing_subscriber_view(channel) for channel in self._channels.paused()]
        paused = ((id_, since) for id_, since in self._lists.paused() if self._pages.subscribes(id_))
        gone = [gone_subscriber_view(client_id, since) for client_id, since in paused]
        ordered = sorted([*failing, *gone], key=lambda subscriber: str(subscriber["since"]))
        return Response.of(200, {"subscribers": ordered})

    def cancel(self, request: Request, caller: Caller) -> Response:
        """End a subscription, and return it. Raises NotFound and Conflict.

        It is recorded in the log of its client first. That of a client which was deleted ends without: its deletion,
        which ends them all, is in the log.
        """
        found = self._find(request)
        if not found.is_active:
            raise Conflict("The subscription has ended already.")
        ended = {f"subscriptions.{found.code}": Change(before="active", after="ended")}
        with suppress(NotFound):
            self._administration.record(caller, found.client_id, "subscription_cancelled", ended)
        return Response.of(200, subscription_view(self._store.end(found)))

    def _find(self, request: Request) -> Subscription:
        code = request.parameters.get("code", "")
        found = self._store.get(code) if 0 < len(code) <= _MAX_CODE else None
        if found is None:
            raise NotFound("There is no subscription with this code. One that has ended is kept for 31 days.")
        return found
