"""Reads the bodies of records, strongly consistent: each record of a search is read once, and counted once.

A record is counted after it was read, because one that is hidden from the client costs nothing. So they are read a
few at a time, so that little is read beyond what the budget allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor

from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View, unrestricted
from dci_common.registry.query.tree import Effort, Query, matches
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.facets import has_restricted_members, is_exact
from dci_common.registry.storage.store import RegistryStore

_READERS = 4  # more would wait for the one processor
_CHUNK = 100  # records that one call reads


class Bodies:
    """The views of one search's records. Restricted people are absent, unless the client is `entitled` to them.

    `as_if_exact` are those groups, of the ones that were read, whose index entries are exact but for their restricted
    members. Older versions indexed these among the unverified entries.
    """

    def __init__(
        self, store: RegistryStore, threads: Executor, query: Query, budget: Budget, *, entitled: bool
    ) -> None:
        self._store = store
        self._threads = threads
        self._query = query
        self._budget = budget
        self._entitled = entitled
        self._effort = Effort.of(query.tree)
        self._read: set[str] = set()
        self._matching: dict[str, View] = {}
        self._uncounted: set[str] = set()
        self.as_if_exact: dict[str, View] = {}

    def matching(self, ids: Iterable[str]) -> dict[str, View]:
        """Return the views of those of these records that match the query now."""
        ids = list(dict.fromkeys(ids))
        for views in self._unread(ids):
            self._count(views)
            self._keep_matching(views)
        if late := self._uncounted.intersection(ids):
            self._uncounted -= late
            self._count([self.as_if_exact[id_] for id_ in late])
        return self._known(ids)

    def verified(self, ids: Iterable[str]) -> dict[str, View]:
        """Return the same, where index entries must be verified.

        Those `as_if_exact` are not counted before `matching` is asked for them, as if there was nothing to verify.
        """
        ids = list(dict.fromkeys(ids))
        for views in self._unread(ids):
            uncounted = self.as_if_exact.keys() & {view["id"] for view in views}
            self._uncounted |= uncounted
            self._count([view for view in views if view["id"] not in uncounted])
            self._keep_matching(views)
        return self._known(ids)

    def read(self, kind: Kind, ids: Sequence[str]) -> dict[str, View]:
        """Return the views of records of any kind, whether or not they match."""
        found: dict[str, View] = {}
        for some in _portions(ids, _CHUNK):
            views = self._views(kind, some)
            self._budget.examine(len(views))
            found |= {view["id"]: view for view in views}
        return found

    def _unread(self, ids: Sequence[str]) -> Iterable[list[View]]:
        """Read those of these records that have not been read, a few at a time."""
        if self._read.issuperset(ids):
            return ()
        return self._read_in_portions([id_ for id_ in ids if id_ not in self._read])

    def _read_in_portions(self, unread: Sequence[str]) -> Iterator[list[View]]:
        for some in _portions(unread, _READERS * _CHUNK):
            if len(some) > _CHUNK:
                chunks = list(_portions(some, _CHUNK))
                parts = self._threads.map(self._views, [self._query.kind] * len(chunks), chunks)
                views = [view for part in parts for view in part]
            else:
                views = self._views(self._query.kind, some)
            self._read.update(some)
            if not self._entitled and self._query.kind is Kind.GROUP:
                mixed = (view for view in views if has_restricted_members(view))
                self.as_if_exact |= {view["id"]: view for view in mixed if is_exact(view, self._query.today)}
            yield views

    def _views(self, kind: Kind, ids: Sequence[str]) -> list[View]:
        """Read records that the client may know of."""
        found = self._store.views(kind, ids, self._budget).values()
        if self._entitled:
            return [unrestricted(view) for view in found]
        return [view for view in found if not view.get("restricted")]

    def _count(self, views: Iterable[View]) -> None:
        """Count records: each as one, and more where it takes long to decide whether it matches."""
        self._budget.examine(sum([1 + self._effort.of_view(view, self._query.today) for view in views]))

    def _keep_matching(self, views: Iterable[View]) -> None:
        query = self._query
        self._matching |= {view["id"]: view for view in views if matches(query.tree, view, query.today)}

    def _known(self, ids: Iterable[str]) -> dict[str, View]:
        return {id_: self._matching[id_] for id_ in ids if id_ in self._matching}


def _portions(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
