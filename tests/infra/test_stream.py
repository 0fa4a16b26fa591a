"""RegistryTable's stream, how it calls the changes function, and what becomes of records that it cannot take."""

from __future__ import annotations

import json
from typing import Any

from dci_common.registry.model.base import Kind
from dci_common.registry.storage.keys import RECORD
from support.deployment import deployed, of_type, statements

OF_MY_OWN = {"RegistryTableName": "of-my-own"}
STREAM = {
    "RegistryStreamArn": "arn:aws:dynamodb:eu-west-1:111122223333:table/of-my-own/stream/2026-03-01T00:00:00.000"
}
TYPE = "AWS::Lambda::EventSourceMapping"


def mapping(**parameters: str) -> dict[str, Any]:
    """Return the properties of the mapping of the stream."""
    return dict(of_type(TYPE, **parameters)["ChangesStream"]["Properties"])


def test_the_stream_has_both_images() -> None:
    """A change is derived from the record before and after it; what is recorded once is indexed by itself."""
    streams = {
        name: table["Properties"].get("StreamSpecification")
        for name, table in of_type("AWS::DynamoDB::Table").items()
    }
    assert {name: stream for name, stream in streams.items() if stream} == {
        "RegistryTable": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
        "AuditTable": {"StreamViewType": "NEW_IMAGE"},
    }


def test_the_function_gets_records_alone() -> None:
    """Index entries and memberships call no function, and nothing that is written is missed."""
    found = mapping()
    assert found["FunctionName"] == {"Ref": "ChangesFunction"}
    assert found["EventSourceArn"] == {"Fn::GetAtt": ["RegistryTable", "StreamArn"]}
    [pattern] = found["FilterCriteria"]["Filters"]
    kinds = [{"prefix": f"{kind}#"} for kind in Kind]
    assert json.loads(pattern["Pattern"]) == {"dynamodb": {"Keys": {"pk": {"S": kinds}, "sk": {"S": [RECORD]}}}}
    assert found["StartingPosition"] == "TRIM_HORIZON"


def test_a_record_that_cannot_be_taken_does_not_hold_up_the_others() -> None:
    """It is tried alone, a hundred times at most, within the day for which the stream has it, and then kept whole."""
    found = mapping()
    assert found["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert found["BisectBatchOnFunctionError"] is True
    assert found["MaximumRetryAttempts"] == 100
    assert found["MaximumRecordAgeInSeconds"] < 24 * 3600
    assert found["DestinationConfig"] == {"OnFailure": {"Destination": {"Fn::GetAtt": ["LostChanges", "Arn"]}}}


def test_what_was_lost_is_guarded_and_goes_by_itself() -> None:
    """The bucket is encrypted, reached over TLS alone, closed to the public, and empties itself after 90 days."""
    [bucket] = of_type("AWS::S3::Bucket").values()
    properties = bucket["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 90
    assert (bucket["UpdateReplacePolicy"], bucket["DeletionPolicy"]) == ("Retain", "RetainExceptOnCreate")
    [rule] = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms"}
    [own] = of_type("AWS::S3::Bucket", KmsKeyArn="arn:aws:kms:eu-west-1:111122223333:key/of-our-own").values()
    [rule] = own["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": {"Ref": "KmsKeyArn"},
    }
    [policy] = of_type("AWS::S3::BucketPolicy").values()
    [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_an_adopted_table_brings_its_stream() -> None:
    """With RegistryStreamArn the function reads that stream; without one there is nothing to read."""
    given = OF_MY_OWN | STREAM
    assert mapping(**given)["EventSourceArn"] == {"Ref": "RegistryStreamArn"}
    assert _readable(**given) == [{"Ref": "RegistryStreamArn"}]
    assert of_type(TYPE, **OF_MY_OWN).keys() == {"AuditIndexStream"}
    assert _readable(**OF_MY_OWN) == []
    assert "ChangesFunction" in deployed(**OF_MY_OWN)["Resources"]


def _readable(**parameters: str) -> list[Any]:
    """Return the streams that the function may read."""
    found = statements("ChangesFunction", **parameters)
    return [statement["Resource"] for statement in found if "dynamodb:GetRecords" in statement["Action"]]
