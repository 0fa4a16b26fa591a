"""A registry whose writes reach the changes function, and the events of its subscribers, compared with an oracle."""

from __future__ import annotations

import itertools
import json
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import Any, NamedTuple

from dci_changes.app import create_app
from dci_cli.local import moto_stream
from dci_cli.local.demo import Population
from dci_cli.local.stream_reader import MotoReader, ShardReader, StreamReader
from dci_cli.local.tables import create_tables
from dci_common.clients.items import client_item
from dci_common.clients.model import Client
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Membership, Person
from dci_common.registry.model.views import View, membership_fields, own_fields
from dci_common.runtime import LambdaHandler, Runtime
from dci_common.settings import Settings
from dci_common.spdci.subscriptions import SubscribeCriteria
from dci_common.subscriptions.compiled_subscription import compile_subscription
from dci_common.subscriptions.outbox import Outbox
from dci_common.subscriptions.subscription import Subscription
from dci_common.subscriptions.subscription_store import SubscriptionStore
from dci_common.subscriptions.watches import watches_of
from support.changes_faults import Faulty, Killed, Queue
from support.drawn_subscriptions import asked_subscription
from support.event_oracle import Sight, expected_events
from support.query_generator import Values
from support.registries import TODAY, registry_of, tables
from support.registry_harness import Registry
from support.retry_pauses import NO_PAUSES
from support.stored_items import tests_client
from support.subscribers import Subscriber

SHARDS = 2
ENDS = {"left", "deregistered"}
_NOON = datetime.combine(TODAY, time(12), UTC).timestamp()
_numbers = itertools.count(1)
Record = dict[str, Any]
Events = dict[tuple[str, str], tuple[str, str, View | None]]  # first and last event, by subscription and record


class Subscribed(NamedTuple):
    """A subscription, and its client."""

    subscription: Subscription
    client: Subscriber


