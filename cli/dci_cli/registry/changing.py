"""Writing what touches records that the registry holds already, through its own writer: a transaction each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from dci_cli.registry.parallel import chunks, in_parallel
from dci_cli.registry.progress import Progress
from dci_cli.registry.rows import Staged
from dci_cli.registry.scan import UNLIMITED
from dci_common.registry.budget import Budget
from dci_common.registry.model import Kind, Membership
from dci_common.registry.store import RegistryStore
from dci_common.registry.writer import RegistryWriter, WriteRefused

if TYPE_CHECKING:
    from dci_cli.registry.rejects import Rejects
    from dci_cli.registry.staging import Staging
    from dci_common.runtime import Runtime

_CHUNK = 100


class Changer:
    """Puts records one by one; what the registry refuses is rejected."""

    def __init__(self, runtime: Runtime, rejects: Rejects, pool: ThreadPoolExecutor, progress: Progress) -> None:
        self._writer = RegistryWriter(runtime)
        self._rejects = rejects
        self._pool = pool
        self._progress = progress

    def put(self, staged: Iterable[Staged[Any]]) -> int:
        """Put records, and return how many were not refused.

        One may wait for an identifier that another gives up: they are tried again as long as that helps.
        """
        done, refused = self._attempt(staged)
        while refused:
            more, still = self._attempt([one for one, _ in refused])
            refused = still
            if not more:
                break
            done += more
        for one, reason in refused:
            self._rejects.add(one.source, one.line, reason, one.told)
        return done

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
    """Yield the memberships of which one side is not staged but in the registry; reject the others.

    Without a registry all of them are rejected.
    """

    def missing(chunk: list[Staged[Membership]]) -> set[tuple[Kind, str]]:
        sides = {side for one in chunk for side in _sides(one.record)}
        return sides - _there(runtime, sides) if runtime else sides

    for chunk, absent in in_parallel(pool, missing, chunks(staging.strays(), _CHUNK)):
        for one in chunk:
            unknown = [
                f"{kind.lower()} {id_}"
                for kind, id_ in _sides(one.record)
                if (kind, id_) in absent and not staging.find(kind, id_)
            ]
            if unknown:
                reason = f"Neither the files nor the registry have the {' and the '.join(unknown)}."
                rejects.add(one.source, one.line, reason, one.told)
            else:
                yield one


def _sides(membership: Membership) -> list[tuple[Kind, str]]:
    return [(Kind.PERSON, membership.person_id), (Kind.GROUP, membership.group_id)]


def _there(runtime: Runtime, sides: set[tuple[Kind, str]]) -> set[tuple[Kind, str]]:
    store = RegistryStore(runtime)
    return {
        (kind, id_)
        for kind in Kind
        for id_ in store.records(kind, [id_ for of_kind, id_ in sides if of_kind is kind], Budget(UNLIMITED))
    }
