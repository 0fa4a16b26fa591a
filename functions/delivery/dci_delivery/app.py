"""The delivery function: SQS calls it for each exchange to be worked on, and a schedule each minute for the sweep."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from dci_common.deadline import Deadline, calls_end_by
from dci_common.exchange.disclosure_session import DisclosureSessions
from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.stored_answer import StoredAnswers
from dci_common.logs import log_failure
from dci_common.outbound.http_client import HttpClient
from dci_common.runtime import Event, LambdaHandler, Runtime, lambda_handler
from dci_delivery.collector import Collector
from dci_delivery.deliverer import Deliverer
from dci_delivery.messages import Messages
from dci_delivery.packer import Packer
from dci_delivery.partner_tokens import PartnerTokens
from dci_delivery.searches import Searches
from dci_delivery.subscriber import SubscribeItems, UnsubscribeItems
from dci_delivery.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from dci_common.settings import Settings

_EARLY_SECONDS = 1  # that the clocks of two functions may differ


def create_app(runtime: Runtime, http_client: Callable[[Settings], HttpClient] = HttpClient) -> LambdaHandler:
    """Build the function. `http_client` makes the client that reaches partners."""
    store, answers = ExchangeStore(runtime), StoredAnswers(runtime)
    sessions = DisclosureSessions(runtime)
    collector = Collector(
        runtime,
        {
            "search": Searches(runtime, answers, sessions).open,
            "subscribe": partial(SubscribeItems, runtime, answers.settings),
            "unsubscribe": partial(UnsubscribeItems, runtime),
        },
    )
    client = http_client(runtime.settings)
    messages = Messages(runtime, answers, sessions)
    deliverer = Deliverer(runtime, messages, client, PartnerTokens(runtime, client))

    packer = Packer(runtime, answers)

    def work(correlation_id: str, deadline: Deadline) -> None:
        """Work on an exchange, if there is something to do now: a message can be late, early, or come twice."""
        exchange = store.get(correlation_id)
        if not exchange or not exchange.is_open or exchange.held_until > runtime.clock() + _EARLY_SECONDS:
            return
        worker = collector if exchange.state == "collecting" else deliverer
        worker.work(exchange, deadline)

    def work_on(content: dict[str, str], deadline: Deadline) -> None:
        """Make the next page of a channel, or work on an exchange."""
        if "channel" in content:
            packer.pack(content["channel"], deadline)
        else:
            work(content["correlation_id"], deadline)

    def handler(event: Event, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own object
        deadline = Deadline.of(context, runtime.clock)
        failures: list[dict[str, str]] = []
        with calls_end_by(deadline):
            if "Records" not in event:
                sweep(runtime)
            for record in event.get("Records", ()):
                try:
                    work_on(from_json(record["body"]), deadline)
                except Exception as error:  # noqa: BLE001 - SQS delivers this one again, and not the others
                    log_failure(error, record["messageId"])
                    failures.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failures}

    return handler


handler = lambda_handler(create_app)
