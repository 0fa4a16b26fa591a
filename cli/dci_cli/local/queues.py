"""The queues of a local deployment, in moto, and the messages that wait in them."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dci_cli.local_server import REGION

if TYPE_CHECKING:
    from dci_common.aws.services import MinimalSQS
    from dci_common.runtime import Event

_QUEUES = {"WORK_QUEUE": "dci-work", "DELIVERY_QUEUE": "dci-delivery", "CHANGES_QUEUE": "dci-changes"}
# Moto knows a queue by the last part of its URL. It is the same in each run, as the tables' names are.
QUEUE_URLS = {name: f"https://sqs.{REGION}.amazonaws.com/123456789012/{queue}" for name, queue in _QUEUES.items()}
_ATTRIBUTES = {"VisibilityTimeout": "1800"}  # as in template.yaml
_BATCH = 10  # ReceiveMessage's own limit
_POLL_SECONDS = 0.1  # moto answers one request at a time, so none of them may wait for messages


def create_queues(sqs: MinimalSQS) -> None:
    """Create the queues. What was in those of an earlier run is queued again by the sweep."""
    for queue in _QUEUES.values():
        sqs.call("CreateQueue", {"QueueName": queue, "Attributes": _ATTRIBUTES})


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was received, and stays in its queue until it is deleted."""

    content: Any  # as SQS has it

    @property
    def client_id(self) -> str:
        """The client whose message it is."""
        return str(self.content.get("Attributes", {}).get("MessageGroupId", ""))

    @property
    def event(self) -> Event:
        """The event with which Lambda calls a function for this message alone."""
        record = {
            "messageId": self.content["MessageId"],
            "receiptHandle": self.content["ReceiptHandle"],
            "body": self.content["Body"],
            "attributes": self.content.get("Attributes", {}),
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "awsRegion": REGION,
        }
        return {"Records": [record]}


class Queue:
    """A queue whose messages are taken from one client after the other, as SQS does for groups of messages."""

    def __init__(self, sqs: MinimalSQS, url: str) -> None:
        self._sqs, self._url = sqs, url
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[Message]] = {}  # by client, whose turn is in this order

    def take(self, stopped: threading.Event) -> Message | None:
        """Wait for the next message, and return it; None when it is stopped. Any number of threads may wait."""
        with self._lock:  # one of them asks for all
            while not stopped.is_set():
                self._receive()
                if self._waiting:
                    return self._next()
                stopped.wait(_POLL_SECONDS)
        return None

    def delete(self, message: Message) -> None:
        """Delete a message that is done."""
        handle = message.content["ReceiptHandle"]
        self._sqs.call("DeleteMessage", {"QueueUrl": self._url, "ReceiptHandle": handle})

    def _next(self) -> Message:
        client_id = next(iter(self._waiting))
        messages = self._waiting.pop(client_id)
        message = messages.popleft()
        if messages:
            self._waiting[client_id] = messages  # after all others
        return message

    def _receive(self) -> None:
        """Receive the messages that have come."""
        request = {"QueueUrl": self._url, "MaxNumberOfMessages": _BATCH, "AttributeNames": ["All"]}
        while found := self._sqs.call("ReceiveMessage", request).get("Messages"):
            for message in map(Message, found):
                self._waiting.setdefault(message.client_id, deque()).append(message)
