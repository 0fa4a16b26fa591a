"""The status of a transaction: a client asks about its own searches, and gets the response once there is one.

Another client's transaction looks like one that does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from dci_common.exchange.exchange_lists import ExchangeLists
from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.stored_answer import Room, StoredAnswer, StoredAnswers
from dci_common.json_text import json_text
from dci_common.registry.errors import TooManyMatches
from dci_common.spdci.callback import search_response, status_response
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.deadline import Deadline
    from dci_common.exchange.disclosure_session import DisclosureSession, DisclosureSessions
    from dci_common.exchange.exchanges import Exchange
    from dci_common.runtime import Runtime
    from dci_common.spdci.asynchronous import TxnStatusEnvelope, TxnStatusMessage

_PAGE_SIZE = 1_000
_LARGE_RECORD = 3_000  # bytes
_NEWEST = 1_000  # exchanges among which one is looked for that its transaction does not name
MAX_BYTES = 5_000_000  # of records in one response, of which Lambda takes 6 MB
_REASONS = {
    "cancelled": "The registry's operators have cancelled this transaction.",
    "dead": "The registry could not answer in time: ask again in a new message.",
}
_TOO_LARGE = (
    "The records do not fit into one response, or into its time: ask for smaller pages, in "
    "txnstatus_request.pagination."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a status request asks for: items of an answer, and which page of their records."""

    answer: StoredAnswer
    exchange: Exchange
    numbers: tuple[int, ...]
    page_number: int
    page_size: int
    most_bytes: int


class StatusAnswers:
    """Answers status requests."""

    def __init__(self, runtime: Runtime, answers: StoredAnswers, sessions: DisclosureSessions) -> None:
        self._runtime = runtime
        self._answers = answers
        self._sessions = sessions
        self._exchanges = ExchangeStore(runtime)
        self._lists = ExchangeLists(runtime)

    def asked(self, client: Client, message: TxnStatusMessage, most_bytes: int) -> Asked | None:
        """Return what a client asks for; None when it has no such transaction."""
        question = message.txnstatus_request
        pagination = question.pagination
        size = pagination.page_size if pagination else max(1, min(_PAGE_SIZE, most_bytes // _LARGE_RECORD))
        exchange = self._find(client, message) if question.is_about_searches else None
        if exchange is None:
            return None
        answer = self._answers.open(exchange, client)
        is_by_reference = question.attribute_type == "reference_id_list"
        wanted = set(question.values)
        numbers = tuple(
            number for number, item in enumerate(answer.items) if not is_by_reference or item.reference_id in wanted
        )
        return Asked(answer, exchange, numbers, (pagination and pagination.page_number) or 1, size, most_bytes)

    def session(self, client: Client, asked: Asked) -> DisclosureSession:
        """Return the session in which an answer is made."""
        return self._sessions.open_charged(client, asked.answer.envelope, asked.exchange.correlation_id)

    def found(
        self,
        envelope: TxnStatusEnvelope,
        correlation_id: str,
        asked: Asked,
        session: DisclosureSession,
        deadline: Deadline,
    ) -> str:
        """Return the message that answers a request, as JSON text."""
        exchange = asked.exchange
        items = [*self._items(asked, session, deadline)]
        response = search_response(exchange.transaction_id, exchange.correlation_id, items)
        return _message(envelope, correlation_id, response)

    def unknown(self, envelope: TxnStatusEnvelope, correlation_id: str) -> str:
        """Return the message that answers a request about a transaction that does not exist."""
        item = {
            "reference_id": envelope.message.txnstatus_request.reference_id,
            "timestamp": timestamp(self._runtime.clock()),
            "status": "rjct",
            "status_reason_code": "rjct.reference_id.invalid",
            "status_reason_message": "This client has no transaction with this id, or its answer is kept no longer.",
        }
        response = search_response(envelope.message.transaction_id, correlation_id, [json_text(item)])
        return _message(envelope, correlation_id, response)

    def _find(self, client: Client, message: TxnStatusMessage) -> Exchange | None:
        """Return the search that is asked about.

        Reference ids are looked for in the search of the message's own transaction, which some clients' status
        requests repeat, and then among the newest searches.
        """
        question, client_id = message.txnstatus_request, client.client_id
        if question.attribute_type == "correlation_id":
            return self._first_own(client, question.values)
        if question.attribute_type == "transaction_id":
            return self._first_own(client, self._of_transactions(client_id, question.values))
        wanted = set(question.values)
        found = self._own(client, self._lists.of_transaction(client_id, message.transaction_id))
        if found and not wanted.isdisjoint(found.references):
            return found
        return self._own(client, self._newest(client_id, wanted, by_reference=True))

    def _of_transactions(self, client_id: str, transaction_ids: list[str]) -> Iterator[str | None]:
        """Yield searches of some transactions: of several, first the newest of the client's newest exchanges."""
        named = map(partial(self._lists.of_transaction, client_id), transaction_ids)
        if len(transaction_ids) == 1:
            yield next(named)  # which needs no list
        yield self._newest(client_id, set(transaction_ids))
        yield from named

    def _first_own(self, client: Client, correlation_ids: Iterable[str | None]) -> Exchange | None:
        return next(filter(None, map(partial(self._own, client), correlation_ids)), None)

    def _own(self, client: Client, correlation_id: str | None) -> Exchange | None:
        exchange = self._exchanges.get(correlation_id) if correlation_id else None
        is_own = exchange and exchange.client_id == client.client_id and exchange.kind == "search"
        is_kept = exchange and exchange.is_kept(self._runtime.clock())
        return exchange if is_own and is_kept else None

    def _newest(self, client_id: str, wanted: set[str], *, by_reference: bool = False) -> str | None:
        """Return the newest search that has one of the ids; without references it is a status request."""
        for names in self._lists.newest(client_id, _NEWEST):
            ids = names.references if by_reference else {names.transaction_id}
            if names.references and not wanted.isdisjoint(ids):
                return names.correlation_id
        return None

    def _items(self, asked: Asked, session: DisclosureSession, deadline: Deadline) -> Iterator[str]:
        left = asked.most_bytes
        for number in asked.numbers:
            text = self._item(asked, number, left, session, deadline)
            left -= len(text.encode())
            yield text

    def _item(self, asked: Asked, number: int, left: int, session: DisclosureSession, deadline: Deadline) -> str:
        answer, exchange = asked.answer, asked.exchange
        if exchange.state == "collecting":
            return answer.pending(number)
        if exchange.state == "cancelled" or number >= len(exchange.outcomes):
            return answer.unanswered(number, _REASONS.get(exchange.state, _REASONS["dead"]))
        keys = exchange.outcomes[number].keys
        start = (asked.page_number - 1) * asked.page_size
        count = max(0, min(asked.page_size, keys - start))
        with suppress(TooManyMatches):  # time is over while its records are read
            if not count or deadline.left() >= 0:
                rendered = answer.portion((number, start, count), asked.page_number, Room(left), session, deadline)
                if rendered.count >= count:
                    return rendered.text
        return answer.too_large(number, _TOO_LARGE, session)


def _message(envelope: TxnStatusEnvelope, correlation_id: str, response: str) -> str:
    return status_response(envelope.message.transaction_id, correlation_id, response)
