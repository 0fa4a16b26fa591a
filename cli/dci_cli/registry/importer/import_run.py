"""The second pass of an import: the staged records are written to the registry."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dci_cli.aws import aws_problem
from dci_cli.command_error import CommandError
from dci_cli.registry.importer.comparison import Comparison
from dci_cli.registry.importer.dangling import reject_dangling
from dci_cli.registry.importer.diff_status import DiffCounts
from dci_cli.registry.importer.field_changes import COLUMNS
from dci_cli.registry.importer.record_items import write_views
from dci_cli.registry.importer.target import Target
from dci_cli.registry.importer.updater import Updater
from dci_cli.registry.support.batch_writer import write_all
from dci_cli.registry.support.interruption import interruptible
from dci_cli.registry.support.progress import Progress
from dci_cli.terminal import print_table
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.errors import RegistryBusy
from dci_common.registry.model.stamp import moment
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import Marks
from dci_common.timestamps import day

if TYPE_CHECKING:
    from dci_cli.registry.files.rejects import Rejects
    from dci_cli.registry.importer.staging import Staging
    from dci_cli.registry.support.operator_audit import OperatorAudit
    from dci_common.runtime import Runtime

_GO_ON = "Run the same command again: it skips what is written, and goes on from there."


@dataclass(frozen=True, slots=True)
class Options:
    """How an import is run.

    Without writing, a row as the whole record, strictly, without notifications, and where changes are recorded.
    """

    dry_run: bool = False
    replace: bool = False
    strict: bool = False
    quiet: bool = False
    audit: OperatorAudit | None = None


class ImportRun:
    """One import; without a target the files are checked as for an empty registry."""

    def __init__(
        self, staging: Staging, rejects: Rejects, pool: ThreadPoolExecutor, target: Target | None, options: Options
    ) -> None:
        self._staging, self._rejects, self._pool = staging, rejects, pool
        self._target = target
        self._options = options
        self._now = target.runtime.clock() if target else time.time()
        self._written = 0  # records, in batches
        self._updater: Updater | None = None

    def run(self) -> None:
        """Write the records, and print what was written; for a dry run also the fields that change."""
        registry = self._target.runtime if self._target and not self._target.is_empty else None  # with records
        with interruptible(self._progress):
            comparison = self._compare(registry) if registry else None
            if comparison is None:
                reject_dangling(self._staging, self._rejects)
            audit = self._options.audit
            with self._explained(), audit.recorded(self._staging.changed_keys()) if audit else nullcontext():
                if self._target and not self._options.dry_run:
                    self._write_new(self._target)
                if registry and comparison and not self._options.dry_run:
                    self._updater = Updater(
                        self._staging,
                        registry,
                        self._rejects,
                        self._pool,
                        replace=self._options.replace,
                        quiet=self._options.quiet,
                    )
                    self._updater.run(comparison.unfinished)
        print(self._summary())
        rows = list(comparison.changes.rows()) if comparison and self._options.dry_run else []
        if rows:
            print_table(COLUMNS, rows)

    def _compare(self, registry: Runtime) -> Comparison:
        comparison = Comparison(
            self._staging,
            registry,
            self._rejects,
            self._pool,
            replace=self._options.replace,
            strict=self._options.strict,
        )
        comparison.run()
        return comparison

    def _write_new(self, target: Target) -> None:
        """Write the records that affect nothing in the registry, in batches."""
        shards = target.shards(self._staging.counts.people)
        catalogue = SOCIAL_CATALOGUE.with_country(target.country)
        target.write_settings(shards, *self._staging.identifier_types())
        runtime = target.runtime
        put = partial(write_all, runtime, runtime.settings.registry_table, self._pool)
        with Progress("Writing", "records", self._staging.new) as progress:

            def advance(number: int) -> None:
                self._written += number
                progress.advance(number)

            views = self._staging.views(moment(self._now))
            write_views(
                views, Indexing(catalogue, shards, day(self._now)), put, advance, Marks(quiet=self._options.quiet)
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Say what was written, and how to go on, when the registry or DynamoDB ends the import."""
        try:
            yield
        except RegistryBusy as error:
            busy = "Another writer changes the same records again and again: wait until it has finished."
            raise CommandError(f"{busy} {self._progress()}") from error
        except (BotoCoreError, ClientError) as error:
            raise CommandError(f"{aws_problem(error)} {self._progress()}") from error
        except CommandError as error:
            raise CommandError(f"{error} {self._progress()}") from error

    def _progress(self) -> str:
        if self._options.dry_run:
            return "Nothing was written."
        written = self._written + (self._updater.written if self._updater else 0)
        return f"{written:,} records and memberships were written. {_GO_ON}"

    def _summary(self) -> str:
        counts, statuses = self._staging.counts, self._staging.statuses
        return (
            f"{counts.people:,} people, {counts.groups:,} groups, {counts.memberships:,} memberships: "
            f"{_text('records', statuses.records)}; {_text('memberships', statuses.memberships)}."
            + (" Nothing was written." if self._options.dry_run else "")
        )


def _text(unit: str, counts: DiffCounts) -> str:
    return f"{counts.new:,} {unit} new, {counts.changed:,} changed, {counts.same:,} unchanged"
