"""An entitlement that a client loses while an exchange runs: then neither people nor their number are disclosed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from dci_common.exchange.exchange_store import ExchangeStore
from support.api import Api, Reply, predicate
from support.example_counts import sampled
from support.exchange_questions import PEOPLE
from support.exchanges import Partner, Queues, Receiver, change_client, receiving, records_of
from support.registry_harness import registry_with

EVERYBODY = predicate(("birth_date", "ge", "1800-01-01"))
HIDDEN = 5


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Run a receiver of callbacks."""
    with receiving() as running:
        yield running


@pytest.fixture
def partner(new_api: Callable[..., Api], receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Iterator[Partner]:
    """Return a partner that is entitled to restricted people, of a registry that has some; its pages are small."""
    monkeypatch.setattr("dci_common.exchange.exchanges.PAGE_RECORDS", 4)
    people = [person.model_copy(update={"restricted": number < HIDDEN}) for number, person in enumerate(PEOPLE)]
    queues = Queues()
    with registry_with(*people) as registry:
        names = {"registry_table": registry.table, "work_queue": "work", "delivery_queue": "delivery"}
        api = new_api(sqs=lambda _: queues, **names)
        yield Partner(api, queues, receiver.url, flags={"restricted": True})


def withdraw(partner: Partner, lost: str) -> None:
    """Have the client lose what its search needs."""
    if lost == "restricted people":
        change_client(partner, flags={"restricted": False})
    else:
        change_client(partner, record_types=["Group"])


def outcome_total(partner: Partner, reply: Reply) -> int:
    """Return how many keys an exchange has found."""
    exchange = ExchangeStore(partner.api.runtime).get(reply.json["message"]["correlation_id"])
    assert exchange
    return sum(outcome.total for outcome in exchange.outcomes)


@pytest.mark.parametrize("lost", ["restricted people", "the record type"])
@pytest.mark.parametrize("stage", sampled(["collected", "one page"]))
def test_what_is_left_is_rejected_once(partner: Partner, receiver: Receiver, lost: str, stage: str) -> None:
    """One rejection takes the place of all pages that are left, in callbacks and statuses, and has no number."""
    if stage == "one page":
        receiver.answer = lambda _: (503 if receiver.received else 200, {})
    reply = partner.search(EVERYBODY)
    partner.work(rounds=1, to_the_end=False)
    assert outcome_total(partner, reply) > 3 * 4
    if stage == "one page":
        partner.work()
        receiver.answer = lambda _: (200, {})
    sent = len(receiver.received)
    withdraw(partner, lost)
    partner.api.clock.advance(60)
    partner.sweep()
    assert partner.state(reply) == "answered"
    left = [found for page in receiver.pages[sent:] for found in page]
    assert {found["status"] for found in left} == {"rjct"}
    # A page that was decided on before may have arrived, so its rejection does not stand for the others.
    assert len(left) == (1 if stage == "collected" else 2)
    assert not any("pagination" in found or records_of(found) for found in left)
    status = partner.status("correlation_id", reply.json["message"]["correlation_id"], pagination={"page_size": 3})
    (found,) = status.json["message"]["txnstatus_response"]["txn_status"]["search_response"]
    assert (found["status"], found["status_reason_code"]) == ("rjct", "rjct.search_criteria.invalid")
    assert "pagination" not in found


@pytest.mark.parametrize("lost", ["restricted people", "the record type"])
def test_a_status_without_time_says_what_was_lost(partner: Partner, lost: str) -> None:
    """What a client may not ask for any more is rejected as such, and not as too much, when time is over, too."""
    partner.search(EVERYBODY, sender_uri=None)
    partner.work()
    partner.api.context = SimpleNamespace(get_remaining_time_in_millis=lambda: 3_500)
    codes = []
    for _ in range(2):
        status = partner.status("transaction_id", "t-1", pagination={"page_size": 3})
        (found,) = status.json["message"]["txnstatus_response"]["txn_status"]["search_response"]
        codes.append(found["status_reason_code"])
        withdraw(partner, lost)
        partner.api.clock.advance(60)
    assert codes == ["rjct.search.too_many_records_found", "rjct.search_criteria.invalid"]


def test_a_search_that_finds_nobody_restricted_any_more(partner: Partner, receiver: Receiver) -> None:
    """A client that loses the entitlement before its search is collected gets the others, and their number."""
    reply = partner.search(EVERYBODY)
    withdraw(partner, "restricted people")
    partner.work()
    assert partner.state(reply) == "answered"
    totals = {found["pagination"]["total_count"] for page in receiver.pages for found in page}
    assert totals == {len(PEOPLE) - HIDDEN} == {len(receiver.ids)}


def test_what_is_rejected_and_allowed_again_comes_in_pages(partner: Partner, receiver: Receiver) -> None:
    """What was to be one rejection, which did not arrive, is sent in pages when the client is entitled again."""
    receiver.answer = lambda _: (503, {})
    reply = partner.search(EVERYBODY)
    partner.work(rounds=1, to_the_end=False)
    withdraw(partner, "restricted people")
    partner.work()
    (rejected,) = receiver.arrived[0]["message"]["search_response"]
    assert rejected["status"] == "rjct"
    receiver.answer = lambda _: (200, {})
    change_client(partner, flags={"restricted": True})
    partner.api.clock.advance(60)
    partner.sweep()
    assert partner.state(reply) == "answered"
    assert len(receiver.ids) == len(set(receiver.ids)) == len(PEOPLE)
    assert {len(records_of(found)) for page in receiver.pages for found in page} <= {1, 2, 3, 4}


def test_a_client_that_keeps_its_entitlement_gets_everybody(partner: Partner, receiver: Receiver) -> None:
    """Restricted people are sent to a client that is entitled to them from the beginning to the end."""
    partner.search(EVERYBODY)
    partner.work()
    totals = {found["pagination"]["total_count"] for page in receiver.pages for found in page}
    assert totals == {len(PEOPLE)} == {len(receiver.ids)}
