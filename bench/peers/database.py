"""The PostgreSQL of the peers: a private cluster on a socket, with people, identifiers, clients and indexes.

Its own CPU time is in no figure, just as DynamoDB's is not.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE people (id text PRIMARY KEY, record text NOT NULL);
CREATE TABLE identifiers (
    type text, value text, person_id text NOT NULL REFERENCES people, PRIMARY KEY (type, value));
CREATE TABLE clients (
    client_id text PRIMARY KEY, sender_id text NOT NULL, secret_digest text NOT NULL, scope text NOT NULL,
    status text NOT NULL, requests_a_minute integer NOT NULL, failures integer NOT NULL DEFAULT 0,
    last_used timestamptz);
CREATE TABLE request_counts (
    client_id text PRIMARY KEY REFERENCES clients, minute bigint NOT NULL, requests integer NOT NULL)
    WITH (fillfactor = 50);
CREATE TABLE disclosures (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(),
    client_id text NOT NULL, correlation_id text NOT NULL, message_id text NOT NULL, transaction_id text NOT NULL,
    reference_id text NOT NULL, query text NOT NULL, person_id text);
CREATE INDEX ON disclosures (at);
CREATE INDEX ON disclosures (person_id, at);
"""
_OPTIONS = ("fsync=off", "shared_buffers=64MB", "max_connections=20", "autovacuum_naptime=10")
_STARTING_SECONDS = 30
Row = Sequence[str | int]


class Database:
    """A running cluster; `folder` has its socket."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.folder = folder
        self._programs = programs

    def fill(self, tables: dict[str, Iterable[Row]]) -> None:
        """Create the tables, and copy rows into them, in the order of the columns."""
        copies = (
            "".join([f"COPY {table} FROM STDIN;\n", *map(_line, rows), "\\.\n"]) for table, rows in tables.items()
        )
        self.query("".join([_SCHEMA, *copies, "VACUUM ANALYZE;\n"]))

    def query(self, sql: str) -> str:
        """Return the values that statements select, as text."""
        command: list[str | Path] = [self._programs / "psql", "-h", self.folder, "-U", "dci", "-d", "postgres"]
        done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - PostgreSQL's own program
            [*command, "-qAt", "-v", "ON_ERROR_STOP=1"], input=sql, text=True, capture_output=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"PostgreSQL rejected a statement: {done.stderr}")
        return done.stdout.strip()


@contextmanager
def running() -> Iterator[Database]:
    """Run a new cluster as long as it is used. Exits with a message when PostgreSQL is not installed."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="dci-peers-"))
    user: dict[str, Any] = {}
    if os.geteuid() == 0:  # as whom PostgreSQL does not run
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    options = [part for option in _OPTIONS for part in ("-c", option)]
    data, environment = folder / "data", {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    try:
        subprocess.run(  # noqa: S603 - likewise
            [programs / "initdb", "-D", data, "-U", "dci", "-A", "trust", "-E", "UTF8", "--no-sync"],
            **user, check=True, capture_output=True, cwd=folder, env=environment,
        )  # fmt: skip
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(  # noqa: S603 - likewise
                [programs / "postgres", "-D", data, "-k", folder, "-h", "", *options],
                **user, stdout=log, stderr=log, cwd=folder, env=environment, process_group=0,
            )  # fmt: skip
        try:
            _wait(programs, folder, server)
            yield Database(programs, folder)
        finally:
            server.send_signal(signal.SIGINT)  # without waiting for its clients
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """Return the folder of PostgreSQL's programs, which is not on the PATH of Debian and Ubuntu."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    program = str(found[-1]) if found else shutil.which("initdb")
    if not program:
        raise SystemExit("PostgreSQL is needed: install it (on Debian and Ubuntu: apt install postgresql).")
    return Path(program).parent


def _wait(programs: Path, folder: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _STARTING_SECONDS
    command: list[str | Path] = [programs / "pg_isready", "-q", "-h", folder]
    while subprocess.run(command, check=False).returncode:  # noqa: S603 - likewise
        if server.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"PostgreSQL did not start: {(folder / 'log').read_text()}")
        time.sleep(0.05)


def _line(row: Row) -> str:
    """Return a row in COPY's text format."""
    texts = (str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n") for value in row)
    return "\t".join(texts) + "\n"
