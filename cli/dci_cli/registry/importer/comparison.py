"""The second pass of an import, before anything is written: how the staged records differ from the registry.

What a row gives is merged with the record that the registry has. The staged record is then what the registry shall
have.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from dci_cli.parallel import chunks, in_parallel
from dci_cli.registry.files.rows import Warned
from dci_cli.registry.importer.dangling import reject_dangling
from dci_cli.registry.importer.diff_status import DiffStatus
from dci_cli.registry.importer.field_changes import FieldChanges
from dci_cli.registry.importer.membership_comparison import compare_memberships
from dci_cli.registry.importer.merge import MergeConflict, merge_record
from dci_cli.registry.importer.staged import Staged
from dci_cli.registry.support.progress import Progress
from dci_cli.registry.support.registry_table import UNLIMITED
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.records import AnyRecord, Group, Person
from dci_common.registry.model.stamp import is_same
from dci_common.registry.model.views import own_fields
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore, Stored
from dci_common.timestamps import day

if TYPE_CHECKING:
    from dci_cli.registry.files.rejects import Rejects
    from dci_cli.registry.importer.staging import Staging
    from dci_common.runtime import Runtime

_UNKNOWN = "is not in the registry, and the row gives neither a name nor an identifier"
_CHUNK = 100  # BatchGetItem's own limit


class Comparison:
    """Compares the staged records with the registry, which should have no other writer meanwhile.

    With `replace`, a row is the whole record. With `strict`, what is improbable is rejected. `changes` counts the
    fields that change, and `unfinished` are groups that only the registry has, and a change of which was interrupted.
    """

    def __init__(
        self,
        staging: Staging,
        runtime: Runtime,
        rejects: Rejects,
        pool: ThreadPoolExecutor,
        *,
        replace: bool,
        strict: bool,
    ) -> None:
        self._staging = staging
        self._store = RegistryStore(runtime)
        self._rejects = rejects
        self._pool = pool
        self._replace = replace
        self._strict = strict
        self._today = day(runtime.clock())
        self.changes = FieldChanges()
        self.unfinished: list[str] = []

    def run(self) -> None:
        """Merge the records, set their status, and reject those that contradict the registry."""
        self._check_identifiers()
        counts = self._staging.counts
        with Progress("Comparing", "records", counts.people + counts.groups) as progress:
            for kind in (Kind.GROUP, Kind.PERSON):
                for chunk, stored in in_parallel(
                    self._pool, partial(self._read_staged, kind), chunks(self._staging.records(kind), _CHUNK)
                ):
                    for staged in chunk:
                        if found := stored.get(staged.record.id):
                            self._compare(kind, staged, found)
                        elif _is_nameless(staged.record):
                            self._doubt(staged)
                    progress.advance(len(chunk))
                self._read_known(kind)
        self._staging.statuses.set_affected()
        reject_dangling(self._staging, self._rejects)

    def _compare(self, kind: Kind, staged: Staged[Person | Group], stored: Stored) -> None:
        before = own_fields(stored.view)
        try:
            merged = merge_record(kind, before, staged.given, replace=self._replace)
        except MergeConflict as conflict:
            self._reject(staged, str(conflict))
            self._note(stored)
            return
        after = record_fields(merged)
        is_changed = bool(stored.pending) or not is_same(after, before)
        self._staging.set_merged(staged, merged)
        self._staging.statuses.set(staged, DiffStatus.DIFFERENT if is_changed else DiffStatus.SAME)
        self.changes.add(kind.lower(), before, after)
        if kind is Kind.PERSON:
            if is_changed:
                self._staging.statuses.add_homes(stored.id, (home["id"] for home in stored.view["households"]))
            self._compare_memberships(stored)

    def _doubt(self, staged: Staged[Person | Group]) -> None:
        """Warn of a new person who has no name, such as in an update of phone numbers with a wrong id."""
        if self._strict:
            self._reject(staged, f"id {_UNKNOWN}.")
        else:
            self._rejects.warn(staged.source, staged.line, Warned("id", _UNKNOWN, ""))

    def _read_known(self, kind: Kind) -> None:
        """Read the records that only the registry has."""
        for chunk, stored in in_parallel(
            self._pool, partial(self._read, kind), chunks(self._staging.not_staged(kind), _CHUNK)
        ):
            for found in (stored[id_] for id_ in chunk if id_ in stored):
                self._note(found)

    def _note(self, found: Stored) -> None:
        """Note a record of the registry that is not staged, or not any more."""
        if self._staging.statuses.is_known(found.kind, found.id):
            return
        self._staging.statuses.add_known(found.kind, found.id)
        if found.pending:
            self.unfinished.append(found.id)
        if found.kind is Kind.PERSON:
            self._compare_memberships(found)

    def _compare_memberships(self, person: Stored) -> None:
        compared = compare_memberships(self._staging, person, self._today, replace=self._replace)
        for one in compared:
            if one.reason:
                self._reject(one.staged, one.reason)
                continue
            self._staging.set_merged(one.staged, one.merged)
            if one.stored is not None:
                self.changes.add("membership", one.stored, one.fields)
                self._staging.statuses.set(one.staged, one.status)

    def _check_identifiers(self) -> None:
        (total,) = self._staging.db.execute("SELECT count(*) FROM identifiers").fetchone()
        with Progress("Checking", "identifiers", total) as progress:
            for chunk, owners in in_parallel(self._pool, self._owners, chunks(self._staging.identifiers(), _CHUNK)):
                for pk, kind, id_ in chunk:
                    owner = owners.get(pk)
                    if owner and owner != keys.record_pk(kind, id_):
                        self._check_owner(pk, kind, id_, owner)
                progress.advance(len(chunk))

    def _owners(self, chunk: list[tuple[str, Kind, str]]) -> dict[str, str]:
        return self._store.identifier_owners([pk for pk, _, _ in chunk], Budget(UNLIMITED), entitled=True)

    def _check_owner(self, pk: str, kind: Kind, id_: str, owner: str) -> None:
        """Reject the record, unless its identifier's owner may give the identifier up, or was never written."""
        owner_kind, _, owner_id = owner.partition("#")
        staged = self._staging.find(kind, id_)
        if staged is None:  # rejected already
            return
        if self._replace and self._staging.find(Kind(owner_kind), owner_id):
            self._staging.statuses.set(staged, DiffStatus.AFFECTED)
        elif self._read(Kind(owner_kind), [owner_id]):
            self._reject(staged, f"An identifier of type {pk.split('#')[1]} already belongs to {owner}.")

    def _reject(self, staged: Staged[AnyRecord], reason: str) -> None:
        self._staging.reject(staged, reason, self._rejects)

    def _read_staged(self, kind: Kind, chunk: Iterable[Staged[Person | Group]]) -> dict[str, Stored]:
        return self._read(kind, [staged.record.id for staged in chunk])

    def _read(self, kind: Kind, ids: list[str]) -> dict[str, Stored]:
        return self._store.records(kind, ids, Budget(UNLIMITED))


def _is_nameless(record: Person | Group) -> bool:
    """Return whether a record is a person with neither a name nor an identifier."""
    return isinstance(record, Person) and not record.identifiers and not any(value for _, value in record.name)
