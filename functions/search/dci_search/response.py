"""The response to a sync search message, and the errors of the sync routes."""

from __future__ import annotations

from typing import Any

import pydantic_core

from dci_common.edge.application import spdci_error
from dci_common.edge.errors import ErrorResponse
from dci_common.edge.http import Request
from dci_common.spdci.callback import ON_SEARCH, TXN_ON_STATUS, CallbackHeader, Signer, search_response
from dci_common.spdci.callback import envelope as whole
from dci_common.spdci.envelope import MAX_ITEMS, SEARCH, VERSION, SearchEnvelope, sent_ids
from dci_common.spdci.rejections import MAX_MESSAGE, Rejection
from dci_common.spdci.search_response import Answer
from dci_common.timestamps import timestamp


def unserved(envelope: SearchEnvelope) -> Rejection | None:
    """Return why none of a message's items is served; None when they are."""
    if envelope.header.action != SEARCH:
        return Rejection("rjct.action.not_supported", f"header.action must be {SEARCH}: this path serves no other.")
    if len(envelope.message.search_request) > MAX_ITEMS:
        reason = f"A message may hold at most {MAX_ITEMS} search requests: send several."
        return Rejection("rjct.total_count.limit_exceeded", reason)
    return None


def message(
    envelope: SearchEnvelope, now: str, correlation_id: str, answer: Answer | Rejection, signer: Signer | None
) -> str:
    """Return the whole response: the items, or why none of them is served."""
    request, total = envelope.header, len(envelope.message.search_request)
    items = answer.items if isinstance(answer, Answer) else []
    rejection = answer if isinstance(answer, Rejection) else None
    header = CallbackHeader(ON_SEARCH, request.message_id, now, total, len(items), rejection).text(request)
    return whole(header, search_response(envelope.message.transaction_id, correlation_id, items), signer)


def search_error(error: ErrorResponse, request: Request, now: float) -> dict[str, Any]:
    """Return an error that is also a valid response of the sync search, which has no room for `err.*` codes."""
    return _error(error, request, now, ON_SEARCH, {"search_response": []})


def status_error(error: ErrorResponse, request: Request, now: float) -> dict[str, Any]:
    """Return an error that is also a valid response of the sync status of transactions."""
    status = {"transaction_id": "", "correlation_id": request.correlation_id, "search_response": []}
    response = {"txn_type": "search", "txn_status": status}
    return _error(error, request, now, TXN_ON_STATUS, {"txnstatus_response": response})


def _error(
    error: ErrorResponse, request: Request, now: float, action: str, empty_response: dict[str, Any]
) -> dict[str, Any]:
    ids = sent_ids(_json(request.body))
    body = spdci_error(error, request, now)
    status = {"status": "rjct", "status_reason_message": error.message[:MAX_MESSAGE]}
    body["message"] |= {"transaction_id": ids.transaction_id, **empty_response}
    return {"header": {**_header(ids.message_id, timestamp(now), action), **status}, **body}


def _header(message_id: str, now: str, action: str = ON_SEARCH) -> dict[str, Any]:
    return {"version": VERSION, "message_id": message_id, "message_ts": now, "action": action}


def _json(body: bytes) -> object:
    try:
        return pydantic_core.from_json(body)
    except ValueError:
        return None
