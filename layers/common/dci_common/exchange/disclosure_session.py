"""The only way for records, totals and a yes or no to leave the registry: quota and audit of one message.

Whatever happens in between, what was sent was recorded before, and counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

from dci_common.deadline import with_deadline
from dci_common.errors import LimitExceeded
from dci_common.exchange.audit import AuditLog, MessageIds
from dci_common.exchange.quota import Quotas, Reservation

if TYPE_CHECKING:
    from types import TracebackType

    from dci_common.clients.model import Client
    from dci_common.exchange.audit import AuditedSearch, Route
    from dci_common.runtime import Runtime
    from dci_common.spdci.asynchronous import AsyncSearchEnvelope
    from dci_common.spdci.envelope import SearchEnvelope

_THREADS = 4


class DisclosureSessions:
    """Opens the disclosure sessions of one function instance.

    Counts and audit items are written by threads of its own, in parallel with the search, unless the thread of the
    message would only wait for them.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="disclosure")
        self._quotas = Quotas(runtime, self._threads)

    def open(
        self, client: Client, envelope: SearchEnvelope, correlation_id: str, max_records: int
    ) -> DisclosureSession:
        """Reserve quota for a message that may disclose so many records, and return its session.

        Raises LimitExceeded.
        """
        reservation = self._quotas.reserve(client, max_records)
        return self._session(client, _ids(envelope, correlation_id), "sync/search", reservation)

    def count_request(self, client: Client) -> None:
        """Count a request that reserves no records. Raises LimitExceeded."""
        self._quotas.check(self._quotas.reserve(client, 0))

    def open_charged(
        self, client: Client, envelope: AsyncSearchEnvelope, correlation_id: str, route: Route
    ) -> DisclosureSession:
        """Return the session of an answer whose records were counted when they were collected: it counts nothing."""
        return self._session(client, _ids(envelope, correlation_id), route, _counted(client))

    def open_notification(self, client: Client, ids: MessageIds) -> DisclosureSession:
        """Return the session of a notification, whose records were counted when it was packed: it counts nothing."""
        return self._session(client, ids, "notify", _counted(client))

    def _session(self, client: Client, ids: MessageIds, route: Route, reservation: Reservation) -> DisclosureSession:
        audit = AuditLog(self._runtime, self._threads, client, ids, route)
        return DisclosureSession(self._quotas, reservation, audit, self._threads)


def _counted(client: Client) -> Reservation:
    return Reservation(client.client_id, "", 0, 0, None)


def _ids(envelope: SearchEnvelope | AsyncSearchEnvelope, correlation_id: str) -> MessageIds:
    return MessageIds(correlation_id, envelope.header.message_id, envelope.message.transaction_id)


class DisclosureSession:
    """What one message discloses.

        with sessions.open(client, envelope, correlation_id, max_records) as session:
            session.record_disclosure(...)  # before the records are added to the answer
            session.record_probe(...)       # before a rejection that reveals how much there is

    When the block ends, every disclosure is written and counted: what groups show beyond the reservation is added to
    it, or what was not used of it is released. The answer may be sent. Raises LimitExceeded when the message exceeds
    a limit, and Unavailable when a disclosure cannot be recorded. Then, or when the block raises, every disclosure is
    marked as withheld and the reservation is released, but for one record where the members of groups exceed it.
    """

    def __init__(self, quotas: Quotas, reservation: Reservation, audit: AuditLog, threads: Executor) -> None:
        self._quotas = quotas
        self._reservation = reservation
        self._audit = audit
        self._threads = threads
        self._charges: dict[str, int] = {}  # by reference id
        self._is_within_limits = False  # is not known yet

    def __enter__(self) -> Self:
        return self

    def record_disclosure(self, search: AuditedSearch, records: Iterable[str], charge: int) -> None:
        """Start recording what a search discloses: records, by their keys, and how many of the quota they use.

        A total without records is a disclosure too. Raises LimitExceeded when the message exceeds a limit: then
        nothing is recorded.
        """
        self.check_limits()
        self._audit.record(search, records)
        self._charges[search.reference_id] = charge

    def record_probe(self, search: AuditedSearch, reason: str) -> None:
        """Record that a rejection reveals how much a search would have found; that counts as one record.

        What the search disclosed, if anything, is recorded as withheld. Raises LimitExceeded and Unavailable.
        """
        self.check_limits()
        self._audit.record_probe(search, reason)
        self._charges[search.reference_id] = 1

    def check_limits(self) -> None:
        """Raise LimitExceeded when the message exceeds a limit: before what cannot be taken back is done."""
        if not self._is_within_limits:
            self._quotas.check(self._reservation)
            self._is_within_limits = True

    def start_recording(self) -> None:
        """Start to record all disclosures so far, where another call of AWS is made before the block ends."""
        self._audit.start_last()

    def wait(self) -> None:
        """Wait until all disclosures so far are recorded: what is sent before the block ends must be.

        Raises Unavailable when one cannot be recorded.
        """
        self._audit.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind:
            self._withhold_all()
            return
        disclosed = sum(self._charges.values())
        try:
            self.check_limits()
            self._quotas.reserve_more(self._reservation, disclosed)
        except LimitExceeded:
            self._withhold_all(counted=1)  # it reveals that something was found, as a total does
            raise
        except BaseException:
            self._withhold_all()
            raise
        release = self._start_release(disclosed)
        try:
            self._audit.wait()
        finally:
            if release:
                release.result()

    def _withhold_all(self, counted: int = 0) -> None:
        try:
            self._audit.mark_all_withheld()
        finally:
            self._quotas.release_unused(self._reservation, counted)

    def _start_release(self, disclosed: int) -> Future[None] | None:
        """Start to release what was not used, if there is any."""
        if disclosed >= self._reservation.records:
            return None
        return self._threads.submit(with_deadline(self._quotas.release_unused), self._reservation, disclosed)
