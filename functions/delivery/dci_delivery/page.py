"""A page of an answer as it is sent: as many records as one message may hold, of as many items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dci_common.exchange.stored_answer import Room, StoredAnswer
from dci_common.spdci.callback import CallbackHeader, Signer, envelope
from dci_delivery.outgoing import FRAME

if TYPE_CHECKING:
    from dci_common.deadline import Deadline
    from dci_common.exchange.disclosure_session import DisclosureSession
    from dci_common.exchange.exchanges import Delivery, Exchange, Portion
    from dci_common.subscriptions.subscription_answer import SubscriptionAnswer

    Answer = StoredAnswer | SubscriptionAnswer

_ANY = Room(0, 10**9)  # a page that is fixed is sent as it is, however large its records have become


@dataclass(frozen=True, slots=True)
class Page:
    """What a page holds, and its items as JSON text."""

    portions: tuple[Portion, ...]
    items: list[str]

    def message(self, exchange: Exchange, answer: Answer, now: str, signer: Signer | None) -> bytes:
        """Return the callback that sends the page. Its id is the same in every attempt."""
        completed = following(exchange, self.portions).item
        header = CallbackHeader(
            action=answer.action,
            message_id=f"{exchange.correlation_id}-{exchange.delivery.page + 1}",
            message_ts=now,
            total_count=len(exchange.outcomes),
            completed_count=completed,
            sender_id=answer.sender_id,
        )
        return envelope(header.text(answer.envelope.header), answer.response(self.items), signer).encode()


def compose(
    exchange: Exchange, answer: StoredAnswer, most_bytes: int, session: DisclosureSession, deadline: Deadline
) -> Page:
    """Return the next page, and start recording what it discloses.

    What is in it is decided once: every attempt sends the same portions, of what may be disclosed then.
    """
    delivery = exchange.delivery
    if delivery.portions:
        return _decided(delivery, answer, session, deadline)
    left = most_bytes - FRAME
    portions: list[Portion] = []
    items: list[str] = []
    for item, start, count in _wanted(exchange):
        if items and left < FRAME:
            break
        room = Room(left, records=0 if items else 1)
        number = _page_number(delivery, (item, start, count))
        rendered = answer.portion((item, start, count), number, room, session, deadline)
        if rendered.text:
            portions.append((item, start, rendered.count))
            items.append(rendered.text)
            left -= len(rendered.text.encode())
        if rendered.count < count:
            break
    return Page(tuple(portions), items)


def compose_small(exchange: Exchange, answer: SubscriptionAnswer, most_bytes: int) -> Page:
    """Return the next page of an answer without records, whose items are small."""
    left = most_bytes - FRAME
    portions: list[Portion] = []
    items: list[str] = []
    for portion in exchange.delivery.portions or _wanted(exchange):
        item = answer.item(portion[0])
        left -= len(item.encode())
        if items and left < 0 and not exchange.delivery.portions:
            break
        portions.append(portion)
        items.append(item)
    return Page(tuple(portions), items)


def _decided(delivery: Delivery, answer: StoredAnswer, session: DisclosureSession, deadline: Deadline) -> Page:
    """Return a page that was decided before.

    A rejection has all keys that are left of its item: if the client may ask for them again, a page of them is sent.
    """
    portions: list[Portion] = []
    items: list[str] = []
    left = delivery.size
    for item, start, count in delivery.portions:
        portion = (item, start, min(count, left))
        rendered = answer.portion(portion, _page_number(delivery, portion), _ANY, session, deadline)
        portions.append((item, start, min(count, rendered.count)))
        items.append(rendered.text)
        left -= count
    return Page(tuple(portions), items)


def following(exchange: Exchange, portions: tuple[Portion, ...]) -> Delivery:
    """Return the delivery of the page that follows one with these portions; its item is past the last at the end."""
    item, start, count = portions[-1]
    delivery = exchange.delivery
    is_continued = start + count < exchange.outcomes[item].keys
    number = _page_number(delivery, portions[-1])
    return replace(
        delivery,
        item=item if is_continued else item + 1,
        start=start + count if is_continued else 0,
        page=delivery.page + 1,
        page_of_item=number if is_continued else 0,
        portions=(),
        attempts=0,
        first_attempt=0,
        reason="",
    )


def halved(exchange: Exchange) -> Delivery | None:
    """Return the delivery of half the records of a page, or else items; None if there is nothing to halve."""
    delivery = exchange.delivery
    smaller = replace(delivery, portions=(), attempts=0)
    records = min(delivery.size, sum(count for _, _, count in delivery.portions))  # a rejection has all that are left
    if exchange.kind == "status":
        return replace(smaller, size=delivery.size // 2) if delivery.size > 1 else None
    if records > 1:
        return replace(smaller, size=records // 2)
    if len(delivery.portions) > 1:
        return replace(smaller, items=len(delivery.portions) // 2)
    return None


def _wanted(exchange: Exchange) -> Iterator[Portion]:
    """Yield the portions that a page may hold: of all items from the next one on, up to its size and items."""
    delivery, left = exchange.delivery, exchange.delivery.size
    for item in range(delivery.item, min(delivery.item + delivery.items, len(exchange.outcomes))):
        start = delivery.start if item == delivery.item else 0
        keys = exchange.outcomes[item].keys - start
        count = min(keys, left)
        if keys and not count:
            return
        left -= count
        yield item, start, count
        if count < keys:
            return


def _page_number(delivery: Delivery, portion: Portion) -> int:
    return delivery.page_of_item + 1 if portion[0] == delivery.item else 1
