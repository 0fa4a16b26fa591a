"""A client's own exchanges, found by the ids that it knows them by; those of others look as if they did not exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from dci_common.exchange.exchange_lists import ExchangeLists
from dci_common.exchange.exchange_store import ExchangeStore

if TYPE_CHECKING:
    from dci_common.exchange.exchanges import Exchange, Kind
    from dci_common.runtime import Runtime

_CORRELATION_ID = len("00000000-0000-4000-8000-000000000000")  # with which the codes of its subscriptions begin
_NEWEST = 1_000  # exchanges among which one is looked for that its transaction does not name


class OwnExchanges:
    """Finds exchanges of a client, of some kinds."""

    def __init__(self, runtime: Runtime, client_id: str, kinds: tuple[Kind, ...]) -> None:
        self._runtime = runtime
        self._client_id = client_id
        self._kinds = kinds
        self._exchanges = ExchangeStore(runtime)
        self._lists = ExchangeLists(runtime)

    def first(self, correlation_ids: Iterable[str]) -> Exchange | None:
        """Return the first exchange that exists with one of the correlation ids."""
        return next(filter(None, map(self._own, correlation_ids)), None)

    def of_transactions(self, transaction_ids: list[str]) -> Exchange | None:
        """Return the newest exchange of a transaction; of several, first the newest of the client's newest ones."""
        if len(transaction_ids) == 1:  # which needs no list
            return self._of_transaction(transaction_ids[0]) or self.first(self._newest({*transaction_ids}))
        found = self.first(self._newest({*transaction_ids}))
        return found or next(filter(None, map(self._of_transaction, transaction_ids)), None)

    def of_references(self, references: list[str], transaction_id: str) -> Exchange | None:
        """Return an exchange with one of the reference ids: of this transaction, or else of the newest ones."""
        wanted = {*references}
        found = self._of_transaction(transaction_id)
        if found and not wanted.isdisjoint(found.references):
            return found
        return self.first(self._newest(wanted, by_reference=True))

    def of_subscriptions(self, codes: list[str]) -> Exchange | None:
        """Return the exchange that began a subscription with one of the codes, or else the newest that names one."""
        begun = self.first(code[:_CORRELATION_ID] for code in codes)
        return begun or self.first(self._newest({*codes}, by_reference=True))

    def _of_transaction(self, transaction_id: str) -> Exchange | None:
        ids = self._lists.of_transaction(self._client_id, transaction_id, self._kinds)
        own = filter(None, map(self._own, ids))
        return max(own, key=lambda exchange: exchange.accepted, default=None)

    def _newest(self, wanted: set[str], *, by_reference: bool = False) -> Iterator[str]:
        """Yield the correlation id of the newest exchange that has one of the ids, if there is one."""
        for names in self._lists.newest(self._client_id, _NEWEST):
            ids = names.references if by_reference else {names.transaction_id}
            if names.kind in self._kinds and not wanted.isdisjoint(ids):
                yield names.correlation_id
                return

    def _own(self, correlation_id: str) -> Exchange | None:
        exchange = self._exchanges.get(correlation_id)
        is_own = exchange and exchange.client_id == self._client_id and exchange.kind in self._kinds
        is_kept = exchange and exchange.is_kept(self._runtime.clock())
        return exchange if is_own and is_kept else None
