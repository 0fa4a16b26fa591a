"""Dangling memberships: their person or group is not in the files, and may be in the registry."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from dci_cli.parallel import chunks, in_parallel
from dci_cli.registry.importer.comparison import Terms, membership_status, memberships, terms_of
from dci_cli.registry.importer.rows import Staged
from dci_cli.registry.support.registry_table import UNLIMITED
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.periods import start_of
from dci_common.registry.model.records import Membership
from dci_common.registry.model.views import View
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore

if TYPE_CHECKING:
    from dci_cli.registry.importer.rejects import Rejects
    from dci_cli.registry.importer.staging import Staging
    from dci_common.runtime import Runtime

_CHUNK = 100
_Views = dict[tuple[Kind, str], View]


@dataclass(frozen=True, slots=True)
class DanglingMembership:
    """A dangling membership; `missing` names the records that neither the files nor the registry have."""

    staged: Staged[Membership]
    missing: tuple[str, ...]
    stored: Terms | None  # the registry's terms of the same membership


def find_dangling(
    staging: Staging, runtime: Runtime | None, pool: ThreadPoolExecutor
) -> Iterator[DanglingMembership]:
    """Yield the dangling memberships, compared with the registry; without a registry the records are missing."""
    read = partial(_read_sides, RegistryStore(runtime)) if runtime else _no_sides
    for chunk, views in in_parallel(pool, read, chunks(staging.dangling_memberships(), _CHUNK)):
        for staged in chunk:
            yield DanglingMembership(staged, _missing(staging, staged.record, views), _stored(staged.record, views))


def resolve_dangling(staging: Staging, runtime: Runtime | None, rejects: Rejects, pool: ThreadPoolExecutor) -> None:
    """Reject the dangling memberships of missing records, and set the status of those that the registry has."""
    for dangling in find_dangling(staging, runtime, pool):
        membership = dangling.staged.record
        if dangling.missing:
            reason = f"Neither the files nor the registry have the {' and the '.join(dangling.missing)}."
            staging.reject(dangling.staged, reason, rejects)
        elif dangling.stored:
            fields = record_fields(membership)
            status = membership_status(terms_of(fields), dangling.stored)
            staging.statuses.set_membership(membership.group_id, membership.person_id, start_of(fields), status)


def _missing(staging: Staging, membership: Membership, views: _Views) -> tuple[str, ...]:
    return tuple(
        f"{kind.lower()} {id_}"
        for kind, id_ in _sides(membership)
        if (kind, id_) not in views and not staging.find(kind, id_)
    )


def _stored(membership: Membership, views: _Views) -> Terms | None:
    person = views.get((Kind.PERSON, membership.person_id), {})
    return memberships(person).get((membership.group_id, start_of(record_fields(membership))))


def _sides(membership: Membership) -> list[tuple[Kind, str]]:
    return [(Kind.PERSON, membership.person_id), (Kind.GROUP, membership.group_id)]


def _read_sides(store: RegistryStore, chunk: list[Staged[Membership]]) -> _Views:
    sides = {side for staged in chunk for side in _sides(staged.record)}
    return {
        (kind, id_): view
        for kind in Kind
        for id_, view in store.views(kind, [id_ for of, id_ in sides if of is kind], Budget(UNLIMITED)).items()
    }


def _no_sides(_: list[Staged[Membership]]) -> _Views:
    return {}
