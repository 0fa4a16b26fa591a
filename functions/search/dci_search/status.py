"""The sync status of transactions: what became of a client's own asynchronous searches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dci_common.exchange.disclosure_session import DisclosureSessions
from dci_common.exchange.participants import check_participants
from dci_common.exchange.status import MAX_BYTES, StatusAnswers
from dci_common.exchange.stored_answer import StoredAnswers
from dci_common.signatures.policy import Signatures
from dci_common.spdci.asynchronous import TxnStatusEnvelope
from dci_common.spdci.callback import TXN_ON_STATUS, CallbackHeader, envelope, unsigned_bytes
from dci_common.spdci.envelope import read_envelope
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.edge.http import Request
    from dci_common.runtime import Runtime


class StatusService:
    """Answers status requests at once."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._sessions = DisclosureSessions(runtime)
        self._signatures = Signatures(runtime)
        self._status = StatusAnswers(runtime, StoredAnswers(runtime), self._sessions)

    def answer(self, request: Request, client: Client) -> str:
        """Return the answer to a request as JSON text.

        Raises InvalidRequest, LimitExceeded, and Unavailable when what it discloses cannot be recorded.
        """
        asked_for = read_envelope(TxnStatusEnvelope, request.json_body())
        check_participants(asked_for, client, self._runtime.settings.receiver_ids)
        proof = self._signatures.check(asked_for, request.body, client, request.deadline)
        self._sessions.count_request(client)
        header = CallbackHeader(
            TXN_ON_STATUS, asked_for.header.message_id, timestamp(self._runtime.clock()), 1, 1
        ).text(asked_for.header)
        signer = self._signatures.signer(client, asked_for.signature)
        asked = self._status.asked(client, asked_for.message, unsigned_bytes(MAX_BYTES, signer))
        if asked is None:
            if proof:
                proof.claim()
            return envelope(header, self._status.unknown(asked_for, request.correlation_id), signer)
        with self._status.session(client, asked) as session:
            message = self._status.found(asked_for, request.correlation_id, asked, session, request.deadline)
            answer = envelope(header, message, signer)
            if proof:
                proof.claim()
        return answer
