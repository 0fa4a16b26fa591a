"""Subscriptions in ExchangeTable, with all that finds them.

| pk | sk | carries |
|---|---|---|
| `SUBSCRIPTION#<code>` | `SUBSCRIPTION` | the subscription (subscription.py) |
| `SUBSCRIBED#<client id>` | `<meaning>` | the code of the client's active subscription of that meaning |
| `SUBSCRIBED#<client id>` | `COUNT` | how many active ones it has, of `conditions` and of `identifiers` |
| `SUBSCRIPTIONS` | `STATE` | the number of `conditions` of all clients, their `generation`, and what is `watched` |
| `SUBSCRIPTIONS` | `CONDITION#<code>` | nothing: it lists an active subscription by condition |
| `WATCH#<what is watched>` | `<kind>` | the codes of up to 1,000 active subscriptions by an identifier (watches.py) |

A subscription begins and ends in one transaction with all of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dci_common.exchange.exchange_table import CONFLICTS, ExchangeTable, busy, number
from dci_common.spdci.rejections import Rejection
from dci_common.subscriptions.subscription import Subscription, Watch, from_item, subscription_key, to_item
from dci_common.subscriptions.watches import way_of

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.runtime import Runtime

_STATE: Item = {"pk": {"S": "SUBSCRIPTIONS"}, "sk": {"S": "STATE"}}
_CONDITION = "CONDITION#"


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest numbers of active subscriptions.

    By condition: of all clients and of one; by identifier: of one client, and of all clients by the same identifier.
    """

    conditions: int = 1_000
    client_conditions: int = 100
    client_identifiers: int = 100_000
    codes: int = 1_000


@dataclass(frozen=True, slots=True)
class Watched:
    """What all subscriptions are about: changes with `generation`, and with each new way to watch.

    `ways` are the attributes and kinds by which records are watched (watches.py), `conditions` the number of
    subscriptions by condition.
    """

    generation: int
    conditions: int
    ways: frozenset[str]

    @property
    def is_nothing(self) -> bool:
        """Whether nobody has ever subscribed to what is still watched."""
        return not self.conditions and not self.ways


_LIMITS = Limits()


class SubscriptionStore:
    """Reads, begins and ends subscriptions."""

    def __init__(self, runtime: Runtime, limits: Limits = _LIMITS) -> None:
        self._runtime = runtime
        self._limits = limits
        self._table = ExchangeTable(runtime)

    def get(self, code: str) -> Subscription | None:
        """Return a subscription, active or ended, read consistently; None if it is not known."""
        item = self._table.item(subscription_key(code))
        return self._kept(item)

    def many(self, codes: Sequence[str]) -> dict[str, Subscription]:
        """Return subscriptions by their codes; unknown ones are left out."""
        found = (self._kept(item) for item in self._table.items([subscription_key(code) for code in set(codes)]))
        return {subscription.code: subscription for subscription in found if subscription}

    def watched(self) -> Watched:
        """Return what all subscriptions watch, read consistently."""
        item = self._table.item(_STATE) or {}
        ways = frozenset(item.get("watched", {}).get("SS", ()))
        return Watched(_count(item, "generation"), _count(item, "conditions"), ways)

    def conditions(self) -> list[Subscription]:
        """Return all active subscriptions by condition."""
        request = {
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
            "ExpressionAttributeValues": {":pk": _STATE["pk"], ":sk": {"S": _CONDITION}},
            "ConsistentRead": True,
        }
        codes = [item["sk"]["S"].removeprefix(_CONDITION) for item in self._table.query(request)]
        return [subscription for subscription in self.many(codes).values() if subscription.is_active]

    def codes_watching(self, watches: Iterable[Watch]) -> dict[Watch, list[str]]:
        """Return the codes of the subscriptions that watch by index entries; entries without any are left out."""
        items = self._table.items([{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in watches])
        return {(item["pk"]["S"], item["sk"]["S"]): item["codes"]["SS"] for item in items if "codes" in item}

    def codes_of(self, client_id: str) -> Iterator[str]:
        """Yield the codes of a client's active subscriptions, in no particular order."""
        request = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": f"SUBSCRIBED#{client_id}"}},
            "ConsistentRead": True,
        }
        return (item["code"]["S"] for item in self._table.query(request) if "code" in item)

    def begin(self, subscription: Subscription) -> Subscription:
        """Store a new subscription, and return it; if its code is known already, what is stored of it.

        So a step that is repeated begins nothing twice. Raises Rejection when the client has the same subscription
        already, or as many as it may have.
        """
        for _ in self._runtime.retry.attempts(CONFLICTS):
            reasons = self._table.transact(_beginning(subscription, self._limits))
            if not reasons:
                return subscription
            failed = [reason.get("Code") == "ConditionalCheckFailed" for reason in reasons]
            if failed[0]:
                return from_item(reasons[0]["Item"])
            if failed[1]:
                raise _already(reasons[1]["Item"]["code"]["S"])
            if any(failed):
                raise _too_many(subscription, failed, self._limits)
        raise busy()

    def end(self, subscription: Subscription) -> Subscription:
        """Store that a subscription has ended, and return it; one that has ended already is returned as it is."""
        ended = replace(subscription, state="ended", ended=int(self._runtime.clock()))
        for _ in self._runtime.retry.attempts(CONFLICTS):
            reasons = self._table.transact(_ending(ended))
            is_over = bool(reasons) and reasons[0].get("Code") == "ConditionalCheckFailed"
            if is_over or not reasons:
                self._remove_empty(ended)  # the process that ended it may have been killed before
                return (self.get(subscription.code) if is_over else None) or ended
        raise busy()

    def _remove_empty(self, ended: Subscription) -> None:
        """Remove the index entries that list no subscription any more: their keys are identifiers of people."""
        is_empty = "attribute_not_exists(codes)"
        for watch in ended.watches:
            self._table.transact([{"Delete": {"Key": _watch_key(watch), "ConditionExpression": is_empty}}])

    def _kept(self, item: Item | None) -> Subscription | None:
        subscription = from_item(item) if item else None
        return subscription if subscription and subscription.is_kept(self._runtime.clock()) else None


