"""Every hostile value at every place of every kind of message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support import hostile_requests as requests
from support import hostile_values
from support.example_counts import sampled

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


VALUES = (*hostile_values.TEXTS, *hostile_values.OTHERS)
PARTS = 10  # of the values


@pytest.mark.exhaustive
@pytest.mark.parametrize("part", sampled(range(PARTS)))
@pytest.mark.parametrize(("make", "good", "way"), MESSAGES)
def test_a_hostile_value_causes_no_server_error(api: Api, make: Make, good: Any, way: set[str], part: int) -> None:
    """Any value of one member of a message causes no server error, and is not echoed."""
    senders = requests.Senders.of(api)
    for path in (path for path in hostile_values.paths(good) if way <= set(path)):
        for value in VALUES[part::PARTS]:
            body = hostile_values.to_text(hostile_values.replaced(good, path, value))
            hostile_values.check_reply(api.send(make(senders, body)))
