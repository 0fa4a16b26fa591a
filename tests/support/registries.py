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
from dci_cli.local.tables import create_tables
from dci_cli.template import read_template
from support.events import ROOT
from support.stored_items import tests_client

TODAY = date(2026, 3, 1)  # the day of the tests' clock
_numbers = count(1)


@contextmanager
def registry_of(population: Population, shards: int = 2) -> Iterator[str]:
    """Load a population into a table of its own, and give the table's name; the engine must be running."""
    dynamodb = tests_client()
    table = f"dci-registry-{next(_numbers)}"
    create_tables(dynamodb, tables(), {"RegistryTable": table})
    load(dynamodb, table, population, shards, TODAY)
    yield table
    dynamodb.delete_table(TableName=table)


@cache
def tables() -> dict[str, Any]:
    """Return the definitions of the template's tables, by their logical ids."""
    return read_template(ROOT / "template.yaml").tables