@dataclass
class EventHarness:
    """A registry, subscriptions to it, and the events that its changes are for the clients."""

    registry: Registry
    reader: StreamReader
    settings: Settings
    draw: random.Random
    subscribed: list[Subscribed] = field(default_factory=list)
    expected: Events = field(default_factory=dict)
    queue: Queue = field(default_factory=Queue)
    _waiting: list[list[Record]] = field(default_factory=list)

    @property
    def runtime(self) -> Runtime:
        """A runtime of a new process in which nothing fails."""
        return Runtime(self.settings, retry=NO_PAUSES, sqs=lambda _: self.queue)  # type: ignore[arg-type,return-value]

    def subscribe(self, values: Values) -> Subscribed:
        """Begin a subscription of a client of its own."""
        return self.begin(*asked_subscription(self.draw, values, self.registry.store.settings())[:2])

    def begin(self, criteria: Record, drawn: Subscriber) -> Subscribed:
        """Begin a subscription of such a client."""
        read, settings = SubscribeCriteria.model_validate(criteria), self.registry.store.settings()
        compiled = compile_subscription(read, drawn, settings, TODAY)
        code = f"subscribed-{next(_numbers)}"
        drawn = replace(drawn, client_id=code)
        client = Client(
            **{**vars(drawn), "name": code, "sender_id": code, "scopes": (), "token_lifetime": 60},
            signature="unsigned",
            status="enabled",
            created="2026-03-01T09:00:00Z",
            updated="2026-03-01T09:00:00Z",
            version=1,
        )
        tests_client().put_item(TableName=self.settings.clients_table, Item=client_item(client))
        subscription = Subscription(
            code=code,
            client_id=code,
            reference_id="1",
            criteria=json.loads(json.dumps(criteria)),
            locale="eng",
            callback_url="",
            since="2026-03-01T09:00:00.000Z",
            meaning=code,
            watches=watches_of(compiled.search),
        )
        self.subscribed.append(Subscribed(SubscriptionStore(self.runtime).begin(subscription), drawn))
        return self.subscribed[-1]

    def population(self) -> Population:
        """Return the records of the registry."""
        found, made = self.registry.views(), Population()
        for (kind, id_), view in found.items():
            if kind is Kind.GROUP:
                made.groups.append(Group.model_validate(own_fields(view)))
                continue
            made.people.append(Person.model_validate(own_fields(view)))
            made.memberships.extend(
                Membership.model_validate({"person_id": id_, "group_id": home["id"], **membership_fields(home)})
                for home in view["households"]
            )
        return made

    def change(self, write: Callable[[], None], *, quiet: bool = False) -> None:
        """Make one write, and note which events it is by the oracle."""
        before = self.population()
        write()
        after = self.population()
        settings = self.registry.store.settings()
        for subscription, client in self.subscribed:
            criteria = SubscribeCriteria.model_validate(subscription.criteria)
            asked, search = compile_subscription(criteria, client, settings, TODAY)
            was = Sight(before, search)
            for id_, event in expected_events(asked.value, was, Sight(after, search)).items():
                if quiet and event not in ENDS:
                    continue
                seen = was.oracle.records[search.query.kind].get(id_, {})
                shown = search.record_type.render(seen, frozenset({"identifier"}), TODAY) if event in ENDS else None
                key = subscription.code, id_
                self.expected[key] = (self.expected.get(key, (event,))[0], event, shown)

    def events(self) -> Events:
        """Return the events of the outbox."""
        outbox = Outbox(self.runtime)
        return {
            (event.code, event.record_id): (event.first.value, event.last.value, event.identified)
            for subscription, _ in self.subscribed
            for event in outbox.events(subscription.channel)
        }

    def skip(self) -> None:
        """Read what was written until now, without putting an event."""
        while self.reader.read():
            self.reader.confirm()

    def deliver(self, fault_rate: float) -> None:
        """Have the function be called for all that was written, whatever fails, in any order and more than once."""
        records = list(self._records())
        self.draw.shuffle(records)
        size = self.draw.randint(1, 12)
        batches = [records[start : start + size] for start in range(0, len(records), size)]
        batches += [self.draw.sample(records, len(records) // 3)] if records else []
        app, faults = self._process()
        may_fail = fault_rate > 0
        for number in itertools.count():
            if not batches and not self.queue.messages:
                break
            for faulty in faults:
                faulty.rate = fault_rate if number < len(records) else 0
            if self.draw.random() < 0.2:
                app, faults = self._process()
            if batches and (not self.queue.messages or self.draw.random() < 0.5):
                batch = batches.pop(self.draw.randrange(len(batches)))
                if batch and not self._is_done(app, batch):
                    batches.append(batch)
                assert may_fail or not (self.queue.messages or batch in batches), "a change fails by itself"
                continue
            body = self.queue.messages.pop(self.draw.randrange(len(self.queue.messages)))
            if not self._is_done(app, [{"eventSource": "aws:sqs", "messageId": "1", "body": body}]):
                self.queue.messages.append(body)

    def _records(self) -> Iterator[Record]:
        while records := self.reader.read():
            for record in records:
                change = {**record["dynamodb"], "ApproximateCreationDateTime": _NOON}
                yield json.loads(json.dumps({"eventSource": "aws:dynamodb", "dynamodb": change}))
            self.reader.confirm()

    def _process(self) -> tuple[LambdaHandler, list[Faulty]]:
        runtime = self.runtime
        faults = [Faulty(runtime.dynamodb, self.draw), Faulty(self.queue, self.draw)]
        vars(runtime)["dynamodb"], vars(runtime)["sqs"] = faults
        return create_app(runtime), faults

    @staticmethod
    def _is_done(app: LambdaHandler, records: list[Record]) -> bool:
        with suppress(Killed):
            return not app({"Records": records}, None)["batchItemFailures"]
        return False


@contextmanager
def event_harness(population: Population, draw: random.Random) -> Iterator[EventHarness]:
    """Load a population into tables of their own; the engine must be running."""
    number = next(_numbers)
    names = {"ClientsTable": f"dci-clients-events-{number}", "ExchangeTable": f"dci-exchange-events-{number}"}
    create_tables(tests_client(), tables(streams=False), names)
    with registry_of(population, SHARDS, streams=True) as table, _reading(table) as reader:
        settings = Settings(
            registry_table=table,
            clients_table=names["ClientsTable"],
            exchange_table=names["ExchangeTable"],
            changes_queue="changes",
            delivery_queue="delivery",
        )
        harness = EventHarness(Registry(table), reader, settings, draw)
        harness.skip()
        yield harness
    for name in names.values():
        tests_client().delete_table(TableName=name)


@contextmanager
def _reading(table: str) -> Iterator[StreamReader]:
    if "AWS_ENDPOINT_URL_DYNAMODB" in os.environ:
        yield ShardReader(Runtime(Settings(registry_table=table)), table)
        return
    with moto_stream.listening() as records:
        yield MotoReader(records)
