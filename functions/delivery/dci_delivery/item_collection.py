"""One item of a message: what it finds is collected in blocks, each stored with what it counts for the quota."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dci_common.exchange.cursor import PageStart
from dci_common.exchange.disclosed_records import shown_members
from dci_common.exchange.exchange_store import Charge, QuotaUsedUp
from dci_common.exchange.exchanges import Checkpoint, Exchange, Outcome
from dci_common.exchange.near_limits import KEPT_SECONDS
from dci_common.registry.errors import TooManyMatches
from dci_common.registry.model.base import Kind
from dci_common.registry.storage.budget import Budget
from dci_common.timestamps import day
from dci_delivery.collector import OutOfTime, finished

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dci_common.clients.model import Client
    from dci_common.deadline import Deadline
    from dci_common.exchange.compiled_search import CompiledSearch
    from dci_common.exchange.cursor import Cursors
    from dci_common.exchange.exchange_store import ExchangeStore
    from dci_common.exchange.stored_answer import StoredAnswer
    from dci_common.registry.execute.collection import CollectionPosition
    from dci_common.registry.execute.engine import SearchEngine
    from dci_common.runtime import Runtime

BLOCK = 2_000  # keys
_BLOCK_BYTES = 200_000  # of keys in one item, which DynamoDB takes up to 400 KB
_LEAST_SECONDS = 10  # for what was found: to find the first of it, as in sorting, may take longer than the slice


class ItemCollection:
    """Collects the first item of an exchange that has no outcome yet."""

    def __init__(
        self,
        runtime: Runtime,
        store: ExchangeStore,
        engine: SearchEngine,
        client: Client,
        answer: StoredAnswer,
        stop_at: float,
    ) -> None:
        self._runtime = runtime
        self._store = store
        self._engine = engine
        self._client = client
        self._answer = answer
        self._stop_at = stop_at

    def collect(self, exchange: Exchange, search: CompiledSearch, deadline: Deadline) -> Exchange:
        """Store all matches and the outcome of the item.

        Raises OutOfTime when the slice is over before, QuotaUsedUp when the rest must wait for another day, and
        TooManyMatches.
        """
        started = exchange.checkpoint
        budget = Budget(self._runtime.settings.max_examined_async - started.examined, deadline)
        block: list[CollectionPosition] = []
        size = 0
        last = started.after
        stop_at: float | None = None
        for place in self._engine.collect(search.query, search.visibility, search.sort, budget, started.after):
            last = place
            stop_at = stop_at or max(self._stop_at, self._runtime.clock() + _LEAST_SECONDS)
            if place.is_match:
                block.append(place)
                size += len(place.position.id.encode())
            is_over = self._runtime.clock() >= stop_at
            if is_over or len(block) == BLOCK or size >= _BLOCK_BYTES:
                exchange = self._store_block(exchange, search, block, last, started.examined + budget.examined)
                block, size = [], 0
            if is_over:
                raise OutOfTime(exchange)
        exchange = self._store_block(exchange, search, block, last, started.examined + budget.examined)
        keys = exchange.checkpoint.keys
        return self._store.save(finished(exchange, Outcome(keys, keys, restricted=self._client.restricted)))

    def page(self, exchange: Exchange, search: CompiledSearch, cursors: Cursors, deadline: Deadline) -> Exchange:
        """Store the page that the item asks for, as the sync search would find it, and the outcome of the item.

        Raises QuotaUsedUp, TooManyMatches, and Rejection for a cursor that is not the client's.
        """
        cursor = search.page.cursor
        start = cursors.open(cursor, search.digest) if cursor else None
        budget = Budget(self._runtime.settings.max_examined_async, deadline)
        found = self._engine.search(search.query, search.visibility, search.window(start), budget)
        ids = [view["id"] for view in found.views]
        following = found.next_position
        next_cursor = cursors.seal(PageStart(following, found.total), search.digest) if following else ""
        shown = set(ids)
        others = [id_ for id_ in found.identified if id_ not in shown]
        outcome = Outcome(len(ids), found.total, next_cursor, len(others), restricted=self._client.restricted)
        charge = sum(self._charges(search, ids)) or min(found.total, 1)
        if (a_day := self._a_day()) and charge > a_day:
            raise _more_than_a_day(a_day)
        keys = self._blocks(exchange, [*ids, *others])
        return self._store.save(finished(exchange, outcome), *keys, charge=self._charge(charge))

    def rejected(self, exchange: Exchange, outcome: Outcome, *, is_probe: bool = False) -> Exchange:
        """Store why an item is rejected, and give back what it was charged today: nothing of it is sent.

        A probe, which reveals how much there is, counts as a record. What was charged on earlier days limits nothing.
        """
        before, today = exchange.checkpoint, str(day(self._runtime.clock()))
        returned = before.charged_then if before.charged_on == today else 0
        return self._store.save(finished(exchange, outcome), charge=self._charge(int(is_probe) - returned))

    def _store_block(
        self,
        exchange: Exchange,
        search: CompiledSearch,
        block: Sequence[CollectionPosition],
        last: CollectionPosition | None,
        examined: int,
    ) -> Exchange:
        """Store a block of matches, as many of them as the quota allows. Raises QuotaUsedUp."""
        charges = self._charges(search, [place.position.id for place in block])
        try:
            return self._store_part(exchange, block, last, sum(charges), examined)
        except QuotaUsedUp as full:
            room = self._a_day() - full.used
            fitting = _fitting(charges, room)
            if charges[0] > self._a_day():  # however many others are counted today
                raise _more_than_a_day(self._a_day()) from full
            if fitting:
                part = block[:fitting]
                self._store_part(exchange, part, part[-1], sum(charges[:fitting]), examined)
            raise

    def _store_part(
        self,
        exchange: Exchange,
        block: Sequence[CollectionPosition],
        last: CollectionPosition | None,
        charge: int,
        examined: int,
    ) -> Exchange:
        number, before = len(exchange.outcomes), exchange.checkpoint
        ids = [place.position.id for place in block]
        made = self._charge(charge)
        charged_on = made.date if made else before.charged_on
        charged_then = charge + (before.charged_then if before.charged_on == charged_on else 0)
        after = Checkpoint(
            after=last,
            keys=before.keys + len(ids),
            charged=before.charged + charge,
            charged_on=charged_on,
            charged_then=charged_then,
            examined=examined,
            restricted=self._client.restricted,
        )
        keys = [self._store.keys_item(exchange, number, before.keys, ids)] if ids else []
        moved = replace(exchange, checkpoint=after, tries=exchange.tries if before.after == last else 1)
        return self._store.save(moved, *keys, charge=made)

    def _blocks(self, exchange: Exchange, ids: list[str]) -> list[dict[str, object]]:
        number, blocks, start = len(exchange.outcomes), list[dict[str, object]](), 0
        while start < len(ids):
            count = _fitting([len(id_.encode()) for id_ in ids[start:]], _BLOCK_BYTES)
            blocks.append(self._store.keys_item(exchange, number, start, ids[start : start + count]))
            start += count
        return blocks

    def _charges(self, search: CompiledSearch, ids: list[str]) -> list[int]:
        """Return what each record counts: one, and the members that a group shows."""
        kind, today = search.record_type.kind, day(self._runtime.clock())
        if kind is not Kind.GROUP or "household" not in search.disclosure:
            return [1] * len(ids)
        budget = Budget(len(ids) * BLOCK)
        views = self._engine.matching(search.query, search.visibility, ids, budget)
        members = {view["id"]: len(shown_members(kind, [view], search.disclosure, today)) for view in views}
        return [1 + members.get(id_, 0) for id_ in ids]

    def _a_day(self) -> int:
        own = self._client.records_a_day
        return self._runtime.settings.records_a_day if own is None else own

    def _charge(self, records: int) -> Charge | None:
        now = self._runtime.clock()
        return Charge(str(day(now)), records, self._a_day(), int(now) + KEPT_SECONDS) if records else None


def _fitting(sizes: Sequence[int], room: int) -> int:
    """Return how many of the first sizes fit together."""
    for count, size in enumerate(sizes):
        room -= size
        if room < 0:
            return count
    return len(sizes)


def _more_than_a_day(a_day: int) -> TooManyMatches:
    return TooManyMatches(
        f"This client may receive {a_day} records a day, and one step of this answer exceeds that: ask for smaller "
        "pages, or for records without their members."
    )
