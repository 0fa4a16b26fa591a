"""S3 and DynamoDB, and a file to import from them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from dci_cli.registry.bulk.create_from_s3 import Aws
from dci_cli.registry.bulk.generate import write
from support.s3_imports import BUCKET, Sleeps, keys_in


@pytest.fixture
def aws(engine: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:  # noqa: ARG001 - must be running
    """Return moto's S3, with an empty bucket, and moto's DynamoDB, which imports (DynamoDB Local does not)."""
    with monkeypatch.context() as patch:
        patch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
        dynamodb = boto3.client("dynamodb")
    # moto reads JSON with a parser of its own, which does not know an escaped quote.
    monkeypatch.setattr(
        "py_partiql_parser.JsonParser.parse", lambda original: map(json.loads, original.strip().split("\n"))
    )
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield Aws(dynamodb, s3, Sleeps())
    for key in keys_in(s3):
        s3.delete_object(Bucket=BUCKET, Key=key)
    s3.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file of made-up households."""
    path = tmp_path / "made.jsonl"
    with path.open("w", encoding="utf-8") as out:
        write(out, 15, seed=3)
    return path
