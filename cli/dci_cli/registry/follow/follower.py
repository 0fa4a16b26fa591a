"""The follower: passes, one or one after the other, with the lease; what goes wrong is a line, and is tried again."""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dci_cli.aws import aws_errors
from dci_cli.command_error import CommandError
from dci_cli.registry.follow.follow_pass import FollowPass, PassOptions
from dci_cli.registry.follow.lease import Lease, LeaseLost
from dci_cli.registry.follow.metric import put_metric
from dci_cli.registry.follow.report import Report
from dci_cli.registry.follow.state import State
from dci_cli.registry.importer.field_changes import COLUMNS
from dci_cli.registry.support.follow_text import clock_time, problems_text
from dci_cli.registry.support.interruption import interruptible
from dci_cli.terminal import print_table
from dci_common.aws.retry import Backoff
from dci_common.errors import Unavailable

if TYPE_CHECKING:
    from dci_cli.aws import OperatorRuntime
    from dci_cli.registry.follow.source import Source
    from dci_cli.registry.support.operator_audit import OperatorAudit

_AWAY = Backoff(attempts=10**9, first=5, longest=300)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_GO_ON = "Run the same command again: it finds what is left to do."


class Stopped(BaseException):
    """The service was asked to stop; what was written is complete."""


class Follower:
    """Follows a source, as the options say."""

    def __init__(
        self, source: Source, runtime: OperatorRuntime, options: argparse.Namespace, audit: OperatorAudit | None
    ) -> None:
        self._source, self._runtime, self._audit = source, runtime, audit
        self._path = options.state or _default_state(options.table)
        self._report_path: Path | None = options.report
        self._stack: str = options.stack
        self._options = PassOptions(
            full=options.full,
            adopt=options.adopt,
            allow_deletions=options.allow_deletions,
            allow_unrestricted=options.allow_unrestricted,
            no_notify=options.no_notify,
            load_all=options.load_all,
            shards=options.shards,
            country=options.country,
        )
        self._stop = threading.Event()
        self._said: str | None = None  # the problem of the last pass; None before the first

    def dry_run(self) -> int:
        """Print what a pass would change."""
        with self._local_errors():
            report = self._pass(State.copy_of(self._path), None)
        print(f"{report.version}: {report.summary(would=True)}")
        if grants := report.grants():
            print(grants)
        if report.fields:
            print_table(COLUMNS, report.fields)
        return 0

    def once(self) -> int:
        """Make one pass. Raises CommandError."""
        state = State(self._path)
        with interruptible(_GO_ON), Lease(self._runtime) as lease:
            report = self._noted(state, lease)
        print(self._summary(report))
        return 0

    def every(self, seconds: int) -> int:
        """Make passes until the process is asked to stop. Raises CommandError when another follower took over."""
        state = State(self._path)
        with self._stopping(), Lease(self._runtime) as lease, suppress(Stopped):
            failures = 0
            lease.note(following=True)
            while not self._stop.is_set():
                problem = self._attempt(state, lease)
                failures = failures + 1 if problem else 0
                if not problem:  # what an operator allows is for one pass, not for all that follow
                    self._options = replace(
                        self._options, full=False, adopt=False, allow_deletions=0, allow_unrestricted=0
                    )
                if problem and problem != self._said:
                    print(f"{self._now()}: {problem} It is tried again.", file=sys.stderr, flush=True)
                self._said = problem
                pause = self._runtime.retry.uniform(1, _AWAY.bound(failures)) if failures else 0
                self._stop.wait(max(seconds, pause))
        print(f"{self._now()}: stopped.", flush=True)
        return 0

    def _attempt(self, state: State, lease: Lease) -> str:
        """Make a pass, and return what went wrong, or nothing."""
        try:
            report = self._noted(state, lease)
        except LeaseLost:
            raise
        except CommandError as error:
            return str(error)
        if report.is_change or self._said != "":
            print(f"{self._now()}: {self._summary(report)}", flush=True)
        return ""

    def _noted(self, state: State, lease: Lease) -> Report:
        """Make a pass, and note in the registry why it failed. Raises CommandError."""
        try:
            with aws_errors("RegistryTable"), self._local_errors():
                return self._pass(state, lease)
        except LeaseLost:
            raise
        except CommandError as error:
            self._note_failure(lease, str(error))
            raise
        except Exception as error:
            self._note_failure(lease, f"The follower ended by an error of its own ({type(error).__name__}).")
            raise

    @contextmanager
    def _local_errors(self) -> Iterator[None]:
        """Raise what is wrong with a file of the follower's, or with other writers, as a CommandError."""
        try:
            yield
        except Unavailable as error:
            raise CommandError(error.message) from error
        except sqlite3.Error as error:
            raise CommandError(
                f"A file of the follower cannot be used ({error}): see that there is space for {self._path} and in "
                "TMPDIR."
            ) from error
        except BrokenPipeError:
            raise
        except OSError as error:
            raise CommandError(f"{error.filename or 'A file'} cannot be written: {error.strerror}.") from error

    def _pass(self, state: State, lease: Lease | None) -> Report:
        try:
            return self._one_pass(state, lease)
        except sqlite3.DatabaseError as error:
            if lease is None or error.sqlite_errorcode not in _DAMAGED:
                raise
        state.replace()
        return self._one_pass(state, lease)

    def _one_pass(self, state: State, lease: Lease | None) -> Report:
        report = Report(self._report_path)
        try:
            FollowPass(
                self._runtime,
                self._source,
                state,
                self._options,
                lease=lease,
                audit=self._audit,
                report=report,
                check=lambda: self._check(lease),
            ).run()
        finally:
            report.close()
        report.print_details()
        if lease:
            put_metric(self._stack)
        return report

    def _check(self, lease: Lease | None) -> None:
        if self._stop.is_set():
            raise Stopped
        if lease:
            lease.check()

    def _summary(self, report: Report) -> str:
        return f"{report.version}: {report.summary()} {problems_text(report.left)}".rstrip()

    def _note_failure(self, lease: Lease, problem: str) -> None:
        with suppress(BotoCoreError, ClientError, CommandError):
            lease.note(outcome=problem[:500])

    def _now(self) -> str:
        return clock_time(self._runtime.clock())

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """Let SIGTERM and SIGINT end the service between two transactions; a second one ends it at once."""

        def stop(*_: object) -> None:
            if self._stop.is_set():
                raise KeyboardInterrupt
            self._stop.set()

        former = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)


def _default_state(table: str) -> Path:
    folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return folder / "dci" / f"follow-{table.rpartition('/')[2]}.sqlite"
