"""One pass: the registry gets what the source has now.

    snapshot of the source, ids of all      -> who came, who vanished
    a scan of the registry, once a day      -> what others changed; and if the state was lost, what there is
    a load, if many are new                 -> the importer's batches
    records that were touched, or all       -> digests; a record whose digest is known is not looked at
    a comparison with the registry          -> the plan
    deletions, then the plan, are written   -> what was kept of the pass

Nothing is kept before the end, so a pass that is killed is made again, and finds what is left to do.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

from dci_cli.command_error import CommandError
from dci_cli.parallel import threads
from dci_cli.registry.follow.comparison import Comparison
from dci_cli.registry.follow.deletion import Deletions
from dci_cli.registry.follow.load import Load, remove_strays
from dci_cli.registry.follow.losses import Losses
from dci_cli.registry.follow.pass_writer import PassWriter
from dci_cli.registry.follow.plan import Plan
from dci_cli.registry.follow.restriction import KeptRestrictions, check_lifted
from dci_cli.registry.follow.scan import scan_records
from dci_cli.registry.follow.state import Kept
from dci_cli.registry.follow.target import Target, target_of
from dci_cli.registry.importer.file_reader import relaxed_gc
from dci_cli.registry.importer.target import Target as ImportTarget
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.storage import keys
from dci_common.registry.storage.checker import Checker
from dci_common.registry.storage.follow_status import FollowStatus
from dci_common.registry.write.writer import RegistryWriter

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from dci_cli.aws import OperatorRuntime
    from dci_cli.registry.follow.lease import Lease
    from dci_cli.registry.follow.report import Report
    from dci_cli.registry.follow.source import Snapshot, Source
    from dci_cli.registry.follow.state import Key, State
    from dci_cli.registry.support.operator_audit import OperatorAudit

OVERLAP = timedelta(hours=6)  # the longest that a transaction of the source may take
FULL_SECONDS = 24 * 3600.0  # after which all records are compared with the registry again
MOST_APART = 1000  # new records; more are loaded by the importer
MOST_LOADED = 2_000_000  # more are better loaded by DynamoDB's own import


@dataclass(frozen=True, slots=True)
class PassOptions:
    """How a pass is made."""

    full: bool = False
    adopt: bool = False
    allow_deletions: int = 0
    allow_unrestricted: int = 0
    no_notify: bool = False
    load_all: bool = False
    shards: int | None = None
    country: str | None = None


class FollowPass:
    """One pass over a source. Raises CommandError, SourceUnavailable or LeaseLost; then it may be made again.

    Without a `lease` nothing is written. `check` is called between writes, and raises what ends the pass.
    """

    def __init__(  # noqa: PLR0913 - what a pass works with
        self,
        runtime: OperatorRuntime,
        source: Source,
        state: State,
        options: PassOptions,
        *,
        lease: Lease | None,
        audit: OperatorAudit | None,
        report: Report,
        check: Callable[[], None],
    ) -> None:
        self._runtime, self._source, self._state, self._options = runtime, source, state, options
        self._lease, self._audit, self._report, self._check = lease, audit, report, check
        self._status = FollowStatus()
        self._databases: frozenset[str] = frozenset()
        self._restrictions = KeptRestrictions((), self._note_restrictions)
        self._parts: dict[str, int] = {}
        self._last_full = 0.0
        self._is_loaded = False

    def run(self) -> None:
        """Make the pass."""
        with relaxed_gc(), self._source.snapshot() as snapshot, threads() as pool, self._state.one_pass():
            self._status = FollowStatus.read(self._runtime)
            self._restrictions = KeptRestrictions(self._status.restrictions, self._note_restrictions)
            self._databases = self._own_databases(snapshot.database)
            self._report.version, self._report.not_granted = snapshot.version, snapshot.not_granted
            is_dry = self._lease is None
            into = ImportTarget.read(self._runtime, self._options.shards, self._options.country, dry_run=is_dry)
            self._state.read_identities(snapshot.identities())
            kept = self._take_in(snapshot)
            vanished = self._state.vanished()
            self._parts = dict(snapshot.parts())
            losses = Losses(vanished, self._state.own, self._status.parts, self._parts)
            losses.check(self._options.allow_deletions)
            wants_all = self._load(snapshot, pool, into)
            plan = self._planned(snapshot, kept, wants_all=wants_all)
            comparison = Comparison(plan, self._state, self._report, self._runtime, pool, databases=self._databases)
            comparison.run()
            check_lifted(
                comparison.lifted,
                self._state.restricted,
                self._options.allow_unrestricted,
                is_said=snapshot.says_who_is_restricted,
            )
            if self._lease is None:
                self._report.deleted.update(kind for kind, _ in vanished)
                self._report.fields = list(comparison.fields.rows())
                return
            self._write(plan, vanished, pool, self._lease)
            self._finish(snapshot, self._lease)

    def _own_databases(self, database: str) -> frozenset[str]:
        """Return the databases whose records are followed. Raises CommandError for another one than before."""
        before = self._status.database
        if before and before != database and not self._options.adopt:
            raise CommandError(
                f"The registry follows another database ({before}), and this one is {database}: a copy, or a wrong "
                "address. If it replaces the former one, and its ids are the same people, use --adopt."
            )
        return self._status.databases | {database} | ({before} if before else set())

    def _take_in(self, snapshot: Snapshot) -> Kept | None:
        """Scan the registry, unless the state is that of the last pass.

        Returns what was kept of that pass, if it says which records are to be read; None: all.
        """
        kept, now = self._state.kept, self._runtime.clock()
        if kept and (kept.token, kept.database) == (self._status.token, snapshot.database):
            is_due = self._options.full or self._status.is_loading or not 0 <= now - kept.full < FULL_SECONDS
            is_due = is_due or kept.moment - snapshot.moment > OVERLAP / 2  # a clock, or the database, was set back
            if not is_due and self._state.absent <= MOST_APART:
                self._last_full = kept.full
                return kept if kept.lists == snapshot.lists_digest else None
        self._last_full = now
        self._state.rebuild(scan_records(self._runtime), self._databases)
        return None

    def _load(self, snapshot: Snapshot, pool: ThreadPoolExecutor, into: ImportTarget) -> bool:
        """Load new records, if they are many; return whether all records are to be compared after that."""
        absent, before = self._state.absent, self._state.own
        is_needed = into.settings is None or absent > MOST_APART or (absent > 0 and self._status.is_loading)
        if self._lease is None or not is_needed:
            return True
        if absent > MOST_LOADED and not self._options.load_all:
            raise CommandError(
                f"The registry lacks {absent:,} people and groups of the database: load them by DynamoDB's import, "
                "which is faster and cheaper (--export FILE, then dci registry create-from-s3), or one by one with "
                "--load-all."
            )
        of_database = {"database": snapshot.database, "databases": self._databases, "version": snapshot.version}
        self._lease.note(loading=True, **of_database)
        targets = self._targets(snapshot, None, warn=True)
        load = Load(self._state, pool, self._audit, quiet=self._options.no_notify)
        load.run(targets, sum(self._state.counts.values()), into)
        self._is_loaded = True
        self._report.new.update({kind: number - before[kind] for kind, number in self._state.own.items()})
        return self._status.is_loading or any(before.values())

    def _targets(self, snapshot: Snapshot, ids: Sequence[int] | None, *, warn: bool = False) -> Iterator[Target]:
        """Yield what the registry shall have of records of the source."""
        for found in snapshot.records(ids):
            self._check()
            self._report.read += 1
            if warn:
                self._report.warn(found.kind, found.warnings)
            yield self._restrictions.applied(target_of(found, snapshot.database))

    def _planned(self, snapshot: Snapshot, kept: Kept | None, *, wants_all: bool) -> Plan:
        """Return the records whose digest is not known: of those that may have changed, or of all."""
        plan = Plan(self._state.db)
        ids = None
        if kept or not wants_all:
            moved = self._state.want_changed()
            if kept:
                self._state.want(snapshot.touched(kept.moment - OVERLAP))
                self._state.want(snapshot.neighbours(moved))
            ids = self._state.wanted()
        for found in snapshot.records(ids) if ids is None or ids else ():
            self._check()
            self._report.read += 1
            target = target_of(found, snapshot.database)
            digest, tried = self._state.digests(found.source_id, target.kind, target.id)
            if target.digest != digest and not (kept and target.digest == tried):
                self._report.warn(found.kind, found.warnings)
                before = self._state.digest_before(target.kind, target.id) or digest
                plan.add(self._restrictions.applied(target), before)
        return plan

    def _write(self, plan: Plan, vanished: list[Key], pool: ThreadPoolExecutor, lease: Lease) -> None:
        """Delete what vanished, and write the plan; all of it is recorded before."""
        changed = dict.fromkeys(chain((keys.record_pk(*key) for key in vanished), plan.keys()))
        if not changed:
            return
        lease.note()  # which raises if another follower has taken it
        quiet = self._options.no_notify and self._is_loaded
        writer = RegistryWriter(self._runtime, SOCIAL_CATALOGUE, quiet=quiet)
        pass_writer = PassWriter(plan, writer, self._runtime, pool, databases=self._databases, check=self._check)
        with self._audit.recorded(changed) if self._audit else nullcontext():
            deletions = Deletions(
                writer, self._runtime, pool, databases=self._databases, restrictions=self._restrictions
            )
            for key, is_deleted in deletions.run(vanished, self._check):
                self._state.forget(key)
                self._report.deleted[key[0]] += is_deleted
            pass_writer.run(self._state, self._report)

    def _note_restrictions(self, ids: frozenset[str]) -> None:
        if self._lease:
            self._lease.note(restrictions=ids)

    def _finish(self, snapshot: Snapshot, lease: Lease) -> None:
        """Keep what the pass has found out, here and in the registry."""
        if self._status.is_loading:
            remove_strays(self._runtime, Checker(self._runtime, SOCIAL_CATALOGUE))
        token, self._report.left, now = secrets.token_hex(8), self._state.problems, self._runtime.clock()
        lease.note(
            database=snapshot.database,
            databases=self._databases,
            version=snapshot.version,
            token=token,
            moment=min(snapshot.moment.timestamp(), now),  # the source's clock may be ahead
            finished=now,
            problems=self._report.left,
            parts=self._parts,
            restrictions=self._restrictions.left(self._state.is_person_in_source) or None,
            outcome=None,
            loading=None,
        )
        kept = Kept(snapshot.database, token, snapshot.moment, snapshot.lists_digest, self._last_full)
        self._state.keep(kept)
