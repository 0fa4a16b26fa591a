"""The response to a search message, serialised item by item so that its size is known before it is sent."""

from __future__ import annotations

from typing import Any

import pydantic_core

from dci_common.edge.application import spdci_error
from dci_common.edge.errors import ErrorResponse
from dci_common.edge.http import Request, to_json
from dci_common.registry.errors import TooManyMatches
from dci_common.spdci.envelope import MAX_ITEMS, SEARCH, VERSION, SearchEnvelope, sent_ids
from dci_common.spdci.rejections import Rejection
from dci_common.spdci.search_items import RejectedItem, SearchItem
from dci_common.timestamps import timestamp

# Lambda's response is at most 6 MB, with the body as a JSON string in it. The difference is room for the envelope and
# for 100 items without records, whose ids are as long as allowed and full of escapes.
_MAX_BYTES = 5_500_000


class Answer:
    """The response items so far, as JSON text."""

    def __init__(self) -> None:
        self.items: list[str] = []
        self.records = self.matched = 0
        self._bytes = 0

    def add(self, item: dict[str, Any]) -> None:
        """Add an item. Raises TooManyMatches, and adds nothing, when its records do not fit into the response."""
        written = pydantic_core.to_json(item)  # several times faster than json
        # Lambda writes the body as a JSON string: every quote and backslash takes one byte more.
        size = len(written) + written.count(b'"') + written.count(b"\\") + 1
        records = len(item.get("data", {}).get("reg_records", ()))
        if records and self._bytes + size > _MAX_BYTES:
            raise TooManyMatches(
                "The records do not fit into one response: ask for smaller pages or fewer items at once."
            )
        self.items.append(written.decode())
        self.records += records
        self.matched += item.get("pagination", {}).get("total_count", 0)
        self._bytes += size


def served(item: SearchItem, now: str, data: dict[str, Any], pagination: dict[str, int | str]) -> dict[str, Any]:
    """Return the response item of a search that was served, whether or not anything matched."""
    return {**_item(item, now), "status": "succ", "data": data, "pagination": pagination}


def rejected(item: SearchItem | RejectedItem, now: str, rejection: Rejection) -> dict[str, Any]:
    """Return the response item of a search that was rejected."""
    return {**_item(item, now), **_rejection(rejection)}


def record_data(reg_type: str, reg_record_type: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the `data` of a response item."""
    return {
        "version": VERSION,
        "reg_type": reg_type,
        "reg_record_type": reg_record_type,
        "reg_records": records,
    }


def unserved(envelope: SearchEnvelope) -> Rejection | None:
    """Return why none of a message's items is served; None when they are."""
    if envelope.header.action != SEARCH:
        return Rejection("rjct.action.not_supported", f"header.action must be {SEARCH}: this path serves no other.")
    if len(envelope.message.search_request) > MAX_ITEMS:
        told = f"A message may hold at most {MAX_ITEMS} search requests: send several."
        return Rejection("rjct.total_count.limit_exceeded", told)
    return None


def message(envelope: SearchEnvelope, now: str, correlation_id: str, answer: Answer | Rejection) -> str:
    """Return the whole response: the items, or why none of them is served."""
    request, total = envelope.header, len(envelope.message.search_request)
    served_items = answer.items if isinstance(answer, Answer) else []
    header = {
        **_header(request.message_id, now),
        **({"status": "succ"} if isinstance(answer, Answer) else _rejection(answer)),
        "total_count": total,
        "completed_count": len(served_items),
        # The receiver of the request is the sender of the response.
        **({"sender_id": request.receiver_id} if request.receiver_id else {}),
        "receiver_id": request.sender_id,
        "is_msg_encrypted": False,
    }
    ids = to_json({"transaction_id": envelope.message.transaction_id, "correlation_id": correlation_id})
    items = ",".join(served_items)
    return f'{{"header":{to_json(header)},"message":{ids[:-1]},"search_response":[{items}]}}}}'


def search_error(error: ErrorResponse, request: Request, now: float) -> dict[str, Any]:
    """Return an error that is also a valid response of the sync search, which has no room for `err.*` codes."""
    ids = sent_ids(_json(request.body))
    body = spdci_error(error, request, now)
    told = {"status": "rjct", "status_reason_message": error.message[:999]}
    body["message"] |= {"transaction_id": ids.transaction_id, "search_response": []}
    return {"header": {**_header(ids.message_id, timestamp(now)), **told}, **body}


def _header(message_id: str, now: str) -> dict[str, Any]:
    return {"version": VERSION, "message_id": message_id, "message_ts": now, "action": "on-search"}


def _rejection(rejection: Rejection) -> dict[str, Any]:
    return {
        "status": "rjct",
        "status_reason_code": rejection.code,
        "status_reason_message": rejection.message[:999],
    }


def _json(body: bytes) -> object:
    try:
        return pydantic_core.from_json(body)
    except ValueError:
        return None


def _item(item: SearchItem | RejectedItem, now: str) -> dict[str, Any]:
    locale = {"locale": item.locale} if item.locale else {}
    return {"reference_id": item.reference_id, "timestamp": now, **locale}
