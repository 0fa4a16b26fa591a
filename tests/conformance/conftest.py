"""An asynchronous partner of the demo registry, and its receiver, which checks what it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from support.api import Api
from support.exchanges import Partner, Queues, Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Run a receiver of callbacks."""
    with receiving() as running:
        yield running


@pytest.fixture(scope="session")
def exchange_api(new_api: Callable[..., Api]) -> tuple[Api, Queues]:
    """Return one API over the demo registry for all exchanges here, each of a client of its own."""
    queues = Queues()
    return new_api(work_queue="work", delivery_queue="delivery", sqs=lambda _: queues), queues


@pytest.fixture
def partner(exchange_api: tuple[Api, Queues], receiver: Receiver) -> Partner:
    """Return a partner that is called back at the receiver."""
    return Partner(*exchange_api, receiver.url)


@pytest.fixture(scope="session")
def shared_partner(exchange_api: tuple[Api, Queues]) -> Partner:
    """Return a partner for messages that are refused: nobody calls it back."""
    return Partner(*exchange_api, "http://127.0.0.1/on-search")
