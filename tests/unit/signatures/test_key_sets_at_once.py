"""Key sets that are slow, and functions that need one at once."""

from __future__ import annotations

import threading
from socket import socket

import pytest

from dci_common.clients.model import Client
from dci_common.deadline import Deadline
from support.key_publisher import Publisher, ed25519_key
from support.partner_server import Timer, read_request
from support.retry_pauses import NO_PAUSES, retry_with_sleep

pytestmark = pytest.mark.exhaustive  # what is rare takes long; `make check` runs it

ANSWERING = 4  # seconds that a deadline leaves for the answer


@pytest.mark.parametrize(
    ("seconds", "left", "found"),
    [(4, None, True), (6, None, False), (2, 3, True), (2, 1, False), (4, 100, True), (6, 100, False), (0, -1, False)],
)
def test_a_fetch_ends_in_time(
    partner: Publisher,
    client: Client,
    seconds: int,
    left: int | None,
    found: bool,  # noqa: FBT001 - a parameter
) -> None:
    """A fetch takes five seconds, or what the deadline leaves, and no longer; then the message has no keys."""
    timer, answer = Timer(), partner.server.answer
    assert isinstance(answer, bytes)

    def late(connection: socket) -> None:
        read_request(connection)
        timer.seconds = seconds
        connection.sendall(answer[:1])  # after which the client looks at the time again
        connection.settimeout(0.2)
        try:
            connection.recv(1)  # nothing, if it has given up
        except TimeoutError:
            connection.sendall(answer[1:])

    partner.server.answer = late
    function = partner.function(timer=timer)
    clock = partner.api.clock
    function.deadline = Deadline(None if left is None else clock() + ANSWERING + left, clock)
    assert function.kids(client) == (["key-1"] if found else [])


class _SlowFetch:
    """A fetch of another function, which the server holds up until the first pause of those that wait for it."""

    def __init__(self, partner: Publisher, client: Client, kid: str | None = None) -> None:
        asked, self._released, answer = threading.Event(), threading.Event(), partner.server.answer
        assert isinstance(answer, bytes)
        self.pauses = 0

        def held(connection: socket) -> None:
            partner.server.requests.append(read_request(connection))
            asked.set()
            self._released.wait()
            connection.sendall(answer)

        partner.server.answer = held
        self._thread = threading.Thread(target=partner.function().kids, args=(client, kid))
        self._thread.start()
        asked.wait()

    def end(self, _: float = 0) -> None:
        """Let the fetch end."""
        self.pauses += 1
        self._released.set()
        self._thread.join()


def test_a_process_without_keys_waits_for_a_fetch(partner: Publisher, client: Client) -> None:
    """Functions that start at once make one request, and all of them find the key."""
    fetch = _SlowFetch(partner, client)
    partner.retry = retry_with_sleep(fetch.end)
    assert partner.function().kids(client, "key-1") == ["key-1"]
    assert (fetch.pauses, partner.fetches) == (1, 1)


def test_a_process_that_does_not_know_a_key_waits_for_a_fetch(partner: Publisher, client: Client) -> None:
    """The messages that first use a new key find it, though they come at once."""
    function = partner.function()
    assert function.kids(client) == ["key-1"]
    partner.publish(ed25519_key(2))
    partner.api.clock.advance(60)
    fetch = _SlowFetch(partner, client, "key-2")
    partner.retry = retry_with_sleep(fetch.end)
    assert partner.function().kids(client, "key-2") == ["key-2"]
    assert (fetch.pauses, partner.fetches) == (1, 2)


def test_a_process_with_stale_keys_does_not_wait(partner: Publisher, client: Client) -> None:
    """While a set is being fetched again, the other functions use the last one."""
    assert partner.function().kids(client) == ["key-1"]
    partner.publish(ed25519_key(2))
    partner.api.clock.advance(300)
    fetch = _SlowFetch(partner, client)
    function = partner.function()
    assert function.kids(client, "key-1") == ["key-1"]
    fetch.end()
    assert function.kids(client) == ["key-2"]
    assert partner.fetches == 2


def test_a_fetch_that_never_ended_is_not_waited_for(partner: Publisher, client: Client) -> None:
    """A function that was stopped in its fetch holds up the others for a few seconds, and the next fetch a minute."""
    fetch = _SlowFetch(partner, client)
    partner.api.clock.advance(6)
    partner.retry = retry_with_sleep(fetch.end)
    function = partner.function()
    assert function.kids(client) == []
    assert fetch.pauses == 0
    fetch.end()
    partner.retry = NO_PAUSES
    assert function.kids(client) == ["key-1"]
