"""The changes function: which changes of a batch become events, which are queued, and which stay in the stream."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from dci_changes import app as changes_app
from dci_common.runtime import Event, LambdaHandler
from support.api import Api
from support.events import event
from support.exchanges import Queues
from support.logs import Logs
from support.stored_exchanges import exchange_table
from support.stored_items import stored_items
from support.subscriptions import subscribed


@pytest.fixture
def queues() -> Queues:
    """Return the queues."""
    return Queues()


@pytest.fixture
def api(new_api: Callable[..., Api], queues: Queues) -> Api:
    """Return an API with an ExchangeTable of its own, to which a client has subscribed."""
    api = new_api(exchange_table=exchange_table(), changes_queue="changes", sqs=lambda _: queues)
    client, _ = api.client()
    subscribed(api.runtime, client.client_id)
    return api


@pytest.fixture
def changes(api: Api) -> LambdaHandler:
    """Return the function."""
    return changes_app.create_app(api.runtime)


def batch(*numbers: int) -> Event:
    """Return a batch of changes of records, by their numbers."""
    return {"Records": [record(number) for number in numbers]}


def record(number: int) -> dict[str, Any]:
    """Return the change of a record."""
    [made] = event("changes")["Records"]
    made["dynamodb"]["SequenceNumber"] = str(number)
    made["dynamodb"]["Keys"]["pk"]["S"] = f"PERSON#p{number}"
    return dict(made)


def torn(made: dict[str, Any]) -> dict[str, Any]:
    """Return a change whose body cannot be read."""
    made["dynamodb"]["NewImage"]["body"]["S"] = "{"
    return made


def unrendered(made: dict[str, Any]) -> dict[str, Any]:
    """Return a change that can be read, but compared with no subscription."""
    made["dynamodb"]["NewImage"]["body"]["S"] = '{"id": "p", "households": 7}'
    return made


def announced(api: Api) -> set[str]:
    """Return the ids of the records whose events are in the outbox."""
    items = stored_items(api.runtime.settings.exchange_table)
    return {item["sk"]["S"].split("#")[2] for item in items if item["sk"]["S"].startswith("EVENT#")}


def queued(queues: Queues) -> list[str]:
    """Return the bodies of the changes that were queued."""
    return [message["MessageBody"] for message in queues.sent if message["QueueUrl"] == "changes"]


def again(*bodies: str) -> Event:
    """Return the event of messages of the queue, by their places."""
    [message] = event("queued_changes")["Records"]
    return {"Records": [{**message, "messageId": str(place), "body": body} for place, body in enumerate(bodies)]}


def failures(answer: dict[str, Any]) -> list[str]:
    """Return what is tried again."""
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_changes_become_events(api: Api, changes: LambdaHandler, queues: Queues) -> None:
    """The events of a batch are in the outbox, and nothing is tried again."""
    assert failures(changes(batch(1, 2), None)) == []
    assert announced(api) == {"p1", "p2"}
    assert queued(queues) == []


@pytest.mark.parametrize("spoil", [torn, unrendered])
def test_a_record_that_fails_is_queued_alone(
    api: Api, changes: LambdaHandler, queues: Queues, logs: Logs, spoil: Callable[..., dict[str, Any]]
) -> None:
    """Whether it cannot be read or not be compared, the others of the batch are events; no line says what it is."""
    sent = batch(1, 2, 3)
    spoil(sent["Records"][1])
    assert failures(changes(sent, None)) == []
    assert announced(api) == {"p1", "p3"}
    [body] = queued(queues)
    assert failures(changes(again(body), None)) == ["0"]
    assert [entry["correlation_id"] for entry in logs.entries()] == ["2", "0"]


def test_a_queued_record_is_an_event_when_the_cause_is_gone(api: Api, changes: LambdaHandler, queues: Queues) -> None:
    """Whatever of a batch fails while DynamoDB rejects all is read from the queue later, message by message."""
    dynamodb = api.runtime.dynamodb
    vars(api.runtime)["dynamodb"] = None
    assert failures(changes(batch(1, 2), None)) == []
    assert announced(api) == set()
    vars(api.runtime)["dynamodb"] = dynamodb
    assert failures(changes(again(*queued(queues), "not a record"), None)) == ["2"]
    assert announced(api) == {"p1", "p2"}


def test_what_cannot_be_queued_stays_in_the_stream(api: Api, changes: LambdaHandler, queues: Queues) -> None:
    """The answer names the records that the stream must give again, and none that is an event already."""
    queues.fails = True
    sent = batch(1, 2, 3)
    torn(sent["Records"][1])
    assert failures(changes(sent, None)) == ["2"]
    assert announced(api) == {"p1", "p3"}


def test_a_record_that_is_too_large_for_the_queue_stays_in_the_stream(changes: LambdaHandler, queues: Queues) -> None:
    """The queue takes records whole or not at all: no event follows from its keys alone."""
    sent = batch(1)
    noise = "".join(random.Random(7).choices("".join(map(chr, range(0x4E00, 0x9000))), k=90_000))
    change = sent["Records"][0]["dynamodb"]
    change["OldImage"]["body"]["S"], change["NewImage"]["body"]["S"] = noise, noise[::-1]
    assert failures(changes(sent, None)) == ["1"]
    assert queued(queues) == []


def test_a_queued_record_has_what_is_read_of_it_alone(changes: LambdaHandler, queues: Queues) -> None:
    """Index attributes make no difference to what is queued."""
    plain, indexed = torn(record(1)), torn(record(1))
    indexed["dynamodb"]["NewImage"] |= {f"x{number:02}": {"S": "a" * 100} for number in range(12)}
    changes({"Records": [plain]}, None)
    changes({"Records": [indexed]}, None)
    lengths = {len(body) for body in queued(queues)}
    assert len(lengths) == 1


class Short:
    """Lambda's context with little time left."""

    def get_remaining_time_in_millis(self) -> int:
        return 9_000


def test_there_is_time_left_to_queue(api: Api, changes: LambdaHandler, queues: Queues) -> None:
    """Work ends ten seconds before the function does, so that what took too long is queued."""
    assert failures(changes(batch(1), Short())) == []
    assert announced(api) == set()
    assert len(queued(queues)) == 1


def test_a_batch_may_come_twice(api: Api, changes: LambdaHandler) -> None:
    """A batch that comes again changes nothing."""
    assert failures(changes(batch(1, 2), None)) == []
    before = stored_items(api.runtime.settings.exchange_table)
    assert failures(changes(batch(1, 2), None)) == []
    after = stored_items(api.runtime.settings.exchange_table)
    assert [item for item in after if "version" not in item] == [item for item in before if "version" not in item]
