"""The streams of the registry and audit tables, as `make deploy` finds them and `dci doctor` checks them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from dci_cli.deploy import find_streams
from dci_cli.doctor.stream_checks import examine_audit_stream, examine_registry_stream
from dci_cli.local import moto_engine
from dci_cli.local.tables import create_tables
from dci_cli.samconfig import SamConfig
from support.registries import tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import StreamSpecificationTypeDef

ALL_IMAGES: StreamSpecificationTypeDef = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
NEW: StreamSpecificationTypeDef = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
KEYS: StreamSpecificationTypeDef = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
TURN_ON = "aws dynamodb update-table --table-name {} --stream-specification StreamEnabled="


@pytest.fixture
def dynamodb() -> Iterator[DynamoDBClient]:
    """Return a client of DynamoDB with tables: three with streams of different images, and one without."""
    with moto_engine.running():
        client = boto3.client("dynamodb")
        for name, spec in (("streamed", ALL_IMAGES), ("new", NEW), ("other", KEYS)):
            create_tables(client, tables(), {"ClientsTable": name})
            client.update_table(TableName=name, StreamSpecification=spec)
        create_tables(client, tables(), {"ClientsTable": "silent"})
        yield client
        for name in ("streamed", "new", "other", "silent"):
            client.delete_table(TableName=name)


def adopting(folder: Path, **parameters: str) -> SamConfig:
    """Return a configuration with these parameters."""
    path = folder / "samconfig.toml"
    pairs = " ".join(f'{name}="{value}"' for name, value in parameters.items())
    path.write_text(f"[default.deploy.parameters]\nregion = 'eu-west-1'\nparameter_overrides = '{pairs}'\n")
    return SamConfig(path, "default")


def test_the_stream_of_an_adopted_table_is_found(tmp_path: Path, dynamodb: DynamoDBClient) -> None:
    """It becomes a parameter; nothing is looked for without such a table, or with a stream that is given."""
    arn = dynamodb.describe_table(TableName="streamed")["Table"]["LatestStreamArn"]
    assert find_streams(adopting(tmp_path, RegistryTableName="streamed")) == [f'RegistryStreamArn="{arn}"']
    assert find_streams(adopting(tmp_path, LogLevel="DEBUG")) == []
    assert find_streams(adopting(tmp_path, RegistryTableName="missing", RegistryStreamArn="arn:aws:given")) == []


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("silent", ("is off, so no change of the registry is reported", TURN_ON.format("silent") + "true")),
        ("other", ("has no new and old images", TURN_ON.format("other") + "false", TURN_ON.format("other") + "true")),
        ("missing", ("was not found", "set the parameter RegistryStreamArn")),
    ],
)
def test_a_stream_that_is_off_is_said_and_the_deployment_goes_on(
    table: str, said: tuple[str, ...], tmp_path: Path, dynamodb: DynamoDBClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """Subscribers are not notified then, and everything else works: the message says how to turn it on."""
    assert dynamodb
    assert find_streams(adopting(tmp_path, RegistryTableName=table)) == []
    printed = capsys.readouterr().err
    assert [part for part in said if part not in printed] == []


@pytest.mark.parametrize(
    ("table", "outcome"), [("streamed", "ok"), ("silent", "warning"), ("missing", "skipped"), ("no table", "skipped")]
)
def test_the_doctor_checks_the_stream_of_the_registry(table: str, outcome: str, dynamodb: DynamoDBClient) -> None:
    """A stream that is off is a warning with its remedy, and a table that cannot be looked at is passed over."""
    assert dynamodb
    finding = examine_registry_stream(table)
    assert (finding.check, finding.outcome) == ("stream of the registry", outcome)
    assert (TURN_ON.format(table) in finding.remedy) == (outcome == "warning")


@pytest.mark.parametrize(("table", "outcome"), [("new", "ok"), ("streamed", "ok"), ("silent", "warning")])
def test_the_doctor_checks_the_stream_of_the_audit(table: str, outcome: str, dynamodb: DynamoDBClient) -> None:
    """The audit's stream needs new images, and may have both; when it is off, that is a warning with its remedy."""
    assert dynamodb
    finding = examine_audit_stream(table)
    assert (finding.check, finding.outcome) == ("stream of the audit", outcome)
    assert ("disclosures are not indexed" in finding.found) == (outcome == "warning")


def test_the_stream_of_an_adopted_audit_table_is_found(tmp_path: Path, dynamodb: DynamoDBClient) -> None:
    """It becomes a parameter, beside the registry's."""
    arn = dynamodb.describe_table(TableName="new")["Table"]["LatestStreamArn"]
    assert find_streams(adopting(tmp_path, AuditTableName="new")) == [f'AuditStreamArn="{arn}"']
