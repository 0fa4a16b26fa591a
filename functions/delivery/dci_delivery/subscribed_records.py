"""The records of subscriptions as their client may see them now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from dci_common.registry.errors import QueryError
from dci_common.registry.storage.budget import Budget
from dci_common.spdci.rejections import Rejection
from dci_common.spdci.subscriptions import SubscribeCriteria
from dci_common.subscriptions.compiled_subscription import (
    CompiledSubscription,
    compile_subscription,
    searched_criteria,
)
from dci_common.subscriptions.subscription_store import SubscriptionStore
from dci_common.timestamps import day

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.deadline import Deadline
    from dci_common.exchange.stored_answer import StoredAnswers
    from dci_common.registry.model.views import View
    from dci_common.runtime import Runtime
    from dci_common.spdci.search_items import SearchCriteria
    from dci_common.subscriptions.stored_event import StoredEvent
    from dci_common.subscriptions.subscription import Subscription

_NO_LIMIT = 10**12


class SubscribedRecords(NamedTuple):
    """An active subscription that its client may have now, and the `matching` ones of some records, by their ids."""

    subscription: Subscription
    compiled: CompiledSubscription
    criteria: SearchCriteria
    matching: dict[str, View]


class SubscribedRecordsReader:
    """Reads subscriptions and their records, consistently."""

    def __init__(self, runtime: Runtime, answers: StoredAnswers) -> None:
        self._runtime = runtime
        self._answers = answers
        self._subscriptions = SubscriptionStore(runtime)

    def read(self, client: Client, events: Iterable[StoredEvent], deadline: Deadline) -> dict[str, SubscribedRecords]:
        """Return the client's subscriptions of some events by their codes, with the records of these events.

        Subscriptions that have ended, or that the client may not have any more, are left out.
        """
        ids: dict[str, dict[str, None]] = defaultdict(dict)
        for event in events:
            ids[event.code][event.record_id] = None
        found: dict[str, SubscribedRecords] = {}
        for code, subscription in self._subscriptions.many([*ids]).items():
            if subscription.is_active and subscription.client_id == client.client_id:
                records = self._records(subscription, client, [*ids[code]], deadline)
                found |= {code: records} if records else {}
        return found

    def _records(
        self, subscription: Subscription, client: Client, ids: list[str], deadline: Deadline
    ) -> SubscribedRecords | None:
        criteria = SubscribeCriteria.model_validate(subscription.criteria)
        try:
            compiled = compile_subscription(criteria, client, self._answers.settings(), day(self._runtime.clock()))
        except (Rejection, QueryError):
            return None
        search = compiled.search
        views = self._answers.engine.matching(search.query, search.visibility, ids, Budget(_NO_LIMIT, deadline))
        matching = {view["id"]: view for view in views}
        return SubscribedRecords(subscription, compiled, searched_criteria(criteria), matching)
