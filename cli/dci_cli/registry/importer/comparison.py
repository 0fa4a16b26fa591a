"""Pass two of an import, before anything is written: what the registry holds already of what is staged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dci_cli.registry.importer.diff_status import Mark
from dci_cli.registry.support.parallel import chunks, in_parallel
from dci_cli.registry.support.progress import Progress
from dci_cli.registry.support.table_pages import UNLIMITED
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View, own_fields
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore, Stored

if TYPE_CHECKING:
    from dci_cli.registry.importer.rejects import Rejects
    from dci_cli.registry.importer.staging import Staging
    from dci_common.runtime import Runtime

_CHUNK = 100  # BatchGetItem's own limit
_Window = list[tuple[Kind, View]]
Terms = tuple[object, ...]  # of a membership: its roles, start and end


class Comparison:
    """Compares what is staged with the registry, which nobody else should change meanwhile."""

    def __init__(self, staging: Staging, runtime: Runtime, rejects: Rejects, pool: ThreadPoolExecutor) -> None:
        self._staging = staging
        self._store = RegistryStore(runtime)
        self._rejects = rejects
        self._pool = pool

    def run(self) -> None:
        """Reject who has somebody else's identifier, and mark everybody who is there already."""
        counts = self._staging.counts
        progress = Progress("Comparing", "records", counts.people + counts.groups)
        self._check_identifiers()
        for window, there in in_parallel(self._pool, self._read, chunks(self._staging.views(), _CHUNK)):
            for kind, view in window:
                self._mark(kind, view, there.get((kind, view["id"])))
            progress.advance(len(window))
        self._staging.marks.set_touching()
        progress.finish()

    def _mark(self, kind: Kind, view: View, stored: Stored | None) -> None:
        if stored is None:
            return
        marks = self._staging.marks
        marks.set(kind, view["id"], _standing(view, stored))
        if kind is Kind.GROUP:
            there = memberships(stored.view)
            for person_id, terms in memberships(view).items():
                if person_id in there:
                    marks.set_membership(view["id"], person_id, mark_of(terms, there[person_id]))

    def _check_identifiers(self) -> None:
        for chunk, owners in in_parallel(self._pool, self._owners, chunks(self._staging.identifiers(), _CHUNK)):
            for pk, kind, id_ in chunk:
                owner = owners.get(pk)
                if owner and owner != keys.record_pk(kind, id_):
                    self._contest(pk, kind, id_, owner)

    def _owners(self, chunk: list[tuple[str, Kind, str]]) -> dict[str, str]:
        return self._store.identifier_owners([pk for pk, _, _ in chunk], Budget(UNLIMITED))

    def _contest(self, pk: str, kind: Kind, id_: str, owner: str) -> None:
        """Reject the record, unless the owner is about to give the identifier up, or has never been written."""
        owner_kind, _, owner_id = owner.partition("#")
        staged = self._staging.find(kind, id_)
        if staged is None:  # rejected already
            return
        if self._staging.find(Kind(owner_kind), owner_id):
            self._staging.marks.set(kind, id_, Mark.DIFFERENT)
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


def memberships(view: View) -> dict[str, Terms]:
    """Return the terms of a record's memberships, by the id of the other side."""
    return {entry["id"]: terms_of(entry) for entry in view.get("households") or view.get("members") or ()}


def terms_of(membership: View) -> Terms:
    """Return what a membership, or an entry of one, says besides whose it is."""
    return tuple(membership.get("roles", ())), membership.get("start"), membership.get("end")


def mark_of(terms: Terms, there: Terms) -> Mark:
    """Mark a membership by how it is staged, and how it is in the registry."""
    return Mark.SAME if terms == there else Mark.DIFFERENT


def _standing(view: View, stored: Stored) -> Mark:
    if stored.pending:  # a change of it was interrupted; the registry's writer finishes it
        return Mark.DIFFERENT
    if stored.view == view:
        return Mark.SAME
    return Mark.WITHIN if _is_within(view, stored.view) else Mark.DIFFERENT


def _is_within(view: View, stored: View) -> bool:
    there, staged = memberships(stored), memberships(view)
    return own_fields(stored) == own_fields(view) and staged.items() <= there.items()
