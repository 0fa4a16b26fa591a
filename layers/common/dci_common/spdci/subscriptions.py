"""The messages that begin and end subscriptions: subscribe and unsubscribe.

What the standard's schema forbids is an error of the acknowledgement. What it allows and the registry does not serve,
such as an event type, rejects its item alone: `filter` and the names in the criteria are read per item.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from dci_common.spdci.asynchronous import TransactionId, only_action
from dci_common.spdci.envelope import MAX_ITEMS, Envelope, RequestHeader, few_items
from dci_common.spdci.fields import (
    Blankable,
    DateTime,
    Message,
    OptionalId,
    OptionalObject,
    OptionalText,
    RepeatedId,
)
from dci_common.spdci.search_items import Locale

SUBSCRIBE, UNSUBSCRIBE = "subscribe", "unsubscribe"
_MAX_CODE = 99
_NO_END = "9999-12-31T23:59:59Z"
# As the amended files have it, the official ones (twice misspelt), and OpenSPP2's client.
_CODES = ("subscription_codes", "sunscription_codes", "subscription_code")
_TIMESTAMPS = ("timestamp", "timesstamp")

Code = Annotated[str, StringConstraints(min_length=1, max_length=_MAX_CODE)]


def _as_object(value: object) -> object:
    """Read a word, which partners send in place of the object, and an empty value, which says nothing."""
    if value in ("", {}):
        return None
    return {"frequency": value} if isinstance(value, str) else value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else few_items(value)


def _few(most: int, things: str) -> AfterValidator:
    def check(items: list[Any]) -> list[Any]:
        if len(items) > most:
            raise PydanticCustomError("rule", "must hold at most {most} {things}", {"most": most, "things": things})
        return items

    return AfterValidator(check)


class Frequency(Message):
    """When a client wants to be notified: `frequency` is a word or a cron expression, in a span of time.

    The standard requires all three, and its own samples have no end.
    """

    start_time: Annotated[DateTime | None, Blankable] = None
    end_time: Annotated[DateTime | None, Blankable] = None
    frequency: OptionalText = None

    def complete(self, accepted: str) -> dict[str, str]:
        """Return all that the standard's schema demands, of a subscription accepted at that time."""
        start, end = self.start_time or accepted, self.end_time or _NO_END
        return {"start_time": start, "end_time": end, "frequency": self.frequency or ""}


class SubscribeCriteria(Message):
    """Of which events a client wants to be notified, of which records, and when; `authorize` is its purpose."""

    version: OptionalText = None
    reg_type: OptionalId = None
    reg_event_type: RepeatedId
    frequency: Annotated[Frequency | None, BeforeValidator(_as_object)] = None
    filter_type: OptionalText = None
    filter: Any
    notify_record_type: RepeatedId
    authorize: OptionalObject = None


class SubscribeItem(Message):
    """One subscription that a message asks for."""

    reference_id: RepeatedId
    timestamp: DateTime
    subscribe_criteria: SubscribeCriteria
    locale: Locale = None


class _SubscribeHeader(RequestHeader):
    action: Annotated[str, only_action(SUBSCRIBE)]


class SubscribeMessage(Message):
    """SubscribeRequest."""

    transaction_id: TransactionId
    subscribe_request: Annotated[
        list[SubscribeItem],
        Field(min_length=1),
        BeforeValidator(few_items),
        _few(MAX_ITEMS, "subscriptions"),
    ]


class SubscribeEnvelope(Envelope):
    """A whole subscribe message."""

    header: _SubscribeHeader
    message: SubscribeMessage = Field(repr=False)


class _UnsubscribeHeader(RequestHeader):
    action: Annotated[str, only_action(UNSUBSCRIBE)]


class UnsubscribeMessage(Message):
    """UnSubscribeRequest."""

    transaction_id: TransactionId
    timestamp: Annotated[DateTime, Field(validation_alias=AliasChoices(*_TIMESTAMPS))]
    subscription_codes: Annotated[
        list[Code],
        Field(min_length=1, validation_alias=AliasChoices(*_CODES)),
        BeforeValidator(_as_list),
        _few(MAX_ITEMS, "subscription codes"),
    ]


class UnsubscribeEnvelope(Envelope):
    """A whole unsubscribe message."""

    header: _UnsubscribeHeader
    message: UnsubscribeMessage = Field(repr=False)


def subscription_info(
    code: str, status: Literal["subscribe", "unsubscribe"], since: str, changed: str, criteria: SubscribeCriteria
) -> dict[str, Any]:
    """Return the standard's SubscriptionInfo: the criteria as they were written, but for a frequency's missing parts.

    `since` is when the subscription began, `changed` when it got its status.
    """
    frequency = criteria.frequency and criteria.frequency.complete(since)
    written = {
        "version": criteria.version,
        "reg_type": criteria.reg_type,
        "reg_event_type": criteria.reg_event_type or None,
        "frequency": frequency,
        "filter_type": criteria.filter_type,
        "filter": criteria.filter,
        "notify_record_type": criteria.notify_record_type or None,
    }
    present = {name: value for name, value in written.items() if value is not None}
    return {"code": code, "status": status, "timestamp": changed, **present}
