"""Pairs of registries: one with restricted people, and the same without them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3

from dci_cli.local.demo import Population
from dci_common.aws.dynamodb import Item, pages
from support.odd_registry import odd_population
from support.registries import registry_of

SHARDS = 2


def with_hidden_people(seed: int) -> Population:
    """Make a registry of odd records, of which about a third of the people are restricted."""
    draw = random.Random(seed)
    made = odd_population(seed, draw.randint(8, 30), draw.randint(2, 9))
    people = [person.model_copy(update={"restricted": draw.random() < 0.3}) for person in made.people]
    hidden = {"identifier_type": "Witness No", "identifier_value": "1"}
    last = people[-1].model_dump() | {"identifiers": [hidden], "restricted": True}
    return Population([*people[:-1], type(people[-1]).model_validate(last)], made.groups, made.memberships)


def without_hidden_people(population: Population) -> Population:
    """Return a registry as it would be if its restricted people did not exist."""
    people = [person for person in population.people if not person.restricted]
    ids = {person.id for person in people}
    return Population(people, population.groups, [one for one in population.memberships if one.person_id in ids])


@contextmanager
def registry_table(population: Population, *, older: bool) -> Iterator[str]:
    """Load a population into a table of its own, in the current layout or as older versions wrote it."""
    with registry_of(population, SHARDS) as table:
        if older:
            make_older(table)
        yield table


def make_older(table: str) -> None:
    """Turn a registry into what older versions wrote."""
    dynamodb: Any = boto3.client("dynamodb")
    for page in pages(dynamodb.scan, TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            if (older := _older(item)) != item:
                dynamodb.put_item(TableName=table, Item=older)


def _older(item: Item) -> Item:
    """Return an item without marks of restricted owners; groups with restricted members were indexed as inexact."""
    older = {name: value for name, value in item.items() if name != "restricted"}
    return older | ({"shard": {"S": "GROUP#body"}} if item.get("shard") == {"S": "GROUP#restricted"} else {})
