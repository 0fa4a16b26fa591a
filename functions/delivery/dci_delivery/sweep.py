"""The sweep: each minute, what is due and not queued is queued, and what a worker has left is taken up again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dci_common.errors import Unavailable
from dci_common.exchange.exchange_lists import ExchangeLists
from dci_common.exchange.exchange_store import ExchangeStore, Superseded
from dci_common.exchange.exchanges import OPEN_QUEUES
from dci_common.exchange.queues import Queues
from dci_common.logs import log_failure
from dci_common.subscriptions.channels import Channels

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

_SWEPT_AGAIN_AFTER = 300  # seconds, if the queue has not come to it until then


def sweep(runtime: Runtime) -> None:
    """Queue all exchanges that are due, and all channels of events."""
    _sweep_exchanges(runtime)
    _sweep_channels(runtime)


def _sweep_channels(runtime: Runtime) -> None:
    channels = Channels(runtime)
    for channel_id in channels.due():
        if channel := channels.get(channel_id):
            channels.queue(channel)


def _sweep_exchanges(runtime: Runtime) -> None:
    store, lists, queues, now = ExchangeStore(runtime), ExchangeLists(runtime), Queues(runtime), int(runtime.clock())
    for queue in OPEN_QUEUES:
        for correlation_id in lists.listed(queue, until=now):
            try:
                exchange = store.get(correlation_id)
                if exchange and exchange.due is not None and exchange.due <= now:
                    queues.put(store.save(replace(exchange, due=now + _SWEPT_AGAIN_AFTER)))
            except Superseded:  # somebody works on it
                continue
            except (BotoCoreError, ClientError, Unavailable) as error:  # the next sweep tries again
                log_failure(error, correlation_id)
