"""A new table out of files in S3: what is uploaded, what is requested of DynamoDB, and what is printed."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from dci_cli.__main__ import main
from dci_cli.command_error import CommandError
from dci_cli.local.tables import create_tables
from dci_cli.registry.bulk.create_from_s3 import Aws, create
from dci_cli.registry.bulk.s3_files import S3Prefix, upload
from dci_cli.registry.support.json_lines import read_line, write_line
from dci_common.aws.dynamodb import Item
from support.events import ROOT
from support.registry_harness import Registry
from support.s3_imports import BUCKET, OWN_KEY, keys_in, options, template_table

pytestmark = pytest.mark.exhaustive  # what is rare takes long; `make check` runs it


def _items(s3: Any, key: str) -> list[Item]:
    """Read a file of the import format."""
    packed = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    lines = [json.loads(line) for line in gzip.decompress(packed).decode().strip().split("\n")]
    assert all(line.keys() == {"Item"} for line in lines)
    return [line["Item"] for line in lines]


def test_uploaded_items_are_a_registry(aws: Aws, file: Path, registry: Registry) -> None:
    """The items of the files, written to a table, are the consistent registry of the records."""
    with file.open("a", encoding="utf-8") as out:  # a group whose body is too large for one item
        out.write(write_line("group", {"id": "many"}))
        for number in range(300):
            out.write(write_line("person", {"id": f"m{number}", "birth_place": "ላሊበላ " * 80}))
            out.write(write_line("membership", {"person_id": f"m{number}", "group_id": "many"}))
    assert create(aws, options(file, "--new-table", "registry-1", "--prefix", "a/b", "--shards", "3")) == 0
    (key,) = keys_in(aws.s3)
    items = _items(aws.s3, key)
    registry.write(items)

    assert key == "a/b/00001.json.gz"
    registry.assert_holds(*map(read_line, file.read_text(encoding="utf-8").splitlines()))
    assert registry.store.settings().shards == 3
    assert {"UIN", "NIN", "HOUSEHOLD_ID"} <= registry.store.settings().identifier_types
    assert any(item["sk"]["S"] == "BODY#2" for item in items)


def test_the_new_table_is_complete_and_protected(aws: Aws, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The new table has all items, the template's keys and indexes, and protection; the next steps are printed."""
    assert create(aws, options(file, "--new-table", "registry-2")) == 0

    items = _items(aws.s3, "registry-2/00001.json.gz")
    assert [item["shards"] for item in items if item["pk"]["S"] == "REGISTRY"] == [{"N": "4"}]
    made, asked = aws.dynamodb.describe_table(TableName="registry-2")["Table"], template_table()
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
        create(aws, options(file, "--new-table", _existing(aws)))
    assert keys_in(aws.s3) == []


def _existing(aws: Aws) -> str:
    if "dci-registry" not in aws.dynamodb.list_tables()["TableNames"]:  # the session's own is on the other engine
        create_tables(aws.dynamodb, {"RegistryTable": template_table()}, {"RegistryTable": "dci-registry"})
    return "dci-registry"


def test_a_prefix_with_files_is_rejected(aws: Aws, file: Path) -> None:
    """A prefix with files is rejected, since they would be imported too."""
    aws.s3.put_object(Bucket=BUCKET, Key="registry-5/old.json.gz", Body=b"")
    with pytest.raises(CommandError, match=f"s3://{BUCKET}/registry-5/ already contains files"):
        create(aws, options(file, "--new-table", "registry-5"))
    assert keys_in(aws.s3) == ["registry-5/old.json.gz"]


def test_a_missing_bucket_is_reported_first(aws: Aws, file: Path) -> None:
    """A bucket that cannot be used is reported before the files are read."""
    with pytest.raises(
        CommandError, match=r"The bucket nowhere cannot be used. AWS rejected ListObjectsV2: .*NoSuchBucket"
    ):
        create(aws, options(file, "--new-table", "registry-6", "--bucket", "nowhere"))


def test_a_template_without_the_table_is_rejected(aws: Aws, file: Path, tmp_path: Path) -> None:
    """A template without RegistryTable is rejected."""
    template = tmp_path / "template.yaml"
    template.write_text(
        (ROOT / "template.yaml").read_text(encoding="utf-8").replace("  RegistryTable:\n", "  Other:\n")
    )
    with pytest.raises(CommandError, match="has no table RegistryTable"):
        create(aws, options(file, "--new-table", "registry-6", "--template", template))


def test_rejected_rows_are_reported(aws: Aws, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bad rows and dangling memberships are rejected and reported, with the exit status 1; the rest is imported."""
    file = tmp_path / "some.jsonl"
    stray = write_line("membership", {"person_id": "p1", "group_id": "nowhere"})
    file.write_text(write_line("person", {"id": "p1"}) + '{"person": {}}\n' + stray, encoding="utf-8")
    assert create(aws, options(file, "--new-table", "registry-7")) == 1
    assert aws.dynamodb.scan(TableName="registry-7")["Count"] == 2
    rejected = [json.loads(line) for line in Path(f"{file}.rejected.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [one["line"] for one in rejected] == [2, 3]
    assert f"{file}: 2 rejected" in capsys.readouterr().out


def test_no_records_make_no_table(aws: Aws, tmp_path: Path) -> None:
    """Without a record no table is created."""
    file = tmp_path / "empty.jsonl"
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(CommandError, match="no record"):
        create(aws, options(file, "--new-table", "registry-8"))
    assert keys_in(aws.s3) == []
    assert "registry-8" not in aws.dynamodb.list_tables()["TableNames"]


def test_items_fill_several_files(aws: Aws) -> None:
    """Items fill one file after the other; no file is empty, and no item is missing."""
    items = [{"pk": {"S": f"k{number}"}, "body": {"S": "x" * 50}} for number in range(9)]
    assert upload(aws.s3, S3Prefix(BUCKET, "p/"), items, file_bytes=250) == 9
    keys = keys_in(aws.s3)
    assert keys == ["p/00001.json.gz", "p/00002.json.gz", "p/00003.json.gz"]
    assert [_items(aws.s3, key) for key in keys] == [items[:3], items[3:6], items[6:]]


def test_a_key_of_ones_own_encrypts_the_files(aws: Aws, file: Path) -> None:
    """With --kms-key the files in S3 are encrypted with that key, otherwise as the bucket says."""
    for name, key in (("registry-10", OWN_KEY), ("registry-11", None)):
        create(aws, options(file, "--new-table", name, *(("--kms-key", key) if key else ())))
        head = aws.s3.head_object(Bucket=BUCKET, Key=f"{name}/00001.json.gz")
        assert head.get("SSEKMSKeyId") == key


def test_the_command_reports_errors_in_one_line(aws: Aws, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`dci registry create-from-s3` exists, and reports errors in one line."""
    arguments = ["registry", "create-from-s3", str(file), "--bucket", "nowhere", "--new-table", "registry-9"]
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("dci: The bucket nowhere cannot be used")
    assert said.count("\n") == 1
    assert keys_in(aws.s3) == []
