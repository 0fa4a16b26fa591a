"""The answers to subscribe and unsubscribe: what became of subscriptions, as it is stored whenever it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pydantic_core

from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.exchanges import UNANSWERED, Outcome
from dci_common.json_text import json_text
from dci_common.spdci.callback import ON_SUBSCRIBE, ON_UNSUBSCRIBE, subscribe_response, unsubscribe_response
from dci_common.spdci.envelope import read_envelope
from dci_common.spdci.rejections import Rejection
from dci_common.spdci.search_response import answered, pending, rejected, rejection_members
from dci_common.spdci.subscriptions import (
    SubscribeCriteria,
    SubscribeEnvelope,
    UnsubscribeEnvelope,
    subscription_info,
)
from dci_common.subscriptions.subscription_store import SubscriptionStore
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.exchange.exchanges import Exchange
    from dci_common.runtime import Runtime
    from dci_common.subscriptions.subscription import Subscription

_UNNAMED = "registry"  # the sender of a message that must name one, to a client that names its receiver by no id


def code_of(exchange: Exchange, number: int) -> str:
    """Return the code of the subscription that an item of a subscribe message begins.

    That of the only item is the correlation id: a known client takes it from the acknowledgement.
    """
    correlation_id = exchange.correlation_id
    return correlation_id if len(exchange.references) == 1 else f"{correlation_id}-{number + 1}"


class SubscriptionAnswers:
    """Opens the answers of exchanges that begin or end subscriptions."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._exchanges = ExchangeStore(runtime)
        self._subscriptions = SubscriptionStore(runtime)

    def open(self, exchange: Exchange) -> SubscriptionAnswer:
        """Return the answer of an exchange, with the subscriptions as they are now."""
        now, body = timestamp(self._runtime.clock()), self._exchanges.request(exchange)
        if exchange.kind == "unsubscribe":
            found = self._subscriptions.many(exchange.references)
            own = {code: one for code, one in found.items() if one.client_id == exchange.client_id}
            return UnsubscribeAnswer(exchange, read_envelope(UnsubscribeEnvelope, body), own, now)
        codes = [code_of(exchange, number) for number in range(len(exchange.references))]
        return SubscribeAnswer(exchange, read_envelope(SubscribeEnvelope, body), self._subscriptions.many(codes), now)


class SubscribeAnswer:
    """The answer to a subscribe message."""

    action = ON_SUBSCRIBE
    sender_id = _UNNAMED

    def __init__(
        self, exchange: Exchange, envelope: SubscribeEnvelope, found: dict[str, Subscription], now: str
    ) -> None:
        self._exchange = exchange
        self.envelope = envelope
        self._found = found
        self._now = now

    def item(self, number: int) -> str:
        """Return an item as JSON text: what is stored decides, wherever the exchange has stopped."""
        exchange, asked = self._exchange, self.envelope.message.subscribe_request[number]
        outcome = exchange.outcomes[number] if number < len(exchange.outcomes) else None
        subscription = self._found.get(code_of(exchange, number))
        if outcome is None and exchange.is_open:
            answer = pending(asked, self._now)
        elif outcome and outcome.is_rejected:
            answer = rejected(asked, self._now, Rejection(outcome.code, outcome.reason))
        elif outcome or subscription:
            infos = [_info(subscription)] if subscription else []
            answer = {**answered(asked, self._now), "status": "succ", "subscriptions": infos}
        else:
            answer = rejected(asked, self._now, _unanswered(exchange))
        return pydantic_core.to_json(answer).decode()

    def response(self, items: list[str]) -> str:
        """Return the message with these items as JSON text."""
        return subscribe_response(self._exchange.transaction_id, self._exchange.correlation_id, items)


class UnsubscribeAnswer:
    """The answer to an unsubscribe message, which has one status for all codes."""

    action = ON_UNSUBSCRIBE
    sender_id = _UNNAMED

    def __init__(
        self, exchange: Exchange, envelope: UnsubscribeEnvelope, own: dict[str, Subscription], now: str
    ) -> None:
        self._exchange = exchange
        self.envelope = envelope
        self._own = own
        self._now = now

    def item(self, number: int) -> str:
        """Return the status of a subscription as JSON text; empty of one that is not the client's."""
        code = self._exchange.references[number]
        return json_text({"code": code, "status": _status(self._own[code])}) if code in self._own else ""

    def response(self, items: list[str]) -> str:
        """Return the message with these items as JSON text."""
        exchange, status = self._exchange, json_text({"timestamp": self._now, **self._status()})
        texts = [item for item in items if item]
        return unsubscribe_response(exchange.transaction_id, exchange.correlation_id, status, texts)

    def _status(self) -> dict[str, Any]:
        exchange = self._exchange
        outcome = exchange.outcomes[0] if exchange.outcomes else Outcome()
        if exchange.state == "collecting":
            return {"status": "pdng"}
        if outcome.is_rejected:
            return rejection_members(Rejection(outcome.code, outcome.reason))
        if exchange.outcomes and not any(subscription.is_active for subscription in self._own.values()):
            return {"status": "succ"}
        return rejection_members(_unanswered(exchange))


SubscriptionAnswer = SubscribeAnswer | UnsubscribeAnswer


def _info(subscription: Subscription) -> dict[str, Any]:
    changed = subscription.since if subscription.ended is None else timestamp(subscription.ended)
    criteria = SubscribeCriteria.model_validate(subscription.criteria)
    return subscription_info(subscription.code, _status(subscription), subscription.since, changed, criteria)


def _status(subscription: Subscription) -> Literal["subscribe", "unsubscribe"]:
    return "subscribe" if subscription.is_active else "unsubscribe"


def _unanswered(exchange: Exchange) -> Rejection:
    return Rejection("", UNANSWERED.get(exchange.state, UNANSWERED["dead"]))
