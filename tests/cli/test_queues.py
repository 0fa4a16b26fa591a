"""The queues of a local deployment: who is served when."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest

from dci_cli.local.queues import Message, Queue
from dci_common.aws.services import MinimalSQS
from support.retry_pauses import NO_PAUSES


@pytest.fixture
def sqs(engine: None) -> MinimalSQS:  # noqa: ARG001 - must be running
    """Return a client of SQS."""
    return MinimalSQS(NO_PAUSES)


@pytest.fixture
def url(sqs: MinimalSQS) -> str:
    """Return the URL of a new queue."""
    return str(sqs.call("CreateQueue", {"QueueName": str(uuid4())})["QueueUrl"])


def send(sqs: MinimalSQS, url: str, client_id: str, *bodies: str) -> None:
    """Queue messages of a client."""
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=client_id)


def take(queue: Queue) -> Message:
    """Take the next message, which must be there."""
    message = queue.take(threading.Event())
    assert message
    return message


def test_clients_take_turns(sqs: MinimalSQS, url: str) -> None:
    """A flood of messages by one client delays another's by a single message, and each keeps its own order."""
    queue = Queue(sqs, url)
    send(sqs, url, "a", *(f"a{number}" for number in range(25)))
    first = take(queue).event["Records"][0]
    send(sqs, url, "b", "b0", "b1")
    assert first["attributes"]["MessageGroupId"] == "a"
    taken = [first["body"], *(take(queue).event["Records"][0]["body"] for _ in range(26))]
    assert taken[:6] == ["a0", "a1", "b0", "a2", "b1", "a3"]
    assert taken[6:] == [f"a{number}" for number in range(4, 25)]


def test_a_deleted_message_is_gone_and_a_stopped_queue_waits_for_none(sqs: MinimalSQS, url: str) -> None:
    """A deleted message is not in the queue any more, and a receiver that waits returns when the queue is stopped."""
    queue, stopped = Queue(sqs, url), threading.Event()
    send(sqs, url, "a", "a0")
    queue.delete(take(queue))
    counted = {"QueueUrl": url, "AttributeNames": ["All"]}
    attributes = sqs.call("GetQueueAttributes", counted)["Attributes"]
    assert {attributes[name] for name in attributes if name.startswith("ApproximateNumberOf")} == {"0"}
    threading.Timer(0.1, stopped.set).start()
    assert queue.take(stopped) is None
