"""The functions' own clients of AWS's services, with the operations of `protocol.py` and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from dci_common.aws.client import MinimalClient
from dci_common.aws.transport import Endpoint

if TYPE_CHECKING:
    from typing import Unpack

    from mypy_boto3_dynamodb import type_defs as dynamodb
    from mypy_boto3_secretsmanager import type_defs as secretsmanager
    from mypy_boto3_sqs import type_defs as sqs

    from dci_common.aws.retry import Retry


class _DynamoDBExceptions:
    class ConditionalCheckFailedException(ClientError):
        """The condition of a write does not hold."""


class _SecretsManagerExceptions:
    class InvalidRequestException(ClientError):
        """The state of the secret does not allow the operation."""

    class ResourceExistsException(ClientError):
        """The secret exists, or its version with another content."""

    class ResourceNotFoundException(ClientError):
        """The secret or the version does not exist."""


class MinimalDynamoDB(MinimalClient):
    """A client of DynamoDB; the variable AWS_ENDPOINT_URL_DYNAMODB replaces AWS's own address."""

    exceptions = _DynamoDBExceptions()

    def __init__(self, retry: Retry) -> None:
        endpoint = Endpoint.of("dynamodb", "AWS_ENDPOINT_URL_DYNAMODB")
        super().__init__(
            endpoint, retry, "DynamoDB_20120810", "application/x-amz-json-1.0", _classes(self.exceptions)
        )

    def batch_get_item(
        self, **request: Unpack[dynamodb.BatchGetItemInputTypeDef]
    ) -> dynamodb.BatchGetItemOutputTypeDef:
        """Read up to 100 items by their keys."""
        answer: dynamodb.BatchGetItemOutputTypeDef = self.call("BatchGetItem", request)
        return answer

    def delete_item(self, **request: Unpack[dynamodb.DeleteItemInputTypeDef]) -> dynamodb.DeleteItemOutputTypeDef:
        """Delete an item."""
        answer: dynamodb.DeleteItemOutputTypeDef = self.call("DeleteItem", request)
        return answer

    def describe_table(
        self, **request: Unpack[dynamodb.DescribeTableInputTypeDef]
    ) -> dynamodb.DescribeTableOutputTypeDef:
        """Read what is known of a table, but not its items."""
        answer: dynamodb.DescribeTableOutputTypeDef = self.call("DescribeTable", request)
        return answer

    def get_item(self, **request: Unpack[dynamodb.GetItemInputTypeDef]) -> dynamodb.GetItemOutputTypeDef:
        """Read an item by its key."""
        answer: dynamodb.GetItemOutputTypeDef = self.call("GetItem", request)
        return answer

    def put_item(self, **request: Unpack[dynamodb.PutItemInputTypeDef]) -> dynamodb.PutItemOutputTypeDef:
        """Create or replace an item."""
        answer: dynamodb.PutItemOutputTypeDef = self.call("PutItem", request)
        return answer

    def query(self, **request: Unpack[dynamodb.QueryInputTypeDef]) -> dynamodb.QueryOutputTypeDef:
        """Read a page of a partition, of the table or of an index."""
        answer: dynamodb.QueryOutputTypeDef = self.call("Query", request)
        return answer

    def transact_write_items(
        self, **request: Unpack[dynamodb.TransactWriteItemsInputTypeDef]
    ) -> dynamodb.TransactWriteItemsOutputTypeDef:
        """Make up to 100 changes together, or none of them."""
        answer: dynamodb.TransactWriteItemsOutputTypeDef = self.call("TransactWriteItems", request)
        return answer

    def update_item(self, **request: Unpack[dynamodb.UpdateItemInputTypeDef]) -> dynamodb.UpdateItemOutputTypeDef:
        """Change attributes of an item."""
        answer: dynamodb.UpdateItemOutputTypeDef = self.call("UpdateItem", request)
        return answer


