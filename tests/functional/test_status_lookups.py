"""How a status request finds its search, and how little is read for it."""

from __future__ import annotations

import copy
from typing import Any

import boto3
import pytest

from dci_common.exchange.exchanges import KEPT_SECONDS, transaction_key
from support.api import Reply, predicate
from support.call_trace import aws_calls
from support.exchanges import Partner

SOMEBODY = predicate(("birth_date", "ge", "1900-01-01"))


def search(partner: Partner, transaction_id: str, reference_id: str) -> str:
    """Send a search, and return its correlation id."""
    message = partner.message({**copy.deepcopy(SOMEBODY), "reference_id": reference_id}, sender_uri=None)
    message["message"]["transaction_id"] = transaction_id
    return str(partner.send(message).json["message"]["correlation_id"])


def status(partner: Partner, attribute_type: str, value: object, transaction_id: str = "of-the-status") -> Reply:
    """Ask for the status of a search, in a message with a transaction id of its own."""
    message = partner.message(name="status", sender_uri=None)
    message["message"]["transaction_id"] = transaction_id
    message["message"]["txnstatus_request"] |= {"attribute_type": attribute_type, "attribute_value": value}
    return partner.send(message, "status")


def found(reply: Reply) -> dict[str, Any]:
    """Return the answer to the search that a status reports."""
    answer: dict[str, Any] = reply.json["message"]["txnstatus_response"]["txn_status"]
    return answer


def lists_read(partner: Partner, *asked: Any) -> int:
    """Return how often a list of the client's exchanges is read for a status."""
    with aws_calls(partner.api.runtime) as calls:
        assert found(status(partner, *asked))["search_response"][0]["status"] == "pdng"
    return sum(call.startswith("Query") for call in calls)


def test_a_transaction_is_found_without_a_list(partner: Partner) -> None:
    """By its transaction id, and by reference ids beside it, a search is found however many others there are."""
    correlation_id = search(partner, "t-first", "r-first")
    for number in range(5):
        search(partner, f"t-{number}", "r-first")
    assert lists_read(partner, "transaction_id", "t-first") == 0
    assert lists_read(partner, "reference_id_list", ["r-first"], "t-first") == 0
    assert found(status(partner, "transaction_id", "t-first"))["correlation_id"] == correlation_id
    within = found(status(partner, "reference_id_list", ["r-first"], "t-first"))
    assert within["correlation_id"] == correlation_id


def test_the_newest_search_of_a_transaction_is_found(partner: Partner) -> None:
    """Of searches with the same transaction id, and of those with a reference id, the newest is found."""
    search(partner, "t-same", "r-same")
    partner.api.clock.advance(1)
    newest = search(partner, "t-same", "r-same")
    for asked in (("transaction_id", "t-same"), ("reference_id_list", ["r-none", "r-same"])):
        assert found(status(partner, *asked))["correlation_id"] == newest


@pytest.mark.parametrize("is_listed", [True, False], ids=["newest", "older"])
def test_each_of_several_ids_counts(partner: Partner, monkeypatch: pytest.MonkeyPatch, *, is_listed: bool) -> None:
    """Of transactions the newest search is found, or else the first known; of correlation ids, the first known."""
    older = search(partner, "t-old", "r-old")
    partner.api.clock.advance(1)
    newest = search(partner, "t-new", "r-new")
    if not is_listed:
        monkeypatch.setattr("dci_common.exchange.own_exchanges._NEWEST", 1)
        partner.api.clock.advance(1)
        search(partner, "t-last", "r-last")
    assert found(status(partner, "transaction_id", ["t-none", "t-old"]))["correlation_id"] == older
    both = found(status(partner, "transaction_id", ["t-old", "t-new"]))
    assert both["correlation_id"] == (newest if is_listed else older)
    assert found(status(partner, "correlation_id", ["none", older, newest]))["correlation_id"] == older
    with aws_calls(partner.api.runtime) as calls:
        unknown = found(status(partner, "transaction_id", [f"t-none-{number}" for number in range(100)]))
    assert unknown["search_response"][0]["status_reason_code"] == "rjct.reference_id.invalid"
    assert sum(call.startswith("Query") for call in calls) == 1


def test_reference_ids_are_looked_for_in_one_read(partner: Partner) -> None:
    """Without the transaction's id, one read of the list of exchanges finds a reference id, or that there is none."""
    search(partner, "t-1", "r-1")
    assert lists_read(partner, "reference_id_list", ["r-1"]) == 1
    with aws_calls(partner.api.runtime) as calls:
        unknown = found(status(partner, "reference_id_list", ["r-2"], "t-1"))
    assert unknown["search_response"][0]["status_reason_code"] == "rjct.reference_id.invalid"
    assert sum(call.startswith("Query") for call in calls) == 1


def test_a_status_request_is_no_search_of_its_transaction(partner: Partner) -> None:
    """An asynchronous status request that repeats the id of a transaction does not take its place."""
    correlation_id = search(partner, "t-1", "r-1")
    message = partner.message(name="exchange_status")
    message["message"]["transaction_id"] = "t-1"
    assert partner.send(message, "exchange_status").status == 200
    assert found(status(partner, "transaction_id", "t-1"))["correlation_id"] == correlation_id


def test_a_search_that_no_item_names_is_found(partner: Partner) -> None:
    """A search that was accepted before transactions had items of their own is found in the list."""
    correlation_id = search(partner, "t-1", "r-1")
    key = transaction_key(partner.client.client_id, "t-1")
    boto3.client("dynamodb").delete_item(TableName=partner.api.runtime.settings.exchange_table, Key=key)
    assert found(status(partner, "transaction_id", "t-1"))["correlation_id"] == correlation_id


def test_a_search_that_is_kept_no_longer_is_unknown(partner: Partner) -> None:
    """Fourteen days after its end a search is not answered any more, even where DynamoDB has not deleted it yet."""
    correlation_id = search(partner, "t-1", "r-1")
    partner.work()
    partner.api.clock.advance(KEPT_SECONDS - 1)
    partner.token = str(partner.api.token(partner.client, partner.secret).json["access_token"])
    asked = {"transaction_id": "t-1", "correlation_id": correlation_id, "reference_id_list": "r-1"}
    assert {found(status(partner, *one))["correlation_id"] for one in asked.items()} == {correlation_id}
    partner.api.clock.advance(1)
    for one in asked.items():
        assert found(status(partner, *one))["search_response"][0]["status_reason_code"] == "rjct.reference_id.invalid"
