"""The audit index function: each record that was disclosed or changed finds who saw or changed it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dci_audit_index import app
from dci_common.aws.dynamodb import Item
from dci_common.runtime import Runtime
from support.api import Api, identified
from support.audit_stream import audit_items, delete, entries, index, own_audit_table, stream_record
from support.call_trace import hooked
from support.stored_items import items_of

KEY = {"pk": {"S": "DAY#2026-03-01#3"}, "sk": {"S": "2026-03-01T09:30:00.000Z#00112233445566aa#0"}}
ITEM = {
    **KEY,
    "client_id": {"S": "health"},
    "route": {"S": "sync/search"},
    "query": {"S": "names somebody else"},
    "purpose": {"S": "p" * 20_000},
    "disclosed": {"S": "standard"},
    "records": {"SS": ["GROUP#hill", "PERSON#anna"]},
    "expires": {"N": "1900000000"},
}
WITHHELD = {
    "pk": KEY["pk"],
    "sk": {"S": f"{KEY['sk']['S']}#withheld"},
    "client_id": ITEM["client_id"],
    "records": ITEM["records"],
    "withheld": {"BOOL": True},
}


@pytest.fixture
def runtime(engine: None) -> Iterator[Runtime]:  # noqa: ARG001 - must be running
    """Return the function's runtime, with a table of its own."""
    with own_audit_table() as runtime:
        yield runtime


def test_each_record_of_a_disclosure_is_indexed(runtime: Runtime) -> None:
    """An entry has what a statement for a citizen says, the same expiry, and no query."""
    assert index(runtime, [ITEM]) == []
    for key in ("PERSON#anna", "GROUP#hill"):
        assert entries(runtime, key) == [
            {
                "pk": {"S": f"RECORD#{key}"},
                "sk": KEY["sk"],
                "item": KEY["pk"],
                "client_id": {"S": "health"},
                "route": {"S": "sync/search"},
                "purpose": {"S": "p" * 300},
                "disclosed": {"S": "standard"},
                "expires": {"N": "1900000000"},
            }
        ]


def test_what_was_searched_is_indexed(new_api: Callable[..., Api], runtime: Runtime) -> None:
    """What the search function has recorded is indexed under the person, with the client and what it may see."""
    api = new_api(audit_table=runtime.settings.audit_table)
    client, secret = api.client(disclosure=("minimal", "phone_number"))
    api.search(identified("UIN", "847951632"), token=api.token(client, secret).json["access_token"])
    [item] = audit_items(runtime)
    assert index(runtime) == []
    [entry] = entries(runtime, item["records"]["SS"][0])
    assert (entry["client_id"], entry["disclosed"]) == ({"S": client.client_id}, {"S": "minimal phone_number"})


def incomplete(item: Item) -> Item:
    """Return an operator's item, as it is when the command has failed."""
    return {**item, "incomplete": {"BOOL": True}}


OPERATOR = {**KEY, "operator": {"S": "local:amina"}, "command": {"S": "put"}, "records": {"SS": ["PERSON#anna"]}}


@pytest.mark.parametrize(
    ("items", "last"), [((ITEM, WITHHELD), "withheld"), ((OPERATOR, incomplete(OPERATOR)), "incomplete")]
)
def test_the_last_state_remains_in_any_order(items: tuple[Item, Item], last: str, runtime: Runtime) -> None:
    """Items that come twice, or in another order, leave one entry, which says how it ended."""
    for order in itertools.permutations([*items, *items]):
        assert index(runtime, order) == []
        [entry] = entries(runtime, "PERSON#anna")
        assert entry[last] == {"BOOL": True}
        delete(runtime, entry)


def test_nothing_else_is_indexed(runtime: Runtime) -> None:
    """Items that expire, entries of the index itself and disclosures without records leave no entry."""
    nobody = {name: value for name, value in ITEM.items() if name != "records"}
    other = {**ITEM, "pk": {"S": "RECORD#PERSON#anna"}}
    records = [stream_record(ITEM, event="REMOVE"), stream_record(nobody), stream_record(other)]
    assert app.create_app(runtime)({"Records": records}, None) == {"batchItemFailures": []}
    assert items_of(runtime.settings.audit_table, "RECORD#PERSON#anna") == []


def test_lambda_goes_on_from_the_first_that_failed(runtime: Runtime) -> None:
    """When an entry cannot be written, the items before it stay indexed, and those after it are left for later."""
    items = [{**ITEM, "sk": {"S": f"{KEY['sk']['S'][:-1]}{number}"}} for number in range(3)]

    def fail(operation: str, parameters: Any) -> None:
        if operation == "PutItem" and parameters["Item"]["sk"]["S"].endswith("1"):
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, operation)

    with hooked(runtime, fail):
        assert index(runtime, items) == ["1"]
    assert [entry["sk"]["S"][-1] for entry in entries(runtime, "PERSON#anna")] == ["0"]
    assert index(runtime, items[1:]) == []
    assert [entry["sk"]["S"][-1] for entry in entries(runtime, "PERSON#anna")] == ["0", "1", "2"]
