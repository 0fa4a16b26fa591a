"""Pass two of an import: what is staged, into the registry."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from dci_cli.registry.importer.changer import Changer, known_strays
from dci_cli.registry.importer.comparison import Comparison
from dci_cli.registry.importer.diff_status import Mark, Standing
from dci_cli.registry.importer.record_items import Put, write_views
from dci_cli.registry.importer.rows import Staged
from dci_cli.registry.importer.target import Target, shards_for
from dci_cli.registry.support.batch_writer import write_all
from dci_cli.registry.support.progress import Progress
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View
from dci_common.timestamps import day

if TYPE_CHECKING:
    from dci_cli.registry.importer.rejects import Rejects
    from dci_cli.registry.importer.staging import Staging


class Import:
    """One import; without a target the files are checked as for an empty registry."""

    def __init__(
        self, staging: Staging, rejects: Rejects, pool: ThreadPoolExecutor, target: Target | None, *, dry_run: bool
    ) -> None:
        self._staging, self._rejects, self._pool = staging, rejects, pool
        self._target = target
        self._writes = not dry_run
        self._registry = target.runtime if target and not target.is_empty else None  # one that holds something

    def run(self) -> str:
        """Do it, and return a sentence about what was done."""
        if self._registry:
            Comparison(self._staging, self._registry, self._rejects, self._pool).run()
        self._write_new()
        self._write_changes()
        counts, marks = self._staging.counts, self._staging.marks
        return (
            f"{counts.people:,} people, {counts.groups:,} groups, {counts.memberships:,} memberships: "
            f"{_told('records', marks.records)}; {_told('memberships', marks.memberships)}."
            + ("" if self._writes else " Nothing was written.")
        )

    def _write_new(self) -> None:
        """Write in batches who is not there, and touches nobody who is."""
        counts = self._staging.counts
        shards = self._target.shards(counts.people) if self._target else shards_for(counts.people)
        progress = Progress("Writing" if self._writes else "Checking", "records", counts.people + counts.groups)
        views = self._unmarked(progress) if self._registry else self._staging.views()  # nobody is marked without one
        write_views(views, shards, day(time.time()), self._put(shards), progress.advance)
        progress.finish()

    def _put(self, shards: int) -> Put:
        if self._target is None or not self._writes:
            return _go_through
        self._target.establish(shards, self._staging.identifier_types())
        runtime = self._target.runtime
        return partial(write_all, runtime, runtime.settings.registry_table, self._pool)

    def _unmarked(self, progress: Progress) -> Iterator[tuple[Kind, View]]:
        for kind, view in self._staging.views():
            if self._staging.marks.get(kind, view["id"]) is None:
                yield kind, view
            else:
                progress.advance(1)

    def _write_changes(self) -> None:
        """Give everything else to the registry's writer, the people and groups before their memberships."""
        staging = self._staging
        strays = known_strays(staging, self._registry, self._rejects, self._pool)
        put: Callable[[Iterable[Staged[Any]]], None] = _go_through
        if self._registry and self._writes:
            total = sum(
                _count(some)
                for some in (
                    staging.marked(Mark.TOUCHING),
                    staging.marked(Mark.DIFFERENT),
                    staging.memberships_of_marked(),
                    staging.strays(),
                )
            )
            progress = Progress("Changing", "records and memberships", total)
            put = Changer(staging, self._registry, self._rejects, self._pool, progress).put
        put(staging.marked(Mark.TOUCHING))
        put(staging.marked(Mark.DIFFERENT))
        put(staging.memberships_of_marked())
        put(strays)


def _told(things: str, standing: Standing) -> str:
    return f"{standing.new:,} {things} new, {standing.changed:,} changed, {standing.same:,} as they were"


def _go_through(things: Iterable[object]) -> None:
    _count(things)


def _count(things: Iterable[object]) -> int:
    return sum(1 for _ in things)
