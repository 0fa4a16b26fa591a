"""Running a query: resolve it, walk its path over all partitions at once, disclose only what still matches.

Without a sort, records found by a lookup come first, by id, then those found in an index, in the order of its slot
(by birth date, say, or by id), ties by id. Those found in several slots come by id.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from dci_common.registry.execute.resolver import Resolver
from dci_common.registry.execute.scan import Partitions, Scan, Turn
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View, unrestricted
from dci_common.registry.plan.filter import Facets
from dci_common.registry.plan.planner import Path, plan
from dci_common.registry.query.sort import Place, SortKey, ordered
from dci_common.registry.query.tree import And, IdIn, Node, Not, Query, matches
from dci_common.registry.storage.budget import Budget, too_many
from dci_common.registry.storage.store import QUERY_COST, RegistryStore

_THREADS = 16
_READERS = 4  # more would wait for the one processor
_CHUNK = 100  # records that one call reads


@dataclass(frozen=True, slots=True)
class Window:
    """Which of the matches are wanted: `size` of them after the first `offset` that come after the place `after`.

    `whole` says that it must be all.
    """

    offset: int
    size: int
    sort: tuple[SortKey, ...] = ()
    after: Place | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A page of views, how many records match in all, and after which place more of them follow, if any do.

    `identified` are the ids of matches, on this page or not, that were found by their identifiers and the like.
    """

    views: list[View]
    total: int
    more_after: Place | None
    identified: list[str]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to look: the number of shards, and whether restricted people are to be found."""

    shards: int
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How a query is run: its path, what the path does not prove (None: nothing), and the partitions read."""

    path: Path
    rest: Node | None
    partitions: Partitions


class SearchEngine:
    """Answers queries from RegistryTable."""

    def __init__(self, store: RegistryStore) -> None:
        self._store = store
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="registry")

    def search(self, query: Query, scope: Scope, window: Window, budget: Budget) -> Found:
        """Find the records that match.

        The total counts the index, which lags by moments; every record of the page was read consistently and
        matches now, so a page may come out short. Raises Rejection when the budget is spent, or when all matches
        are wanted and are more than the window holds.
        """
        return _Run(self._store, self._threads, query, scope, budget).page(window)

    def plan(self, query: Query, scope: Scope, budget: Budget) -> Plan:
        """Return how a query is run, after its lookups."""
        return _Run(self._store, self._threads, query, scope, budget).plan


