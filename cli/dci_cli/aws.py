"""AWS, as an operator's commands use it: with long retries, and errors that name what failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from dci_cli.command_error import CommandError
from dci_common.runtime import Runtime

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CONFIG = Config(max_pool_connections=32, retries={"mode": "standard", "total_max_attempts": 8})


class OperatorRuntime(Runtime):
    """A runtime that retries as long as AWS's own tools do: an operator's command has no deadline."""

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """The DynamoDB client."""
        return boto3.client("dynamodb", config=_CONFIG)


@contextmanager
def aws_errors(sentence: str) -> Iterator[None]:
    """Raise what AWS rejects, and what is wrong with its configuration, as the CommandError "sentence: reason"."""
    try:
        yield
    except (BotoCoreError, ClientError, ValueError) as error:  # the last is a malformed endpoint
        raise CommandError(f"{sentence}: {error}") from error
