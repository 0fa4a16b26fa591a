"""BatchWriteItem without botocore's layers, which visit each value of each item: most of the cost of an import.

The credentials and the address are those of the operator's own client of DynamoDB, which stays in use for everything
else, and also for this where only botocore has what the connection needs: a proxy, or certificates of its own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.session import get_session
from botocore.utils import get_environ_proxies

from dci_common.aws.client import MinimalClient
from dci_common.aws.transport import Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from dci_common.aws.retry import Retry


class PatientEndpoint(Endpoint):
    """An endpoint as a command uses it: it waits as long as AWS's own tools do."""

    connect_seconds = 60
    read_seconds = 60


def add_direct_writes(client: DynamoDBClient, retry: Retry) -> None:
    """Replace a client's `batch_write_item`. Requests, answers and errors stay, without `ResponseMetadata`."""
    url, region = client.meta.endpoint_url, client.meta.region_name
    if not _is_direct(url):
        return
    endpoint = PatientEndpoint("dynamodb", url, region)
    direct = MinimalClient(endpoint, retry, "DynamoDB_20120810", "application/x-amz-json-1.0", {})

    def batch_write_item(**request: Any) -> Mapping[str, Any]:  # noqa: ANN401 - the operation's own parameters
        answer: Mapping[str, Any] = direct.call("BatchWriteItem", request)
        return answer

    client.batch_write_item = batch_write_item  # type: ignore[assignment,method-assign] # no ResponseMetadata


def _is_direct(url: str) -> bool:
    """Return whether nothing is between this machine and the endpoint that only botocore knows how to pass."""
    parts = urlsplit(url)
    if get_environ_proxies(url) or parts.path.strip("/"):
        return False
    own_certificates = os.environ.get("REQUESTS_CA_BUNDLE") or get_session().get_config_variable("ca_bundle")
    return parts.scheme == "http" or not own_certificates
