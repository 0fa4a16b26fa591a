"""Which table the commands work on."""

from __future__ import annotations

import argparse
import os
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from dci_cli.command_error import CommandError
from dci_common.runtime import Runtime
from dci_common.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CONFIG = Config(max_pool_connections=32, retries={"mode": "standard", "total_max_attempts": 8})


class OperatorRuntime(Runtime):
    """A runtime with boto3's clients, which have every operation and wait as long as AWS's own tools do."""

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """The client of DynamoDB."""
        return boto3.client("dynamodb", config=_CONFIG)


def add_table(parser: argparse.ArgumentParser) -> None:
    """Add `--table`."""
    parser.add_argument(
        "--table",
        default=os.environ.get("REGISTRY_TABLE", ""),
        help="the deployment's RegistryTable (an output of the stack); default: REGISTRY_TABLE",
    )


def runtime_of(options: argparse.Namespace) -> OperatorRuntime:
    """Return the runtime for the table of `--table`. Raises CommandError when none is named."""
    if not options.table:
        raise CommandError("Name the registry's table: --table NAME, or REGISTRY_TABLE in the environment.")
    return OperatorRuntime(Settings(registry_table=options.table))
