"""The speed and memory of an import: `make bench-registry`.

There are four budgets: the people a CPU-second of a whole import (`import_cost.py`) and of a dry run, the peak memory
of a dry run relative to that of a much smaller one, and the write phase relative to a plain BatchWriteItem loop with
the same items (DynamoDB Local).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from import_cost import import_figures
from registry_engine import TABLE, running_engine
from report import Budget, options_of, report, speed

from dci_cli.aws import OperatorRuntime
from dci_cli.local.tables import create_tables
from dci_cli.parallel import THREADS, chunks
from dci_cli.registry.bulk import generate
from dci_cli.registry.files.rejects import Rejects
from dci_cli.registry.importer.file_reader import stage_files
from dci_cli.registry.importer.record_items import write_views
from dci_cli.registry.importer.staging import Staging
from dci_cli.registry.support.batch_writer import BATCH, write_all
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.storage.facets import Indexing
from dci_common.settings import Settings
from support.registries import tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from dci_common.aws.dynamodb import Item

_INDEXING = Indexing(SOCIAL_CATALOGUE, 4, date(2026, 3, 1))
_TURNS, _ROUNDS = 7, 5
_PEOPLE_A_HOUSEHOLD = 4.3
_PEOPLE_A_SECOND = 5_000  # of CPU, in a dry run, on a machine whose slowness is 1
# Runs the command line, then prints its time and memory.
_MEASURED = """
import json, sys
from dci_cli.__main__ import main
from memory import cpu_seconds, peak_mib
status = main(sys.argv[1:])
print(json.dumps({"cpu_seconds": cpu_seconds(), "peak_mib": peak_mib()}))
sys.exit(status)
"""


def main() -> int:
    """Measure everything, and return 1 when a budget is exceeded."""
    options = options_of(__doc__, "far fewer people").parse_args()
    households, small, large = (50, 8_000, 24_000) if options.quick else (500, 100_000, 1_000_000)
    with tempfile.TemporaryDirectory() as scratch:
        whole = _whole_import(Path(scratch) / "whole.jsonl", quick=options.quick)
        written = _write_phase(Path(scratch), households)
        read = _dry_runs(Path(scratch), small, large, None if options.quick else _PEOPLE_A_SECOND)
    return report([*whole, *written, *read], options.json)


def _whole_import(path: Path, *, quick: bool) -> list[Budget]:
    people = _generate(path, 300 if quick else 10_000)
    return import_figures(path, people, rounds=1 if quick else _ROUNDS, is_bounded=not quick)


def _write_phase(scratch: Path, households: int) -> list[Budget]:
    """Write the same items by a plain loop and by an import, in turns, into empty tables; compare the medians."""
    path = scratch / "write.jsonl"
    _generate(path, households)
    with closing(Staging()) as staging, Rejects([str(path)]) as rejects, running_engine() as dynamodb:
        stage_files([path], staging, rejects)
        items = _items(staging)
        _timed(dynamodb, partial(_plain_loop, items=items[: len(items) // 4]))  # the engine warms up
        turns = [
            (_timed(dynamodb, partial(_plain_loop, items=items)), _timed(dynamodb, partial(_import, staging=staging)))
            for _ in range(_TURNS)
        ]
    bare, imported = (len(items) / median(seconds) for seconds in zip(*turns, strict=True))
    return [
        Budget("items written", len(items)),
        Budget("bare BatchWriteItem loop, items a second", bare),
        Budget("import, items a second", imported),
        Budget("import, of the bare loop", median(one / other for one, other in turns), 0.8, at_most=False),
    ]


def _dry_runs(scratch: Path, small: int, large: int, fewest: float | None) -> list[Budget]:
    before = speed()
    less, more = (_dry_run(scratch / f"{people}.jsonl", people) for people in (small, large))
    rate, slowness = more["people"] / more["cpu_seconds"], (before + speed()) / 2
    return [
        Budget("dry run, people", more["people"]),
        Budget("dry run, people a CPU-second", rate * slowness, fewest, at_most=False),
        Budget("this machine's slowness", slowness),
        Budget("dry run, peak memory", more["peak_mib"], unit="MiB"),
        Budget("dry run, peak memory, of far fewer people's", more["peak_mib"] / less["peak_mib"], 1.3),
    ]


def _dry_run(path: Path, people: int) -> dict[str, float]:
    """Run `dci registry import FILE --dry-run` in a process of its own, and return its time and memory."""
    generated = _generate(path, round(people / _PEOPLE_A_HOUSEHOLD))
    command = [sys.executable, "-c", _MEASURED, "registry", "import", str(path), "--dry-run"]
    done = subprocess.run(command, env={**os.environ, "REGISTRYTABLE": ""}, stdout=subprocess.PIPE, check=True)  # noqa: S603
    path.unlink()
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {"people": generated, **figures}


def _generate(path: Path, households: int) -> int:
    with path.open("w", encoding="utf-8") as file:
        return generate.write(file, households, seed=1)["person"]


def _items(staging: Staging) -> list[Item]:
    """Return all items that an import writes."""
    items: list[Item] = []
    write_views(staging.views(), _INDEXING, items.extend, lambda _: None)
    return items


def _plain_loop(dynamodb: DynamoDBClient, items: list[Item]) -> None:
    for chunk in chunks(items, BATCH):
        left: Any = {TABLE: [{"PutRequest": {"Item": item}} for item in chunk]}
        while left:
            left = dynamodb.batch_write_item(RequestItems=left)["UnprocessedItems"]


def _import(_: DynamoDBClient, staging: Staging) -> None:
    runtime = OperatorRuntime(Settings())
    with ThreadPoolExecutor(THREADS) as pool:
        write_views(staging.views(), _INDEXING, partial(write_all, runtime, TABLE, pool), lambda _: None)


def _timed(dynamodb: DynamoDBClient, write: Callable[[DynamoDBClient], None]) -> float:
    create_tables(dynamodb, tables(streams=False), {"RegistryTable": TABLE})
    began = time.perf_counter()
    write(dynamodb)
    seconds = time.perf_counter() - began
    dynamodb.delete_table(TableName=TABLE)
    return seconds


if __name__ == "__main__":
    sys.exit(main())
