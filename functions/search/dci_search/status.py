"""The sync status of transactions: what became of a client's own asynchronous messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import from_json

from dci_common.exchange.disclosure_session import DisclosureSessions
from dci_common.exchange.participants import check_participants
from dci_common.exchange.status import MAX_BYTES, StatusAnswers
from dci_common.exchange.stored_answer import StoredAnswers
from dci_common.signatures.policy import Signatures, Unsigned
from dci_common.spdci.asynchronous import STATUS_ACTIONS, TXN_STATUS, TxnStatusEnvelope
from dci_common.spdci.callback import (
    TXN_ON_STATUS,
    CallbackHeader,
    envelope,
    search_response,
    status_response,
    unsigned_bytes,
)
from dci_common.spdci.envelope import Envelope, read_envelope, sent_ids
from dci_common.spdci.rejections import Rejection
from dci_common.subscriptions.subscription_answer import SubscriptionAnswers
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.edge.http import Request
    from dci_common.runtime import Runtime

_OTHER_ACTION = Rejection(
    "rjct.action.not_supported", f"header.action must be {TXN_STATUS}: this path serves no other."
)


class StatusService:
    """Answers status requests at once."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._sessions = DisclosureSessions(runtime)
        self._signatures = Signatures(runtime)
        others = SubscriptionAnswers(runtime).open
        self._status = StatusAnswers(runtime, StoredAnswers(runtime), self._sessions, others)

    def answer(self, request: Request, client: Client) -> str:
        """Return the answer to a request as JSON text.

        Raises InvalidRequest, LimitExceeded, and Unavailable when what it discloses cannot be recorded.
        """
        body = request.json_body()
        sent = read_envelope(Envelope, body)
        check_participants(sent, client, self._runtime.settings.receiver_ids)
        proof = self._signatures.check(sent, body, client, request.deadline)
        signer = self._signatures.signer(client, sent.signature)
        if sent.header.action not in STATUS_ACTIONS:
            self._sessions.count_request(client)
            answer = envelope(self._header(sent, 0, _OTHER_ACTION), _nothing(request), signer)
            proof.claim()
            return answer
        asked_for = read_envelope(TxnStatusEnvelope, body)
        self._sessions.count_request(client)
        header = self._header(sent, 1)
        exchange = self._status.find(client, asked_for.message)
        if exchange is None or exchange.kind != "search":
            message = self._status.without_records(asked_for, request.correlation_id, exchange)
            answer = envelope(header, message, signer)
            proof.claim()
            return answer
        asked = self._status.asked(client, asked_for.message, exchange, unsigned_bytes(MAX_BYTES, signer))
        with self._status.session(client, asked, "sync/txn/status") as session:
            message = self._status.found(asked_for, request.correlation_id, asked, session, request.deadline)
            answer = envelope(header, message, signer)
            if not isinstance(proof, Unsigned):
                session.start_recording()
                proof.claim()
        return answer

    def _header(self, sent: Envelope, count: int, rejection: Rejection | None = None) -> str:
        now = timestamp(self._runtime.clock())
        return CallbackHeader(TXN_ON_STATUS, sent.header.message_id, now, count, count, rejection).text(sent.header)


def _nothing(request: Request) -> str:
    """Return the response to a message that is not read, which is about no transaction."""
    transaction_id = sent_ids(from_json(request.body)).transaction_id
    about_none = search_response("", request.correlation_id, [])
    return status_response(transaction_id, request.correlation_id, about_none)
