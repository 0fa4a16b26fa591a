"""The second pass of an import, before anything is written: how the staged records differ from the registry."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dci_cli.parallel import chunks, in_parallel
from dci_cli.registry.importer.diff_status import DiffStatus
from dci_cli.registry.support.progress import Progress
from dci_cli.registry.support.registry_table import UNLIMITED
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View, entry_key, own_fields
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore, Stored

if TYPE_CHECKING:
    from dci_cli.registry.importer.rejects import Rejects
    from dci_cli.registry.importer.staging import Staging
    from dci_common.runtime import Runtime

_CHUNK = 100  # BatchGetItem's own limit
_Window = list[tuple[Kind, View]]
Terms = tuple[object, ...]  # a membership's roles, start and end


class Comparison:
    """Compares the staged records with the registry, which should have no other writer meanwhile."""

    def __init__(self, staging: Staging, runtime: Runtime, rejects: Rejects, pool: ThreadPoolExecutor) -> None:
        self._staging = staging
        self._store = RegistryStore(runtime)
        self._rejects = rejects
        self._pool = pool

    def run(self) -> None:
        """Reject records with the identifier of another record, and set the status of those that the registry has."""
        counts = self._staging.counts
        with Progress("Comparing", "records", counts.people + counts.groups) as progress:
            self._check_identifiers()
            for window, stored in in_parallel(self._pool, self._read, chunks(self._staging.views(), _CHUNK)):
                for kind, view in window:
                    if found := stored.get((kind, view["id"])):
                        self._set_status(kind, view, found)
                progress.advance(len(window))
            self._staging.statuses.set_affected()

    def _set_status(self, kind: Kind, view: View, stored: Stored) -> None:
        statuses = self._staging.statuses
        statuses.set_record(kind, view["id"], _record_status(view, stored))
        if kind is Kind.GROUP:
            of_registry = memberships(stored.view)
            for (person_id, start), terms in memberships(view).items():
                if stored_terms := of_registry.get((person_id, start)):
                    statuses.set_membership(view["id"], person_id, start, membership_status(terms, stored_terms))

    def _check_identifiers(self) -> None:
        for chunk, owners in in_parallel(self._pool, self._owners, chunks(self._staging.identifiers(), _CHUNK)):
            for pk, kind, id_ in chunk:
                owner = owners.get(pk)
                if owner and owner != keys.record_pk(kind, id_):
                    self._check_owner(pk, kind, id_, owner)

    def _owners(self, chunk: list[tuple[str, Kind, str]]) -> dict[str, str]:
        return self._store.identifier_owners([pk for pk, _, _ in chunk], Budget(UNLIMITED), entitled=True)

    def _check_owner(self, pk: str, kind: Kind, id_: str, owner: str) -> None:
        """Reject the record, unless its identifier's owner may give the identifier up, or was never written."""
        owner_kind, _, owner_id = owner.partition("#")
        staged = self._staging.find(kind, id_)
        if staged is None:  # rejected already
            return
        if self._staging.find(Kind(owner_kind), owner_id):
            self._staging.statuses.set_record(kind, id_, DiffStatus.DIFFERENT)
        elif self._store.records(Kind(owner_kind), [owner_id], Budget(UNLIMITED)):
            reason = f"An identifier of type {pk.split('#')[1]} already belongs to {owner}."
            self._staging.reject(staged, reason, self._rejects)

    def _read(self, window: _Window) -> dict[tuple[Kind, str], Stored]:
        return {
            (kind, id_): stored
            for kind in Kind
            for id_, stored in self._store.records(
                kind, [view["id"] for of_kind, view in window if of_kind is kind], Budget(UNLIMITED)
            ).items()
        }


def memberships(view: View) -> dict[tuple[str, str], Terms]:
    """Return the terms of a record's memberships by the id of the other record and the start."""
    return {entry_key(entry): terms_of(entry) for entry in view.get("households") or view.get("members") or ()}


def terms_of(membership: View) -> Terms:
    """Return the roles, start and end of a membership, or of an entry of a view."""
    return tuple(membership.get("roles", ())), membership.get("start"), membership.get("end")


def membership_status(staged: Terms, stored: Terms) -> DiffStatus:
    """Return the status of a membership that the registry has."""
    return DiffStatus.SAME if staged == stored else DiffStatus.DIFFERENT


def _record_status(view: View, stored: Stored) -> DiffStatus:
    if stored.pending:  # a change of it was interrupted; the registry's writer completes it
        return DiffStatus.DIFFERENT
    if stored.view == view:
        return DiffStatus.SAME
    return DiffStatus.CONTAINED if _contains(stored.view, view) else DiffStatus.DIFFERENT


def _contains(stored: View, staged: View) -> bool:
    has_memberships = memberships(staged).items() <= memberships(stored).items()
    return has_memberships and own_fields(stored) == own_fields(staged)
