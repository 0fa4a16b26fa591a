"""The operations of AWS that the layer and the functions use.

The functions' own clients (`client.py`) and boto3's clients both have them. Parameters, answers and errors are
boto3's, except that an answer of the functions' own clients has no `ResponseMetadata`, keeps bytes in base64 and has
numbers for times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Unpack

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_dynamodb import type_defs as dynamodb
    from mypy_boto3_secretsmanager import type_defs as secretsmanager
    from mypy_boto3_sqs import type_defs as sqs


class DynamoDBExceptions(Protocol):
    """The errors of DynamoDB that are caught by their class."""

    @property
    def ConditionalCheckFailedException(self) -> type[ClientError]:  # noqa: N802 - AWS's own name
        """The condition of a write does not hold."""


class DynamoDB(Protocol):
    """DynamoDB."""

    @property
    def exceptions(self) -> DynamoDBExceptions:
        """The classes of its errors."""

    def batch_get_item(
        self, **request: Unpack[dynamodb.BatchGetItemInputTypeDef]
    ) -> dynamodb.BatchGetItemOutputTypeDef:
        """Read up to 100 items by their keys."""

    def delete_item(self, **request: Unpack[dynamodb.DeleteItemInputTypeDef]) -> dynamodb.DeleteItemOutputTypeDef:
        """Delete an item."""

    def describe_table(
        self, **request: Unpack[dynamodb.DescribeTableInputTypeDef]
    ) -> dynamodb.DescribeTableOutputTypeDef:
        """Read what is known of a table, but not its items."""

    def get_item(self, **request: Unpack[dynamodb.GetItemInputTypeDef]) -> dynamodb.GetItemOutputTypeDef:
        """Read an item by its key."""

    def put_item(self, **request: Unpack[dynamodb.PutItemInputTypeDef]) -> dynamodb.PutItemOutputTypeDef:
        """Create or replace an item."""

    def query(self, **request: Unpack[dynamodb.QueryInputTypeDef]) -> dynamodb.QueryOutputTypeDef:
        """Read a page of a partition, of the table or of an index."""

    def transact_write_items(
        self, **request: Unpack[dynamodb.TransactWriteItemsInputTypeDef]
    ) -> dynamodb.TransactWriteItemsOutputTypeDef:
        """Make up to 100 changes together, or none of them."""

    def update_item(self, **request: Unpack[dynamodb.UpdateItemInputTypeDef]) -> dynamodb.UpdateItemOutputTypeDef:
        """Change attributes of an item."""


class SecretsManagerExceptions(Protocol):
    """The errors of Secrets Manager that are caught by their class."""

    @property
    def InvalidRequestException(self) -> type[ClientError]:  # noqa: N802 - AWS's own name
        """The state of the secret does not allow the operation."""

    @property
    def ResourceExistsException(self) -> type[ClientError]:  # noqa: N802 - AWS's own name
        """The secret exists, or its version with another content."""

    @property
    def ResourceNotFoundException(self) -> type[ClientError]:  # noqa: N802 - AWS's own name
        """The secret or the version does not exist."""


class SecretsManager(Protocol):
    """Secrets Manager."""

    @property
    def exceptions(self) -> SecretsManagerExceptions:
        """The classes of its errors."""

    def create_secret(
        self, **request: Unpack[secretsmanager.CreateSecretRequestTypeDef]
    ) -> secretsmanager.CreateSecretResponseTypeDef:
        """Create a secret with its first version."""

    def delete_secret(
        self, **request: Unpack[secretsmanager.DeleteSecretRequestTypeDef]
    ) -> secretsmanager.DeleteSecretResponseTypeDef:
        """Delete a secret with all of its versions."""

    def describe_secret(
        self, **request: Unpack[secretsmanager.DescribeSecretRequestTypeDef]
    ) -> secretsmanager.DescribeSecretResponseTypeDef:
        """Read what is known of a secret, but not its value."""

    def get_secret_value(
        self, **request: Unpack[secretsmanager.GetSecretValueRequestTypeDef]
    ) -> secretsmanager.GetSecretValueResponseTypeDef:
        """Read a version of a secret."""

    def put_secret_value(
        self, **request: Unpack[secretsmanager.PutSecretValueRequestTypeDef]
    ) -> secretsmanager.PutSecretValueResponseTypeDef:
        """Add a version to a secret."""

    def restore_secret(
        self, **request: Unpack[secretsmanager.RestoreSecretRequestTypeDef]
    ) -> secretsmanager.RestoreSecretResponseTypeDef:
        """Keep a secret whose deletion was to come."""

    def rotate_secret(
        self, **request: Unpack[secretsmanager.RotateSecretRequestTypeDef]
    ) -> secretsmanager.RotateSecretResponseTypeDef:
        """Start a rotation."""

    def update_secret_version_stage(
        self, **request: Unpack[secretsmanager.UpdateSecretVersionStageRequestTypeDef]
    ) -> secretsmanager.UpdateSecretVersionStageResponseTypeDef:
        """Move a label from one version of a secret to another."""


class SQS(Protocol):
    """SQS. Messages are received and deleted by Lambda, not by the functions."""

    def send_message(self, **request: Unpack[sqs.SendMessageRequestTypeDef]) -> sqs.SendMessageResultTypeDef:
        """Add a message to a queue."""


class CloudWatch(Protocol):
    """CloudWatch. Metrics are written by logs, not by calls."""

    def get_metric_data(self, **request: Any) -> Any:  # noqa: ANN401 - no types of it are installed
        """Read metrics."""
