"""A deployment with clients and keys of its own, beside the one that tests share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import boto3

from dci_cli.local.tables import create_tables
from support.api import Api
from support.registries import tables
from support.stored_items import tests_client

_numbers = iter(range(1_000_000))


def own_deployment(new_api: Callable[..., Api]) -> Callable[..., Api]:
    """Return a maker of APIs over clients and keys of their own: the rings are empty, as in a new deployment."""
    number = next(_numbers)
    secrets = {f"{use}_keys_secret": f"dci-{use}-keys-{number}" for use in ("signing", "message")}
    names = {"clients_table": f"dci-clients-{number}", **secrets}
    create_tables(tests_client(), tables(streams=False), {"ClientsTable": names["clients_table"]})
    for name in secrets.values():
        boto3.client("secretsmanager").create_secret(Name=name, SecretString='{"seed": "generated"}')
    return partial(new_api, **names)
