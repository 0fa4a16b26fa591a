"""Asynchronous messages: what is acknowledged now and answered later.

Everything that the standard's schema forbids is an error of the acknowledgement, in an item too: nobody waits for the
answer to a message that cannot be read.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from dci_common.spdci.envelope import MAX_ITEMS, MAX_TRANSACTION_ID, SEARCH, RequestHeader, few_items
from dci_common.spdci.fields import Message, OptionalText
from dci_common.spdci.search_items import SearchItem


def _not_too_many(items: list[SearchItem]) -> list[SearchItem]:
    if len(items) > MAX_ITEMS:
        raise PydanticCustomError("rule", "must hold at most {most} search requests", {"most": MAX_ITEMS})
    return items


def _is_search(header: RequestHeader) -> RequestHeader:
    if header.action != SEARCH:
        raise PydanticCustomError("rule", "must have the action search: this path serves no other")
    return header


class AsyncSearchMessage(Message):
    """SearchRequest of the asynchronous search."""

    transaction_id: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TRANSACTION_ID)]
    search_request: Annotated[
        list[SearchItem], Field(min_length=1), BeforeValidator(few_items), AfterValidator(_not_too_many)
    ]


class AsyncSearchEnvelope(Message):
    """A whole asynchronous search request."""

    signature: OptionalText = None
    header: Annotated[RequestHeader, AfterValidator(_is_search)]
    message: AsyncSearchMessage = Field(repr=False)

    def digest(self) -> str:
        """Return the digest by which a repeated message is known: of all but its time and its signature."""
        content = self.model_dump(mode="json", exclude={"signature": True, "header": {"message_ts"}})
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def acknowledgement(timestamp: str, correlation_id: str) -> dict[str, Any]:
    """Return the ACK of a message: it is valid, and will be answered."""
    return {"message": {"ack_status": "ACK", "timestamp": timestamp, "correlation_id": correlation_id}}
