"""A message as it is sent, whatever it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dci_common.exchange.exchanges import Portion

FRAME = 4_000  # bytes of a message beside its items, and of an item beside its records


def _nothing() -> None:
    """Store nothing."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be sent, and what is in it; there is nothing to be sent where the body is empty.

    `wait` waits until all that it discloses is recorded, and `delivered` stores what follows once it has arrived.
    """

    body: bytes
    portions: tuple[Portion, ...]
    wait: Callable[[], None]
    delivered: Callable[[], None] = _nothing
