"""Nothing that a client receives or is charged reveals that a restricted person exists."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from dci_cli.local.demo import Population
from dci_common.registry.model.views import views
from support.api import Api, Reply, item
from support.example_counts import EXAMPLES, sampled
from support.hidden_people import registry_table, with_hidden_people, without_hidden_people
from support.logs import Logs
from support.query_generator import Values, random_query, values_of

MESSAGES = min(50, EXAMPLES)  # to each registry
REGISTRIES = range(max(2, EXAMPLES // MESSAGES))
BUDGETS = (40, 120, 400, 100_000)  # entries that a message may read


@dataclass(frozen=True)
class World:
    """APIs over one registry, one for each budget."""

    apis: dict[int, Api]

    def ask(self, budget: int, items: list[dict[str, Any]], logs: Logs) -> tuple[Reply, Any]:
        """Send a message; return the reply, and what a client can observe of it."""
        api = self.apis[budget]
        assert api.partner_token
        reply = api.search(*items, message_id="m-1")
        examined = logs.entries()[-1]["examined"]
        logs.lines.clear()
        return reply, (reply.status, json.loads(reply.text, object_hook=_mask), examined, _used(api))


def _mask(part: dict[str, Any]) -> dict[str, Any]:
    """Leave out what differs from one answer to the next anyway."""
    return {name: None if name in {"correlation_id", "next_cursor"} else value for name, value in part.items()}


def _used(api: Api) -> dict[str, str]:
    """Return the counts of the API's partner."""
    key = {"pk": {"S": f"RATE#{api.partner_id}"}, "sk": {"S": "DAY#2026-03-01"}}
    found = api.runtime.dynamodb.get_item(TableName=api.runtime.settings.exchange_table, Key=key)["Item"]
    return {name: found[name]["N"] for name in ("requests", "records")}


def values_asked(population: Population) -> Values:
    """Return values of all records, hidden ones too, under every name that a client might try."""
    made = views(population.people, population.groups, population.memberships)
    return values_of([view for _, view in made])


def messages(draw: random.Random, values: Values) -> Iterator[list[dict[str, Any]]]:
    """Draw messages of one to three searches each, for all matches or a page of them."""
    for _ in range(MESSAGES):
        yield [_drawn_item(draw, values, f"r-{place}") for place in range(draw.randint(1, 3))]


def _drawn_item(draw: random.Random, values: Values, reference_id: str) -> dict[str, Any]:
    asked = random_query(draw, values)
    page = draw.choice((None, {"page_size": draw.randint(1, 9), "page_number": draw.randint(1, 3)}))
    criteria = asked.criteria | ({"pagination": page} if page else {})
    if draw.random() < 0.1:
        return item({"type": "Witness No", "value": "1"}, "idtype-value", reference_id)
    return item(asked.query, asked.query_type, reference_id, **criteria)


@pytest.mark.parametrize("seed", sampled(REGISTRIES))
def test_a_hidden_person_changes_nothing_for_a_client(seed: int, new_api: Callable[..., Api], logs: Logs) -> None:
    """Answers, rejections, budget and quota are the same with and without restricted people, in any layout."""
    draw, population = random.Random(seed), with_hidden_people(seed)
    older = seed % 2 == 1
    with (
        registry_table(population, older=older) as theirs,
        registry_table(without_hidden_people(population), older=older) as ours,
    ):
        hiding, plain = (
            World({budget: new_api(registry_table=table, max_examined=budget) for budget in BUDGETS})
            for table in (theirs, ours)
        )
        for items in messages(draw, values_asked(population)):
            asked, budget = (items, items), draw.choice(BUDGETS)
            while asked[0]:
                (one, observed), (other, expected) = (
                    world.ask(budget, wanted, logs) for world, wanted in zip((hiding, plain), asked, strict=True)
                )
                assert observed == expected
                asked = next_pages(asked[0], one), next_pages(asked[1], other)


def next_pages(items: list[dict[str, Any]], reply: Reply) -> list[dict[str, Any]]:
    """Return the searches for the next page of each item that has one."""
    following = []
    for asked, answered in zip(items, reply.items, strict=True):
        if cursor := answered.get("pagination", {}).get("next_cursor"):
            criteria = asked["search_criteria"]
            page = {"page_size": criteria["pagination"]["page_size"], "cursor": cursor}
            following.append({**asked, "search_criteria": {**criteria, "pagination": page}})
    return following
