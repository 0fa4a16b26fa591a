"""Every hostile value at every place of every kind of message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support import hostile
from support import hostile_requests as requests
from support.examples import sampled

if TYPE_CHECKING:
    from support.api import Api
    from support.hostile_requests import Make

ENVELOPE, _, PREDICATE, *_ = requests.SEARCHES
# How a request is made, a good message, and the names on the way to the part whose members are replaced.
MESSAGES: tuple[tuple[Make, Any, set[str]], ...] = (
    (requests.search, ENVELOPE, set()),
    (requests.search, PREDICATE, {"message", "search_request", "search_criteria", "query"}),
    (requests.json_token, requests.CREDENTIALS, set()),
    (requests.new_client, requests.NEW_CLIENT, set()),
    (requests.next_page, requests.PLACE, set()),
)


VALUES = (*hostile.TEXTS, *hostile.OTHERS)
PARTS = 10  # of the values


@pytest.mark.parametrize("part", sampled(range(PARTS)))
@pytest.mark.parametrize(("make", "good", "way"), MESSAGES)
def test_whatever_stands_at_one_place(api: Api, make: Make, good: Any, way: set[str], part: int) -> None:
    """Whatever one member of a message is, the answer is none of our faults, without innards and echoes."""
    senders = requests.Senders.of(api)
    for path in (path for path in hostile.paths(good) if way <= set(path)):
        for value in VALUES[part::PARTS]:
            body = hostile.to_text(hostile.replaced(good, path, value))
            hostile.check_reply(api.send(make(senders, body)))
