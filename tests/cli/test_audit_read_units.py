"""What `dci audit` reads of one person's history, as DynamoDB Local counts it: the same at any size of the table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient

from dci_cli.local import dynamodb_local
from dci_cli.local.tables import create_tables
from dci_cli.parallel import chunks
from dci_common.aws.dynamodb import Item
from dci_common.exchange.audit_index import index_entries
from dci_common.timestamps import day, timestamp
from support.events import ROOT
from support.registries import tables

from .conftest import Dci

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = [pytest.mark.exhaustive, pytest.mark.dynamodb_local]

TOMORROW = datetime.now(UTC).timestamp() + 86_400  # which is in the index
SIZES = {"few": 100, "many": 10_000}  # disclosures, ten of each search


def audit_items(disclosures: int) -> Iterator[Item]:
    """Yield the audit items of searches, of which the first ten have disclosed Anna."""
    for number in range(disclosures // 10):
        moment = TOMORROW + number / 1000
        people = [f"{number:05}-{other}" for other in range(9)] + ["anna" if number < 10 else f"{number:05}-9"]
        yield {
            "pk": {"S": f"DAY#{day(moment)}#{number % 8}"},
            "sk": {"S": f"{timestamp(moment)}#{number:016x}#0"},
            "client_id": {"S": "health"},
            "query": {"S": "{}"},
            "records": {"SS": [f"PERSON#{person}" for person in people]},
        }


@pytest.fixture
def dynamodb(engine: None) -> Iterator[DynamoDBClient]:  # noqa: ARG001 - keeps the user's AWS set-up away
    """Return a client of DynamoDB Local, with a table of few disclosures, and one of a hundred times as many."""
    jar = dynamodb_local.fetch(ROOT / ".local" / "dynamodb-local")
    with dynamodb_local.running(jar) as endpoint, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
        client = boto3.client("dynamodb")
        for name, count in SIZES.items():
            create_tables(client, tables(), {"AuditTable": name})
            items = (one for item in audit_items(count) for one in (item, *index_entries(item)))
            for chunk in chunks(items, 25):
                requests: Any = [{"PutRequest": {"Item": item}} for item in chunk]
                while requests:
                    answer = client.batch_write_item(RequestItems={name: requests})
                    requests = answer["UnprocessedItems"].get(name)
        yield client


def read_units(dci: Dci, table: str, *subject: str) -> tuple[float, int]:
    """Return the read units of an audit of the next days, and the number of its lines."""
    units = 0.0
    call = vars(BaseClient)["_make_api_call"]

    def counted(client: BaseClient, operation: str, request: Any) -> Any:
        nonlocal units
        is_read = operation in {"Query", "BatchGetItem"}
        answer = call(client, operation, request | ({"ReturnConsumedCapacity": "TOTAL"} if is_read else {}))
        consumed = answer.get("ConsumedCapacity", [])
        units += sum(one["CapacityUnits"] for one in (consumed if isinstance(consumed, list) else [consumed]))
        return answer

    period = ("--since", str(day(TOMORROW)), "--until", str(day(TOMORROW + 86_400)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", counted)
        done = dci("audit", *subject, *period, "--table", table, "--csv")
    return units, len(done.out.splitlines()) - 1


@pytest.mark.usefixtures("dynamodb")
def test_one_persons_history_costs_the_same_in_a_larger_table(dci: Dci) -> None:
    """Ten disclosures of a person take the same read units among 100 and among 10,000; a client's do not."""
    few, many = (read_units(dci, table, "--person", "anna") for table in SIZES)
    assert few == many
    assert few[1] == 10
    assert 0 < few[0] < 20
    assert read_units(dci, "many", "--client", "health")[0] > 5 * many[0]
