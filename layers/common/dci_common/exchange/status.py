"""The status of a transaction: a client asks about its own exchanges, and gets the response once there is one.

Another client's transaction looks like one that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dci_common.exchange.exchanges import ASKABLE_KINDS, UNANSWERED
from dci_common.exchange.own_exchanges import OwnExchanges
from dci_common.exchange.stored_answer import Room, StoredAnswer, StoredAnswers
from dci_common.json_text import json_text
from dci_common.registry.errors import TooManyMatches
from dci_common.spdci.callback import search_response, status_response
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.deadline import Deadline
    from dci_common.exchange.audit import Route
    from dci_common.exchange.disclosure_session import DisclosureSession, DisclosureSessions
    from dci_common.exchange.exchanges import Exchange
    from dci_common.runtime import Runtime
    from dci_common.spdci.asynchronous import TxnStatusEnvelope, TxnStatusMessage

_PAGE_SIZE = 1_000
_LARGE_RECORD = 3_000  # bytes
MAX_BYTES = 5_000_000  # of records in one response, of which Lambda takes 6 MB
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


class OtherAnswer(Protocol):
    """The answer of an exchange that is no search: it is small, and discloses no records."""

    def item(self, number: int) -> str:
        """Return an item as JSON text."""

    def response(self, items: list[str]) -> str:
        """Return the message with these items as JSON text."""


class StatusAnswers:
    """Answers status requests. `others` opens the answers of exchanges that are no searches."""

    def __init__(
        self,
        runtime: Runtime,
        answers: StoredAnswers,
        sessions: DisclosureSessions,
        others: Callable[[Exchange], OtherAnswer],
    ) -> None:
        self._runtime = runtime
        self._answers = answers
        self._sessions = sessions
        self._others = others

    def find(self, client: Client, message: TxnStatusMessage) -> Exchange | None:
        """Return the exchange that a client asks about; None when it has none such.

        Reference ids are looked for in the message's own transaction, which some clients' status requests repeat, and
        then among the newest exchanges.
        """
        question = message.txnstatus_request
        kinds = tuple(kind for kind in ASKABLE_KINDS if question.kind in {"", kind})
        own = OwnExchanges(self._runtime, client.client_id, kinds)
        if question.attribute_type == "correlation_id":
            return own.first(question.values)
        if question.attribute_type == "transaction_id":
            return own.of_transactions(question.values)
        if question.attribute_type == "subscription_code_list":
            return own.of_subscriptions(question.values)
        return own.of_references(question.values, message.transaction_id)

    def asked(self, client: Client, message: TxnStatusMessage, exchange: Exchange, most_bytes: int) -> Asked:
        """Return what a client asks for of a search."""
        pagination = message.txnstatus_request.pagination
        size = pagination.page_size if pagination else max(1, min(_PAGE_SIZE, most_bytes // _LARGE_RECORD))
        answer, numbers = self._answers.open(exchange, client), _numbers(message, exchange)
        return Asked(answer, exchange, numbers, (pagination and pagination.page_number) or 1, size, most_bytes)

    def session(self, client: Client, asked: Asked, route: Route) -> DisclosureSession:
        """Return the session in which an answer is made."""
        return self._sessions.open_charged(client, asked.answer.envelope, asked.exchange.correlation_id, route)

    def found(
        self,
        envelope: TxnStatusEnvelope,
        correlation_id: str,
        asked: Asked,
        session: DisclosureSession,
        deadline: Deadline,
    ) -> str:
        """Return the message that answers a request, as JSON text."""
        response = asked.answer.response([*self._items(asked, session, deadline)])
        return _message(envelope, correlation_id, response)

    def without_records(self, envelope: TxnStatusEnvelope, correlation_id: str, exchange: Exchange | None) -> str:
        """Return the message that answers a request about an exchange that is no search, or does not exist."""
        if exchange is None:
            return self._unknown(envelope, correlation_id)
        answer = self._others(exchange)
        items = [answer.item(number) for number in _numbers(envelope.message, exchange)]
        return _message(envelope, correlation_id, answer.response(items), exchange.kind)

    def _unknown(self, envelope: TxnStatusEnvelope, correlation_id: str) -> str:
        item = {
            "reference_id": envelope.message.txnstatus_request.reference_id,
            "timestamp": timestamp(self._runtime.clock()),
            "status": "rjct",
            "status_reason_code": "rjct.reference_id.invalid",
            "status_reason_message": "This client has no transaction with this id, or its answer is kept no longer.",
        }
        response = search_response(envelope.message.transaction_id, correlation_id, [json_text(item)])
        return _message(envelope, correlation_id, response)

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
            return answer.unanswered(number, UNANSWERED.get(exchange.state, UNANSWERED["dead"]))
        keys = exchange.outcomes[number].keys
        start = (asked.page_number - 1) * asked.page_size
        count = max(0, min(asked.page_size, keys - start))
        with suppress(TooManyMatches):  # time is over while its records are read
            if not count or deadline.left() >= 0:
                rendered = answer.portion((number, start, count), asked.page_number, Room(left), session, deadline)
                if rendered.count >= count:
                    return rendered.text
        return answer.too_large(number, _TOO_LARGE, session)


def _numbers(message: TxnStatusMessage, exchange: Exchange) -> tuple[int, ...]:
    """Return the numbers of the items that are asked about."""
    question = message.txnstatus_request
    is_by_reference, wanted = question.attribute_type == "reference_id_list", {*question.values}
    references = enumerate(exchange.references)
    return tuple(number for number, reference in references if not is_by_reference or reference in wanted)


def _message(envelope: TxnStatusEnvelope, correlation_id: str, response: str, kind: str = "search") -> str:
    return status_response(envelope.message.transaction_id, correlation_id, response, kind)
