"""Registries of a test's own, beside the demo registry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from itertools import count
from typing import Any

from dci_cli.local.demo import Population
from dci_cli.local.load import load
from dci_cli.local.tables import create_tables, turn_on_streams
from dci_cli.template import read_template
from support.events import ROOT
from support.stored_items import tests_client

TODAY = date(2026, 3, 1)  # the day of the tests' clock
_numbers = count(1)
_NO_STREAM = {"StreamSpecification": {"StreamEnabled": False}}


@contextmanager
def registry_of(population: Population, shards: int = 2, *, streams: bool = False) -> Iterator[str]:
    """Load a population into a table of its own, and give the table's name; the engine must be running."""
    dynamodb = tests_client()
    table = f"dci-registry-{next(_numbers)}"
    create_tables(dynamodb, tables(streams=streams), {"RegistryTable": table})
    load(dynamodb, table, population, shards, TODAY)
    yield table
    dynamodb.delete_table(TableName=table)


def turn_on_stream(table: str) -> None:
    """Turn on the stream of a registry's table, unless it is on."""
    turn_on_streams(tests_client(), tables(), {"RegistryTable": table})


@cache
def tables(*, streams: bool = True) -> dict[str, Any]:
    """Return the definitions of the template's tables, by their logical ids.

    Tables that tests make by the hundred have no streams: for each operation on any table, DynamoDB Local walks
    through all streams that there ever were.
    """
    found = read_template(ROOT / "template.yaml").tables
    return found if streams else {name: table | _NO_STREAM for name, table in found.items()}
