"""Failed authentication is throttled, for the failing client and address only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from dci_common.oauth.throttle import FREE_FAILURES, LONGEST_WAIT_SECONDS
from support.assertion_signer import Signer
from support.call_trace import aws_calls
from support.events import event

if TYPE_CHECKING:
    from support.api import Api, Reply

HERE, ELSEWHERE = "203.0.113.7", "198.51.100.1"


def sent(api: Api, client_id: str, secret: str, source: str = HERE, name: str = "token_form") -> Reply:
    """Send credentials from an address."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, "token": "x"}
    made = event(name, body=urlencode(form))
    made["requestContext"]["http"]["sourceIp"] = source
    return api.send(made)


def fail(api: Api, client_id: str, times: int = FREE_FAILURES, source: str = HERE) -> None:
    """Guess a number of times, as soon as each guess is looked at."""
    for _ in range(times):
        reply = sent(api, client_id, "wrong", source)
        while reply.status == 429:
            api.clock.advance(int(reply.headers["Retry-After"]))
            reply = sent(api, client_id, "wrong", source)
        assert reply.status == 401


def must_wait(reply: Reply) -> int:
    """Check that the answer is to wait, and return how long."""
    assert (reply.status, reply.json["error"]) == (429, "temporarily_unavailable")
    assert reply.headers["Cache-Control"] == "no-store"
    return int(reply.headers["Retry-After"])


def test_fewer_than_five_failures_do_not_wait(api: Api) -> None:
    """Fewer than five failures cause no wait, at any moment of a second."""
    client, secret = api.client()
    api.clock.advance(0.3)
    for _ in range(FREE_FAILURES - 1):
        assert sent(api, client.client_id, "wrong").status == 401
    assert sent(api, client.client_id, secret).status == 200


