"""The CPU time of a whole import, beside a COPY of the same people into PostgreSQL after the same checks.

Both read the same file, in processes of their own, whose CPU time the kernel counts with that of all threads, from
the start of Python on. The stores are other processes and in no figure: PostgreSQL, and a stand-in for an empty table
of DynamoDB that takes every write, over the importer's real transport.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from dynamodb_sink import items_put, running_sink
from engine import NO_CREDENTIALS
from peers import database
from report import Budget, speed

from support.postgres import Cluster

_PEOPLE_A_SECOND = 2_500  # of CPU, on a machine whose slowness is 1
_PEERS = Path(__file__).resolve().parents[1] / ".venv-peers"
# Runs the command line, then prints the CPU seconds of its process.
_IMPORT = """
import sys
from dci_cli.__main__ import main
from memory import cpu_seconds
status = main(sys.argv[1:])
print(cpu_seconds())
sys.exit(status)
"""
_SCHEMA = """
CREATE TABLE people (id text PRIMARY KEY, record text NOT NULL);
CREATE TABLE groups (id text PRIMARY KEY, record text NOT NULL);
CREATE TABLE identifiers (type text, value text, owner text NOT NULL, PRIMARY KEY (type, value));
CREATE TABLE memberships (group_id text, person_id text, record text NOT NULL, PRIMARY KEY (group_id, person_id));
"""
_EMPTY = "TRUNCATE people, groups, identifiers, memberships;"


def import_figures(path: Path, people: int, *, rounds: int, is_bounded: bool) -> list[Budget]:
    """Measure both in turns, and return the medians. Without PostgreSQL or `.venv-peers` the COPY is left out."""
    figures: list[tuple[float, float]] = []
    slowness: list[float] = []
    with ExitStack() as stack:
        sink, postgres = stack.enter_context(running_sink()), _postgres(stack)
        for _ in range(rounds):
            slowness.append(speed())
            copied = _copied(path, postgres) if postgres else 0.0
            figures.append((_imported(path, sink), copied))
        items = items_put(sink) / rounds
    rates = [people / seconds * slow for (seconds, _), slow in zip(figures, slowness, strict=True)]
    bound = _PEOPLE_A_SECOND if is_bounded else None
    found = [
        Budget("whole import, people", people),
        Budget("whole import, items a person", items / people),
        Budget("whole import, people a CPU-second", median(rates), bound, at_most=False),
    ]
    if not postgres:
        return found
    copies = [people / seconds * slow for (_, seconds), slow in zip(figures, slowness, strict=True)]
    return [
        *found,
        Budget("checks and COPY into PostgreSQL, people a CPU-second", median(copies)),
        Budget("whole import, CPU of checks and COPY", median(ours / theirs for ours, theirs in figures)),
    ]


def _imported(path: Path, sink: str) -> float:
    """Import a file, with the audit records of its people, and return the CPU seconds."""
    environment = {"AWS_ENDPOINT_URL_DYNAMODB": sink, **NO_CREDENTIALS}
    command = ["-c", _IMPORT, "registry", "import", str(path), "--table", "registry", "--audit-table", "audit"]
    return _run(command, environment)


def _copied(path: Path, postgres: Cluster) -> float:
    postgres.query(_EMPTY)
    (packages,) = _PEERS.glob("lib/python3*/site-packages")
    folders = os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(packages)])
    script = Path(__file__).with_name("peers") / "copy_import.py"
    return _run([str(script), str(path), str(postgres.folder)], {"PYTHONPATH": folders})


def _postgres(stack: ExitStack) -> Cluster | None:
    if not _PEERS.exists():
        return None
    try:
        postgres = stack.enter_context(database.running())
    except SystemExit as missing:
        print(missing, file=sys.stderr)
        return None
    postgres.query(_SCHEMA)
    return postgres


def _run(command: list[str], environment: Mapping[str, str]) -> float:
    done = subprocess.run(  # noqa: S603 - the bench's own programs
        [sys.executable, *command], env={**os.environ, **environment}, stdout=subprocess.PIPE, check=True
    )
    return float(json.loads(done.stdout.splitlines()[-1]))
