"""The local server under 200 requests at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from dci_cli.local.demo import demo_population
from dci_common.registry.model.records import Person
from support.api import Reply, identified
from support.events import body_of
from support.server_process import ServerProcess, dci_serve

MANY = 200

PEOPLE = demo_population().people

Request = Callable[[], Reply]
Check = Callable[[Reply], None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server whose clients have no limits."""
    with dci_serve(tmp_path_factory.mktemp("server"), REQUESTS_A_MINUTE="0") as server:
        yield server


@pytest.mark.exhaustive
def test_concurrent_requests_get_their_own_responses(server: ServerProcess) -> None:
    """Concurrent tokens, searches, unknown paths and bad tokens each get the right response."""
    partner = server.authorization("partner")
    asked = [_KINDS[number % len(_KINDS)](server, partner, number) for number in range(MANY)]
    together = Barrier(MANY)

    def send(request: Request) -> Reply:
        together.wait()
        return request()

    with ThreadPoolExecutor(MANY) as threads:
        replies = list(threads.map(send, [request for request, _ in asked]))
    for (_, check), reply in zip(asked, replies, strict=True):
        check(reply)
    tokens = [reply.json["access_token"] for reply in replies[:: len(_KINDS)]]
    assert len(set(tokens)) == MANY // len(_KINDS)
    assert _search(server, {"Authorization": f"Bearer {tokens[-1]}"}, "afterwards", PEOPLE[:1]).status == 200


def _token(server: ServerProcess, _partner: dict[str, str], _number: int) -> tuple[Request, Check]:
    def check(reply: Reply) -> None:
        assert (reply.status, reply.json["token_type"]) == (200, "Bearer")

    return lambda: server.token("partner"), check


def _found(server: ServerProcess, partner: dict[str, str], number: int) -> tuple[Request, Check]:
    """Search for three people, and for an unknown one, by identifiers that no other request has."""
    people = [PEOPLE[(number + step) % len(PEOPLE)] for step in range(3)]

    def check(reply: Reply) -> None:
        assert reply.status == 200
        sent = reply.json["message"]
        assert sent["transaction_id"] == reply.json["header"]["message_id"] == f"t-{number}"
        assert [item["reference_id"] for item in reply.items] == [f"t-{number}-{step}" for step in range(4)]
        *found, unknown = reply.items
        for item, person in zip(found, people, strict=True):
            [record] = item["data"]["reg_records"]
            assert _values(person) == [one["identifier_value"] for one in record["identifier"]]
        assert unknown["pagination"]["total_count"] == 0

    return lambda: _search(server, partner, f"t-{number}", people), check


def _search(server: ServerProcess, who: dict[str, str], transaction: str, people: list[Person]) -> Reply:
    message = body_of("search")
    message["header"]["message_id"] = message["message"]["transaction_id"] = transaction
    message["message"]["search_request"] = [
        identified("UIN", value) | {"reference_id": f"{transaction}-{step}"}
        for step, value in enumerate([*(_values(person)[0] for person in people), "TEST-001"])
    ]
    return server.send("POST", "/registry/sync/search", message, **who)


def _values(person: Person) -> list[str]:
    return [identifier.identifier_value for identifier in person.identifiers]


def _unknown_path(server: ServerProcess, _partner: dict[str, str], number: int) -> tuple[Request, Check]:
    def check(reply: Reply) -> None:
        assert (reply.status, reply.code) == (404, "err.request.not_found")

    return lambda: server.send("GET", f"/no/such/path/{number}"), check


def _bad_token(server: ServerProcess, partner: dict[str, str], number: int) -> tuple[Request, Check]:
    head, _, signature = partner["Authorization"].rpartition(".")
    altered = {"Authorization": f"{head}.{signature[::-1]}"}

    def check(reply: Reply) -> None:
        assert reply.status == 401
        assert "invalid_token" in reply.headers["WWW-Authenticate"]
        assert reply.json["message"]["search_response"] == []

    return lambda: _search(server, altered, f"t-{number}", PEOPLE[:1]), check


_KINDS = (_token, _found, _unknown_path, _bad_token)
