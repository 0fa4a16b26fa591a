"""Between an acknowledgement and its answer things change: what may not be sent any more is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from dci_common.registry.model.base import Kind
from support.admin_client import Admin
from support.api import Api, Reply, predicate
from support.example_counts import sampled
from support.exchanges import Partner, Queues, Receiver, change_client, receiving, records_of
from support.hill_household import ALL, ANNA, BENO
from support.registry_harness import Registry, registry_with
from support.stored_items import disclosures

EVERYBODY = ("birth_date", "ge", "1900-01-01")
BORN = [person.model_copy(update={"birth_date": "1990-01-31"}) for person in (ANNA, BENO)]


@dataclass
class Scene:
    """A registry of two people that a test changes, and a partner that asks for them."""

    registry: Registry
    partner: Partner
    receiver: Receiver

    def ask(self) -> Reply:
        """Ask for everybody."""
        return self.partner.search(predicate(EVERYBODY))

    def later(self, seconds: int = 90) -> None:
        """Let time pass, and what is due be done."""
        self.partner.api.clock.advance(seconds)
        self.partner.sweep()

    @property
    def names(self) -> list[list[str]]:
        """The given names in each callback that arrived, however it was answered."""
        pages = [message["message"]["search_response"] for message in self.receiver.arrived]
        people = [[record for found in page for record in records_of(found)] for page in pages]
        return [[record["name"]["given_name"] for record in records] for records in people]

    def audited(self, reply: Reply) -> list[tuple[bool, set[str]]]:
        """Return of each audit record of an exchange, the oldest first, whether it was withheld, and its people."""
        correlation_id = reply.json["message"]["correlation_id"]
        records = sorted(disclosures(), key=lambda record: str(record["sk"]["S"]))
        return [
            ("withheld" in record, {"anna", "beno"}.intersection(key.partition("#")[2] for key in keys))
            for record in records
            for keys in [record.get("records", {"SS": ()})["SS"]]
            if record["correlation_id"]["S"] == correlation_id
        ]


@pytest.fixture
def scene(new_api: Callable[..., Api]) -> Iterator[Scene]:
    """Return a scene of its own."""
    queues = Queues()
    with registry_with(*BORN, *ALL[2:]) as registry, receiving() as receiver:
        api = new_api(
            registry_table=registry.table, work_queue="work", delivery_queue="delivery", sqs=lambda _: queues
        )
        yield Scene(registry, Partner(api, queues, receiver.url), receiver)


def restrict(scene: Scene) -> None:
    """Restrict Anna."""
    scene.registry.put(BORN[0].model_copy(update={"restricted": True}))


def delete(scene: Scene) -> None:
    """Delete Anna."""
    scene.registry.writer.delete(Kind.PERSON, "anna")


def move_away(scene: Scene) -> None:
    """Have Anna not be what was searched for."""
    scene.registry.put(BORN[0].model_copy(update={"birth_date": "1890-01-31"}))


@pytest.mark.parametrize("change", sampled([restrict, delete, move_away]))
@pytest.mark.parametrize("stage", ["accepted", "collected", "attempted"])
def test_a_person_hidden_meanwhile_is_not_sent(scene: Scene, change: Callable[[Scene], None], stage: str) -> None:
    """A person who is restricted, deleted or no match any more is in no later callback, status or audit record."""
    scene.receiver.answer = lambda _: (503, {})
    reply = scene.ask()
    if stage == "collected":
        scene.partner.work(rounds=1, to_the_end=False)
    if stage == "attempted":
        scene.partner.work()
        assert scene.names == [["Anna", "Beno"]]
    attempts = len(scene.names)
    change(scene)
    scene.receiver.answer = lambda _: (200, {})
    scene.later()
    assert scene.names[attempts:] == [["Beno"]]
    status = scene.partner.status("correlation_id", reply.json["message"]["correlation_id"])
    (found,) = status.json["message"]["txnstatus_response"]["txn_status"]["search_response"]
    assert [record["name"]["given_name"] for record in records_of(found)] == ["Beno"]
    before = [(False, {"anna", "beno"})] * attempts
    assert scene.audited(reply) == [*before, (False, {"beno"}), (False, {"beno"})]


@pytest.mark.parametrize("change", sampled(["disabled", "flag", "address"]))
def test_a_client_that_may_not_be_called_back_any_more(scene: Scene, change: str) -> None:
    """Nothing is sent to a client that is disabled, or to an address that is not its own any more: it ends dead."""
    scene.receiver.answer = lambda _: (503, {})
    reply = scene.ask()
    scene.partner.work()
    match change:
        case "disabled":
            assert Admin(scene.partner.api).send("client_disable", scene.partner.client.client_id).status == 200
        case "flag":
            change_client(scene.partner, flags={"asynchronous": False})
        case "address":
            change_client(scene.partner, callbacks={"urls": ["http://127.0.0.1/elsewhere"]})
    scene.receiver.answer = lambda _: (200, {})
    for _ in range(8):
        scene.later(43_200)
    assert (scene.partner.state(reply), len(scene.names)) == ("dead", 1)


@pytest.mark.parametrize("disclosure", sampled([["name"], ["name", "birth_date"]]))
def test_an_attribute_that_may_not_be_seen_any_more(scene: Scene, disclosure: list[str]) -> None:
    """What a client may see is what it may see at the attempt: a query by what it may not see is rejected then."""
    scene.receiver.answer = lambda _: (503, {})
    reply = scene.ask()
    scene.partner.work()
    change_client(scene.partner, disclosure=disclosure)
    scene.receiver.answer = lambda _: (200, {})
    scene.later()
    (message,) = scene.receiver.received
    (found,) = message["message"]["search_response"]
    assert found["status"] == ("succ" if "birth_date" in disclosure else "rjct")
    assert scene.names == [["Anna", "Beno"], ["Anna", "Beno"] if "birth_date" in disclosure else []]
    assert "identifier_value" not in str(found)
    assert "hill" not in str(found)
    assert scene.partner.state(reply) == "answered"


def test_a_callback_that_may_have_arrived_is_recorded_as_sent(scene: Scene) -> None:
    """A receiver that takes a page and hangs up has it: each of its attempts is recorded, and none is withheld."""
    scene.receiver.answer = lambda _: (0, {})
    reply = scene.ask()
    scene.partner.work()
    assert scene.names == [["Anna", "Beno"]]
    assert scene.audited(reply) == [(False, {"anna", "beno"})]


def test_a_callback_that_was_not_sent_is_recorded_as_withheld(scene: Scene) -> None:
    """Where there is no connection to the receiver, the record says that nobody was sent."""
    scene.partner.url = "http://127.0.0.1:9/on-search"
    reply = scene.ask()
    scene.partner.work()
    assert scene.audited(reply) == [(True, set())]


def test_a_callback_whose_second_attempt_fails_is_recorded_as_sent(scene: Scene) -> None:
    """A receiver that wants another token has the page already, even if the registry gets none."""
    oauth = {"auth": "oauth", "token_url": scene.receiver.url, "client_id": "registry", "secret": "of-the-partner"}
    change_client(scene.partner, callbacks=oauth)
    tokens = iter([(200, {"access_token": "t", "token_type": "Bearer", "expires_in": 3600}), (500, {})])
    scene.receiver.answer = lambda message: next(tokens) if "form" in message else (401, {})
    reply = scene.ask()
    scene.partner.work()
    assert scene.names == [["Anna", "Beno"]]
    assert next(tokens, None) is None
    assert scene.audited(reply) == [(False, {"anna", "beno"})]


@pytest.mark.exhaustive
def test_attempts_without_an_outcome_come_to_an_end(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where what the registry needs for an attempt is never there, the exchange is dead and listed in the end."""
    monkeypatch.setattr("dci_delivery.deliverer._MAX_TRIES", 5)
    change_client(scene.partner, callbacks={"auth": "bearer", "secret": "of-the-partner"})

    def away(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="secretsmanager")

    monkeypatch.setattr(scene.partner.api.runtime.secrets, "get_secret_value", away)
    reply = scene.ask()
    scene.partner.work()
    for _ in range(4):
        scene.later()
    assert scene.partner.state(reply) == "delivering"
    for _ in range(2):
        scene.later()
    assert (scene.partner.state(reply), scene.names) == ("dead", [])
