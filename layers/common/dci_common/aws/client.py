"""A client of DynamoDB or Secrets Manager with botocore's manners, for functions that can not wait for botocore.

To import botocore and make its clients is a third of a common function's cold start. These two services speak one
protocol, JSON over `POST /`, which needs little of it: operations, parameters, answers and errors are as botocore's,
except that bytes stay in base64 and times are numbers; no table or secret here has either.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection
from pydantic_core import from_json, to_json

from dci_common.aws.transport import Endpoint

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

_ATTEMPTS = 3
_PAUSE = 0.5  # seconds at most before the second attempt, twice that before the third
_PASSING = {
    "ProvisionedThroughputExceededException",
    "ReplicatedWriteConflictException",
    "RequestLimitExceeded",
    "Throttling",
    "ThrottlingException",
    "TransactionInProgressException",
}
# These take a token, by which AWS knows an attempt whose answer was lost when it comes again.
_WITH_TOKEN = {"CreateSecret", "PutSecretValue", "RotateSecret", "TransactWriteItems"}


def dynamodb() -> DynamoDBClient:
    """Make a client of DynamoDB; `AWS_ENDPOINT_URL_DYNAMODB` says where that is."""
    endpoint = Endpoint.of("dynamodb", "AWS_ENDPOINT_URL_DYNAMODB")
    return cast("DynamoDBClient", Aws(endpoint, "DynamoDB_20120810", "application/x-amz-json-1.0"))


def secrets_manager() -> SecretsManagerClient:
    """Make a client of Secrets Manager; `AWS_ENDPOINT_URL_SECRETS_MANAGER` says where that is."""
    endpoint = Endpoint.of("secretsmanager", "AWS_ENDPOINT_URL_SECRETS_MANAGER")
    return cast("SecretsManagerClient", Aws(endpoint, "secretsmanager", "application/x-amz-json-1.1"))


class Aws:
    """A client of one service: `client.get_item(TableName=..., Key=...)`, `client.exceptions.NameThatAwsGives`.

    An operation raises ClientError when the service refuses, and BotoCoreError when it does not answer, both after a
    few attempts where another one may do better.
    """

    def __init__(self, endpoint: Endpoint, target: str, content_type: str) -> None:
        self.endpoint = endpoint
        self.exceptions = _Exceptions()
        self._target = target
        self._content_type = content_type

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return the operation of this name, which is in snake case."""
        if name.startswith("_"):
            raise AttributeError(name)
        return partial(self.call, "".join(word.capitalize() for word in name.split("_")))

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - the operation's own
        """Do an operation, by AWS's name for it."""
        if operation in _WITH_TOKEN:
            parameters.setdefault("ClientRequestToken", str(uuid.uuid4()))
        body = to_json(parameters)
        for attempt in range(1, _ATTEMPTS):
            try:
                return self._attempt(operation, body)
            except (HTTPClientError, NoConnection):
                pass
            except ClientError as error:
                if not _is_passing(error):
                    raise
            # Drawn, so that rivals part ways.
            time.sleep(random.uniform(0, _PAUSE * attempt))  # noqa: S311 - no secret
        return self._attempt(operation, body)

    def _attempt(self, operation: str, body: bytes) -> dict[str, Any]:
        answer = self.endpoint.post(f"{self._target}.{operation}", self._content_type, body)
        content = _object(answer.body)
        if answer.status == HTTPStatus.OK and content is not None:
            return content
        told = content or {}
        code = str(told.pop("__type", answer.status)).rpartition("#")[2]
        error = {"Code": code, "Message": str(told.pop("message", told.pop("Message", "")))}
        response: Any = {**told, "Error": error, "ResponseMetadata": {"HTTPStatusCode": answer.status}}
        raise self.exceptions[code](response, operation)


class _Exceptions:
    """Subclasses of ClientError by AWS's names, made when they are first asked for."""

    def __getitem__(self, name: str) -> type[ClientError]:
        made = vars(self)
        return made.get(name) or made.setdefault(name, type(name, (ClientError,), {}))  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> type[ClientError]:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]


def _object(body: bytes) -> dict[str, Any] | None:
    """Read a JSON object; None for anything else, which is nothing that the service itself wrote."""
    try:
        content = from_json(body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _is_passing(error: ClientError) -> bool:
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or error.response["Error"]["Code"] in _PASSING
