"""Reads the bodies of records: each record of a search once, strongly consistent."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor

from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View, unrestricted
from dci_common.registry.query.tree import Query, matches
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore

_READERS = 4  # more would wait for the one processor
_CHUNK = 100  # records that one call reads


class Bodies:
    """The views of one search's records. Restricted people are absent, unless the client is `entitled` to them."""

    def __init__(
        self, store: RegistryStore, threads: Executor, query: Query, budget: Budget, *, entitled: bool
    ) -> None:
        self._store = store
        self._threads = threads
        self._query = query
        self._budget = budget
        self._entitled = entitled
        self._matching: dict[str, View] = {}
        self._rejected: set[str] = set()

    def matching(self, ids: Iterable[str]) -> dict[str, View]:
        """Return the views of those of these records that match the query now."""
        ids = list(dict.fromkeys(ids))
        unread = [id_ for id_ in ids if id_ not in self._matching and id_ not in self._rejected]
        for views in self._read_in_chunks(unread):
            for view in views.values():
                if matches(self._query.tree, view, self._query.today):
                    self._matching[view["id"]] = view
        self._rejected.update(id_ for id_ in unread if id_ not in self._matching)
        return {id_: self._matching[id_] for id_ in ids if id_ in self._matching}

    def read(self, kind: Kind, ids: Sequence[str]) -> dict[str, View]:
        """Return the views of records of any kind, whether or not they match."""
        found = self._store.views(kind, ids, self._budget).values()
        views = (unrestricted(view) if self._entitled else view for view in found)
        return {view["id"]: view for view in views if not view.get("restricted")}

    def _read_in_chunks(self, ids: list[str]) -> Iterable[dict[str, View]]:
        size = _CHUNK * math.ceil(len(ids) / (_CHUNK * _READERS)) or 1
        chunks = [ids[start : start + size] for start in range(0, len(ids), size)]
        kinds = [self._query.kind] * len(chunks)
        return self._threads.map(self.read, kinds, chunks) if len(chunks) > 1 else map(self.read, kinds, chunks)
