"""Every hostile value at every place of every kind of message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support import hostile
from support import hostile_requests as requests

if TYPE_CHECKING:
    from support.api import Api
    from support.hostile_requests import Make

MESSAGES: tuple[tuple[Make, Any], ...] = (
    (requests.search, requests.SEARCHES[0]),
    (requests.search, requests.SEARCHES[2]),
    (requests.json_token, requests.CREDENTIALS),
    (requests.new_client, requests.NEW_CLIENT),
    (requests.next_page, requests.PLACE),
)


@pytest.mark.parametrize(("make", "good"), MESSAGES)
def test_whatever_stands_at_one_place(api: Api, make: Make, good: Any) -> None:
    """Whatever one member of a message is, the answer is none of our faults, without innards and echoes."""
    senders = requests.Senders.of(api)
    for path in hostile.paths(good):
        for value in (*hostile.TEXTS, *hostile.OTHERS):
            body = hostile.to_text(hostile.replaced(good, path, value))
            hostile.check_reply(api.send(make(senders, body)))
