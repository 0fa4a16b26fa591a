"""Giving way: an exchange waits while as many others as may run of the same client do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dci_common.exchange.exchange_store import ExchangeStore, Superseded
from dci_common.exchange.queues import Queues

if TYPE_CHECKING:
    from dci_common.exchange.exchanges import Exchange
    from dci_common.runtime import Runtime

_WAIT_SECONDS = (5, 240)  # at least, and at most
_A_SECOND = 20  # of a client's exchanges that come again
_SWEPT_SOON = 30  # seconds before the sweep would queue a waiting exchange once more
_SWEPT_AFTER = 300


def give_way(runtime: Runtime, exchange: Exchange, open_exchanges: int) -> None:
    """Queue an exchange again, so that it has its turn when a place is free.

    The more `open_exchanges` its client has, the longer each waits: so many come again that a place is not free for
    long, and no more.
    While it waits it keeps the sweep from queueing it too. That ends other messages of it as well, which come
    meanwhile: else each sweep would add one that comes again and again.
    """
    now = int(runtime.clock())
    wait = min(max(_WAIT_SECONDS[0], open_exchanges // _A_SECOND), _WAIT_SECONDS[1])
    if exchange.due is not None and exchange.due - now < wait + _SWEPT_SOON:
        waiting = replace(exchange, held_until=now + wait, due=now + _SWEPT_AFTER)
        try:
            exchange = ExchangeStore(runtime).save(waiting)
        except Superseded:  # the process that changed it goes on with it
            return
    Queues(runtime).put(exchange, wait)
