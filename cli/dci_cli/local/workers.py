"""What calls functions in a local deployment: queues, the schedule of the sweep, and the streams of tables."""

from __future__ import annotations

import json
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dci_cli.local.access_log import callback_line
from dci_cli.local.queues import QUEUE_URLS, Message, Queue
from dci_common.aws.services import MinimalSQS
from dci_common.exchange.audit_index import AUDITED
from dci_common.exchange.exchange_lists import ExchangeLists
from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.registry.storage.keys import RECORD
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from dci_cli.local.stream_reader import Record, StreamReader, Streams
    from dci_common.runtime import LambdaHandler, Runtime

MAX_CONCURRENCY = 5  # of the handlers for a queue: the default of the template's parameter
_SOON_SECONDS = 0.5
_POLL_SECONDS = 0.1  # between two readings of a stream that has nothing new
_AGAIN_SECONDS = 1
_MAX_LINES = 1_000  # of a message: it is worked on for seconds


@dataclass(frozen=True, slots=True)
class Handlers:
    """The handlers of the functions that no request of a client calls."""

    delivery: LambdaHandler
    changes: LambdaHandler
    audit_index: LambdaHandler


@contextmanager
def working(handlers: Handlers, runtime: Runtime, streams: Streams, sweep_seconds: float = 5) -> Iterator[None]:
    """Call the handlers meanwhile: for each message that is queued, for the sweep, and for what is written to tables.

    At the end, what is in progress is completed, since it needs the engine.
    """
    workers = _Workers(handlers, runtime)
    queues = {name: Queue(MinimalSQS(runtime.retry), url) for name, url in QUEUE_URLS.items()}
    changes = queues.pop("CHANGES_QUEUE")
    threads = [
        *(threading.Thread(target=workers.deliver, args=(queue,)) for queue in [*queues.values()] * MAX_CONCURRENCY),
        threading.Thread(target=workers.feed_again, args=(changes,)),
        threading.Thread(target=workers.feed, args=(handlers.changes, streams.registry, _is_record)),
        threading.Thread(target=workers.feed, args=(handlers.audit_index, streams.audit, _is_audited)),
        threading.Thread(target=workers.sweep, args=(sweep_seconds,)),
    ]
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


def _is_record(record: Record) -> bool:
    return bool(record["dynamodb"]["Keys"]["sk"]["S"] == RECORD)


def _is_audited(record: Record) -> bool:
    return "NewImage" in record["dynamodb"] and record["dynamodb"]["Keys"]["pk"]["S"].startswith(AUDITED)


@contextmanager
def _reported() -> Iterator[None]:
    """Report an error, which must not end a thread: the next time it may work."""
    try:
        yield
    except Exception:  # noqa: BLE001 - see above
        traceback.print_exc()


class _Workers:
    """What the threads do until `stopped` is set."""

    def __init__(self, handlers: Handlers, runtime: Runtime) -> None:
        self.stopped = threading.Event()
        self._handlers, self._runtime = handlers, runtime
        self._store, self._lists = ExchangeStore(runtime), ExchangeLists(runtime)

    def deliver(self, queue: Queue) -> None:
        """Call the delivery function for the messages of a queue, one after the other."""
        while message := queue.take(self.stopped):
            with _reported():
                started = time.time()
                failures = self._handlers.delivery(message.event, None)["batchItemFailures"]
                self._log(message, started)
                if not failures:  # else it is received again, or swept up before
                    queue.delete(message)

    def feed_again(self, queue: Queue) -> None:
        """Call the changes function for the messages of its queue, one after the other."""
        while message := queue.take(self.stopped):
            with _reported():
                if not self._handlers.changes(message.event, None)["batchItemFailures"]:
                    queue.delete(message)

    def feed(self, handler: LambdaHandler, stream: StreamReader, is_wanted: Callable[[Record], bool]) -> None:
        """Call a function for what is written to a table, in this order, if the template's filter passes it on."""
        waiting: list[Record] = []
        while not self.stopped.is_set():
            with _reported():
                waiting = waiting or stream.read()
                records = list(filter(is_wanted, waiting))
                if not records or not handler({"Records": records}, None)["batchItemFailures"]:
                    stream.confirm()
                    if waiting:
                        waiting = []
                        continue  # without a pause
            self.stopped.wait(_AGAIN_SECONDS if waiting else _POLL_SECONDS)

    def sweep(self, seconds: float) -> None:
        """Call the handler as the schedule does, at once and then after each so many seconds."""
        while not self.stopped.is_set():
            with _reported():
                self._handlers.delivery({}, None)
            self.stopped.wait(seconds)

    def _log(self, message: Message, started: float) -> None:
        """Write a line for each attempt to deliver since then."""
        exchange = self._store.get(json.loads(message.content["Body"]).get("correlation_id", ""))
        if exchange is None:
            return
        for attempt in reversed(self._lists.attempts(exchange, _MAX_LINES)):
            _, when, *_ = attempt["sk"]["S"].split("#")
            if when >= timestamp(started):
                sys.stderr.write(callback_line(exchange, attempt, when))
