"""How the planned records differ from the registry, which is read again: only that is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from dci_cli.parallel import chunks, in_parallel
from dci_cli.registry.follow.target import as_of_source, is_own, is_restricted_by_source, merged
from dci_cli.registry.importer.field_changes import FieldChanges
from dci_cli.registry.support.registry_table import UNLIMITED
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.followed import content_digest
from dci_common.registry.model.periods import start_of
from dci_common.registry.model.records import Membership
from dci_common.registry.model.stamp import is_same
from dci_common.registry.model.views import View, membership_fields, own_fields
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore, Stored
from dci_common.registry.write.put_changes import Removal

if TYPE_CHECKING:
    from dci_cli.registry.follow.plan import Plan, Planned
    from dci_cli.registry.follow.report import Report
    from dci_cli.registry.follow.state import State
    from dci_common.runtime import Runtime

_CHUNK = 100  # BatchGetItem's own limit
_FOREIGN = "the registry's record with this id is another one, which does not follow the database: it is left alone."
_BY_HAND = "it was changed in the registry, and is again as the database has it."


class Comparison:
    """Compares a plan with the registry, and leaves in it what is to be written."""

    def __init__(
        self,
        plan: Plan,
        state: State,
        report: Report,
        runtime: Runtime,
        pool: ThreadPoolExecutor,
        *,
        databases: Set[str],
    ) -> None:
        self._plan, self._state, self._report, self._pool = plan, state, report, pool
        self._store = RegistryStore(runtime)
        self._databases = databases
        self._appearing: set[str] = set()  # people who could not be written by earlier passes
        self.fields = FieldChanges()
        self.lifted = 0  # people whom the source has restricted, and nobody will

    def run(self) -> None:
        """Compare the people, then the groups, with whose memberships people are written."""
        for kind in Kind:
            for chunk, stored in in_parallel(
                self._pool, partial(self._read_planned, kind), chunks(self._plan.records(kind), _CHUNK)
            ):
                for planned in chunk:
                    self._compare(planned, stored.get(planned.id))

    def _compare(self, planned: Planned, stored: Stored | None) -> None:
        if stored is not None and not is_own(stored.view, self._databases):
            self._leave_alone(planned)
            return
        if planned.kind is Kind.PERSON and self._state.is_own(Kind.PERSON, planned.id) is False:
            self._appearing.add(planned.id)
        after = planned.record if stored is None else merged(planned.record, stored.view, self._databases)
        before = own_fields(stored.view) if stored else {}
        if stored and is_restricted_by_source(stored.view) and not getattr(after, "restricted", False):
            self.lifted += 1
        is_put = stored is None or bool(stored.pending) or not is_same(record_fields(after), before)
        changes = list(self._membership_changes(planned, stored)) if planned.kind is Kind.GROUP else []
        if not is_put and not changes:
            self._plan.drop(planned.kind, planned.id)
            self._state.set_known(planned.source_id, (planned.kind, planned.id), planned.digest)
            return
        homes = {home["id"] for home in stored.view.get("households", ())} if stored else set()
        self._plan.set_changes(planned, changes, sorted(homes), put=is_put, new=stored is None)
        if planned.kind is Kind.GROUP:
            self._plan.assign((one.person_id for one in changes if isinstance(one, Membership)), planned.id)
        self._count(planned, stored, before, record_fields(after))

    def _count(self, planned: Planned, stored: Stored | None, before: View, after: View) -> None:
        counter = self._report.new if stored is None else self._report.changed
        counter[planned.kind] += 1
        if stored is None:
            return
        self.fields.add(planned.kind.lower(), before, after)
        is_whole = all(map(self._may_join, planned.memberships))  # otherwise the digests are of other members
        if planned.before and is_whole and planned.before != self._digest_of_own(stored):
            self._report.problem(planned.kind, planned.id, _BY_HAND)

    def _leave_alone(self, planned: Planned) -> None:
        self._plan.drop(planned.kind, planned.id)
        key = planned.kind, planned.id
        is_news = self._state.set_problem(planned.source_id, key, planned.digest, _FOREIGN, is_own=False)
        self._report.problem(*key, _FOREIGN, is_news=is_news)

    def _membership_changes(self, group: Planned, stored: Stored | None) -> Iterator[Membership | Removal]:
        """Yield what the memberships of a group lack; those of people who do not follow the database stay."""
        periods: dict[str, list[View]] = {}
        for entry in stored.view["members"] if stored else ():
            periods.setdefault(entry["id"], []).append(membership_fields(entry))
        wanted = {one.person_id: one for one in group.memberships if self._may_join(one)}
        for id_ in self._unwanted(periods.keys() - wanted.keys()):
            yield from (Removal(id_, group.id, start_of(period)) for period in periods[id_])
        for id_, one in wanted.items():
            fields = membership_fields(record_fields(one))
            there = periods.get(id_, [])
            yield from (
                Removal(id_, group.id, start_of(period)) for period in there if start_of(period) != start_of(fields)
            )
            if fields not in there:
                yield one

    def _may_join(self, membership: Membership) -> bool:
        """Return whether the registry's person of a membership follows the database, or will."""
        id_ = membership.person_id
        return self._state.is_own(Kind.PERSON, id_) is not False or id_ in self._appearing

    def _unwanted(self, ids: Iterable[str]) -> list[str]:
        """Return those of some members of a group who follow the database, or of whom nothing else was written."""
        known = {id_: self._state.is_own(Kind.PERSON, id_) for id_ in sorted(ids)}
        unknown = [id_ for id_, own in known.items() if not own]
        stored = self._read(Kind.PERSON, unknown) if unknown else {}
        return [
            id_ for id_, own in known.items() if own or id_ not in stored or is_own(stored[id_].view, self._databases)
        ]

    def _digest_of_own(self, stored: Stored) -> str:
        """Return the digest of a record without what others add: a restriction, members who are not followed."""
        view = as_of_source(stored.view)
        if stored.kind is Kind.GROUP:
            members = [entry for entry in view["members"] if self._state.is_own(Kind.PERSON, entry["id"])]
            view = {**view, "members": members}
        return content_digest(view)

    def _read_planned(self, kind: Kind, chunk: list[Planned]) -> dict[str, Stored]:
        return self._read(kind, [planned.id for planned in chunk])

    def _read(self, kind: Kind, ids: list[str]) -> dict[str, Stored]:
        return self._store.records(kind, ids, Budget(UNLIMITED))
