"""The records that affect what the registry already has, written by its own writer in a few transactions."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from dci_cli.parallel import in_parallel_apart
from dci_cli.registry.importer.bundles import Bundle, Bundles
from dci_cli.registry.importer.merge import MergeConflict, merge_record
from dci_cli.registry.importer.staged import Staged
from dci_cli.registry.support.progress import Progress
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.errors import RegistryBusy, WriteRefused
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Membership, Person
from dci_common.registry.write.writer import RegistryWriter

if TYPE_CHECKING:
    from dci_cli.registry.files.rejects import Rejects
    from dci_cli.registry.importer.staging import Staging
    from dci_common.registry.model.views import View
    from dci_common.registry.write.put_changes import Merge
    from dci_common.runtime import Runtime


@dataclass(slots=True)
class _Outcome:
    """What became of records: how many were written, which are refused and why, and which met other writers."""

    written: int = 0
    refused: list[tuple[Staged[Any], str]] = field(default_factory=list)
    busy: list[list[Staged[Any]]] = field(default_factory=list)

    def add(self, other: _Outcome) -> None:
        self.written += other.written
        self.refused += other.refused
        self.busy += other.busy


class Updater:
    """Puts what changes in a registry that has records; what the registry refuses is rejected.

    `written` counts the records and memberships that are written.
    """

    def __init__(
        self,
        staging: Staging,
        runtime: Runtime,
        rejects: Rejects,
        pool: ThreadPoolExecutor,
        *,
        replace: bool,
        quiet: bool,
    ) -> None:
        self._staging = staging
        self._writer = RegistryWriter(runtime, SOCIAL_CATALOGUE, quiet=quiet)
        self._rejects = rejects
        self._pool = pool
        self._replace = replace
        self.written = 0

    def run(self, unfinished: Iterable[str]) -> None:
        """Finish interrupted writes of these groups, then write everything.

        Raises RegistryBusy when another writer changes the same records again and again.
        """
        for group_id in unfinished:
            self._writer.finish(Kind.GROUP, group_id)
        bundles = Bundles(self._staging.db)
        if not bundles.total:
            return
        with Progress("Changing", "records and memberships", bundles.total) as progress:
            outcome = _Outcome()
            for some in (bundles.people(), bundles.households()):
                for one in in_parallel_apart(self._pool, self._try, some, attrgetter("keys")):
                    self._count(one, progress)
                    outcome.add(one)
            busy, outcome.busy = outcome.busy, []
            for bundle in chain(map(Bundle, busy), bundles.large_groups()):  # alone
                self._count(one := self._try(bundle), progress)
                outcome.add(one)
            if outcome.busy:
                raise RegistryBusy
            for staged, reason in self._try_again(outcome.refused, progress):
                self._staging.reject(staged, reason, self._rejects)

    def _try_again(
        self, refused: list[tuple[Staged[Any], str]], progress: Progress
    ) -> Iterable[tuple[Staged[Any], str]]:
        """Put records again, as long as one of them is accepted: it may give up an identifier that another needs."""
        while refused:
            outcome = _Outcome()
            for staged, _ in refused:
                outcome.add(self._try(Bundle([staged])))
            self._count(outcome, progress)
            refused = outcome.refused
            if outcome.busy:
                raise RegistryBusy
            if not outcome.written:
                break
        return refused

    def _try(self, bundle: Bundle) -> _Outcome:
        """Put the records of a bundle; if one of them is refused, the others in smaller bundles."""
        records = bundle.records
        try:
            self._writer.put_all([staged.record for staged in records], self._merging(records))
        except WriteRefused as error:
            if len(records) == 1:
                return _Outcome(refused=[(records[0], str(error))])
            half, outcome = len(records) // 2, _Outcome()
            for some in (records[:half], records[half:]):
                outcome.add(self._try(Bundle(some)))
            return outcome
        except RegistryBusy:
            return _Outcome(busy=[records])
        return _Outcome(len(records))

    def _merging(self, records: list[Staged[Any]]) -> Merge:
        """Return how rows change what the registry has when they are written, which others may have changed."""
        given = {
            (type(staged.record), staged.record.id): staged.given
            for staged in records
            if not isinstance(staged.record, Membership)
        }

        def merge(record: Person | Group, stored: View) -> Person | Group:
            kind = Kind.PERSON if isinstance(record, Person) else Kind.GROUP
            try:
                return merge_record(kind, stored, given[type(record), record.id], replace=self._replace)
            except MergeConflict as conflict:
                raise WriteRefused(str(conflict)) from conflict

        return merge

    def _count(self, outcome: _Outcome, progress: Progress) -> None:
        self.written += outcome.written
        progress.advance(outcome.written)
