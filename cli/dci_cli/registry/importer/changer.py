"""Writing what touches records that the registry holds already, through its own writer: a transaction each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from dci_cli.registry.importer.comparison import mark_of, memberships, terms_of
from dci_cli.registry.importer.rows import Staged
from dci_cli.registry.support.parallel import chunks, in_parallel
from dci_cli.registry.support.progress import Progress
from dci_cli.registry.support.table_pages import UNLIMITED
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.records import Membership
from dci_common.registry.model.views import View
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore
from dci_common.registry.write.writer import RegistryWriter, WriteRefused

if TYPE_CHECKING:
    from dci_cli.registry.importer.rejects import Rejects
    from dci_cli.registry.importer.staging import Staging
    from dci_common.runtime import Runtime

_CHUNK = 100


class Changer:
    """Puts staged records one by one; what the registry refuses is rejected."""

    def __init__(
        self, staging: Staging, runtime: Runtime, rejects: Rejects, pool: ThreadPoolExecutor, progress: Progress
    ) -> None:
        self._staging = staging
        self._writer = RegistryWriter(runtime, SOCIAL_CATALOGUE)
        self._rejects = rejects
        self._pool = pool
        self._progress = progress

    def put(self, staged: Iterable[Staged[Any]]) -> None:
        """Put records.

        One may wait for an identifier that another gives up: they are tried again as long as that helps.
        """
        _, refused = self._attempt(staged)
        while refused:
            more, still = self._attempt([one for one, _ in refused])
            refused = still
            if not more:
                break
        for one, reason in refused:
            self._staging.reject(one, reason, self._rejects)

    def _attempt(self, staged: Iterable[Staged[Any]]) -> tuple[int, list[tuple[Staged[Any], str]]]:
        done, refused = 0, []
        for one, reason in in_parallel(self._pool, self._put, staged):
            if reason:
                refused.append((one, reason))
            else:
                done += 1
                self._progress.advance(1)
        return done, refused

    def _put(self, one: Staged[Any]) -> str:
        try:
            self._writer.put(one.record)
        except WriteRefused as refused:
            return str(refused)
        return ""


def known_strays(
    staging: Staging, runtime: Runtime | None, rejects: Rejects, pool: ThreadPoolExecutor
) -> Iterator[Staged[Membership]]:
    """Mark and yield the memberships of which one side is not staged but in the registry; reject the others.

    Without a registry all of them are rejected.
    """

    def read(chunk: list[Staged[Membership]]) -> dict[tuple[Kind, str], View]:
        return _there(runtime, {side for one in chunk for side in _sides(one.record)}) if runtime else {}

    for chunk, there in in_parallel(pool, read, chunks(staging.strays(), _CHUNK)):
        for one in chunk:
            unknown = [
                f"{kind.lower()} {id_}"
                for kind, id_ in _sides(one.record)
                if (kind, id_) not in there and not staging.find(kind, id_)
            ]
            if unknown:
                reason = f"Neither the files nor the registry have the {' and the '.join(unknown)}."
                staging.reject(one, reason, rejects)
            else:
                _mark(staging, one.record, there.get((Kind.PERSON, one.record.person_id), {}))
                yield one


def _mark(staging: Staging, membership: Membership, person: View) -> None:
    """Mark a membership by the person as the registry has it."""
    there = memberships(person).get(membership.group_id)
    if there:
        mark = mark_of(terms_of(record_fields(membership)), there)
        staging.marks.set_membership(membership.group_id, membership.person_id, mark)


def _sides(membership: Membership) -> list[tuple[Kind, str]]:
    return [(Kind.PERSON, membership.person_id), (Kind.GROUP, membership.group_id)]


def _there(runtime: Runtime, sides: set[tuple[Kind, str]]) -> dict[tuple[Kind, str], View]:
    store = RegistryStore(runtime)
    return {
        (kind, id_): view
        for kind in Kind
        for id_, view in store.views(
            kind, [id_ for of_kind, id_ in sides if of_kind is kind], Budget(UNLIMITED)
        ).items()
    }
