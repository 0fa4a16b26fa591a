"""A client, its receiver and the registry, in a world in which everything goes wrong for a while."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from dci_cli.local.tables import create_tables
from dci_common.errors import NotFound
from dci_common.exchange.audit_index import merged
from dci_common.exchange.exchange_lists import ExchangeLists
from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.exchanges import FAILED, Exchange
from dci_common.exchange.interventions import Interventions
from dci_common.registry.model.base import Kind
from support.api import Api, Clock
from support.exchange_questions import PEOPLE, Asked, person_of, question
from support.exchanges import SWEEP, Partner, Queues, Receiver, change_client, records_of
from support.fault_injection import BadQueues, FaultInjector, Killed
from support.registries import tables
from support.registry_harness import Registry
from support.stored_items import stored_items, tests_client

MAX_SENT_BYTES = 9_000  # that the receiver takes
_ENDS = 600  # rounds in which everything must come to its end, once nothing goes wrong


@dataclass
class World:
    """Everything; `draw` decides what happens."""

    draw: random.Random
    registry: Registry
    receiver: Receiver
    new_api: Callable[..., Api]
    hidden: set[str] = field(default_factory=set)  # restricted or deleted people
    asked: list[Asked] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    arrived: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  # seen when a callback arrived
    moods: tuple[str, ...] = ("takes",)
    cancelled: set[str] = field(default_factory=set)
    kills: int = 0
    is_gone: bool = False  # whether the receiver ever said so

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.queues = BadQueues(self.draw, self.clock)
        number = self.draw.getrandbits(64)
        self.names = {"exchange_table": f"dci-exchange-{number}", "audit_table": f"dci-audit-{number}"}
        made = {"ExchangeTable": self.names["exchange_table"], "AuditTable": self.names["audit_table"]}
        create_tables(tests_client(), tables(streams=False), made)
        self.begin_process()
        changes = {"records_a_day": 40} if self.draw.random() < 0.3 else {}
        self.partner = Partner(self.api, Queues(), self.receiver.url, **changes)
        if self.draw.random() < 0.3:
            change_client(self.partner, callbacks={"auth": "bearer", "secret": "of-the-partner"})
        self.receiver.answer = self._receive

    def close(self) -> None:
        """Delete the tables: DynamoDB Local becomes slower with each that it holds."""
        for table in self.names.values():
            tests_client().delete_table(TableName=table)

    def begin_process(self) -> None:
        """Begin a new process with empty caches, in place of one that was killed, if it was."""
        before = self.queues.injector
        self.kills += before.is_killed
        injector = FaultInjector(self.draw)
        injector.throttled, injector.lost = before.throttled, before.lost
        self.queues.injector = self.injector = injector
        settings = {"registry_table": self.registry.table, "work_queue": "work", "delivery_queue": "delivery"}
        self.api = self.new_api(**settings, **self.names, sqs=lambda _: self.queues)
        self.api.clock = self.clock
        self.api.runtime.clock = self.clock
        injector.attach(self.api)
        if hasattr(self, "partner"):
            self.partner.api = self.api

    # What a client does

    def ask(self) -> None:
        """Send a search of some items."""
        chosen = [question(self.draw, self.hidden, f"r-{number}") for number in range(self.draw.choice((1, 1, 2, 4)))]
        uri: dict[str, Any] = {"sender_uri": None} if self.draw.random() < 0.2 else {}
        message = self.partner.message(*(made for made, _ in chosen), **uri)
        self.asked.append(Asked(message, {made["reference_id"]: wanted for made, wanted in chosen}))
        self.send(self.asked[-1])

    def send(self, asked: Asked) -> None:
        """Send a message, for the first time or again."""
        try:
            self.partner.token = self.renewed_token()
            reply = self.partner.send(asked.message)
        except Killed:
            self.begin_process()
            return
        if reply.status != 200:
            expected = {401, 429, 503} | ({403} if self.is_gone else set())  # 401 where no token could be had
            assert reply.status in expected, reply.text
            return
        assert asked.reply is None or asked.reply.json == reply.json
        asked.reply = reply

    def ask_status(self) -> None:
        """Ask what became of a message: nothing yet, or an answer that has nobody who is hidden."""
        asked = self.draw.choice(self.asked)
        if asked.reply is None:
            return
        try:
            self.partner.token = self.renewed_token()
            reply = self.partner.status("correlation_id", asked.correlation_id)
        except Killed:
            self.begin_process()
            return
        if reply.status == 200:
            for found in reply.json["message"]["txnstatus_response"]["txn_status"]["search_response"]:
                assert self.hidden.isdisjoint(map(person_of, records_of(found)))
                assert found["status"] in {"pdng", "succ", "rjct"}

    def renewed_token(self) -> str:
        """Return a new token of the client's, or the one that it has if there is none to be had."""
        reply = self.api.token(self.partner.client, self.partner.secret)
        return str(reply.json["access_token"]) if reply.status == 200 else self.partner.token

    # What the functions do

    def work(self) -> bool:
        """Have an exchange be worked on that a queue names; return whether there is one."""
        body = self.queues.take()
        if body is None:
            return False
        try:
            answer = self.api.deliver({"Records": [{"messageId": "1", "body": body}]}, None)
        except Killed:
            self.queues.give_back(body)
            self.begin_process()
        else:
            if answer["batchItemFailures"] and self.draw.random() < 0.9:
                self.queues.give_back(body)
        return True

    def sweep(self) -> None:
        """Have the schedule call."""
        try:
            self.api.deliver(SWEEP, None)
        except Killed:
            self.begin_process()
        except Exception:  # noqa: BLE001 - Lambda counts an error, and the schedule calls again
            assert self.injector.throttled or self.injector.lost

    def hide(self) -> None:
        """Restrict a person, or delete one."""
        person = self.draw.choice([person for person in PEOPLE if person.id not in self.hidden])
        if self.draw.random() < 0.5:
            self.registry.put(person.model_copy(update={"restricted": True}))
        else:
            self.registry.writer.delete(Kind.PERSON, person.id)
        self.hidden.add(person.id)

    # What the receiver does

    def _receive(self, message: dict[str, Any]) -> tuple[int, Any]:
        self.arrived.append(message)
        self._look_at(message)
        if len(str(message)) > MAX_SENT_BYTES:
            return 413, {}
        mood = self.draw.choice(self.moods)
        if mood in {"takes", "takes and hangs up", "takes and kills"}:
            self.taken.append(message)
        if mood == "takes and hangs up":
            return 0, {}
        self.injector.is_killed |= mood == "takes and kills"
        self.is_gone |= mood == "is gone"
        answers = {
            "is down": (503, {}),
            "wants others": (401, {}),
            "refuses": (200, {"message": {"ack_status": "NACK"}}),
            "is gone": (410, {}),
        }
        return answers.get(mood, (200, self.draw.choice(({}, "OK", {"message": {"ack_status": 7}}, [[]]))))

    def _look_at(self, message: dict[str, Any]) -> None:
        audited = self.audited(message["message"]["correlation_id"])
        for found in message["message"]["search_response"]:
            people = {person_of(record) for record in records_of(found)}
            if people & self.hidden:
                self.faults.append(f"{people & self.hidden} were sent")
            if not people <= audited[found["reference_id"]]:
                self.faults.append(f"{people} were sent, and only {audited[found['reference_id']]} recorded")

    def audited(self, correlation_id: str) -> dict[str, set[str]]:
        """Return the people who were recorded as sent, by the reference id of the item."""
        found: dict[str, set[str]] = defaultdict(set)
        for record in merged(stored_items(self.names["audit_table"])):
            if "withheld" not in record and record["correlation_id"]["S"] == correlation_id:
                keys = record.get("records", {"SS": ()})["SS"]
                found[record["reference_id"]["S"]] |= {key.partition("#")[2] for key in keys}
        return found

    # The end

    def calm_down(self) -> None:
        """Let nothing go wrong any more, and time pass until everything has come to its end."""
        self.injector.throttled = self.injector.lost = 0
        self.injector.kill_in = None
        self.injector.secrets_are_away = False
        self.queues.lost = self.queues.doubled = self.queues.latest = 0
        self.moods = ("takes",)
        self.begin_process()
        with suppress(NotFound):
            Interventions(self.api.runtime).resume(self.partner.client.client_id)
        for asked in self.asked:
            if asked.reply is None:
                self.send(asked)
        self._settle()
        for exchange in self.exchanges():
            if exchange.state in FAILED:
                assert exchange.correlation_id in ExchangeLists(self.api.runtime).listed(exchange.state.upper())
                Interventions(self.api.runtime).redrive(exchange)
        self._settle()

    def cancel(self) -> None:
        """Have an operator cancel an exchange, if one is open."""
        for exchange in self.exchanges():
            if exchange.is_open:
                Interventions(self.api.runtime).cancel(exchange.correlation_id)
                self.cancelled.add(exchange.correlation_id)
                return

    def _settle(self) -> None:
        for _ in range(_ENDS):
            while self.work():
                pass
            dues = [exchange.due for exchange in self.exchanges() if exchange.due]
            if not dues:
                return
            self.clock.now = max(self.clock.now + 1, min(dues))
            self.sweep()
        raise AssertionError(f"work without an end: {[*self.exchanges()]}")

    def exchanges(self) -> list[Exchange]:
        """Return all exchanges."""
        lists, store = ExchangeLists(self.api.runtime), ExchangeStore(self.api.runtime)
        named = [names.correlation_id for names in lists.newest(self.partner.client.client_id, 1_000)]
        return [exchange for id_ in named if (exchange := store.get(id_))]
