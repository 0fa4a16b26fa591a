"""Two thousand malformed requests, none of which may cost more than its refusal."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from support import hostile_requests, hostile_values
from support.example_counts import sampled
from support.hostile_requests import Senders

if TYPE_CHECKING:
    from support.api import Api
    from support.events import Event
    from support.logs import Logs

pytestmark = pytest.mark.exhaustive  # it explores; `make check` runs it

BATCH = 100
SEARCHES, TOKENS, ADMINISTRATION = (
    [(make, seed) for seed in range(number)]
    for make, number in (
        (hostile_requests.a_search, 12),
        (hostile_requests.a_token_request, 4),
        (hostile_requests.an_administration, 4),
    )
)
BATCHES = [*sampled(SEARCHES), *sampled(TOKENS), *sampled(ADMINISTRATION)]


@pytest.mark.parametrize(("make", "seed"), BATCHES)
def test_malformed_requests_are_rejected(
    api: Api, logs: Logs, make: Callable[[Senders, random.Random], Event], seed: int
) -> None:
    """A hundred rejections of each batch: no 5xx, no internals, no echo of what was sent in answers and log lines."""
    senders, draw = Senders.of(api), random.Random(seed)
    refusals = 0
    while refusals < BATCH:
        reply = api.send(make(senders, draw))
        hostile_values.check_reply(reply)
        refusals += hostile_values.refused(reply)
    assert not [line for line in logs.lines if hostile_values.MARK in line or senders.secret in line]
