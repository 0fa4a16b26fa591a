"""An exchange: an asynchronous message from its acknowledgement to the last page of its answer.

Its searches are collected first, slice by slice; then its pages are delivered, one after the other. What is stored of
an answer are the keys of its records, never their content: that is read and checked anew whenever it is sent.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.registry.execute.collection import CollectionPosition

State = Literal["collecting", "delivering", "answered", "refused", "dead", "cancelled"]
STATES: tuple[State, ...] = get_args(State)
Kind = Literal["search", "status", "subscribe", "unsubscribe", "notify"]
ASKABLE_KINDS: tuple[Kind, ...] = ("search", "subscribe", "unsubscribe")  # of which clients may ask for the status
UNANSWERED = {
    "cancelled": "The registry's operators have cancelled this transaction.",
    "dead": "The registry could not answer in time: ask again in a new message.",
}
# After this an exchange is dead that could not be collected, or not be delivered.
MAX_OPEN_SECONDS = {"collecting": 14 * 86_400, "delivering": 17 * 86_400}
OPEN: frozenset[State] = frozenset({"collecting", "delivering"})
FAILED: tuple[State, ...] = ("refused", "dead")
PAGE_RECORDS, PAGE_ITEMS = 2_000, 100  # at most, in one callback
KEPT_SECONDS = 14 * 86_400  # of an exchange that has ended
DATA_SECONDS = MAX_OPEN_SECONDS["delivering"] + KEPT_SECONDS  # of its message, and of the keys that it found
_QUEUES = 4  # partitions of the index of what is due


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one item of a message found: how many keys are stored, and the total; or why it is rejected.

    Where the item asked for a page, `next_cursor` names the next one, and so many `identified` keys are stored after
    those of the page: of other matches, which were found by their identifiers. A rejection that no code of the
    standard names has only a `reason`. Where `restricted` people were searched, the total may count them.
    """

    keys: int = 0
    total: int = 0
    next_cursor: str = ""
    identified: int = 0
    code: str = ""
    reason: str = ""
    restricted: bool = False

    @property
    def is_rejected(self) -> bool:
        """Whether the item is answered with a reason, and no records."""
        return bool(self.reason)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where the collection of the first item without an outcome stands.

    `keys` and `charged` count what is stored and what its quota was charged, `charged_then` of it on the last day,
    `charged_on`; `examined` are the entries read. Where `restricted` people were searched, the keys may name them.
    """

    after: CollectionPosition | None = None
    keys: int = 0
    charged: int = 0
    charged_on: str = ""
    charged_then: int = 0
    examined: int = 0
    restricted: bool = False


Portion = tuple[int, int, int]  # of an item, by its number: the keys from a start on, so many of them


@dataclass(frozen=True, slots=True)
class Delivery:
    """The next page: where it starts, and what is in it, once that is fixed for all its attempts.

    `page` and `page_of_item` count what was delivered. `first_attempt` is in epoch seconds. `size` is the largest
    number of records in a page, and `items` that of items; a receiver may halve them. Of the answer to a status
    request, which is one page, their `share` is that of its bytes.
    """

    item: int = 0
    start: int = 0
    page: int = 0
    page_of_item: int = 0
    portions: tuple[Portion, ...] = ()
    attempts: int = 0
    first_attempt: int = 0
    size: int = field(default_factory=lambda: PAGE_RECORDS)
    items: int = PAGE_ITEMS
    reason: str = ""

    @property
    def share(self) -> float:
        """The share of the size of a whole page that the receiver takes."""
        return self.size / PAGE_RECORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """An exchange as it is stored, without its message and the keys of its records.

    `kind` is the path it came by; the answer to a `status` is about other exchanges, and a `notify`, a page of
    events, came by none. `references` name its items: the codes of subscriptions in an `unsubscribe`, the channel in
    a `notify`. `callback_url` is empty where the answer waits for a status request. `due` is when the sweep queues
    it, None once it has ended. Nobody begins to work on it before `held_until`: somebody does already, or it waits
    for another attempt, or day. `tries` counts how often work was begun since it last advanced; `redriven` is when an
    operator last had it begun again, 0 for never. Times are in epoch seconds, but `accepted`.
    """

    correlation_id: str
    client_id: str
    kind: Kind
    transaction_id: str
    message_id: str
    references: tuple[str, ...]
    accepted: str
    today: date
    callback_url: str
    state: State
    version: int = 1
    due: int | None = None
    ended: int | None = None
    held_until: int = 0
    tries: int = 0
    redriven: int = 0
    outcomes: tuple[Outcome, ...] = ()
    checkpoint: Checkpoint = field(default_factory=Checkpoint)
    delivery: Delivery = field(default_factory=Delivery)

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.state in OPEN

    @property
    def is_asked_for(self) -> bool:
        """Whether the client has asked for it, which may have so many of these open."""
        return self.kind != "notify"

    @property
    def callback_address(self) -> str:
        """The callback URL as operators may see it: without its query, which may have a secret or somebody's id."""
        return self.callback_url.partition("?")[0]

    def is_overdue(self, now: float) -> bool:
        """Whether it has been open for longer than any exchange may be."""
        begun = max(datetime.fromisoformat(self.accepted).timestamp(), self.redriven)
        return self.is_open and now - begun > MAX_OPEN_SECONDS[self.state]

    def is_kept(self, now: float) -> bool:
        """Whether it is not expired: DynamoDB removes expired items only within days."""
        return self.ended is None or now < self.ended + KEPT_SECONDS

    @property
    def queue(self) -> str:
        """The partition of the index `due` that lists it: open ones by when they are due, failed by their end."""
        if self.is_open:
            return f"OPEN#{sum(self.correlation_id.encode()) % _QUEUES}"
        return self.state.upper() if self.state in FAILED else ""


