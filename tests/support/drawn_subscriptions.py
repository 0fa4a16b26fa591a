"""Subscriptions of any clients to a registry, drawn at random."""

from __future__ import annotations

import random
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from dci_cli.local.demo import Population
from dci_common.exchange.compiled_search import CompiledSearch
from dci_common.registries.social.disclosure import FULL, SETS
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View, views
from dci_common.registry.storage.items import identifier_types
from dci_common.registry.storage.store import RegistrySettings
from dci_common.spdci.rejections import Rejection
from dci_common.spdci.subscriptions import SubscribeCriteria
from dci_common.subscriptions.compiled_subscription import CompiledSubscription, compile_subscription
from dci_common.subscriptions.event_types import EventType
from support.query_generator import CATALOGUE, Values, random_query
from support.registries import TODAY
from support.subscribers import Subscriber

Ref = tuple[Kind, str]


def views_of(population: Population) -> dict[Ref, View]:
    """Return all views of a registry, by the kinds and ids of their records."""
    made = views(population.people, population.groups, population.memberships)
    return {(kind, view["id"]): view for kind, view in made}


def settings_of(known: Iterable[View]) -> RegistrySettings:
    """Return the settings of a registry with these records."""
    types, restricted_types = identifier_types(known)
    return RegistrySettings(2, frozenset(types), frozenset(restricted_types))


def random_subscriber(draw: random.Random) -> Subscriber:
    """Draw a client that sees some of what there is, or all."""
    named = draw.choice([[name] for name in SETS] + [draw.sample(sorted(FULL), draw.randint(1, len(FULL)))] * 2)
    return Subscriber(disclosure=tuple(named), restricted=draw.random() < 0.3)


def subscription(draw: random.Random, values: Values, settings: RegistrySettings) -> tuple[EventType, CompiledSearch]:
    """Draw a subscription of a client that may ask for it."""
    _, _, found = asked_subscription(draw, values, settings)
    return found.event_type, found.search


def asked_subscription(
    draw: random.Random, values: Values, settings: RegistrySettings
) -> tuple[dict[str, Any], Subscriber, CompiledSubscription]:
    """Draw the criteria of a subscription, and a client that may ask for it."""
    make = draw.choice((_criteria, identifier_criteria))
    while True:
        criteria, client = make(draw, values), random_subscriber(draw)
        with suppress(Rejection):
            read = SubscribeCriteria.model_validate(criteria)
            return criteria, client, compile_subscription(read, client, settings, TODAY)


def identifier_criteria(draw: random.Random, values: Values) -> dict[str, Any]:
    """Draw the criteria of a subscription to some identifiers, phone numbers or e-mail addresses."""
    name = draw.choice([one.name for one in CATALOGUE.attributes if one.type.lookup and one.name in values])
    wanted = draw.sample(values[name], draw.randint(1, min(8, len(values[name]))))
    query = {"attribute_name": name, "operator": "in", "attribute_value": wanted}
    return {
        "reg_event_type": draw.choice(list(EventType)),
        "filter": [{"seq_num": 1, "expression1": query}],
        "notify_record_type": draw.choice(("SRPerson", "Member", "Group")),
    }


def _criteria(draw: random.Random, values: Values) -> dict[str, Any]:
    asked, type_ = random_query(draw, values), draw.choice(list(EventType))
    criteria: dict[str, Any] = {"reg_event_type": type_, "filter": asked.query, "filter_type": asked.query_type}
    if draw.random() < 0.2:
        criteria |= {"filter": {"type": "*", "value": "*"}, "filter_type": ""}
    record_type = asked.record_type.get("reg_record_type", "")
    return criteria | {"notify_record_type": record_type, "reg_type": asked.record_type.get("reg_type")}
