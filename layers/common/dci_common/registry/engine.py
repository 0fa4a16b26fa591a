"""Running a query: resolve its lookups, walk the path over all shards at once, disclose only what still matches.

Results come in a stable order: records found by a lookup first, by id, then those found in an index, in the
order of its slot (by birth date, or by id), ties by id.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from dci_common.registry import keys
from dci_common.registry.budget import Budget, too_many
from dci_common.registry.catalogue import Type
from dci_common.registry.model import Kind
from dci_common.registry.planner import plan
from dci_common.registry.query import And, Compare, Node, Not, OneOf, Or, Query, leaves, matches
from dci_common.registry.scan import Scan
from dci_common.registry.store import RegistryStore
from dci_common.registry.views import View

_THREADS = 16


@dataclass(frozen=True, slots=True)
class Window:
    """Which of the matches are wanted: `size` of them after the first `offset`; `whole` if it must be all."""

    offset: int
    size: int
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A page of views, and how many records match in all."""

    views: list[View]
    total: int


class SearchEngine:
    """Answers queries from RegistryTable."""

    def __init__(self, store: RegistryStore) -> None:
        self._store = store
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="registry")

    def search(self, query: Query, shards: int, window: Window, budget: Budget) -> Found:
        """Find the records that match.

        The total counts the index, which lags by moments; every record of the page was read consistently and
        matches now, so a page may come out short. Raises Rejection when the budget is spent, or when all matches
        are wanted and are more than the window holds.
        """
        tree = self._resolved(query, budget)
        path = plan(tree, query.kind)
        by_id = self._matching(query, sorted(path.ids), budget) if path.ids else []
        page = by_id[window.offset : window.offset + window.size]
        ids, total = list[str](), len(by_id)
        if path.spans:
            # What the lookups found is counted already; the walk of the index leaves it out.
            rest = And((tree, Not(OneOf(path.ids)))) if path.ids else None if path.exact else tree
            scan = Scan(self._store, query, path, rest, shards)
            offset = max(0, window.offset - len(by_id))
            ids, walked = scan.run(self._threads, offset, window.size - len(page), budget)
            total += walked
        if window.whole and total > window.size:
            raise too_many(f"{total} records match: ask for pages of at most {window.size}.")
        return Found(page + self._matching(query, ids, budget), total)

    def _matching(self, query: Query, ids: list[str], budget: Budget) -> list[View]:
        """Read records and keep those that match now and may be disclosed, in the order of `ids`."""
        chunks = [ids[start : start + 100] for start in range(0, len(ids), 100)]
        read = partial(self._store.records, query.kind, budget=budget)
        found = {id_: stored.view for chunk in self._threads.map(read, chunks) for id_, stored in chunk.items()}
        views = (found[id_] for id_ in ids if id_ in found)
        return [view for view in views if not view.get("restricted") and matches(query.tree, view, query.today)]

    def _resolved(self, query: Query, budget: Budget) -> Node:
        """Replace every lookup of the tree by the ids that it finds."""
        lookups = [leaf for leaf in leaves(query.tree) if isinstance(leaf, Compare) and _is_lookup(leaf)]
        if not lookups:
            return query.tree
        found = dict(zip(map(id, lookups), self._look_up(query, lookups, budget), strict=True))
        return _replaced(query.tree, found)

    def _look_up(self, query: Query, lookups: list[Compare], budget: Budget) -> Iterable[frozenset[str]]:
        pks = [_pk(leaf, value) for leaf in lookups if _is_unique(leaf) for value in leaf.values]
        owners = self._store.identifier_owners(pks, budget) if pks else {}
        return self._threads.map(lambda leaf: self._owners(query, leaf, owners, budget), lookups)

    def _owners(self, query: Query, leaf: Compare, known: dict[str, str], budget: Budget) -> frozenset[str]:
        pks = [_pk(leaf, value) for value in leaf.values]
        if _is_unique(leaf):
            owners = [known[pk] for pk in pks if pk in known]
        else:
            owners = [owner for pk in pks for owner in self._store.shared_owners(pk, budget)]
        if leaf.attribute.type is Type.HOUSEHOLD and query.kind is Kind.PERSON:
            groups = _ids_of(Kind.GROUP, owners)
            return frozenset(id_ for group in groups for id_ in self._store.members(group, query.today, budget))
        return _ids_of(query.kind, owners)


def _ids_of(kind: Kind, owners: Iterable[str]) -> frozenset[str]:
    prefix = keys.record_pk(kind, "")
    return frozenset(owner.removeprefix(prefix) for owner in owners if owner.startswith(prefix))


def _is_lookup(leaf: Compare) -> bool:
    return leaf.attribute.type is not Type.DATE


def _is_unique(leaf: Compare) -> bool:
    return leaf.attribute.type in {Type.IDENTIFIER, Type.HOUSEHOLD}


def _pk(leaf: Compare, value: str) -> str:
    match leaf.attribute.type:
        case Type.PHONE:
            return keys.phone_pk(value)
        case Type.EMAIL:
            return keys.email_pk(value)
        case _:
            return keys.identifier_pk(leaf.attribute.name, value)


def _replaced(node: Node, found: dict[int, frozenset[str]]) -> Node:
    match node:
        case And(children):
            return And(tuple(_replaced(child, found) for child in children))
        case Or(children):
            return Or(tuple(_replaced(child, found) for child in children))
        case Not(child):
            return Not(_replaced(child, found))
    return OneOf(found[id(node)]) if id(node) in found else node
