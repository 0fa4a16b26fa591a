"""The stream of the registry table, as `make deploy` finds it and `dci doctor` checks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from dci_cli.deploy import find_stream
from dci_cli.doctor.stream_check import examine_stream
from dci_cli.local import moto_engine
from dci_cli.local.tables import create_tables
from dci_cli.samconfig import SamConfig
from support.registries import tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import StreamSpecificationTypeDef

ALL_IMAGES: StreamSpecificationTypeDef = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
KEYS: StreamSpecificationTypeDef = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
TURN_ON = "aws dynamodb update-table --table-name {} --stream-specification StreamEnabled="


@pytest.fixture
def dynamodb() -> Iterator[DynamoDBClient]:
    """Return a client of DynamoDB with two tables, of which one has a stream with both images."""
    with moto_engine.running():
        client = boto3.client("dynamodb")
        for name, spec in (("streamed", ALL_IMAGES), ("other", KEYS)):
            create_tables(client, tables(), {"ClientsTable": name})
            client.update_table(TableName=name, StreamSpecification=spec)
        create_tables(client, tables(), {"ClientsTable": "silent"})
        yield client
        for name in ("streamed", "other", "silent"):
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
    assert find_stream(adopting(tmp_path, RegistryTableName="streamed")) == [f'RegistryStreamArn="{arn}"']
    assert find_stream(adopting(tmp_path, LogLevel="DEBUG")) == []
    assert find_stream(adopting(tmp_path, RegistryTableName="missing", RegistryStreamArn="arn:aws:given")) == []


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
    """Subscribers are told nothing then, and everything else works: the operator reads how to turn it on."""
    assert dynamodb
    assert find_stream(adopting(tmp_path, RegistryTableName=table)) == []
    told = capsys.readouterr().err
    assert [part for part in said if part not in told] == []


@pytest.mark.parametrize(
    ("table", "outcome"), [("streamed", "ok"), ("silent", "warning"), ("missing", "skipped"), ("no table", "skipped")]
)
def test_the_doctor_says_whether_the_stream_is_on(table: str, outcome: str, dynamodb: DynamoDBClient) -> None:
    """A stream that is off is a warning with its remedy, and a table that cannot be looked at is passed over."""
    assert dynamodb
    finding = examine_stream(table)
    assert (finding.check, finding.outcome) == ("stream of the registry", outcome)
    assert (TURN_ON.format(table) in finding.remedy) == (outcome == "warning")
