"""Batches of writes without botocore's layers, where nothing is in between that only botocore knows."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from dci_cli.aws import OperatorRuntime
from dci_common.settings import Settings

_ADDRESS = "AWS_ENDPOINT_URL_DYNAMODB"
_REQUEST: Any = {"RequestItems": {"nowhere": [{"PutRequest": {"Item": {"pk": {"S": "a"}, "sk": {"S": "a"}}}}]}}


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set a region, and no address, proxy or certificates."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    for name in (_ADDRESS, "HTTPS_PROXY", "https_proxy", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def is_direct() -> bool:
    """Return whether an operator's client writes batches directly."""
    return "batch_write_item" in vars(OperatorRuntime(Settings()).dynamodb)


def test_batches_are_written_directly() -> None:
    """Batches are written directly where AWS is reached without a proxy and with the usual certificates."""
    assert is_direct()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "http://127.0.0.1:1"),
        ("AWS_CA_BUNDLE", "/etc/own.pem"),
        ("REQUESTS_CA_BUNDLE", "/etc/own.pem"),
        (_ADDRESS, "https://127.0.0.1:1/behind/a/path"),
    ],
)
def test_what_only_botocore_knows_is_left_to_it(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """With a proxy, certificates of the operator's own or an address with a path, botocore writes the batches."""
    monkeypatch.setenv(name, value)
    assert not is_direct()


def test_a_rejection_is_botocores(engine: None) -> None:  # noqa: ARG001 - must be running
    """What DynamoDB rejects is an error with AWS's own code."""
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        OperatorRuntime(Settings()).dynamodb.batch_write_item(**_REQUEST)
