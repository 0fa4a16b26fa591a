"""A new table out of files in S3: what is requested of DynamoDB, and what is reported while it imports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from dci_cli.command_error import CommandError
from dci_cli.registry.bulk import table_import
from dci_cli.registry.bulk.create_from_s3 import Aws, create
from dci_cli.registry.bulk.s3_files import S3Prefix
from support.s3_imports import BUCKET, OWN_KEY, Sleeps, options, template_table

ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/registry-2/import/01234567890123-abcdefab"


def _described(status: str, processed: int, **more: Any) -> dict[str, Any]:
    description = {"ImportArn": ARN, "ImportStatus": status, "ProcessedItemCount": processed, **more}
    return {"ImportTableDescription": description}


@pytest.mark.parametrize("key", [None, OWN_KEY])
def test_the_import_request_is_complete(aws: Aws, key: str | None) -> None:
    """The request has gzip, on-demand billing, every index, and encryption with the given key or else AWS's own."""
    definition = template_table()
    asked = {name: value for name, value in definition.items() if name != "StreamSpecification"}  # which it has not
    encryption = {"Enabled": True, "SSEType": "KMS"} | ({"KMSMasterKeyId": key} if key else {})
    wanted = {
        "S3BucketSource": {"S3Bucket": BUCKET, "S3KeyPrefix": "p/"},
        "InputFormat": "DYNAMODB_JSON",
        "InputCompressionType": "GZIP",
        "TableCreationParameters": {**asked, "TableName": "registry-2", "SSESpecification": encryption},
    }
    assert definition["BillingMode"] == "PAY_PER_REQUEST"
    assert len(definition["GlobalSecondaryIndexes"]) == 12
    with Stubber(aws.dynamodb) as stub:
        stub.add_response("import_table", _described("IN_PROGRESS", 0), wanted)
        assert table_import.start(aws.dynamodb, "registry-2", definition, S3Prefix(BUCKET, "p/", key)) == ARN


def test_wait_reports_progress_until_the_end(aws: Aws) -> None:
    """Waiting polls, reports the progress, and ends when all items are imported."""
    sleeps, advanced = Sleeps(), list[int]()
    with Stubber(aws.dynamodb) as stub:
        stub.add_response("describe_import", {"ImportTableDescription": {"ImportStatus": "IN_PROGRESS"}})
        stub.add_response("describe_import", _described("IN_PROGRESS", 400))
        stub.add_response("describe_import", _described("COMPLETED", 1000, ImportedItemCount=1000, ErrorCount=0))
        table_import.wait(aws.dynamodb, ARN, 1000, advanced.append, sleeps)
        stub.assert_no_pending_responses()
    assert advanced == [0, 400, 600]
    assert len(sleeps) == 2


@pytest.mark.parametrize(
    ("described", "message"),
    [
        (
            _described("COMPLETED", 1000, ImportedItemCount=997, ErrorCount=3),
            "completed with 997 of 1,000 items: see",
        ),
        (_described("COMPLETED", 900, ImportedItemCount=900, ErrorCount=0), "completed with 900 of 1,000 items: see"),
        (_described("CANCELLED", 10, ImportedItemCount=10), "cancelled with 10 of 1,000 items: see"),
        (
            _described("FAILED", 5, FailureCode="S3NoSuchKey", FailureMessage="A file is gone."),
            r"failed with 0 of 1,000 items \(S3NoSuchKey: A file is gone\.\): see",
        ),
    ],
)
def test_an_incomplete_import_is_a_failure(aws: Aws, described: dict[str, Any], message: str) -> None:
    """An import without one item is a failure, reported in one line with what to do."""
    with Stubber(aws.dynamodb) as stub:
        stub.add_response("describe_import", described)
        with pytest.raises(CommandError, match=f"{message} the CloudWatch log group /aws-dynamodb/imports, then"):
            table_import.wait(aws.dynamodb, ARN, 1000, lambda _: None, Sleeps())


def test_recovery_of_a_new_table_is_retried(aws: Aws) -> None:
    """Point-in-time recovery of a new table is retried until it is available."""
    sleeps = Sleeps()
    with Stubber(aws.dynamodb) as stub:
        stub.add_response("update_table", {})
        stub.add_client_error("update_continuous_backups", "ContinuousBackupsUnavailableException")
        stub.add_response("update_continuous_backups", {})
        table_import.protect(aws.dynamodb, "registry-2", sleeps)
        stub.assert_no_pending_responses()
    assert len(sleeps) == 1


def test_unavailable_recovery_is_reported(aws: Aws) -> None:
    """When point-in-time recovery stays unavailable, the operator is asked to turn it on."""
    with Stubber(aws.dynamodb) as stub:
        stub.add_response("update_table", {})
        for _ in range(100):
            stub.add_client_error("update_continuous_backups", "ContinuousBackupsUnavailableException")
        with pytest.raises(CommandError, match=r"The table registry-2 is complete, but .* update-continuous-backups"):
            table_import.protect(aws.dynamodb, "registry-2", Sleeps())


def test_the_stream_is_turned_on_when_the_table_is_ready(aws: Aws) -> None:
    """A table that is still being changed is waited for, and one that stays so is reported."""
    sleeps, on = Sleeps(), {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    with Stubber(aws.dynamodb) as stub:
        stub.add_client_error("update_table", "ResourceInUseException")
        stub.add_response("update_table", {}, {"TableName": "registry-2", "StreamSpecification": on})
        table_import.turn_on_stream(aws.dynamodb, "registry-2", template_table(), sleeps)
        stub.assert_no_pending_responses()
        assert len(sleeps) == 1
        for _ in range(100):
            stub.add_client_error("update_table", "ResourceInUseException")
        with pytest.raises(CommandError, match=r"The table registry-2 is complete, but its stream .*--stream-spec"):
            table_import.turn_on_stream(aws.dynamodb, "registry-2", template_table(), sleeps)


def test_other_errors_of_recovery_are_raised(aws: Aws) -> None:
    """Any other error is not retried."""
    with Stubber(aws.dynamodb) as stub:
        stub.add_response("update_table", {})
        stub.add_client_error("update_continuous_backups", "AccessDeniedException")
        with pytest.raises(ClientError, match="AccessDenied"):
            table_import.protect(aws.dynamodb, "registry-2", Sleeps())


def test_an_interrupted_wait_prints_the_next_steps(aws: Aws, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An interrupted command prints how to follow the import, and how to protect the table."""

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with Stubber(aws.dynamodb) as stub:
        stub.add_client_error("describe_table", "ResourceNotFoundException")
        stub.add_response("import_table", _described("IN_PROGRESS", 0))
        stub.add_response("describe_import", _described("IN_PROGRESS", 0))
        with pytest.raises(KeyboardInterrupt):
            create(Aws(aws.dynamodb, aws.s3, stop), options(file, "--new-table", "registry-9"))
    said = capsys.readouterr().err
    assert f"aws dynamodb describe-import --import-arn {ARN}" in said
    assert "aws dynamodb update-table --table-name registry-9 --deletion-protection-enabled" in said
    assert "aws dynamodb update-continuous-backups --table-name registry-9" in said
    assert "--stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES" in said
