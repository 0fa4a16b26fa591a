"""The queues of exchanges: one of those that collect, one of those that deliver."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dci_common.logs import log_failure

if TYPE_CHECKING:
    from dci_common.exchange.exchanges import Exchange
    from dci_common.runtime import Runtime

MAX_DELAY = 900  # SQS's own limit, in seconds


class Queues:
    """Queues exchanges for the next worker."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def put(self, exchange: Exchange, delay: int = 0) -> None:
        """Queue an open exchange, which is due in so many seconds; one due later is queued by the sweep.

        The queue only says that there is something to do: what is left out of it because SQS fails is queued by the
        sweep too, and what is in it twice is done once.
        """
        settings = self._runtime.settings
        queue = settings.work_queue if exchange.state == "collecting" else settings.delivery_queue
        if delay <= MAX_DELAY:
            self._send(queue, {"correlation_id": exchange.correlation_id}, exchange.client_id, delay)

    def put_channel(self, channel_id: str, client_id: str) -> None:
        """Queue a channel of events whose next page may be made, as exchanges are queued."""
        self._send(self._runtime.settings.delivery_queue, {"channel": channel_id}, client_id)

    def _send(self, queue: str, body: dict[str, str], client_id: str, delay: int = 0) -> None:
        try:
            self._runtime.sqs.send_message(
                QueueUrl=queue,
                MessageBody=json.dumps(body),
                MessageGroupId=client_id,  # SQS takes clients in turn
                DelaySeconds=delay,
            )
        except (BotoCoreError, ClientError) as error:
            log_failure(error, next(iter(body.values())))
