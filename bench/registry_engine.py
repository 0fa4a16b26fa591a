"""DynamoDB Local, for the benchmarks of searches and imports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from engine import NO_CREDENTIALS

from dci_cli.environment import environment
from dci_cli.local import dynamodb_local

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).resolve().parents[1]
TABLE = "registry"


@contextmanager
def running_engine() -> Iterator[DynamoDBClient]:
    """Run an empty engine, and return its client; the environment names it."""
    jar = dynamodb_local.fetch(ROOT / ".local" / "dynamodb-local")
    with (
        dynamodb_local.running(jar) as endpoint,
        environment({"AWS_ENDPOINT_URL_DYNAMODB": endpoint, **NO_CREDENTIALS}),
    ):
        yield boto3.client("dynamodb")