class _Run:
    """One query on its way."""

    def __init__(
        self, store: RegistryStore, threads: ThreadPoolExecutor, query: Query, scope: Scope, budget: Budget
    ) -> None:
        self._store = store
        self._threads = threads
        self._query = query
        self._scope = scope
        self._budget = budget
        self._seen: dict[str, View] = {}
        resolver = Resolver(store, threads, self._find_all, self._read)
        tree = resolver.resolve(query, budget)
        path = plan(tree, query.kind)
        if path.ranges and query.kind is Kind.PERSON:
            limited = resolver.members(tree, query)
            path = path if limited is None else Path(ids=limited, exact=False)
        # What the lookups found is counted by its bodies; the walk of the index leaves it out.
        rest = And((tree, Not(IdIn(path.ids)))) if path.ids else None if path.exact else tree
        self.plan = Plan(path, rest, Partitions.of(query, scope.shards, restricted=scope.restricted))
        self._path = path
        self._scan = Scan(store, query, rest, self.plan.partitions)
        budget.check(self._scan.queries(path.ranges) * QUERY_COST)

    def page(self, window: Window) -> Found:
        """Return the page of a window."""
        if len(self._path.ranges) == 1 and _is_slot_order(window.sort, self._path, self._query.kind):
            places, total = self._in_slot_order(window)
        else:
            places, total = self._in_sort_order(window)
        if window.whole and total > window.size:
            raise too_many(f"{total} records match: ask for pages of at most {window.size}.")
        page = places[: window.size]
        views = self._matching([place.id for place in page])
        more_after = page[-1] if page and len(places) > window.size else None
        shown = [views[place.id] for place in page if place.id in views]
        return Found(shown, total, more_after, list(self._matching(self._path.ids)))

    def _in_slot_order(self, window: Window) -> tuple[list[Place], int]:
        """Return the places of the window, one more if any follow, and how many there are in all."""
        size = window.size + 1
        start, by_id = window.after, sorted(self._matching(self._path.ids))
        ahead = [id_ for id_ in by_id if start is None or (start.values == (None,) and id_ > start.id)]
        page = [Place((None,), id_) for id_ in ahead[window.offset :][:size]]
        turn = Turn(
            offset=max(0, window.offset - len(ahead)),
            size=size - len(page),
            after=(start.values[0] or "") if start else "",
            descending=bool(window.sort) and window.sort[0].descending,
        )
        entries, total = self._scan.walk(self._path.ranges[0], turn, self._threads, self._budget, self._decide)
        page += [Place((position,), id_) for position, id_ in entries]
        return page, len(by_id) + total

    def _in_sort_order(self, window: Window) -> tuple[list[Place], int]:
        places = ordered(self._places(window.sort), window.sort)
        total = len(places)
        if window.after is not None:
            places = ordered({*places, window.after}, window.sort)
            places = places[places.index(window.after) + 1 :]
        return places[window.offset :][: window.size + 1], total

    def _places(self, sort: tuple[SortKey, ...]) -> list[Place]:
        by_facets = all(key.is_in_facets(self._query.kind) for key in sort)
        found: dict[str, Facets | None] = dict.fromkeys(self._matching(self._path.ids))
        if self._path.ranges:
            with_facets = bool(sort) and by_facets
            found |= self._scan.collect(
                self._path.ranges, self._threads, self._budget, self._decide, with_facets=with_facets
            )
        if sort:
            bodied = [id_ for id_, facets in found.items() if facets is None or not by_facets]
            gone = set(bodied) - self._matching(bodied).keys()
            found = {id_: facets for id_, facets in found.items() if id_ not in gone}
        return [Place(tuple(self._sort_value(key, id_, found[id_]) for key in sort), id_) for id_ in found]

    def _sort_value(self, key: SortKey, id_: str, facets: Facets | None) -> str | None:
        if id_ in self._seen:
            return key.of_view(self._seen[id_], self._query.today)
        return key.of_facets(facets or {})

    def _find_all(self, query: Query, budget: Budget) -> list[View]:
        """Return all records that match another query, for this one's sake."""
        other = _Run(self._store, self._threads, query, self._scope, budget)
        return list(other._matching([place.id for place in other._places(())]).values())

    def _decide(self, ids: list[str]) -> dict[str, View]:
        return self._matching([id_ for id_ in ids if id_ not in self._path.ids])

    def _matching(self, ids: Iterable[str]) -> dict[str, View]:
        """Read records once, strongly consistent, and keep those that match now and may be found."""
        wanted = [id_ for id_ in dict.fromkeys(ids) if id_ not in self._seen]
        size = _CHUNK * math.ceil(len(wanted) / (_CHUNK * _READERS)) or 1
        chunks = [wanted[start : start + size] for start in range(0, len(wanted), size)]
        read = partial(self._read, self._query.kind)
        for chunk in self._threads.map(read, chunks) if len(chunks) > 1 else map(read, chunks):
            matching = (view for view in chunk.values() if matches(self._query.tree, view, self._query.today))
            self._seen |= {view["id"]: view for view in matching}
        return {id_: self._seen[id_] for id_ in ids if id_ in self._seen}

    def _read(self, kind: Kind, ids: Sequence[str]) -> dict[str, View]:
        """Read records as the client may see them: restricted people are not there unless it is entitled to them."""
        found = self._store.views(kind, ids, self._budget).values()
        views = (unrestricted(view) if self._scope.restricted else view for view in found)
        return {view["id"]: view for view in views if not view.get("restricted")}


def _is_slot_order(sort: Sequence[SortKey], path: Path, kind: Kind) -> bool:
    """Tell whether the walk of the path's one slot yields the order asked for."""
    if not sort:
        return True
    (key, *others) = sort
    slot = key.attribute.slots.get(kind)
    return not others and not path.ids and not key.joined and slot == path.ranges[0].slot
