"""AuditTable's stream, and how it calls the audit index function."""

from __future__ import annotations

import json
from typing import Any

from dci_common.exchange.audit_index import AUDITED
from support.deployment import deployed, of_type, statements

TYPE = "AWS::Lambda::EventSourceMapping"
NAMED = {"AuditTableName": "of-my-own"}
STREAM = {"AuditStreamArn": "arn:aws:dynamodb:eu-west-1:111122223333:table/of-my-own/stream/2026-03-01T00:00:00.000"}


def mapping(**parameters: str) -> dict[str, Any]:
    """Return the properties of the mapping of the stream."""
    return dict(of_type(TYPE, **parameters)["AuditIndexStream"]["Properties"])


def test_the_function_gets_what_is_recorded() -> None:
    """What the function writes does not call it again, nor does an item that expires; nothing else is missed."""
    found = mapping()
    assert found["FunctionName"] == {"Ref": "AuditIndexFunction"}
    assert found["EventSourceArn"] == {"Fn::GetAtt": ["AuditTable", "StreamArn"]}
    [pattern] = found["FilterCriteria"]["Filters"]
    assert json.loads(pattern["Pattern"]) == {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {"Keys": {"pk": {"S": [{"prefix": AUDITED}]}}},
    }
    assert found["StartingPosition"] == "TRIM_HORIZON"


def test_what_cannot_be_indexed_is_reported_at_last() -> None:
    """It is tried alone, for as long as the stream has it, and then its place in the stream is queued."""
    found = mapping()
    assert found["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert found["BisectBatchOnFunctionError"] is True
    assert found["MaximumRecordAgeInSeconds"] == 23 * 3600
    target = {"Fn::GetAtt": ["AuditIndexDeadLetters", "Arn"]}
    assert found["DestinationConfig"] == {"OnFailure": {"Destination": target}}


def test_an_adopted_table_brings_its_stream() -> None:
    """With AuditStreamArn the function reads that stream; without one there is nothing to read."""
    assert mapping(**NAMED, **STREAM)["EventSourceArn"] == {"Ref": "AuditStreamArn"}
    assert _readable(**NAMED, **STREAM) == [{"Ref": "AuditStreamArn"}]
    assert "AuditIndexStream" not in of_type(TYPE, **NAMED)
    assert _readable(**NAMED) == []
    assert "AuditIndexFunction" in deployed(**NAMED)["Resources"]


def _readable(**parameters: str) -> list[Any]:
    """Return the streams that the function may read."""
    found = statements("AuditIndexFunction", **parameters)
    return [statement["Resource"] for statement in found if "dynamodb:GetRecords" in statement["Action"]]
