"""Asynchronous messages: what is acknowledged now and answered later.

Everything that the standard's schema forbids is an error of the acknowledgement, in an item too: nobody waits for the
answer to a message that cannot be read. A kind of query that is not offered rejects its item alone.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError, from_json

from dci_common.spdci.envelope import MAX_ITEMS, MAX_TRANSACTION_ID, SEARCH, Envelope, RequestHeader, few_items
from dci_common.spdci.fields import Blankable, Message, Ordinal, RepeatedId
from dci_common.spdci.pagination import MAX_PAGE_SIZE
from dci_common.spdci.rejections import Rejection
from dci_common.spdci.search_items import Locale, RejectedItem, SearchItem
from dci_common.validation import describe

TXN_STATUS = "txn-status"
_QUERY_TYPE = ("search_criteria", "query_type")
# As the standard's files and its examples write it, and partners.
STATUS_ACTIONS = {TXN_STATUS, "txn/status", "txn_status"}
_TxnType = Literal["search", "on-search", "subscribe", "on-subscribe", "unsubscribe", "on-unsubscribe", "receipt"]
_ATTRIBUTE_TYPES = {"reference_id": "reference_id_list"}


def _not_too_many(items: list[SearchItem | RejectedItem]) -> list[SearchItem | RejectedItem]:
    if len(items) > MAX_ITEMS:
        raise PydanticCustomError("rule", "must hold at most {most} search requests", {"most": MAX_ITEMS})
    return items


def only_action(served: str, *spellings: str) -> AfterValidator:
    """Return the validator of the action of a path that serves no other one."""

    def check(action: str) -> str:
        if action not in {served, *spellings}:
            raise PydanticCustomError("rule", f"must be {served}: this path serves no other")
        return action

    return AfterValidator(check)


class _SearchHeader(RequestHeader):
    action: Annotated[str, only_action(SEARCH)]


class _TxnStatusHeader(RequestHeader):
    action: Annotated[str, only_action(TXN_STATUS, *STATUS_ACTIONS)]


def _read_item(value: object, read: ValidatorFunctionWrapHandler) -> SearchItem | RejectedItem:
    try:
        item: SearchItem = read(value)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        if not isinstance(value, dict) or any(
            fault["loc"] != _QUERY_TYPE or fault["type"] != "literal_error" for fault in faults
        ):
            raise
        rejection = Rejection("rjct.search_criteria.invalid", describe(error, "The item"))
        return RejectedItem(value["reference_id"], rejection)
    return item


if TYPE_CHECKING:
    _Item = SearchItem | RejectedItem
else:
    _Item = Annotated[SearchItem, WrapValidator(_read_item)]
TransactionId = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TRANSACTION_ID)]


class AsyncSearchMessage(Message):
    """SearchRequest of the asynchronous search."""

    transaction_id: TransactionId
    search_request: Annotated[
        list[_Item], Field(min_length=1), BeforeValidator(few_items), AfterValidator(_not_too_many)
    ]


class AsyncSearchEnvelope(Envelope):
    """A whole asynchronous search request."""

    header: _SearchHeader
    message: AsyncSearchMessage = Field(repr=False)


def _read_ids(value: object, read: ValidatorFunctionWrapHandler) -> str | list[str]:
    try:
        ids: str | list[str] = read(value)
    except ValidationError as error:
        raise PydanticCustomError(
            "rule", "must be an id, or a list of up to {most} ids", {"most": MAX_ITEMS}
        ) from error
    return ids


class StatusPage(Message):
    """Which page of each item's records a status request asks for: our extension."""

    page_size: Annotated[Ordinal, Field(le=MAX_PAGE_SIZE)]
    page_number: Annotated[Ordinal | None, Blankable] = None


class TxnStatusQuestion(Message):
    """What a status request asks for."""

    reference_id: RepeatedId
    txn_type: Annotated[_TxnType | None, Blankable] = None
    attribute_type: Annotated[
        Literal["transaction_id", "correlation_id", "reference_id_list", "subscription_code_list"],
        BeforeValidator(lambda value: _ATTRIBUTE_TYPES.get(value, value) if isinstance(value, str) else value),
    ]
    attribute_value: Annotated[
        RepeatedId | Annotated[list[RepeatedId], Field(max_length=MAX_ITEMS)], WrapValidator(_read_ids)
    ]
    pagination: Annotated[StatusPage | None, Blankable] = None
    locale: Locale = None

    @property
    def kind(self) -> str:
        """The kind of transactions that it asks about; empty for any."""
        return (self.txn_type or "").removeprefix("on-")

    @property
    def values(self) -> list[str]:
        """The ids that are asked for."""
        return [self.attribute_value] if isinstance(self.attribute_value, str) else self.attribute_value


class TxnStatusMessage(Message):
    """TxnStatusRequest."""

    transaction_id: TransactionId
    txnstatus_request: TxnStatusQuestion


class TxnStatusEnvelope(Envelope):
    """A whole request for the status of a transaction."""

    header: _TxnStatusHeader
    message: TxnStatusMessage = Field(repr=False)


def digest(body: bytes) -> str:
    """Return the digest by which a repeated message is known: of all of it but its time and its signature."""
    content = from_json(body)
    content.pop("signature", None)
    content["header"].pop("message_ts", None)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def acknowledgement(timestamp: str, correlation_id: str) -> dict[str, Any]:
    """Return the ACK of a message: it is valid, and will be answered."""
    return {"message": {"ack_status": "ACK", "timestamp": timestamp, "correlation_id": correlation_id}}