OPEN_QUEUES = tuple(f"OPEN#{number}" for number in range(_QUEUES))


def exchange_key(correlation_id: str, sk: str = "EXCHANGE") -> Item:
    """Return the key of an exchange, or of something that belongs to it."""
    return {"pk": {"S": f"EXCHANGE#{correlation_id}"}, "sk": {"S": sk}}


def transaction_key(client_id: str, transaction_id: str, kind: Kind = "search") -> Item:
    """Return the key of what names the newest exchange of a kind, of a client's transaction."""
    sk = "TRANSACTION" if kind == "search" else f"TRANSACTION#{kind}"
    return {"pk": {"S": f"TRANSACTION#{client_id}#{transaction_id}"}, "sk": {"S": sk}}


def to_item(exchange: Exchange) -> Item:
    """Return the item of an exchange."""
    listed = {"queue": {"S": exchange.queue}, "due": _number(exchange.due or exchange.ended or 0)}
    ends = {"expires": _number(exchange.ended + KEPT_SECONDS)} if exchange.ended else {}
    return {
        **exchange_key(exchange.correlation_id),
        "client_id": {"S": exchange.client_id},
        "kind": {"S": exchange.kind},
        "state": {"S": exchange.state},
        "version": _number(exchange.version),
        "held_until": _number(exchange.held_until),
        "tries": _number(exchange.tries),
        "redriven": _number(exchange.redriven),
        "accepted": {"S": exchange.accepted},
        "today": {"S": exchange.today.isoformat()},
        "callback_url": {"S": exchange.callback_url},
        "ids": _json([exchange.transaction_id, exchange.message_id, exchange.references]),
        **({"outcomes": _json([asdict(one) for one in exchange.outcomes])} if exchange.outcomes else {}),
        **({"checkpoint": _json(asdict(exchange.checkpoint))} if exchange.checkpoint != Checkpoint() else {}),
        **({"delivery": _json(asdict(exchange.delivery))} if exchange.delivery != Delivery() else {}),
        **(listed if exchange.queue else {}),
        **ends,
    }


def from_item(item: Item) -> Exchange:
    """Return the exchange that `to_item` wrote."""
    transaction_id, message_id, references = json.loads(item["ids"]["S"])
    state: State = item["state"]["S"]
    due = int(item["due"]["N"]) if "due" in item else None
    return Exchange(
        correlation_id=item["pk"]["S"].partition("#")[2],
        client_id=item["client_id"]["S"],
        kind=item["kind"]["S"],
        transaction_id=transaction_id,
        message_id=message_id,
        references=tuple(references),
        accepted=item["accepted"]["S"],
        today=date.fromisoformat(item["today"]["S"]),
        callback_url=item["callback_url"]["S"],
        state=state,
        version=int(item["version"]["N"]),
        due=due if state in OPEN else None,
        ended=int(item["expires"]["N"]) - KEPT_SECONDS if "expires" in item else None,
        held_until=int(item["held_until"]["N"]),
        tries=int(item["tries"]["N"]),
        redriven=int(item["redriven"]["N"]),
        outcomes=tuple(Outcome(**stored) for stored in json.loads(item["outcomes"]["S"]))
        if "outcomes" in item
        else (),
        checkpoint=_checkpoint(json.loads(item["checkpoint"]["S"])) if "checkpoint" in item else Checkpoint(),
        delivery=_delivery(json.loads(item["delivery"]["S"])) if "delivery" in item else Delivery(),
    )


def _checkpoint(stored: dict[str, Any]) -> Checkpoint:
    after = stored["after"]
    if after:
        # Only here, so that a function that shows exchanges need not load the engine of searches.
        from dci_common.registry.execute.collection import CollectionPosition  # noqa: PLC0415
        from dci_common.registry.query.sort import Position  # noqa: PLC0415

        position = after["position"]
        after = CollectionPosition(**{**after, "position": Position(tuple(position["values"]), position["id"])})
    return Checkpoint(**{**stored, "after": after})


def _delivery(stored: dict[str, Any]) -> Delivery:
    portions = tuple((item, start, count) for item, start, count in stored["portions"])
    return Delivery(**{**stored, "portions": portions})


def _number(value: int) -> Item:
    return {"N": str(value)}


def _json(content: object) -> Item:
    return {"S": json.dumps(content, ensure_ascii=False, separators=(",", ":"))}
