"""The cost of changes of the registry in a warm function: `make bench-changes`.

Records of the table's stream go through the real handler, in batches of 100, one of which concerns a subscription by
identifier. Their number a CPU-second is compared with 100 and with 100,000 such subscriptions. Each change is also
compared with 1,000 subscriptions by condition, few of which it concerns. Engines and CPU time are those of warm.py.
"""

from __future__ import annotations

import itertools
import json
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from canned_aws import CannedAws
from engine import Engine, as_in_lambda
from report import Budget, options_of, report, speed

from dci_changes.app import create_app
from dci_cli.synthetic.population import population
from dci_common.aws.dynamodb import Item
from dci_common.clients.items import client_item
from dci_common.clients.model import Client
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Membership, Person
from dci_common.registry.model.views import View, views
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import record_items, settings_item
from dci_common.runtime import Runtime
from dci_common.settings import Settings
from dci_common.subscriptions.subscription import Subscription, to_item

_SETTINGS = Settings(
    clients_table="clients", registry_table="registry", exchange_table="exchange", delivery_queue="delivery"
)
_BATCH, _FEW, _MANY, _CONDITIONS, _CLIENTS = 100, 100, 100_000, 1_000, 20
_TODAY = date(2026, 3, 1)
_NOON = 1_772_366_400
_MAX_RATIO = 1.2
_MAX_CPU_MS = 50.0  # of a change that is compared with 1,000 conditions
_ROUNDS = 5


class ChangesEngine(Engine):
    """The canned engine, which also lists the subscriptions by condition."""

    def _query(self, _: object) -> dict[str, Any]:
        found = [item for item in self._items.values() if item["sk"]["S"].startswith("CONDITION#")]
        return {
            "Items": found,
            "Count": len(found),
            "ScannedCount": len(found),
            "ConsumedCapacity": {"CapacityUnits": 0.0},
        }


def main() -> int:
    """Measure everything, and return 1 when a budget is exceeded."""
    options = options_of(__doc__, "fewer batches").parse_args()
    people = list(_people(1_000 if options.quick else 3_000))
    with as_in_lambda():
        measured = [
            Changes(people, []),
            Changes(people, by_identifier(people, _FEW)),
            Changes(people, by_identifier(people, _MANY)),
            Changes(people[:_BATCH], by_condition()),
        ]
        for _, one in itertools.product(range(_ROUNDS), measured):  # in turn, as the machine's speed varies
            one.run()
    nobody, few, many, compared = (one.seconds for one in measured)
    slowness = speed()
    a_second = [len(people) * slowness / seconds for seconds in (nobody, few, many)]
    budgets = [
        Budget("changes a CPU-second, nobody subscribed", a_second[0]),
        Budget(f"changes a CPU-second, {_FEW:,} by identifier", a_second[1]),
        Budget(f"changes a CPU-second, {_MANY:,} by identifier", a_second[2]),
        Budget("CPU of a change with many, of that with few", many / few, _MAX_RATIO),
        Budget(
            f"CPU of a change, {_CONDITIONS:,} by condition",
            1000 * compared / _BATCH / slowness,
            None if options.quick else _MAX_CPU_MS,
            unit="ms",
        ),
        Budget("this machine's slowness", slowness),
    ]
    return report(budgets, options.json)


def by_identifier(people: list[View], number: int) -> list[Subscription]:
    """Return subscriptions to one person of each batch, and otherwise to people who do not change."""
    uins = [_uin(view) for view in people[::_BATCH]]
    uins += [f"nobody-{at}" for at in range(number - len(uins))]
    return [
        replace(_subscription(at, {"type": "UIN", "value": uin}), watches=((f"WATCH#UIN#{uin}", Kind.PERSON.value),))
        for at, uin in enumerate(uins)
    ]


def by_condition() -> list[Subscription]:
    """Return subscriptions to conditions of several kinds, each with values of its own."""
    return [_subscription(at, _condition(at)) for at in range(_CONDITIONS)]


def _condition(number: int) -> dict[str, Any]:
    conditions = (
        {"age": {"$gte": 70 + number % 20}, "sex": {"$eq": "female"}},
        {"district": {"$eq": f"D{number}"}, "is_disabled": {"$eq": "true"}},
        {"$or": [{"surname": {"$eq": f"S{number}*"}}, {"group_size": {"$gt": 8 + number % 9}}]},
        {"poverty_score": {"$lt": number % 5}},
    )
    return {"type": "ns:org:QueryType:expression", "value": {"expression": {"query": conditions[number % 4]}}}


