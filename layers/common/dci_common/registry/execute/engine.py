"""Runs a search. It goes down to storage for four things, one after the other, and returns up after each.

1. The owners of the identifiers, phone numbers and e-mail addresses that the query names (lookups.py).
2. Related records that limit the query: the people who fulfil a condition on a group's members, which is a search of
   its own, or the households whose members are wanted.
3. The index entries of the access path (scan.py), of which the matches are counted and the page's are listed.
4. The bodies of the records (bodies.py), which are disclosed only if they still match. Each body is read once, when
   the first step needs it: those that lookups found before the index is read, those of unverified entries and of the
   page after it.

What each returns is data for the next: planning (`plan/`) reads nothing, and no step calls back into the engine.

Without sort keys, records found only by a lookup come first, by id, then those that are found in an index, in the
order of its slot (by birth date, say, or by id), ties by id. Those found in several slots, or in one whose order
would reveal to the client what it may not see, are ordered by id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dci_common.registry.catalogue.catalogue import Catalogue
from dci_common.registry.execute.search import Found, Search
from dci_common.registry.model.views import View
from dci_common.registry.plan.search_plan import Visibility, plan_search
from dci_common.registry.query.sort import SortKey, Window
from dci_common.registry.query.tree import Query
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore

if TYPE_CHECKING:
    from dci_common.registry.execute.collection import CollectionPosition

_THREADS = 16


class SearchEngine:
    """Answers queries from RegistryTable."""

    def __init__(self, store: RegistryStore, catalogue: Catalogue) -> None:
        self._store = store
        self._catalogue = catalogue
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="registry")

    def search(self, query: Query, visibility: Visibility, window: Window, budget: Budget) -> Found:
        """Return the page of matches that a window shows.

        The total counts index entries, which lag by moments. Every record of the page was read consistently and
        matches now, so a page may have fewer records than its size. Raises TooManyMatches when the budget is spent,
        or when all matches are wanted and are more than the window holds.
        """
        plan = plan_search(query, self._catalogue)
        return Search(self._store, self._threads, plan, visibility, budget).page(window)

    def collect(
        self,
        query: Query,
        visibility: Visibility,
        sort: tuple[SortKey, ...],
        budget: Budget,
        after: CollectionPosition | None = None,
    ) -> Iterator[CollectionPosition]:
        """Yield the places of all matches, or those that follow a place; collection.py says in which order.

        Slots that were unfilled when the collection began are not read, though a reindex may have filled them since.
        Raises TooManyMatches when the budget is spent, or when more must be sorted in memory than is allowed, and
        InvalidQuery when the matches no longer have the order of that place.
        """
        # Only here, because a sync search collects nothing.
        from dci_common.registry.execute.collection import Collection  # noqa: PLC0415

        plan = plan_search(query, self._catalogue)
        if after is not None:
            visibility = visibility._replace(unfilled=visibility.unfilled.union(after.unfilled.split()))

        def new_search(own: Budget) -> Search:
            return Search(self._store, self._threads, plan, visibility, own)

        return Collection(plan, visibility, new_search, budget).places(sort, after)

    def matching(self, query: Query, visibility: Visibility, ids: Sequence[str], budget: Budget) -> list[View]:
        """Return the views of those of these records that exist and match now, in their order."""
        plan = plan_search(query, self._catalogue)
        found = Search(self._store, self._threads, plan, visibility, budget).matching(ids)
        return [found[id_] for id_ in ids if id_ in found]
