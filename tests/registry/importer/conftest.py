"""Registries and records that are imported."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from dci_cli.registry.bulk import generate
from dci_cli.registry.support.json_lines import read_line
from dci_common.registry.model.records import AnyRecord
from dci_common.registry.storage import keys
from support.partial_rows import ALL
from support.registry_harness import Registry, registry_with


@pytest.fixture
def empty(engine: None) -> Iterator[Registry]:  # noqa: ARG001 - must be running
    """Return a registry whose table holds nothing at all."""
    with registry_with() as registry:
        registry.runtime.dynamodb.delete_item(TableName=registry.table, Key=keys.REGISTRY_KEY)
        yield registry


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[AnyRecord]:
    """Return the records of some made-up households, in an order of no meaning."""
    path = tmp_path_factory.mktemp("made") / "made.jsonl"
    with path.open("w", encoding="utf-8") as out:
        generate.write(out, 8, seed=3)
    records = [read_line(line) for line in path.read_text(encoding="utf-8").splitlines()]
    random.Random(7).shuffle(records)
    return records


@pytest.fixture
def filled(registry: Registry) -> Registry:
    """Return a registry with a person in a household."""
    registry.put(*ALL)
    return registry
