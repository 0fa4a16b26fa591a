"""Begins and ends subscriptions, as messages ask for it; a step that is repeated has its effect once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dci_common.clients.store import ClientStore
from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.exchanges import Exchange, Outcome
from dci_common.exchange.stored_answer import DUPLICATE
from dci_common.spdci.envelope import read_envelope
from dci_common.spdci.rejections import Rejection
from dci_common.spdci.subscriptions import SubscribeEnvelope
from dci_common.subscriptions.compiled_subscription import compile_subscription, meaning_of
from dci_common.subscriptions.deleted_clients import DeletedClients
from dci_common.subscriptions.schedule import read_schedule
from dci_common.subscriptions.subscription import Subscription
from dci_common.subscriptions.subscription_answer import code_of
from dci_common.subscriptions.subscription_store import SubscriptionStore
from dci_common.subscriptions.watches import watches_of
from dci_common.timestamps import timestamp
from dci_delivery.collector import OutOfTime, finished

if TYPE_CHECKING:
    from collections.abc import Callable

    from dci_common.registry.storage.store import RegistrySettings
    from dci_common.runtime import Runtime
    from dci_common.spdci.subscriptions import SubscribeCriteria
    from dci_delivery.collector import Slice

MAX_CRITERIA_BYTES = 20_000  # of a subscription
_DETAILS = "rjct.notify_details.invalid"
_NO_NUMBER = Rejection(_DETAILS, "subscribe_criteria must be JSON, which has no NaN and no Infinity.")
_TOO_LARGE = Rejection(_DETAILS, f"subscribe_criteria may have {MAX_CRITERIA_BYTES} bytes in all.")
_NEVER = Rejection(_DETAILS, "frequency has no moment that is still to come.")
_UNKNOWN = Rejection(
    "rjct.subscription_code.invalid",
    "This client has no subscription with one of these codes, or it has ended long ago: nothing is ended.",
)
_ENDED = Rejection("rjct.event.already_unsubscribed", "These subscriptions have ended already.")


class SubscribeItems:
    """The items of a subscribe message, each of which begins a subscription; see Items."""

    def __init__(self, runtime: Runtime, settings: Callable[[], RegistrySettings], current: Slice) -> None:
        self._runtime = runtime
        self._settings = settings
        self._client = current.client
        self._exchanges = ExchangeStore(runtime)
        self._subscriptions = SubscriptionStore(runtime)
        self._items = read_envelope(
            SubscribeEnvelope, self._exchanges.request(current.exchange)
        ).message.subscribe_request

    def next(self, exchange: Exchange) -> Exchange:
        """Begin the next subscription, unless a step that was interrupted has."""
        number = len(exchange.outcomes)
        code = code_of(exchange, number)
        if self._subscriptions.get(code) is None:
            self._subscriptions.begin(self._subscription(exchange, number, code))
        return self._exchanges.save(finished(exchange, Outcome()))

    def rejected(self, exchange: Exchange, outcome: Outcome) -> Exchange:
        """Store why the next item is rejected, unless its subscription has begun before what failed."""
        begun = self._subscriptions.get(code_of(exchange, len(exchange.outcomes)))
        return self._exchanges.save(finished(exchange, Outcome() if begun else outcome))

    def complete(self, exchange: Exchange) -> None:
        """Have the sweep end what began after its client was deleted, which no deletion has seen."""
        if ClientStore(self._runtime).find(exchange.client_id, consistent=True) is None:
            DeletedClients(self._runtime).mark(exchange.client_id)

    def _subscription(self, exchange: Exchange, number: int, code: str) -> Subscription:
        """Return the subscription that an item asks for. Raises Rejection."""
        item = self._items[number]
        if item.reference_id in exchange.references[:number]:
            raise DUPLICATE
        compiled = compile_subscription(item.subscribe_criteria, self._client, self._settings(), exchange.today)
        if read_schedule(item.subscribe_criteria.frequency).following(self._runtime.clock()) is None:
            raise _NEVER
        return Subscription(
            code=code,
            client_id=exchange.client_id,
            reference_id=item.reference_id,
            criteria=_as_written(item.subscribe_criteria),
            locale=item.locale or "",
            callback_url=exchange.callback_url,
            since=timestamp(self._runtime.clock()),
            meaning=meaning_of(item.subscribe_criteria, compiled),
            watches=watches_of(compiled.search),
        )


class UnsubscribeItems:
    """The codes of an unsubscribe message, which are ended together or not at all; see Items.

    That they are to be ended is stored before the first one is: a later attempt finds some of them ended.
    """

    def __init__(self, runtime: Runtime, current: Slice) -> None:
        self._runtime = runtime
        self._stop_at = current.stop_at
        self._exchanges = ExchangeStore(runtime)
        self._subscriptions = SubscriptionStore(runtime)

    def next(self, exchange: Exchange) -> Exchange:
        """Decide whether all are ended; those that have ended already do not keep the others from it."""
        found = self._subscriptions.many(exchange.references)
        if any(code not in found or found[code].client_id != exchange.client_id for code in exchange.references):
            raise _UNKNOWN
        if not any(subscription.is_active for subscription in found.values()):
            raise _ENDED
        return self._decided(exchange, Outcome())

    def rejected(self, exchange: Exchange, outcome: Outcome) -> Exchange:
        """Store why none is ended."""
        return self._decided(exchange, outcome)

    def complete(self, exchange: Exchange) -> None:
        """End those that are not ended yet, if that was decided."""
        if exchange.outcomes[0].is_rejected:
            return
        for subscription in self._subscriptions.many(exchange.references).values():
            if self._runtime.clock() >= self._stop_at:
                raise OutOfTime(exchange)
            self._subscriptions.end(subscription)

    def _decided(self, exchange: Exchange, outcome: Outcome) -> Exchange:
        return self._exchanges.save(finished(exchange, *[outcome] * len(exchange.references)))


def _as_written(criteria: SubscribeCriteria) -> dict[str, Any]:
    """Return criteria as they are stored, and repeated in each answer.

    Raises Rejection for what is no JSON, and if they are too large: all conditions are in memory.
    """
    written = {name: value for name, value in criteria.model_dump().items() if value is not None}
    try:
        size = len(json.dumps(written, ensure_ascii=False, allow_nan=False).encode())
    except ValueError:
        raise _NO_NUMBER from None
    if size > MAX_CRITERIA_BYTES:
        raise _TOO_LARGE
    return written
