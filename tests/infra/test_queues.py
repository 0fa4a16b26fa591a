"""The queues, and how the delivery function and the changes function are called."""

from __future__ import annotations

from typing import Any

import pytest

from support.deployment import functions, of_type

QUEUES = {name: queue["Properties"] for name, queue in of_type("AWS::SQS::Queue").items()}
OF_DELIVERY = ("WorkQueue", "DeliveryQueue")
WITH_DEAD_LETTERS = {
    "WorkQueue": "WorkDeadLetters",
    "DeliveryQueue": "DeliveryDeadLetters",
    "ChangesQueue": "ChangesDeadLetters",
}
OF_STREAM = "AuditIndexDeadLetters"  # where Lambda says what could not be indexed
DAYS = 86_400


def events(type_: str, function: str = "DeliveryFunction") -> dict[str, Any]:
    """Return the properties of a function's events of a type, by name."""
    found = functions()[function]["Events"].items()
    return {name: event["Properties"] for name, event in found if event["Type"] == type_}


def test_each_queue_has_a_queue_of_its_own_for_dead_letters() -> None:
    """A message that fails five times, or a change that fails for an hour, is set aside for 14 days."""
    assert QUEUES.keys() == {*WITH_DEAD_LETTERS, *WITH_DEAD_LETTERS.values(), OF_STREAM}
    assert QUEUES[OF_STREAM] == QUEUES["WorkDeadLetters"]
    for name, dead_letters in WITH_DEAD_LETTERS.items():
        target = {"Fn::GetAtt": [dead_letters, "Arn"]}
        times = 5 if name in OF_DELIVERY else 3600 // QUEUES[name]["VisibilityTimeout"]
        assert QUEUES[name]["RedrivePolicy"] == {"deadLetterTargetArn": target, "maxReceiveCount": times}
        assert "RedrivePolicy" not in QUEUES[dead_letters]
        assert QUEUES[dead_letters]["MessageRetentionPeriod"] == 14 * DAYS


@pytest.mark.parametrize("name", WITH_DEAD_LETTERS)
def test_a_message_is_not_received_while_the_function_may_work_on_it(name: str) -> None:
    """A message stays invisible for six times the function's timeout, as Lambda advises."""
    function = "DeliveryFunction" if name in OF_DELIVERY else "ChangesFunction"
    assert 0 <= QUEUES[name]["VisibilityTimeout"] - 6 * functions()[function]["Timeout"] < 10
    assert "FifoQueue" not in QUEUES[name]  # a standard queue, whose groups are fair


@pytest.mark.parametrize("name", QUEUES)
def test_a_queue_is_encrypted(name: str) -> None:
    """Messages are encrypted with the deployment's own key, if there is one, or else with that of SQS."""
    key = {"KmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/of-our-own"}
    own = of_type("AWS::SQS::Queue", **key)[name]["Properties"]
    assert QUEUES[name]["SqsManagedSseEnabled"] is True
    assert "KmsMasterKeyId" not in QUEUES[name]
    assert own["KmsMasterKeyId"] == {"Ref": "KmsKeyArn"}
    assert "SqsManagedSseEnabled" not in own


def test_messages_are_received_one_at_a_time() -> None:
    """Each queue calls the function within MaxConcurrency, and only a message that failed is received again."""
    received = events("SQS")
    assert [source["Queue"] for source in received.values()] == [
        {"Fn::GetAtt": [name, "Arn"]} for name in OF_DELIVERY
    ]
    for source in received.values():
        assert source["BatchSize"] == 1
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert source["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "MaxConcurrency"}}


def test_what_is_due_is_looked_for_each_minute() -> None:
    """A schedule calls the function each minute, and no other function is called by a queue or a schedule."""
    assert [schedule["Schedule"] for schedule in events("Schedule").values()] == ["rate(1 minute)"]
    others = [
        function for name, function in functions().items() if name not in {"DeliveryFunction", "ChangesFunction"}
    ]
    types = {event["Type"] for function in others for event in function.get("Events", {}).values()}
    assert types == {"HttpApi"}
    assert functions()["ChangesFunction"]["Events"].keys() == {"Again"}
    assert functions()["DeliveryFunction"].keys().isdisjoint({"AutoPublishAlias", "SnapStart", "VpcConfig"})


def test_the_next_step_of_an_exchange_is_no_runaway_loop() -> None:
    """Lambda lets the function that works on the queues queue again what it works on, and stops loops of others."""
    allowed = [name for name, function in functions().items() if "RecursiveLoop" in function]
    assert allowed == ["DeliveryFunction"]
    assert functions()["DeliveryFunction"]["RecursiveLoop"] == "Allow"


def test_a_change_that_failed_is_tried_again_alone() -> None:
    """ChangesQueue calls the function within MaxConcurrency, and only a message that failed is received again."""
    [again] = events("SQS", "ChangesFunction").values()
    assert again["Queue"] == {"Fn::GetAtt": ["ChangesQueue", "Arn"]}
    assert again["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert again["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "MaxConcurrency"}}