def _subscription(number: int, filter_: dict[str, Any]) -> Subscription:
    client_id = f"client-{number % _CLIENTS}"
    criteria = {"reg_event_type": "UPDATE", "filter": filter_, "notify_record_type": "SRPerson"}
    return Subscription(
        code=f"code-{number}",
        client_id=client_id,
        reference_id="r-1",
        criteria=criteria,
        locale="eng",
        callback_url="",
        since="2026-03-01T09:30:00.000Z",
        meaning=f"{number}",
    )


class Changes:
    """The function with some subscriptions, and the changes of people; `seconds` are the least that these took."""

    def __init__(self, people: list[View], subscriptions: list[Subscription]) -> None:
        runtime = Runtime(_SETTINGS)
        CannedAws(ChangesEngine(_items(subscriptions), {})).attach(runtime)
        self._app = create_app(runtime)
        batches = (people[start : start + _BATCH] for start in range(0, len(people), _BATCH))
        self._batches = [json.dumps({"Records": list(map(_record, batch, itertools.count(1)))}) for batch in batches]
        self.seconds = math.inf
        self.run()  # each response is computed once
        self.seconds = math.inf

    def run(self) -> None:
        """Report all changes once."""
        events = [json.loads(batch) for batch in self._batches]
        began = time.process_time()
        failed = [self._app(event, None)["batchItemFailures"] for event in events]
        self.seconds = min(self.seconds, time.process_time() - began)
        if any(failed):
            raise AssertionError


def _items(subscriptions: list[Subscription]) -> Iterator[Item]:
    yield settings_item(4, {"UIN"}, set())
    conditions = sum(subscription.is_by_condition for subscription in subscriptions)
    ways = {"watched": {"SS": ["UIN#PERSON"]}} if len(subscriptions) > conditions else {}
    numbers = {"conditions": {"N": str(conditions)}, "generation": {"N": "1"}}
    yield {"pk": {"S": "SUBSCRIPTIONS"}, "sk": {"S": "STATE"}, **numbers, **ways}
    for number in range(_CLIENTS):
        yield client_item(_client(f"client-{number}"))
    for subscription in subscriptions:
        yield to_item(subscription)
        if subscription.is_by_condition:
            yield {"pk": {"S": "SUBSCRIPTIONS"}, "sk": {"S": f"CONDITION#{subscription.code}"}}
        for pk, sk in subscription.watches:
            yield {"pk": {"S": pk}, "sk": {"S": sk}, "codes": {"SS": [subscription.code]}}


def _client(client_id: str) -> Client:
    return Client(
        client_id=client_id,
        name=client_id,
        sender_id=client_id,
        scopes=("registry.subscribe",),
        token_lifetime=60,
        disclosure=("full",),
        openspp17=False,
        signature="unsigned",
        status="enabled",
        created="2026-03-01T09:00:00Z",
        updated="2026-03-01T09:00:00Z",
        version=1,
    )


def _people(number: int) -> Iterator[View]:
    """Yield the views of people who have a UIN."""
    kinds: dict[str, Any] = {"person": Person, "group": Group, "membership": Membership}
    made: dict[str, list[Any]] = {name: [] for name in kinds}
    for name, fields in population(number, seed=1):  # households of several people
        made[name].append(kinds[name].model_validate(fields))
    found = (view for kind, view in views(made["person"], made["group"], made["membership"]) if kind is Kind.PERSON)
    return itertools.islice((view for view in found if _uin(view)), number)


def _uin(view: View) -> str:
    identifiers = view.get("identifiers", ())
    return next((one["identifier_value"] for one in identifiers if one["identifier_type"] == "UIN"), "")


def _record(view: View, number: int) -> dict[str, Any]:
    """Return the stream's record of a change of a person's occupation."""
    indexing = Indexing(SOCIAL_CATALOGUE, 4, _TODAY)
    [old] = record_items(indexing, Kind.PERSON, view, version=1)
    [new] = record_items(indexing, Kind.PERSON, {**view, "occupation": "weaver of silk"}, version=2)
    change = {"Keys": {"pk": old["pk"], "sk": old["sk"]}, "OldImage": old, "NewImage": new}
    order = {"SequenceNumber": f"{number + 1}", "ApproximateCreationDateTime": _NOON}
    return {"eventSource": "aws:dynamodb", "dynamodb": {**change, **order}}


if __name__ == "__main__":
    sys.exit(main())
