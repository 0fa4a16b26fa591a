"""Accepting exchanges: what is acknowledged is stored before, once, and within the client's limit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dci_common.aws.dynamodb import Item
from dci_common.errors import Conflict, LimitExceeded, NotEntitled
from dci_common.exchange.exchange_table import CONFLICTS, ExchangeTable, busy, number, opening
from dci_common.exchange.exchanges import DATA_SECONDS, Exchange, exchange_key, to_item, transaction_key

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

MESSAGE_SECONDS = 86_400 + 300  # that a message id is remembered: longer than any signature is accepted
_WAIT_SECONDS = 60


class Acceptance:
    """Stores new exchanges."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._table = ExchangeTable(runtime)

    def accept(self, exchange: Exchange, body: str, digest: str, limit: int) -> tuple[str, str]:
        """Store a new exchange, and return its correlation id and when it was accepted.

        A message that was accepted within 24 hours is not stored again: its own are returned. Raises Conflict when
        its id had another content, NotEntitled when callbacks to the client are paused and this one would be called
        back, and LimitExceeded when so many of the client's exchanges are open.
        """
        now = int(self._runtime.clock())
        for _ in self._runtime.retry.attempts(CONFLICTS):
            reasons = self._table.transact(_accepting(exchange, body, digest, limit, now))
            if not reasons:
                return exchange.correlation_id, exchange.accepted
            if known := reasons[1].get("Item"):
                if known["digest"]["S"] != digest:
                    raise Conflict(
                        "header.message_id was used in another message within 24 hours: give each message an id "
                        "of its own, and repeat one only unchanged."
                    )
                return known["correlation_id"]["S"], known["accepted"]["S"]
            if reasons[4].get("Code") == "ConditionalCheckFailed":
                raise _not_opened(exchange, reasons[4].get("Item", {}), limit)
        raise busy()


def _not_opened(exchange: Exchange, opened: Item, limit: int) -> NotEntitled | LimitExceeded:
    """Return why a client may have no further exchange, by what is stored of its open ones."""
    if exchange.callback_url and "paused" in opened:
        return NotEntitled(
            "Callbacks to this client are paused, because its receiver answered 410: repair the receiver, ask the "
            "registry's operators to resume the callbacks, and send the message again."
        )
    return LimitExceeded(
        f"This client has {limit} exchanges that are not answered yet, and may have no more: wait until some are, "
        "and ask for several things in one message.",
        retry_after=_WAIT_SECONDS,
    )


def _accepting(exchange: Exchange, body: str, digest: str, limit: int, now: int) -> list[Item]:
    """Return the changes that accept an exchange; the second fails for a known message, the fifth for the client."""
    client_id, correlation_id = exchange.client_id, exchange.correlation_id
    expires = {"expires": number(now + DATA_SECONDS)}
    names = [exchange.transaction_id, exchange.references, exchange.kind]
    known = {
        "pk": {"S": f"MESSAGE#{client_id}#{exchange.message_id}"},
        "sk": {"S": "MESSAGE"},
        "digest": {"S": digest},
        "correlation_id": {"S": correlation_id},
        "accepted": {"S": exchange.accepted},
        "expires": number(now + MESSAGE_SECONDS),
    }
    is_new = {
        "ConditionExpression": "attribute_not_exists(pk) OR expires < :now",
        "ExpressionAttributeValues": {":now": number(now)},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    listed = {
        "pk": {"S": f"CLIENT#{client_id}"},
        "sk": {"S": f"{exchange.accepted}#{correlation_id}"},
        "ids": {"S": json.dumps(names, ensure_ascii=False)},
        **expires,
    }
    newest = {
        **transaction_key(client_id, exchange.transaction_id, exchange.kind),
        "correlation_id": {"S": correlation_id},
        **expires,
    }
    request = {**exchange_key(correlation_id, "REQUEST"), "body": {"S": body}, **expires}
    changes: list[Item] = [
        {"Put": {"Item": to_item(exchange), "ConditionExpression": "attribute_not_exists(pk)"}},
        {"Put": {"Item": known, **is_new}},
        {"Put": {"Item": listed}},
        {"Put": {"Item": request}},
        opening(client_id, 1, limit, is_called_back=bool(exchange.callback_url)),
    ]
    if exchange.kind != "status":
        changes.append({"Put": {"Item": newest}})
    return changes
