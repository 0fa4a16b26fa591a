"""Rejections are as long as the standard allows: an exchange of many items is stored with all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dci_cli.local.demo import Population
from dci_common.registry.model.records import Person
from support.api import Api
from support.exchanges import Queues, Receiver
from support.registries import registry_of
from support.stored_exchanges import exchange_table
from support.subscribe_messages import criteria, subscribe_item
from support.subscribing_partner import SubscribingPartner

_UNKNOWN = {"type": "SHOE_SIZE", "value": "44"}


@pytest.fixture(scope="module")
def table(engine: None) -> Iterator[str]:  # noqa: ARG001 - must be running
    """Return a registry with many identifier types of long names, which rejections list."""
    people = [
        Person.model_validate(
            {
                "id": f"p-{number}",
                "identifiers": [
                    {"identifier_type": f"{number} {index} ".ljust(100, "X"), "identifier_value": "1"}
                    for index in range(20)
                ],
            }
        )
        for number in range(4)
    ]
    with registry_of(Population(people)) as made:
        yield made


@pytest.mark.exhaustive
def test_a_hundred_long_rejections_are_answered(table: str, new_api: Callable[..., Api], receiver: Receiver) -> None:
    """The items of a message are all answered, however many attributes each rejection has to offer."""
    queues = Queues()
    names = {"work_queue": "work", "delivery_queue": "delivery", "exchange_table": exchange_table()}
    partner = SubscribingPartner(new_api(registry_table=table, sqs=lambda _: queues, **names), queues, receiver)
    items: list[dict[str, Any]] = [
        subscribe_item(f"r-{number}", subscribe_criteria=criteria(filter=_UNKNOWN)) for number in range(100)
    ]
    reply = partner.subscribe(*items)
    partner.work()
    assert partner.state(reply) == "answered"
    answered = [item for sent in receiver.received for item in sent["message"]["subscribe_response"]]
    assert len(answered) == 100
    assert {len(item["status_reason_message"]) for item in answered} == {999}
