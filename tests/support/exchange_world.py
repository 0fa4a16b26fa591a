"""A client, its receiver and the registry, in a world in which everything goes wrong for a while."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3

from dci_cli.local.tables import create_tables
from dci_common.exchange.exchange_lists import ExchangeLists
from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.exchanges import FAILED, Exchange
from dci_common.exchange.interventions import Interventions
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Person
from support.api import Api, Clock, Reply, item, predicate
from support.exchanges import SWEEP, Partner, Queues, Receiver, change_client, records_of
from support.hill_household import uin
from support.misfortunes import BadQueues, Killed, Misfortunes
from support.registries import tables
from support.registry_harness import Registry
from support.stored_items import stored_items

MAX_SENT_BYTES = 9_000  # that the receiver takes
PEOPLE = tuple(
    Person(
        id=f"p{number:02}",
        identifiers=uin(f"u{number:02}"),
        sex="female" if number % 3 else "male",
        birth_date=f"19{50 + number}-02-03",
    )
    for number in range(23)
)
EVERYBODY = ("birth_date", "ge", "1900-01-01")
WOMEN = ("sex", "eq", "female")
_ENDS = 600  # rounds in which everything must come to its end, once nothing goes wrong


@dataclass
class Asked:
    """A message, the reply to it once there is one, and which people each of its items asks for; None: rejected."""

    message: dict[str, Any]
    wanted: dict[str, set[str] | None]
    reply: Reply | None = None

    @property
    def correlation_id(self) -> str:
        """The id of the exchange."""
        assert self.reply
        return str(self.reply.json["message"]["correlation_id"])


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

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.queues = BadQueues(self.draw, self.clock)
        number = self.draw.getrandbits(64)
        self._names = {"exchange_table": f"dci-exchange-{number}", "audit_table": f"dci-audit-{number}"}
        made = {"ExchangeTable": self._names["exchange_table"], "AuditTable": self._names["audit_table"]}
        create_tables(boto3.client("dynamodb"), tables(), made)
        self.begin_process()
        changes = {"records_a_day": 40} if self.draw.random() < 0.3 else {}
        self.partner = Partner(self.api, Queues(), self.receiver.url, **changes)
        if self.draw.random() < 0.3:
            change_client(self.partner, callbacks={"auth": "bearer", "secret": "of-the-partner"})
        self.receiver.answer = self._receive

    def begin_process(self) -> None:
        """Begin a new process with empty caches, in place of one that was killed, if it was."""
        before = self.queues.misfortunes
        self.kills += before.is_killed
        misfortunes = Misfortunes(self.draw)
        misfortunes.throttled, misfortunes.lost = before.throttled, before.lost
        self.queues.misfortunes = self.misfortunes = misfortunes
        settings = {"registry_table": self.registry.table, "work_queue": "work", "delivery_queue": "delivery"}
        self.api = self.new_api(**settings, **self._names, sqs=lambda _: self.queues)
        self.api.clock = self.clock
        self.api.runtime.clock = self.clock
        misfortunes.attach(self.api)
        if hasattr(self, "partner"):
            self.partner.api = self.api

    # What a client does

    def ask(self) -> None:
        """Send a search of some items."""
        chosen = [self._item(f"r-{number}") for number in range(self.draw.choice((1, 1, 2, 4)))]
        uri: dict[str, Any] = {"sender_uri": None} if self.draw.random() < 0.2 else {}
        message = self.partner.message(*(made for made, _ in chosen), **uri)
        self.asked.append(Asked(message, {made["reference_id"]: wanted for made, wanted in chosen}))
        self.send(self.asked[-1])

    def send(self, asked: Asked) -> None:
        """Send a message, for the first time or again."""
        try:
            self.partner.token = self._token()
            reply = self.partner.send(asked.message)
        except Killed:
            self.begin_process()
            return
        if reply.status != 200:
            assert reply.status in {401, 429, 503}, reply.text  # without a token, where none could be had
            return
        assert asked.reply is None or asked.reply.json == reply.json
        asked.reply = reply

    def ask_status(self) -> None:
        """Ask what became of a message: nothing yet, or an answer that has nobody who is hidden."""
        asked = self.draw.choice(self.asked)
        if asked.reply is None:
            return
        try:
            self.partner.token = self._token()
            reply = self.partner.status("correlation_id", asked.correlation_id)
        except Killed:
            self.begin_process()
            return
        if reply.status == 200:
            for found in reply.json["message"]["txnstatus_response"]["txn_status"]["search_response"]:
                assert self.hidden.isdisjoint(map(person_of, records_of(found)))
                assert found["status"] in {"pdng", "succ", "rjct"}

    def _token(self) -> str:
        reply = self.api.token(self.partner.client, self.partner.secret)
        return str(reply.json["access_token"]) if reply.status == 200 else self.partner.token

    def _item(self, reference_id: str) -> tuple[dict[str, Any], set[str] | None]:
        everybody = {person.id for person in PEOPLE} - self.hidden
        women = {person.id for person in PEOPLE if person.sex == "female"} - self.hidden
        name = {"reference_id": reference_id}
        return self.draw.choice(
            [
                (predicate(EVERYBODY, **name), everybody),
                (predicate(WOMEN, **name), women),
                (predicate(WOMEN, ("birth_date", "lt", "1940-01-01"), **name), set[str]()),
                (item({"type": "UIN", "value": "u07"}, **name), {"p07"} - self.hidden),
                (predicate(EVERYBODY, pagination={"page_size": 50, "page_number": 1}, **name), everybody),
                (predicate(("shoe_size", "eq", "44"), **name), None),
            ]
        )

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
            assert self.misfortunes.throttled or self.misfortunes.lost

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
        self.misfortunes.is_killed |= mood == "takes and kills"
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

    def _check_audit(self) -> None:
        """Demand that what every callback disclosed is recorded as sent, whatever became of it afterwards."""
        sent = Counter(
            (message["message"]["correlation_id"], found["reference_id"])
            for message in self.arrived
            for found in message["message"]["search_response"]
            if records_of(found)
        )
        recorded = Counter(
            (record["correlation_id"]["S"], record["reference_id"]["S"])
            for record in stored_items(self._names["audit_table"])
            if "withheld" not in record
        )
        assert [key for key, count in sent.items() if recorded[key] < count] == []

    def audited(self, correlation_id: str) -> dict[str, set[str]]:
        """Return the people who were recorded as sent, by the reference id of the item."""
        found: dict[str, set[str]] = defaultdict(set)
        for record in stored_items(self._names["audit_table"]):
            if record["correlation_id"]["S"] == correlation_id and "withheld" not in record:
                keys = record.get("records", {"SS": ()})["SS"]
                found[record["reference_id"]["S"]] |= {key.partition("#")[2] for key in keys}
        return found

    # The end

    def calm_down(self) -> None:
        """Let nothing go wrong any more, and time pass until everything has come to its end."""
        self.misfortunes.throttled = self.misfortunes.lost = 0
        self.misfortunes.kill_in = None
        self.misfortunes.secrets_are_away = False
        self.queues.lost = self.queues.doubled = self.queues.latest = 0
        self.moods = ("takes",)
        self.begin_process()
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
        named = [names.correlation_id for names in lists.of_client(self.partner.client.client_id)]
        return [exchange for id_ in named if (exchange := store.get(id_))]

    def check(self) -> None:
        """Demand that everything ended as it must."""
        assert self.faults == []
        exchanges = {exchange.correlation_id: exchange for exchange in self.exchanges()}
        acknowledged = [asked for asked in self.asked if asked.reply]
        assert sorted(exchanges) == sorted(asked.correlation_id for asked in acknowledged)
        for asked in acknowledged:
            self._check_end(exchanges[asked.correlation_id], asked)
        self._check_counts([*exchanges.values()])
        self._check_audit()

    def _check_end(self, exchange: Exchange, asked: Asked) -> None:
        if exchange.correlation_id in self.cancelled:
            assert exchange.state == "cancelled"
            return
        assert exchange.state == "answered", exchange
        pages = self._pages(exchange.correlation_id) if exchange.callback_url else [self._status(asked)]
        for reference_id, wanted in asked.wanted.items():
            items = [found for page in pages for found in page if found["reference_id"] == reference_id]
            if wanted is None:
                assert [found["status"] for found in items] == ["rjct"], items
                continue
            people = [person_of(record) for found in items for record in records_of(found)]
            assert [found["status"] for found in items] == ["succ"] * len(items) != [], items
            assert len(people) == len(set(people)), (reference_id, people)
            assert set(people) <= wanted, (reference_id, people)
            assert wanted - self.hidden <= set(people), (reference_id, wanted - set(people))

    def _pages(self, correlation_id: str) -> list[list[dict[str, Any]]]:
        """Return the pages that the receiver took, of each that came again the last: it may have had more before."""
        taken = [message for message in self.taken if message["message"]["correlation_id"] == correlation_id]
        by_id: dict[str, list[dict[str, Any]]] = {}
        for message in taken:
            page, id_ = message["message"]["search_response"], message["header"]["message_id"]
            if id_ in by_id:
                assert [shape(found, self.hidden) for found in by_id[id_]] == [
                    shape(found, self.hidden) for found in page
                ]
            by_id[id_] = page
        ordered = sorted(by_id, key=lambda id_: int(id_.rpartition("-")[2]))
        assert [id_.rpartition("-")[2] for id_ in ordered] == [str(n) for n in range(1, len(ordered) + 1)]
        return [by_id[id_] for id_ in ordered]

    def _status(self, asked: Asked) -> list[dict[str, Any]]:
        self.partner.token = self._token()
        reply = self.partner.status("correlation_id", asked.correlation_id)
        found: list[dict[str, Any]] = reply.json["message"]["txnstatus_response"]["txn_status"]["search_response"]
        return found

    def _check_counts(self, exchanges: list[Exchange]) -> None:
        client_id = self.partner.client.client_id
        stored = stored_items(self._names["exchange_table"])
        charged = sum(
            int(found["records"]["N"])
            for found in stored
            if found["pk"]["S"] == f"RATE#{client_id}" and "records" in found
        )
        assert charged == sum(
            sum(outcome.keys for outcome in exchange.outcomes) + exchange.checkpoint.charged for exchange in exchanges
        )
        (open_,) = (found for found in stored if found["pk"]["S"] == f"OPEN#{client_id}")
        assert int(open_["open_exchanges"]["N"]) == 0, open_
        places = [int(value["N"]) for name, value in open_.items() if name[-2:] in {"_0", "_1"}]
        assert max(places) <= self.clock.now + 300
        assert not any(exchange.is_open for exchange in exchanges)


def person_of(record: dict[str, Any]) -> str:
    """Return the id of a rendered person."""
    (identifier,) = record["identifier"]
    return "p" + str(identifier["identifier_value"])[1:]


def shape(found: dict[str, Any], hidden: set[str]) -> tuple[Any, ...]:
    """Return what must be the same in an item whenever it is sent, whoever is hidden meanwhile."""
    people = [id_ for id_ in map(person_of, records_of(found)) if id_ not in hidden]
    return found["reference_id"], found["status"], found.get("pagination"), people