def _beginning(subscription: Subscription, limits: Limits) -> list[Item]:
    is_new = {"ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    named = {**_meaning_key(subscription), "code": {"S": subscription.code}}
    return [
        {"Put": {"Item": to_item(subscription), **is_new}},
        {"Put": {"Item": named, **is_new}},
        _counting(subscription, 1, limits),
        *_finding(subscription, 1, limits),
    ]


def _ending(subscription: Subscription) -> list[Item]:
    was_active = {
        "ConditionExpression": "#state = :active",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": {":active": {"S": "active"}},
    }
    return [
        {"Put": {"Item": to_item(subscription), **was_active}},
        {"Delete": {"Key": _meaning_key(subscription)}},
        _counting(subscription, -1, _LIMITS),
        *_finding(subscription, -1, _LIMITS),
    ]


def _counting(subscription: Subscription, count: int, limits: Limits) -> Item:
    """Return the change of the client's own number of subscriptions."""
    name = "conditions" if subscription.is_by_condition else "identifiers"
    most = limits.client_conditions if subscription.is_by_condition else limits.client_identifiers
    update: Item = {
        "Key": {"pk": {"S": f"SUBSCRIBED#{subscription.client_id}"}, "sk": {"S": "COUNT"}},
        "UpdateExpression": f"ADD {name} :count",
        "ExpressionAttributeValues": {":count": number(count)},
    }
    return {"Update": _limited(update, f"{name} < :most", f"attribute_not_exists({name})", most, count)}


def _finding(subscription: Subscription, count: int, limits: Limits) -> list[Item]:
    """Return the changes of what finds a subscription when a record changes."""
    state: Item = {"Key": _STATE}
    if subscription.is_by_condition:
        listed = {"pk": _STATE["pk"], "sk": {"S": _CONDITION + subscription.code}}
        state |= {
            "UpdateExpression": "ADD conditions :count, generation :one",
            "ExpressionAttributeValues": {":count": number(count), ":one": number(1)},
        }
        limited = _limited(state, "conditions < :most", "attribute_not_exists(conditions)", limits.conditions, count)
        change = {"Put": {"Item": listed}} if count > 0 else {"Delete": {"Key": listed}}
        return [{"Update": limited}, change]
    watches = [{"Update": _watching(watch, subscription.code, count, limits.codes)} for watch in subscription.watches]
    if count < 0:
        return watches  # what is watched by others is not known here: a way that nobody needs costs one read
    ways = sorted({way_of(watch) for watch in subscription.watches})
    state |= {"UpdateExpression": "ADD watched :ways", "ExpressionAttributeValues": {":ways": {"SS": ways}}}
    return [{"Update": state}, *watches]


def _watching(watch: Watch, code: str, count: int, most: int) -> Item:
    update: Item = {
        "Key": _watch_key(watch),
        "UpdateExpression": f"{'ADD' if count > 0 else 'DELETE'} codes :code",
        "ExpressionAttributeValues": {":code": {"SS": [code]}},
    }
    return _limited(update, "size(codes) < :most", "attribute_not_exists(codes)", most, count)


def _limited(update: Item, has_room: str, is_first: str, most: int, count: int) -> Item:
    """Return an update that is made only if there is room for one more."""
    if count < 0:
        return update
    values = update["ExpressionAttributeValues"] | {":most": number(most)}
    return {**update, "ConditionExpression": f"{is_first} OR {has_room}", "ExpressionAttributeValues": values}


def _watch_key(watch: Watch) -> Item:
    pk, sk = watch
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _meaning_key(subscription: Subscription) -> Item:
    return {"pk": {"S": f"SUBSCRIBED#{subscription.client_id}"}, "sk": {"S": subscription.meaning}}


def _already(code: str) -> Rejection:
    return Rejection("rjct.event.already_subscribed", f"This client has the same subscription already: {code}.")


def _too_many(subscription: Subscription, failed: list[bool], limits: Limits) -> Rejection:
    if failed[2]:
        most = limits.client_conditions if subscription.is_by_condition else limits.client_identifiers
        kind = "by condition" if subscription.is_by_condition else "by identifier"
        return Rejection("rjct.notify_details.invalid", f"A client may have {most} subscriptions {kind}: end others.")
    if subscription.is_by_condition:
        return Rejection(
            "rjct.notify_details.invalid",
            f"The registry has {limits.conditions} subscriptions by condition, and may have no more: subscribe by "
            "identifiers, or ask the registry's operators.",
        )
    return Rejection("rjct.notify_details.invalid", "Too many subscriptions are about the same identifier.")


def _count(item: Item, name: str) -> int:
    return int(item.get(name, {"N": "0"})["N"])
