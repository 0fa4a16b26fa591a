"""A subscription as it is stored: what its client asked for, and where notifications go."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item

State = Literal["active", "ended"]
STATES: tuple[State, ...] = get_args(State)
KEPT_SECONDS = 31 * 86_400  # of a subscription that has ended
Watch = tuple[str, str]  # pk and sk of an index entry of an identifier, see watches.py


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A client's subscription.

    `criteria` are the standard's subscribe_criteria as they were written. `callback_url` is where the client wanted
    to be answered, and so be notified unless it has a `notify_url`; it may be empty. `meaning` is the digest of what
    it asks for: a client has one subscription of a meaning. One by identifier has its `watches`; one without any is
    by condition. `since` is a timestamp, `ended` is in epoch seconds.
    """

    code: str
    client_id: str
    reference_id: str
    criteria: dict[str, Any]
    locale: str
    callback_url: str
    since: str
    meaning: str
    watches: tuple[Watch, ...] = ()
    state: State = "active"
    ended: int | None = None

    @property
    def is_active(self) -> bool:
        """Whether its client is notified of events."""
        return self.state == "active"

    @property
    def is_by_condition(self) -> bool:
        """Whether each change of the registry must be compared with it."""
        return not self.watches

    def covers(self, moment: float) -> bool:
        """Whether its client is notified of a write of this moment: of none before the second in which it began."""
        return moment >= int(datetime.fromisoformat(self.since).timestamp())

    def is_kept(self, now: float) -> bool:
        """Whether it is not expired: DynamoDB removes expired items only within days."""
        return self.ended is None or now < self.ended + KEPT_SECONDS

    @property
    def channel(self) -> str:
        """The id of the channel of its events: those of one client, address and schedule are sent together."""
        schedule = self.criteria.get("frequency")
        parts = [self.client_id, self.callback_url, schedule]
        return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()


def subscription_key(code: str) -> Item:
    """Return the key of a subscription."""
    return {"pk": {"S": f"SUBSCRIPTION#{code}"}, "sk": {"S": "SUBSCRIPTION"}}


def to_item(subscription: Subscription) -> Item:
    """Return the item of a subscription."""
    ended = subscription.ended
    return {
        **subscription_key(subscription.code),
        "client_id": {"S": subscription.client_id},
        "reference_id": {"S": subscription.reference_id},
        "criteria": _json(subscription.criteria),
        "locale": {"S": subscription.locale},
        "callback_url": {"S": subscription.callback_url},
        "since": {"S": subscription.since},
        "meaning": {"S": subscription.meaning},
        "state": {"S": subscription.state},
        **({"watches": _json(subscription.watches)} if subscription.watches else {}),
        **({"expires": {"N": str(ended + KEPT_SECONDS)}} if ended is not None else {}),
    }


def from_item(item: Item) -> Subscription:
    """Return the subscription that `to_item` wrote."""
    state: State = item["state"]["S"]
    return Subscription(
        code=item["pk"]["S"].partition("#")[2],
        client_id=item["client_id"]["S"],
        reference_id=item["reference_id"]["S"],
        criteria=json.loads(item["criteria"]["S"]),
        locale=item["locale"]["S"],
        callback_url=item["callback_url"]["S"],
        since=item["since"]["S"],
        meaning=item["meaning"]["S"],
        watches=tuple((pk, sk) for pk, sk in json.loads(item["watches"]["S"])) if "watches" in item else (),
        state=state,
        ended=int(item["expires"]["N"]) - KEPT_SECONDS if "expires" in item else None,
    )


def _json(content: object) -> Item:
    return {"S": json.dumps(content, ensure_ascii=False, separators=(",", ":"))}
