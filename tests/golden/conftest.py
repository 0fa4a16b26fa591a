"""The recorded tables, in an engine, as an earlier version of the project wrote them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import count
from typing import Any

import boto3
import pytest

from dci_cli.aws import OperatorRuntime
from dci_cli.local.tables import create_tables
from dci_cli.registry.edit.reindex import Reindex
from dci_cli.template import read_template
from dci_common.settings import Settings
from support.api import Api
from support.events import ROOT
from support.masks import Masks
from support.recordings import Line, Replay, read_lines, ring

_numbers = count(1)


@pytest.fixture(scope="session")
def tables() -> list[Line]:
    """Return the recorded items, each with the logical id of its table."""
    return read_lines("tables")


@pytest.fixture(scope="session", params=["written", pytest.param("reindexed", marks=pytest.mark.exhaustive)])
def registry_table(tables: list[Line], new_api: Callable[..., Api], request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the name of a table with the recorded registry, as it was written or reindexed, for all requests."""
    now = new_api().clock
    _create({"RegistryTable": "golden-registry"}, tables)
    if request.param == "reindexed":
        list(Reindex(OperatorRuntime(Settings(registry_table="golden-registry"), clock=now)).pages(None))
    yield "golden-registry"
    boto3.client("dynamodb").delete_table(TableName="golden-registry")


@pytest.fixture
def replay(tables: list[Line], registry_table: str, new_api: Callable[..., Api]) -> Callable[..., Replay]:
    """Return a maker of replays, each on tables and keys of its own, with these environment variables."""

    def make(variables: Mapping[str, str]) -> Replay:
        settings = Settings.from_env(variables)
        number = next(_numbers)
        names = {f"{name}Table": f"golden-{name}-{number}" for name in ("Clients", "Exchange", "Audit")}
        keys = f"golden-keys-{number}"
        api = new_api(
            clients_table=names["ClientsTable"],
            exchange_table=names["ExchangeTable"],
            audit_table=names["AuditTable"],
            registry_table=registry_table,
            signing_keys_secret=keys,
            **{name.lower(): getattr(settings, name.lower()) for name in variables},
        )
        _create(names, tables)
        boto3.client("secretsmanager").create_secret(Name=keys, SecretString=ring())
        clients = [line["item"] for line in tables if line["item"]["sk"] == {"S": "CLIENT"}]
        ids = {item["name"]["S"]: item["client_id"]["S"] for item in clients}
        return Replay(api, ids, Masks(str(tables)))

    return make


def _create(names: dict[str, str], tables: Iterable[Line]) -> None:
    dynamodb: Any = boto3.client("dynamodb")
    create_tables(dynamodb, _definitions(), names)
    puts = [(names[line["table"]], line["item"]) for line in tables if line["table"] in names]
    for start in range(0, len(puts), 25):
        pending: Any = {}
        for table, item in puts[start : start + 25]:
            pending.setdefault(table, []).append({"PutRequest": {"Item": item}})
        while pending:
            pending = dynamodb.batch_write_item(RequestItems=pending)["UnprocessedItems"]


@cache
def _definitions() -> Any:
    return read_template(ROOT / "template.yaml").tables
