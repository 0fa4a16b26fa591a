"""AWS, as an operator's commands use it: with long retries, and errors that say what to change."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError

from dci_cli.command_error import CommandError
from dci_common.runtime import Runtime

if TYPE_CHECKING:
    from botocore.config import Config
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

NO_CREDENTIALS = (
    "AWS credentials are missing: run `aws configure`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and"
    " AWS_SECRET_ACCESS_KEY."
)
NO_REGION = "The AWS region is missing: set AWS_DEFAULT_REGION to the region of the stack, such as eu-west-1."
_TABLE_NAME = re.compile(r"[\w.:/-]{3,1024}", re.ASCII)  # or its ARN
_REJECTED_CREDENTIALS = {"UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException"}
_EXPIRED_CREDENTIALS = {"ExpiredToken", "ExpiredTokenException"}
_DENIED = {"AccessDenied", "AccessDeniedException"}


class OperatorRuntime(Runtime):
    """A runtime that retries as long as AWS's own tools do: an operator's command has no deadline."""

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """The DynamoDB client. Raises CommandError when AWS's configuration is not valid."""
        from botocore.config import Config  # noqa: PLC0415 - slow, and a dry run needs no client

        from dci_cli.direct_writes import add_direct_writes  # noqa: PLC0415

        client = dynamodb_client(
            Config(max_pool_connections=32, retries={"mode": "standard", "total_max_attempts": 8})
        )
        add_direct_writes(client, self.retry)
        return client


def dynamodb_client(config: Config | None = None) -> DynamoDBClient:
    """Return a client of DynamoDB. Raises CommandError when AWS's configuration is not valid."""
    import boto3  # noqa: PLC0415 - imported when there is something to call

    with _configuration_errors():
        return boto3.client("dynamodb", config=config)


def s3_client() -> S3Client:
    """Return a client of S3. Raises CommandError when AWS's configuration is not valid."""
    import boto3  # noqa: PLC0415 - imported when there is something to call

    with _configuration_errors():
        return boto3.client("s3")


def add_table_option(parser: argparse.ArgumentParser, option: str, output: str, use: str = "") -> None:
    """Add an option for a table, the stack's output `output`, and what it is used for."""
    variable = f"{output.removesuffix('Table').upper()}_TABLE"
    parser.add_argument(
        option,
        default=os.environ.get(variable, ""),
        metavar="TABLE",
        help=f"the deployment's {output}, an output of the stack{use and f', {use}'} (default: {variable})",
    )


def check_table(name: str, output: str, option: str) -> None:
    """Raise CommandError unless `name`, the value of `option`, can be a table: the stack's output `output`."""
    if not _TABLE_NAME.fullmatch(name):
        raise CommandError(
            f"The table's name is missing or not valid: give the stack's output {output} with {option}."
        )


@contextmanager
def aws_errors(output: str) -> Iterator[None]:
    """Raise what AWS rejects, and what is wrong with its configuration, as a CommandError that says what to change.

    `output` is the output of the stack that names the table in use.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise CommandError(_missing_table(error, output) or aws_problem(error)) from error


def aws_problem(error: BotoCoreError | ClientError) -> str:
    """Return a sentence that says what is wrong, and what to change."""
    if isinstance(error, ClientError):
        return _rejection(error)
    match error:
        case exceptions.NoRegionError():
            return NO_REGION
        case exceptions.InvalidRegionError():
            return "AWS_DEFAULT_REGION is not a region: set it to the region of the stack, such as eu-west-1."
        case exceptions.EndpointConnectionError() | exceptions.ConnectTimeoutError():
            url = error.kwargs.get("endpoint_url")
            return f"{url} cannot be reached: check the AWS region ({_region()}) and the network."
        case exceptions.NoCredentialsError() | exceptions.PartialCredentialsError():
            return NO_CREDENTIALS
        case exceptions.ProfileNotFound():
            return "The AWS profile does not exist: set AWS_PROFILE to one that `aws configure list-profiles` shows."
        case exceptions.SSOError() | exceptions.CredentialRetrievalError() | exceptions.TokenRetrievalError():
            return "The AWS credentials cannot be read: run `aws sso login`, or see `aws configure list`."
    return f"AWS cannot be used: {str(error).rstrip('.')}."


def _rejection(error: ClientError) -> str:
    code = _code(error)
    if code in _REJECTED_CREDENTIALS:
        return "AWS rejects the credentials: check them with `aws sts get-caller-identity`."
    if code in _EXPIRED_CREDENTIALS:
        return "The AWS credentials have expired: log in again, such as with `aws sso login`."
    if code in _DENIED:
        return f"The AWS credentials do not allow {error.operation_name}: use those of an operator of the stack."
    reason = error.response.get("Error", {}).get("Message", "").rstrip(".")
    return f"AWS rejected {error.operation_name}: {reason} ({code})."


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def _missing_table(error: BotoCoreError | ClientError, output: str) -> str:
    if not isinstance(error, ClientError) or _code(error) != "ResourceNotFoundException":
        return ""
    return f"There is no such table in the AWS region {_region()}: give the stack's output {output}, and its region."


def _region() -> str:
    from botocore.session import get_session  # noqa: PLC0415 - only errors name the region

    return str(get_session().get_config_variable("region") or "")


@contextmanager
def _configuration_errors() -> Iterator[None]:
    try:
        yield
    except BotoCoreError as error:
        raise CommandError(aws_problem(error)) from error
    except ValueError as error:  # a malformed endpoint
        raise CommandError(
            "AWS_ENDPOINT_URL must be a URL, such as http://127.0.0.1:8000: correct it, or unset it."
        ) from error