def test_the_wait_doubles_with_each_failure(api: Api) -> None:
    """After five failures each further one doubles the wait, up to a quarter of an hour."""
    client, _ = api.client()
    fail(api, client.client_id, FREE_FAILURES - 1)
    waits = []
    for _ in range(13):
        assert sent(api, client.client_id, "wrong").status == 401
        waits.append(must_wait(sent(api, client.client_id, "wrong")))
        api.clock.advance(waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    assert waits[-1] == LONGEST_WAIT_SECONDS


def test_requests_during_the_wait_are_not_checked(api: Api) -> None:
    """Not even the right secret opens then, and asking again makes the wait no longer."""
    client, secret = api.client()
    fail(api, client.client_id)
    for guess in (secret, "wrong") * 3:
        assert must_wait(sent(api, client.client_id, guess)) == 1
    api.clock.advance(1)
    assert sent(api, client.client_id, secret).status == 200


@pytest.mark.exhaustive
@pytest.mark.parametrize("stranger", [ELSEWHERE, "2001:db8:1::1", "", "no address", "203.0.113.8"])
def test_failures_elsewhere_do_not_lock_a_client_out(api: Api, stranger: str) -> None:
    """However many attempts fail at another address, the client gets its token at its own."""
    client, secret = api.client()
    fail(api, client.client_id, 12, stranger)
    must_wait(sent(api, client.client_id, secret, stranger))
    assert sent(api, client.client_id, secret).status == 200


def test_another_client_at_the_same_address_does_not_wait(api: Api) -> None:
    """The failures of one client are not those of its neighbour behind the same address."""
    client, _ = api.client()
    other, secret = api.client()
    fail(api, client.client_id)
    must_wait(sent(api, client.client_id, "wrong"))
    assert sent(api, other.client_id, secret).status == 200


def test_an_ipv6_network_counts_as_one_address(api: Api) -> None:
    """A /64 network has as many attempts as one IPv4 address, and the next network has its own."""
    client, _ = api.client()
    for host in range(FREE_FAILURES):
        assert sent(api, client.client_id, "wrong", f"2001:db8:0:1::{host}").status == 401
    must_wait(sent(api, client.client_id, "wrong", "2001:db8:0:1:ffff::"))
    assert sent(api, client.client_id, "wrong", "2001:db8:0:2::").status == 401


def test_a_success_clears_the_failures_of_its_address(api: Api) -> None:
    """After a success all guesses are free again at this address, not at another."""
    client, secret = api.client()
    fail(api, client.client_id, FREE_FAILURES, ELSEWHERE)
    fail(api, client.client_id, FREE_FAILURES - 1)
    assert sent(api, client.client_id, secret).status == 200
    for _ in range(FREE_FAILURES):
        assert sent(api, client.client_id, "wrong").status == 401
    must_wait(sent(api, client.client_id, "wrong", ELSEWHERE))


def test_failures_expire_after_an_hour(api: Api) -> None:
    """Failures of more than an hour ago count no more, also while DynamoDB has not deleted them."""
    client, _ = api.client()
    fail(api, client.client_id, 9)
    api.clock.advance(LONGEST_WAIT_SECONDS + 3600)
    for _ in range(FREE_FAILURES):
        assert sent(api, client.client_id, "wrong").status == 401
    assert must_wait(sent(api, client.client_id, "wrong")) == 1


def test_the_wait_does_not_reveal_existing_clients(api: Api) -> None:
    """An unknown client, a wrong secret, the right one of a disabled client and a wrong key wait alike."""
    client, _ = api.client()
    disabled, secret = api.client()
    signer, stranger = Signer.of(api), Signer.of(api)
    admin = api.token_of(scopes=("clients.manage",))
    path = {"pathParameters": {"client_id": disabled.client_id}}
    assert api.send(event("client_disable", token=admin) | path).status == 200
    forged = Signer(api, signer.client, "", stranger.key)
    nobody = Signer(api, signer.client._replace(client_id="nobody-signs"), "", stranger.key)
    ways: list[Callable[[], Reply]] = [
        lambda: sent(api, client.client_id, "wrong"),
        lambda: sent(api, "nobody-at-all", "wrong"),
        lambda: sent(api, disabled.client_id, secret),
        lambda: forged.send(forged.assertion()),
        lambda: nobody.send(nobody.assertion()),
    ]
    observed = []
    for way in ways:
        with aws_calls(api.runtime) as calls:
            replies = [way() for _ in range(FREE_FAILURES + 1)]
        observed.append(([(reply.status, reply.text, str(reply.headers)) for reply in replies], calls))
    assert [status for status, _, _ in observed[0][0]] == [401] * FREE_FAILURES + [429]
    assert observed == [observed[0]] * len(ways)


@pytest.mark.parametrize("name", ["revoke", "introspect"])
def test_every_endpoint_counts_failures(api: Api, name: str) -> None:
    """No endpoint is a way around the waiting."""
    client, _ = api.client()
    for _ in range(FREE_FAILURES):
        assert sent(api, client.client_id, "wrong", name=name).status == 401
    must_wait(sent(api, client.client_id, "wrong"))
    must_wait(sent(api, client.client_id, "wrong", name=name))


def test_impossible_ids_are_not_counted(api: Api) -> None:
    """Ids that no client can have cost no read and no write."""
    with aws_calls(api.runtime) as calls:
        for client_id in ("a#b", "x" * 101, "ü", "a b"):
            assert sent(api, client_id, "wrong").status == 401
    assert calls == []


def test_a_token_costs_one_read_and_one_write(api: Api) -> None:
    """One read and one write; one write more when there are failures to clear."""
    client, secret = api.client()
    sent(api, client.client_id, secret)  # what is read once, is read
    with aws_calls(api.runtime) as calls:
        assert sent(api, client.client_id, secret).status == 200
    assert calls == ["BatchGetItem dci-clients", "UpdateItem dci-clients"]
    fail(api, client.client_id, 1)
    with aws_calls(api.runtime) as calls:
        assert sent(api, client.client_id, secret).status == 200
    assert calls == ["BatchGetItem dci-clients", "UpdateItem dci-clients", "DeleteItem dci-clients"]
