"""The exchanges that an earlier run has left unfinished in tables that were kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dci_common.exchange.exchange_lists import ExchangeLists
from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.exchanges import OPEN_QUEUES
from dci_common.exchange.worker_places import WorkerPlaces

if TYPE_CHECKING:
    from dci_common.runtime import Runtime


def make_due(runtime: Runtime) -> None:
    """Make all open exchanges due now, so that the sweep queues them.

    No worker can hold one: this process has claimed the tables, and has not started any. Those that wait for another
    attempt do not wait either: a person who starts the server again does not want to wait until tomorrow.
    """
    lists, store, places = ExchangeLists(runtime), ExchangeStore(runtime), WorkerPlaces(runtime)
    for queue in OPEN_QUEUES:
        for correlation_id in list(lists.listed(queue)):
            exchange = store.get(correlation_id)
            if exchange and exchange.is_open:
                places.vacate(exchange.client_id)
                store.save(replace(exchange, held_until=0, due=int(runtime.clock())))
