"""The records that affect what the registry already has, written by its own writer in a transaction each."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from dci_cli.parallel import in_parallel
from dci_cli.registry.importer.rows import Staged
from dci_cli.registry.support.progress import Progress
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.errors import WriteRefused
from dci_common.registry.write.writer import RegistryWriter

if TYPE_CHECKING:
    from dci_cli.registry.importer.rejects import Rejects
    from dci_cli.registry.importer.staging import Staging
    from dci_common.runtime import Runtime

_Failure = tuple[Staged[Any], str]  # the record that the registry rejected, and why


class Updater:
    """Puts staged records one by one; those that the registry rejects are rejected."""

    def __init__(
        self, staging: Staging, runtime: Runtime, rejects: Rejects, pool: ThreadPoolExecutor, progress: Progress
    ) -> None:
        self._staging = staging
        self._writer = RegistryWriter(runtime, SOCIAL_CATALOGUE)
        self._rejects = rejects
        self._pool = pool
        self._progress = progress

    def put(self, records: Iterable[Staged[Any]]) -> None:
        """Put records.

        A record may need an identifier that another one gives up: rejected records are tried again as long as one of
        them succeeds.
        """
        written, failures = self._try_all(records)
        while failures and written:
            written, failures = self._try_all([staged for staged, _ in failures])
        for staged, reason in failures:
            self._staging.reject(staged, reason, self._rejects)

    def _try_all(self, records: Iterable[Staged[Any]]) -> tuple[int, list[_Failure]]:
        written, failures = 0, []
        for staged, reason in in_parallel(self._pool, self._try, records):
            if reason:
                failures.append((staged, reason))
            else:
                written += 1
                self._progress.advance(1)
        return written, failures

    def _try(self, staged: Staged[Any]) -> str:
        try:
            self._writer.put(staged.record)
        except WriteRefused as error:
            return str(error)
        return ""
