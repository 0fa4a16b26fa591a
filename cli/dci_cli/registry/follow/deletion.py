"""Deletes from the registry what the source does not have any more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from dci_cli.parallel import chunks, in_parallel_apart
from dci_cli.registry.follow.restriction import KeptRestrictions
from dci_cli.registry.follow.target import is_own, is_restricted_here
from dci_cli.registry.support.progress import Progress
from dci_cli.registry.support.registry_table import UNLIMITED
from dci_common.registry.errors import NoSuchRecord, RegistryBusy, VersionConflict
from dci_common.registry.model.base import Kind
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore, Stored
from dci_common.registry.write.writer import RegistryWriter

if TYPE_CHECKING:
    from dci_cli.registry.follow.state import Key
    from dci_common.runtime import Runtime

_CHUNK = 100
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class _Deletion:
    key: Key
    keys: set[str]


class Deletions:
    """Deletes records that follow one of these databases; others with the same ids stay."""

    def __init__(
        self,
        writer: RegistryWriter,
        runtime: Runtime,
        pool: ThreadPoolExecutor,
        *,
        databases: Set[str],
        restrictions: KeptRestrictions,
    ) -> None:
        self._writer, self._pool, self._databases = writer, pool, databases
        self._restrictions = restrictions
        self._store = RegistryStore(runtime)

    def run(self, vanished: list[Key], check: Callable[[], None]) -> Iterator[tuple[Key, bool]]:
        """Yield each of these records with whether it was there, and deleted. Raises RegistryBusy."""
        if not vanished:
            return
        with Progress("Deleting", "records", len(vanished)) as progress:
            for done in in_parallel_apart(
                self._pool, self._delete, self._deletions(vanished, check), attrgetter("keys")
            ):
                progress.advance(1)
                yield done

    def _deletions(self, vanished: Iterable[Key], check: Callable[[], None]) -> Iterator[_Deletion]:
        """Yield each record with the keys of all that show it."""
        for chunk in chunks(vanished, _CHUNK):
            found = {kind: self._read(kind, [id_ for of, id_ in chunk if of is kind]) for kind in Kind}
            for kind, id_ in chunk:
                check()
                stored = found[kind].get(id_)
                yield _Deletion((kind, id_), {keys.record_pk(kind, id_), *(_related(stored) if stored else ())})

    def _delete(self, deletion: _Deletion) -> tuple[Key, bool]:
        kind, id_ = deletion.key
        for _ in range(_ATTEMPTS):
            stored = self._read(kind, [id_]).get(id_)
            if stored is None or not is_own(stored.view, self._databases):
                return deletion.key, False
            if is_restricted_here(stored.view):
                self._restrictions.keep(id_)
            try:
                self._writer.delete(kind, id_, version=stored.version)
            except NoSuchRecord:
                return deletion.key, False
            except VersionConflict:
                continue
            return deletion.key, True
        raise RegistryBusy

    def _read(self, kind: Kind, ids: list[str]) -> dict[str, Stored]:
        return self._store.records(kind, ids, Budget(UNLIMITED)) if ids else {}


def _related(stored: Stored) -> Iterator[str]:
    other, entries = (Kind.GROUP, "households") if stored.kind is Kind.PERSON else (Kind.PERSON, "members")
    return (keys.record_pk(other, entry["id"]) for entry in stored.view[entries])
