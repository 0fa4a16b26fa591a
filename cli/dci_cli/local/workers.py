"""What calls the delivery function in a local deployment: its queues, and the schedule of the sweep."""

from __future__ import annotations

import json
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dci_cli.local.access_log import callback_line
from dci_cli.local.queues import QUEUE_URLS, Message, Queue
from dci_common.aws.services import MinimalSQS
from dci_common.exchange.exchange_lists import ExchangeLists
from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.runtime import LambdaHandler, Runtime

MAX_CONCURRENCY = 5  # of the handlers for a queue: the default of the template's parameter
_SOON_SECONDS = 0.5
_MAX_LINES = 1_000  # of a message: it is worked on for seconds


@contextmanager
def working(handler: LambdaHandler, runtime: Runtime, sweep_seconds: float = 5) -> Iterator[None]:
    """Call the handler of the delivery function meanwhile: for each message that is queued, and for the sweep.

    At the end, what is in progress is completed, since it needs the engine.
    """
    workers = _Workers(handler, runtime)
    queues = [Queue(MinimalSQS(runtime.retry), url) for url in QUEUE_URLS.values()]
    threads = [threading.Thread(target=workers.work, args=(queue,)) for queue in queues * MAX_CONCURRENCY]
    threads.append(threading.Thread(target=workers.sweep, args=(sweep_seconds,)))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        workers.stopped.set()
        if any(_runs_after(thread, _SOON_SECONDS) for thread in threads):
            print("Completing what is being delivered.", file=sys.stderr)
        for thread in threads:
            thread.join()


def _runs_after(thread: threading.Thread, seconds: float) -> bool:
    thread.join(seconds)
    return thread.is_alive()


class _Workers:
    """What the threads do until `stopped` is set."""

    def __init__(self, handler: LambdaHandler, runtime: Runtime) -> None:
        self.stopped = threading.Event()
        self._handler, self._runtime = handler, runtime
        self._store, self._lists = ExchangeStore(runtime), ExchangeLists(runtime)

    def work(self, queue: Queue) -> None:
        """Call the handler for the messages of a queue, one after the other."""
        while message := queue.take(self.stopped):
            try:
                started = time.time()
                failures = self._handler(message.event, None)["batchItemFailures"]
                self._log(message, started)
                if not failures:  # else it is received again, or swept up before
                    queue.delete(message)
            except Exception:  # noqa: BLE001 - one message must not end the thread
                traceback.print_exc()

    def sweep(self, seconds: float) -> None:
        """Call the handler as the schedule does, at once and then after each so many seconds."""
        while not self.stopped.is_set():
            try:
                self._handler({}, None)
            except Exception:  # noqa: BLE001 - the next time it may work
                traceback.print_exc()
            self.stopped.wait(seconds)

    def _log(self, message: Message, started: float) -> None:
        """Write a line for each attempt to deliver since then."""
        exchange = self._store.get(json.loads(message.content["Body"])["correlation_id"])
        if exchange is None:
            return
        for attempt in reversed(self._lists.attempts(exchange, _MAX_LINES)):
            _, when, *_ = attempt["sk"]["S"].split("#")
            if when >= timestamp(started):
                sys.stderr.write(callback_line(exchange, attempt, when))
