"""The second pass of an import: the staged records are written to the registry."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

from dci_cli.registry.importer.comparison import Comparison
from dci_cli.registry.importer.dangling import resolve_dangling
from dci_cli.registry.importer.diff_status import DiffCounts, DiffStatus
from dci_cli.registry.importer.record_items import Put, write_views
from dci_cli.registry.importer.target import Target, shards_for
from dci_cli.registry.importer.updater import Updater
from dci_cli.registry.support.batch_writer import write_all
from dci_cli.registry.support.progress import Progress
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View
from dci_common.registry.storage.facets import Indexing
from dci_common.timestamps import day

if TYPE_CHECKING:
    from dci_cli.registry.importer.rejects import Rejects
    from dci_cli.registry.importer.staging import Staging
    from dci_cli.registry.support.operator_audit import OperatorAudit
    from dci_common.runtime import Runtime


class ImportRun:
    """One import; without a target the files are checked as for an empty registry."""

    def __init__(
        self,
        staging: Staging,
        rejects: Rejects,
        pool: ThreadPoolExecutor,
        target: Target | None,
        *,
        dry_run: bool,
        audit: OperatorAudit | None = None,
    ) -> None:
        self._staging, self._rejects, self._pool = staging, rejects, pool
        self._target = target
        self._writes = not dry_run
        self._audit = audit
        self._registry = target.runtime if target and not target.is_empty else None  # a registry with records

    def run(self) -> str:
        """Write the records, and return a sentence about what was written."""
        if self._registry:
            Comparison(self._staging, self._registry, self._rejects, self._pool).run()
        with self._audit.recorded(self._staging.changed_keys()) if self._audit else nullcontext():
            self._write()
        counts, statuses = self._staging.counts, self._staging.statuses
        return (
            f"{counts.people:,} people, {counts.groups:,} groups, {counts.memberships:,} memberships: "
            f"{_text('records', statuses.records)}; {_text('memberships', statuses.memberships)}."
            + ("" if self._writes else " Nothing was written.")
        )

    def _write(self) -> None:
        self._write_new()
        if self._registry and self._writes:
            self._write_changes(self._registry)
        else:
            resolve_dangling(self._staging, self._registry, self._rejects, self._pool)

    def _write_new(self) -> None:
        """Write the records that affect nothing in the registry, in batches."""
        counts = self._staging.counts
        shards = self._target.shards(counts.people) if self._target else shards_for(counts.people)
        catalogue = SOCIAL_CATALOGUE.with_country(self._target.country if self._target else "")
        label = "Writing" if self._writes else "Checking"
        with Progress(label, "records", counts.people + counts.groups) as progress:
            views = self._new_views(progress) if self._registry else self._staging.views()
            write_views(views, Indexing(catalogue, shards, day(time.time())), self._put(shards), progress.advance)

    def _put(self, shards: int) -> Put:
        if self._target is None or not self._writes:
            return _discard
        self._target.write_settings(shards, *self._staging.identifier_types())
        runtime = self._target.runtime
        return partial(write_all, runtime, runtime.settings.registry_table, self._pool)

    def _new_views(self, progress: Progress) -> Iterator[tuple[Kind, View]]:
        for kind, view in self._staging.views():
            if self._staging.statuses.of_record(kind, view["id"]) is None:
                yield kind, view
            else:
                progress.advance(1)

    def _write_changes(self, registry: Runtime) -> None:
        """Write all other records by the registry's writer: people and groups, then memberships."""
        staging = self._staging
        total = sum(
            _count(some)
            for some in (
                staging.with_status(DiffStatus.AFFECTED),
                staging.with_status(DiffStatus.DIFFERENT),
                staging.memberships_to_change(),
                staging.dangling_memberships(),
            )
        )
        if not total:
            return
        with Progress("Changing", "records and memberships", total) as progress:
            updater = Updater(staging, registry, self._rejects, self._pool, progress)
            updater.put(staging.with_status(DiffStatus.AFFECTED))
            updater.put(staging.with_status(DiffStatus.DIFFERENT))
            updater.put(staging.memberships_to_change())
            resolve_dangling(staging, registry, self._rejects, self._pool)  # with those of records rejected above
            updater.put(staging.dangling_memberships())


def _text(unit: str, counts: DiffCounts) -> str:
    return f"{counts.new:,} {unit} new, {counts.changed:,} changed, {counts.same:,} unchanged"


def _discard(items: Iterable[object]) -> None:
    _count(items)


def _count(items: Iterable[object]) -> int:
    return sum(1 for _ in items)
