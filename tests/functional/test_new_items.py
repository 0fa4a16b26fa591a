"""Items that must replace no other: they are written once, whatever answers of DynamoDB get lost."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from dci_common.aws.dynamodb import Item
from dci_common.aws.new_item import put_new_item
from dci_common.aws.services import MinimalDynamoDB
from dci_common.runtime import Runtime
from dci_common.settings import Settings
from support.retry_pauses import NO_PAUSES
from support.stored_items import items_of

TABLE = "dci-audit"


def new(name: str, *people: str) -> Item:
    """Return an item with people."""
    return {"pk": {"S": f"NEW#{name}"}, "sk": {"S": "1"}, "records": {"SS": list(people)}}


@pytest.fixture
def runtime(engine: None) -> Runtime:  # noqa: ARG001 - must be running
    """Return a runtime whose client's network can be disturbed."""
    return Runtime(Settings(), retry=NO_PAUSES, dynamodb=MinimalDynamoDB)


def lose(runtime: Runtime, answers: int) -> list[str]:
    """Lose so many answers, and return the list of the operations that are called."""
    client: Any = runtime.dynamodb
    post, called = client.endpoint.post, list[str]()

    def post_and_lose(target: str, *request: Any) -> Any:
        called.append(target)
        answer = post(target, *request)
        if len(called) <= answers:
            raise ConnectionClosedError(endpoint_url="x")
        return answer

    vars(client.endpoint)["post"] = post_and_lose
    return called


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_an_item_is_written_though_answers_are_lost(lost: int, runtime: Runtime) -> None:
    """A repeated write finds its own item, and that is no error."""
    called = lose(runtime, lost)
    put_new_item(runtime, TABLE, new(f"lost-{lost}", "b", "a"))
    assert len(called) == lost + 1
    assert len(items_of(TABLE, f"NEW#lost-{lost}")) == 1


def test_a_write_is_given_up_after_three_attempts(runtime: Runtime) -> None:
    """When no answer comes at all, the caller learns that."""
    called = lose(runtime, 9)
    with pytest.raises(ConnectionClosedError):
        put_new_item(runtime, TABLE, new("silent", "a"))
    assert len(called) == 3


def test_another_item_is_not_replaced(runtime: Runtime) -> None:
    """An item with the same key and another content stays as it is."""
    put_new_item(runtime, TABLE, new("taken", "a"))
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        put_new_item(runtime, TABLE, new("taken", "b"))
    assert items_of(TABLE, "NEW#taken") == [new("taken", "a")]
