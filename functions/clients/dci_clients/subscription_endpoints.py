"""The endpoints that return subscriptions, and end one."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from dci_clients.requests import read_client_id, read_due_page, read_page
from dci_common.clients.administration import Administration
from dci_common.clients.log import Change
from dci_common.edge.http import Request, Response
from dci_common.edge.positions import LOG_POSITION, filled_page, invalid_next, next_page
from dci_common.errors import Conflict, NotFound
from dci_common.subscriptions.failing_subscribers import KINDS, FailingSubscribers
from dci_common.subscriptions.subscription_pages import SubscriptionPages, is_position
from dci_common.subscriptions.subscription_store import SubscriptionStore
from dci_common.subscriptions.subscription_views import subscription_view

if TYPE_CHECKING:
    from dci_common.clients.changes import Caller
    from dci_common.runtime import Runtime
    from dci_common.subscriptions.subscription import Subscription

_MAX_CODE = 99  # characters


class SubscriptionEndpoints:
    """Endpoints that read and end subscriptions."""

    def __init__(self, runtime: Runtime) -> None:
        self._store = SubscriptionStore(runtime)
        self._failing = FailingSubscribers(runtime)
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

    def failing(self, request: Request) -> Response:
        """Return a page of the clients that are not notified any more, or of the channels of one."""
        limit, position = read_due_page(request.query, KINDS)
        found, following = filled_page(partial(self._failing.page, read_client_id(request.query)), limit, position)
        return Response.of(200, {"subscribers": found, **next_page(following)})

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
