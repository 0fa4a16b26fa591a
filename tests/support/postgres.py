"""PostgreSQL for tests and benchmarks: a private cluster on a socket, which nothing else can reach."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_OPTIONS = ("fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0", "max_connections=20")
STREAMING = ("wal_level=replica", "max_wal_senders=4", "shared_buffers=32MB")
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
_STARTING_SECONDS = 30
USER = "dci"  # the superuser


class Cluster:
    """A running cluster; `folder` has its socket."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.folder = folder
        self._programs = programs

    def query(self, sql: str, database: str = "postgres") -> str:
        """Return the values that statements select, as text."""
        command: list[str | Path] = [self._programs / "psql", "-h", self.folder, "-U", USER, "-d", database, "-X"]
        done: subprocess.CompletedProcess[str] = subprocess.run(
            [*command, "-qAt", "-v", "ON_ERROR_STOP=1"], input=sql, text=True, capture_output=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"PostgreSQL rejected a statement: {done.stderr}")
        return done.stdout.strip()

    def url(self, database: str, user: str = USER) -> str:
        """Return the address of a database."""
        return f"postgresql://{user}@/{database}?host={self.folder}"


@contextmanager
def running(*options: str) -> Iterator[Cluster]:
    """Run a new cluster as long as it is used. Exits with a message when PostgreSQL is not installed."""
    programs, folder, user = _programs(), *_folder()
    try:
        subprocess.run(
            [programs / "initdb", "-D", folder / "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"],
            **user, check=True, capture_output=True, cwd=folder, env=_ENVIRONMENT,
        )  # fmt: skip
        with _serving(programs, folder, user, options) as cluster:
            yield cluster
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def standby(primary: Cluster, *options: str) -> Iterator[Cluster]:
    """Run a hot standby of a cluster that runs with `STREAMING`, as long as it is used."""
    programs, folder, user = _programs(), *_folder()
    try:
        subprocess.run(
            [programs / "pg_basebackup", "-h", primary.folder, "-U", USER, "-D", folder / "data", "-R", "-c", "fast"],
            **user, check=True, capture_output=True, cwd=folder, env=_ENVIRONMENT,
        )  # fmt: skip
        with _serving(programs, folder, user, options) as cluster:
            yield cluster
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder() -> tuple[Path, dict[str, Any]]:
    """Return a new folder, and as whom PostgreSQL runs: not as root."""
    folder = Path(tempfile.mkdtemp(prefix="dci-postgres-"))
    if os.geteuid():
        return folder, {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return folder, {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def _serving(programs: Path, folder: Path, user: dict[str, Any], options: Sequence[str]) -> Iterator[Cluster]:
    given = [part for option in (*_OPTIONS, *options) for part in ("-c", option)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", "-k", folder, "-h", "", *given],
            **user, stdout=log, stderr=log, cwd=folder, env=_ENVIRONMENT, process_group=0,
        )  # fmt: skip
    try:
        _wait(programs, folder, server)
        yield Cluster(programs, folder)
    finally:
        server.send_signal(signal.SIGQUIT)  # at once: nothing is kept
        server.wait(30)


def _programs() -> Path:
    """Return the folder of PostgreSQL's programs, which is not on the PATH of Debian and Ubuntu."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    program = str(found[-1]) if found else shutil.which("initdb")
    if not program:
        raise SystemExit("PostgreSQL is needed: install it (on Debian and Ubuntu: apt install postgresql).")
    return Path(program).parent


def _wait(programs: Path, folder: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _STARTING_SECONDS
    command: Sequence[str | Path] = [programs / "pg_isready", "-q", "-h", folder]
    while subprocess.run(command, check=False).returncode:
        if server.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"PostgreSQL did not start: {(folder / 'log').read_text()}")
        time.sleep(0.05)
