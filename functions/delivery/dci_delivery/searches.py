"""The items of searches: the keys of all that each finds are stored, and counted for the client's quota.

Up to 2,000 keys, where the collection stands, and what they count are stored together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dci_common.exchange.cursor import Cursors
from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.exchanges import Exchange, Outcome
from dci_common.registry.errors import TooManyMatches
from dci_common.spdci.rejections import rejection_of
from dci_delivery.item_collection import ItemCollection

if TYPE_CHECKING:
    from dci_common.exchange.disclosure_session import DisclosureSessions
    from dci_common.exchange.stored_answer import StoredAnswers
    from dci_common.runtime import Runtime
    from dci_delivery.collector import Slice


class Searches:
    """Opens the items of searches."""

    def __init__(self, runtime: Runtime, answers: StoredAnswers, sessions: DisclosureSessions) -> None:
        self.runtime = runtime
        self.answers = answers
        self.sessions = sessions
        self.store = ExchangeStore(runtime)
        self.cursors = Cursors(runtime)

    def open(self, current: Slice) -> SearchItems:
        """Return the items of an exchange."""
        return SearchItems(self, current)


class SearchItems:
    """The items of a search, which are collected; see Items."""

    def __init__(self, searches: Searches, current: Slice) -> None:
        self._searches = searches
        self._client = current.client
        self._deadline = current.deadline
        self._answer = searches.answers.open(current.exchange, current.client)
        self._collection = ItemCollection(
            searches.runtime, searches.store, searches.answers.engine, current.client, self._answer, current.stop_at
        )

    def next(self, exchange: Exchange) -> Exchange:
        """Collect the next item."""
        if exchange.checkpoint.restricted:
            self._answer.check_entitled()
        search = self._answer.compiled(len(exchange.outcomes))
        try:
            if search.page.size is None:
                return self._collection.collect(exchange, search, self._deadline)
            return self._collection.page(exchange, search, self._searches.cursors, self._deadline)
        except TooManyMatches as error:
            return self._probed(exchange, error)

    def rejected(self, exchange: Exchange, outcome: Outcome) -> Exchange:
        """Store why the next item is rejected."""
        return self._collection.rejected(exchange, outcome)

    def complete(self, exchange: Exchange) -> None:
        """All is done."""

    def _probed(self, exchange: Exchange, error: TooManyMatches) -> Exchange:
        """Store that an item is rejected, which reveals how much there is."""
        number, rejection, searches = len(exchange.outcomes), rejection_of(error), self._searches
        envelope, correlation_id = self._answer.envelope, exchange.correlation_id
        with searches.sessions.open_charged(self._client, envelope, correlation_id, "search") as session:
            self._answer.record_probe(number, rejection.code, session)
        outcome = Outcome(code=rejection.code, reason=rejection.message)
        return self._collection.rejected(searches.store.held(exchange), outcome, is_probe=True)
