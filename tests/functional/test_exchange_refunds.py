"""Records that were counted for the quota, and are not sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.api import Api, predicate
from support.exchanges import Partner, Queues, Receiver, change_client
from support.stored_exchanges import exchange_table
from support.stored_items import items_of

EVERYBODY = predicate(("birth_date", "ge", "1900-01-01"))


@pytest.fixture
def partner_of(village_table: str, new_api: Callable[..., Api], receiver: Receiver) -> Callable[..., Partner]:
    """Return what makes a partner of an API with settings, whose blocks hold few keys."""

    def make(settings: dict[str, Any], **changes: Any) -> Partner:
        queues = Queues()
        names = {"work_queue": "work", "delivery_queue": "delivery", "exchange_table": exchange_table()}
        api = new_api(registry_table=village_table, sqs=lambda _: queues, **names, **settings)
        return Partner(api, queues, receiver.url, **changes)

    return make


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dci_delivery.item_collection.BLOCK", 5)


def counted(partner: Partner) -> list[int]:
    """Return how many records count for the partner's quota, day by day."""
    own = items_of(partner.api.runtime.settings.exchange_table, f"RATE#{partner.client.client_id}")
    return [int(item.get("records", {"N": "0"})["N"]) for item in own]


def collect_a_part(partner: Partner) -> None:
    """Have a search be collected for one slice, which is over before all is found."""
    clock = partner.api.clock

    def looked_at() -> float:
        clock.advance(1)
        return clock.now

    partner.api.runtime.clock = looked_at
    partner.search(EVERYBODY)
    partner.work(rounds=1, to_the_end=False)
    partner.api.runtime.clock = clock
    assert counted(partner)[0] > 0


def rejection(partner: Partner, receiver: Receiver) -> str:
    """Have the rest be done, and return the code of the rejection that is sent."""
    partner.work()
    ((found,),) = receiver.pages
    return str(found["status_reason_code"])


def test_an_item_that_is_too_large_counts_as_one_record(
    partner_of: Callable[..., Partner], receiver: Receiver
) -> None:
    """What was counted of a search that turns out to be too large is given back: only its rejection counts."""
    partner = partner_of({"max_examined_async": 50})
    collect_a_part(partner)
    assert rejection(partner, receiver) == "rjct.search.too_many_records_found"
    assert counted(partner) == [1]


def test_an_item_that_may_not_be_searched_any_more_counts_nothing(
    partner_of: Callable[..., Partner], receiver: Receiver
) -> None:
    """What was counted before a client lost the type of the records is given back."""
    partner = partner_of({})
    collect_a_part(partner)
    change_client(partner, record_types=["Group"])
    assert rejection(partner, receiver) == "rjct.search_criteria.invalid"
    assert counted(partner) == [0]


def test_a_day_gives_nothing_back_that_was_counted_on_another(
    partner_of: Callable[..., Partner], receiver: Receiver
) -> None:
    """A rejection on the next day leaves that day's count as it is: nobody may receive more on it."""
    partner = partner_of({})
    collect_a_part(partner)
    before = counted(partner)
    partner.api.clock.advance(86_400)
    change_client(partner, record_types=["Group"])
    assert rejection(partner, receiver) == "rjct.search_criteria.invalid"
    assert counted(partner) == before


def test_a_collection_ends_with_its_entitlement(partner_of: Callable[..., Partner], receiver: Receiver) -> None:
    """A search that was begun with restricted people is rejected when the client is not entitled to them any more."""
    partner = partner_of({}, flags={"restricted": True})
    collect_a_part(partner)
    change_client(partner, flags={"restricted": False})
    assert rejection(partner, receiver) == "rjct.search_criteria.invalid"
    assert counted(partner) == [0]