class MinimalSecretsManager(MinimalClient):
    """A client of Secrets Manager; the variable AWS_ENDPOINT_URL_SECRETS_MANAGER replaces AWS's own address."""

    exceptions = _SecretsManagerExceptions()

    def __init__(self, retry: Retry) -> None:
        endpoint = Endpoint.of("secretsmanager", "AWS_ENDPOINT_URL_SECRETS_MANAGER")
        super().__init__(endpoint, retry, "secretsmanager", "application/x-amz-json-1.1", _classes(self.exceptions))

    def create_secret(
        self, **request: Unpack[secretsmanager.CreateSecretRequestTypeDef]
    ) -> secretsmanager.CreateSecretResponseTypeDef:
        """Create a secret with its first version."""
        answer: secretsmanager.CreateSecretResponseTypeDef = self.call("CreateSecret", request)
        return answer

    def delete_secret(
        self, **request: Unpack[secretsmanager.DeleteSecretRequestTypeDef]
    ) -> secretsmanager.DeleteSecretResponseTypeDef:
        """Delete a secret with all of its versions."""
        answer: secretsmanager.DeleteSecretResponseTypeDef = self.call("DeleteSecret", request)
        return answer

    def describe_secret(
        self, **request: Unpack[secretsmanager.DescribeSecretRequestTypeDef]
    ) -> secretsmanager.DescribeSecretResponseTypeDef:
        """Read what is known of a secret, but not its value."""
        answer: secretsmanager.DescribeSecretResponseTypeDef = self.call("DescribeSecret", request)
        return answer

    def get_secret_value(
        self, **request: Unpack[secretsmanager.GetSecretValueRequestTypeDef]
    ) -> secretsmanager.GetSecretValueResponseTypeDef:
        """Read a version of a secret."""
        answer: secretsmanager.GetSecretValueResponseTypeDef = self.call("GetSecretValue", request)
        return answer

    def put_secret_value(
        self, **request: Unpack[secretsmanager.PutSecretValueRequestTypeDef]
    ) -> secretsmanager.PutSecretValueResponseTypeDef:
        """Add a version to a secret."""
        answer: secretsmanager.PutSecretValueResponseTypeDef = self.call("PutSecretValue", request)
        return answer

    def restore_secret(
        self, **request: Unpack[secretsmanager.RestoreSecretRequestTypeDef]
    ) -> secretsmanager.RestoreSecretResponseTypeDef:
        """Keep a secret whose deletion was to come."""
        answer: secretsmanager.RestoreSecretResponseTypeDef = self.call("RestoreSecret", request)
        return answer

    def rotate_secret(
        self, **request: Unpack[secretsmanager.RotateSecretRequestTypeDef]
    ) -> secretsmanager.RotateSecretResponseTypeDef:
        """Start a rotation."""
        answer: secretsmanager.RotateSecretResponseTypeDef = self.call("RotateSecret", request)
        return answer

    def update_secret_version_stage(
        self, **request: Unpack[secretsmanager.UpdateSecretVersionStageRequestTypeDef]
    ) -> secretsmanager.UpdateSecretVersionStageResponseTypeDef:
        """Move a label from one version of a secret to another."""
        answer: secretsmanager.UpdateSecretVersionStageResponseTypeDef = self.call(
            "UpdateSecretVersionStage", request
        )
        return answer


class MinimalSQS(MinimalClient):
    """A client of SQS; the variable AWS_ENDPOINT_URL_SQS replaces AWS's own address. No error has a class."""

    def __init__(self, retry: Retry) -> None:
        endpoint = Endpoint.of("sqs", "AWS_ENDPOINT_URL_SQS")
        super().__init__(endpoint, retry, "AmazonSQS", "application/x-amz-json-1.0", {})

    def send_message(self, **request: Unpack[sqs.SendMessageRequestTypeDef]) -> sqs.SendMessageResultTypeDef:
        """Add a message to a queue."""
        answer: sqs.SendMessageResultTypeDef = self.call("SendMessage", request)
        return answer


class MinimalCloudWatch(MinimalClient):
    """A client of CloudWatch; the variable AWS_ENDPOINT_URL_CLOUDWATCH replaces AWS's own address. As MinimalSQS."""

    def __init__(self, retry: Retry) -> None:
        endpoint = Endpoint.of("monitoring", "AWS_ENDPOINT_URL_CLOUDWATCH")
        super().__init__(endpoint, retry, "GraniteServiceVersion20100801", "application/x-amz-json-1.0", {})

    def get_metric_data(self, **request: Any) -> Any:  # noqa: ANN401 - no types of it are installed
        """Read metrics."""
        return self.call("GetMetricData", request)


def _classes(exceptions: object) -> dict[str, type[ClientError]]:
    return {name: found for name, found in vars(type(exceptions)).items() if isinstance(found, type)}
