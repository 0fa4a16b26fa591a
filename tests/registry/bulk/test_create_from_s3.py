"""A new table out of files in S3: what is uploaded, what is requested of DynamoDB, and what is printed."""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from dci_cli.__main__ import main
from dci_cli.command_error import CommandError
from dci_cli.local.tables import create_tables
from dci_cli.registry.bulk import table_import
from dci_cli.registry.bulk.create_from_s3 import Aws, add_arguments, create
from dci_cli.registry.bulk.generate import write
from dci_cli.registry.bulk.s3_files import S3Prefix, upload
from dci_cli.registry.support.json_lines import read_line, write_line
from dci_cli.template import read_template
from dci_common.aws.dynamodb import Item
from support.events import ROOT
from support.registry_harness import Registry

BUCKET = "dci-imports"
OWN_KEY = "arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/registry-2/import/01234567890123-abcdefab"


class Sleeps(list[float]):
    """Sleeps no time, and remembers how long it was asked to."""

    def __call__(self, seconds: float) -> None:
        """Sleep."""
        self.append(seconds)


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
    for key in _keys(s3):
        s3.delete_object(Bucket=BUCKET, Key=key)
    s3.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file of made-up households."""
    path = tmp_path / "made.jsonl"
    with path.open("w", encoding="utf-8") as out:
        write(out, 15, seed=3)
    return path


def _options(*arguments: str | Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args([str(argument) for argument in ("--bucket", BUCKET, *arguments)])


def _keys(s3: Any) -> list[str]:
    return [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def _items(s3: Any, key: str) -> list[Item]:
    """Read a file of the import format."""
    packed = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    lines = [json.loads(line) for line in gzip.decompress(packed).decode().strip().split("\n")]
    assert all(line.keys() == {"Item"} for line in lines)
    return [line["Item"] for line in lines]


def _template_table() -> dict[str, Any]:
    return read_template(ROOT / "template.yaml").tables["RegistryTable"]


@pytest.mark.exhaustive
def test_uploaded_items_are_a_registry(aws: Aws, file: Path, registry: Registry) -> None:
    """The items of the files, written to a table, are the consistent registry of the records."""
    with file.open("a", encoding="utf-8") as out:  # a group whose body is too large for one item
        out.write(write_line("group", {"id": "many"}))
        for number in range(300):
            out.write(write_line("person", {"id": f"m{number}", "birth_place": "ላሊበላ " * 80}))
            out.write(write_line("membership", {"person_id": f"m{number}", "group_id": "many"}))
    assert create(aws, _options(file, "--new-table", "registry-1", "--prefix", "a/b", "--shards", "3")) == 0
    (key,) = _keys(aws.s3)
    items = _items(aws.s3, key)
    registry.write(items)

    assert key == "a/b/00001.json.gz"
    registry.assert_holds(*map(read_line, file.read_text(encoding="utf-8").splitlines()))
    assert registry.store.settings().shards == 3
    assert {"UIN", "NIN", "HOUSEHOLD_ID"} <= registry.store.settings().identifier_types
    assert any(item["sk"]["S"] == "BODY#2" for item in items)


def test_the_new_table_is_complete_and_protected(aws: Aws, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The new table has all items, the template's keys and indexes, and protection; the next steps are printed."""
    assert create(aws, _options(file, "--new-table", "registry-2")) == 0

    items = _items(aws.s3, "registry-2/00001.json.gz")
    assert [item["shards"] for item in items if item["pk"]["S"] == "REGISTRY"] == [{"N": "4"}]
    made, asked = aws.dynamodb.describe_table(TableName="registry-2")["Table"], _template_table()
    assert made["ItemCount"] == len(items)
    assert made["KeySchema"] == asked["KeySchema"]
    assert made["AttributeDefinitions"] == asked["AttributeDefinitions"]
    assert [
        {name: value for name, value in index.items() if name in {"IndexName", "KeySchema", "Projection"}}
        for index in made["GlobalSecondaryIndexes"]
    ] == asked["GlobalSecondaryIndexes"]
    assert made["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert made["DeletionProtectionEnabled"]
    backups = aws.dynamodb.describe_continuous_backups(TableName="registry-2")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    out = capsys.readouterr().out
    assert "The table registry-2 is complete: deploy with the parameter RegistryTableName=registry-2.\n" in out
    assert f"aws s3 rm --recursive s3://{BUCKET}/registry-2/\n" in out


def test_an_existing_table_is_not_changed(aws: Aws, file: Path) -> None:
    """When the table exists nothing is uploaded."""
    with pytest.raises(CommandError, match="The table dci-registry already exists: choose another --new-table"):
        create(aws, _options(file, "--new-table", _existing(aws)))
    assert _keys(aws.s3) == []


def _existing(aws: Aws) -> str:
    if "dci-registry" not in aws.dynamodb.list_tables()["TableNames"]:  # the session's own is on the other engine
        create_tables(aws.dynamodb, {"RegistryTable": _template_table()}, {"RegistryTable": "dci-registry"})
    return "dci-registry"


def test_a_prefix_with_files_is_rejected(aws: Aws, file: Path) -> None:
    """A prefix with files is rejected, since they would be imported too."""
    aws.s3.put_object(Bucket=BUCKET, Key="registry-5/old.json.gz", Body=b"")
    with pytest.raises(CommandError, match=f"s3://{BUCKET}/registry-5/ already contains files"):
        create(aws, _options(file, "--new-table", "registry-5"))
    assert _keys(aws.s3) == ["registry-5/old.json.gz"]


def test_a_missing_bucket_is_reported_first(aws: Aws, file: Path) -> None:
    """A bucket that cannot be used is reported before the files are read."""
    with pytest.raises(
        CommandError, match=r"The bucket nowhere cannot be used. AWS rejected ListObjectsV2: .*NoSuchBucket"
    ):
        create(aws, _options(file, "--new-table", "registry-6", "--bucket", "nowhere"))


def test_a_template_without_the_table_is_rejected(aws: Aws, file: Path, tmp_path: Path) -> None:
    """A template without RegistryTable is rejected."""
    template = tmp_path / "template.yaml"
    template.write_text(
        (ROOT / "template.yaml").read_text(encoding="utf-8").replace("  RegistryTable:\n", "  Other:\n")
    )
    with pytest.raises(CommandError, match="has no table RegistryTable"):
        create(aws, _options(file, "--new-table", "registry-6", "--template", template))


def test_rejected_rows_are_reported(aws: Aws, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bad rows and dangling memberships are rejected and reported, with the exit status 1; the rest is imported."""
    file = tmp_path / "some.jsonl"
    stray = write_line("membership", {"person_id": "p1", "group_id": "nowhere"})
    file.write_text(write_line("person", {"id": "p1"}) + '{"person": {}}\n' + stray, encoding="utf-8")
    assert create(aws, _options(file, "--new-table", "registry-7")) == 1
    assert aws.dynamodb.scan(TableName="registry-7")["Count"] == 2
    rejected = [json.loads(line) for line in Path(f"{file}.rejected.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [one["line"] for one in rejected] == [2, 3]
    assert f"{file}: 2 rejected" in capsys.readouterr().out


def test_no_records_make_no_table(aws: Aws, tmp_path: Path) -> None:
    """Without a record no table is created."""
    file = tmp_path / "empty.jsonl"
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(CommandError, match="no record"):
        create(aws, _options(file, "--new-table", "registry-8"))
    assert _keys(aws.s3) == []
    assert "registry-8" not in aws.dynamodb.list_tables()["TableNames"]


def test_items_fill_several_files(aws: Aws) -> None:
    """Items fill one file after the other; no file is empty, and no item is missing."""
    items = [{"pk": {"S": f"k{number}"}, "body": {"S": "x" * 50}} for number in range(9)]
    assert upload(aws.s3, S3Prefix(BUCKET, "p/"), items, file_bytes=250) == 9
    keys = _keys(aws.s3)
    assert keys == ["p/00001.json.gz", "p/00002.json.gz", "p/00003.json.gz"]
    assert [_items(aws.s3, key) for key in keys] == [items[:3], items[3:6], items[6:]]


def _described(status: str, processed: int, **more: Any) -> dict[str, Any]:
    told = {"ImportArn": ARN, "ImportStatus": status, "ProcessedItemCount": processed, **more}
    return {"ImportTableDescription": told}


@pytest.mark.parametrize("key", [None, OWN_KEY])
def test_the_import_request_is_complete(aws: Aws, key: str | None) -> None:
    """The request has gzip, on-demand billing, every index, and encryption with the given key or else AWS's own."""
    definition = _template_table()
    encryption = {"Enabled": True, "SSEType": "KMS"} | ({"KMSMasterKeyId": key} if key else {})
    wanted = {
        "S3BucketSource": {"S3Bucket": BUCKET, "S3KeyPrefix": "p/"},
        "InputFormat": "DYNAMODB_JSON",
        "InputCompressionType": "GZIP",
        "TableCreationParameters": {**definition, "TableName": "registry-2", "SSESpecification": encryption},
    }
    assert definition["BillingMode"] == "PAY_PER_REQUEST"
    assert len(definition["GlobalSecondaryIndexes"]) == 12
    with Stubber(aws.dynamodb) as stub:
        stub.add_response("import_table", _described("IN_PROGRESS", 0), wanted)
        assert table_import.start(aws.dynamodb, "registry-2", definition, S3Prefix(BUCKET, "p/", key)) == ARN


@pytest.mark.exhaustive
def test_a_key_of_ones_own_encrypts_the_files(aws: Aws, file: Path) -> None:
    """With --kms-key the files in S3 are encrypted with that key, otherwise as the bucket says."""
    for name, key in (("registry-10", OWN_KEY), ("registry-11", None)):
        create(aws, _options(file, "--new-table", name, *(("--kms-key", key) if key else ())))
        head = aws.s3.head_object(Bucket=BUCKET, Key=f"{name}/00001.json.gz")
        assert head.get("SSEKMSKeyId") == key


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
    ("described", "told"),
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
def test_an_incomplete_import_is_a_failure(aws: Aws, described: dict[str, Any], told: str) -> None:
    """An import without one item is a failure, reported in one line with what to do."""
    with Stubber(aws.dynamodb) as stub:
        stub.add_response("describe_import", described)
        with pytest.raises(CommandError, match=f"{told} the CloudWatch log group /aws-dynamodb/imports, then delete"):
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
            create(Aws(aws.dynamodb, aws.s3, stop), _options(file, "--new-table", "registry-9"))
    said = capsys.readouterr().err
    assert f"aws dynamodb describe-import --import-arn {ARN}" in said
    assert "aws dynamodb update-table --table-name registry-9 --deletion-protection-enabled" in said
    assert "aws dynamodb update-continuous-backups --table-name registry-9" in said


def test_the_command_reports_errors_in_one_line(aws: Aws, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`dci registry create-from-s3` exists, and reports errors in one line."""
    arguments = ["registry", "create-from-s3", str(file), "--bucket", "nowhere", "--new-table", "registry-9"]
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("dci: The bucket nowhere cannot be used")
    assert said.count("\n") == 1
    assert _keys(aws.s3) == []
