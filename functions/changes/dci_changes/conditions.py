"""The searches of subscriptions: compiled once for each day, as their clients may search then."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from dci_common.logs import log_subscription_rejected
from dci_common.spdci.rejections import Rejection
from dci_common.spdci.subscriptions import SubscribeCriteria
from dci_common.subscriptions.compiled_subscription import compile_subscription

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from dci_common.clients.model import Client
    from dci_common.exchange.compiled_search import CompiledSearch
    from dci_common.registry.model.base import Kind
    from dci_common.registry.storage.store import RegistrySettings
    from dci_common.subscriptions.event_types import EventType
    from dci_common.subscriptions.subscription import Subscription
    from dci_common.subscriptions.subscription_store import SubscriptionStore, Watched

_MAX_DAYS = 4  # that are kept: those of changes that are tried again come back


class SubscribedSearch(NamedTuple):
    """A subscription, the events that it asks for, and the search of whose records they are."""

    subscription: Subscription
    event_type: EventType
    search: CompiledSearch


class Searches:
    """Makes the searches of subscriptions, with the clients and the registry's settings of now.

    `reported` are the codes of those that cannot be made, and were logged.
    """

    def __init__(self, clients: Mapping[str, Client], settings: RegistrySettings, reported: set[str]) -> None:
        self._clients = clients
        self._settings = settings
        self._reported = reported
        self.versions = settings, frozenset((client.client_id, client.version) for client in clients.values())

    def of(self, subscriptions: Iterable[Subscription], today: date) -> Iterator[SubscribedSearch]:
        """Yield the searches of active subscriptions, without those that their clients may not make any more."""
        for subscription in subscriptions:
            client = self._clients.get(subscription.client_id)
            if client is None or not subscription.is_active:
                continue
            try:
                criteria = SubscribeCriteria.model_validate(subscription.criteria)
                found = compile_subscription(criteria, client, self._settings, today)
            except Rejection as rejection:
                self._report(subscription.code, rejection.code)
            except ValidationError:  # another version of this software wrote it
                self._report(subscription.code, "")
            else:
                yield SubscribedSearch(subscription, *found)

    def _report(self, code: str, reason: str) -> None:
        if code not in self._reported:
            self._reported.add(code)
            log_subscription_rejected(code, reason)


class Conditions:
    """The subscriptions by condition, in memory until any of them begins or ends."""

    def __init__(self, store: SubscriptionStore) -> None:
        self._store = store
        self._generation = -1
        self._subscriptions: list[Subscription] = []
        self._versions: object = None  # of the clients and settings with which the following were made
        self._searches: dict[date, dict[Kind, list[SubscribedSearch]]] = {}

    def read(self, watched: Watched) -> list[Subscription]:
        """Return all subscriptions by condition, read again when they are not those of before."""
        if watched.generation != self._generation:
            self._subscriptions = self._store.conditions() if watched.conditions else []
            self._generation = watched.generation
            self._searches.clear()
        return self._subscriptions

    def searches(self, searches: Searches, kind: Kind, today: date) -> list[SubscribedSearch]:
        """Return those about a kind of record; they are made again when a client or the settings have changed."""
        if searches.versions != self._versions or len(self._searches) > _MAX_DAYS:
            self._searches.clear()
            self._versions = searches.versions
        if today not in self._searches:
            made: dict[Kind, list[SubscribedSearch]] = {}
            for one in searches.of(self._subscriptions, today):
                made.setdefault(one.search.query.kind, []).append(one)
            self._searches[today] = made
        return self._searches[today].get(kind, [])
