"""How fast an import is, and how much memory it takes: `make bench-registry`.

Three budgets, each measured in this run: the write phase against a bare BatchWriteItem loop that writes the same
items (DynamoDB Local), the people a second a core of a dry run, and its peak memory against that of far fewer.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import boto3

from dci_cli import dynamodb_local
from dci_cli.environment import environment
from dci_cli.registry import generate
from dci_cli.registry.batches import BATCH, write_all
from dci_cli.registry.loading import write_views
from dci_cli.registry.parallel import THREADS, chunks
from dci_cli.registry.reading import stage_files
from dci_cli.registry.rejects import Rejects
from dci_cli.registry.staging import Staging
from dci_cli.tables import create_tables
from dci_cli.template import read_template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from dci_common.registry.items import Item

ROOT = Path(__file__).resolve().parents[1]
_SHARDS = 4
_TODAY = date(2026, 3, 1)
_TURNS = 7
_TABLE = "registry"
_PEOPLE_A_HOUSEHOLD = 4.3
# Runs the command line, then tells what it took.
_MEASURED = """
import json, sys, time
from dci_cli.__main__ import main
from memory import peak_mib
status = main(sys.argv[1:])
print(json.dumps({"cpu_seconds": time.process_time(), "peak_mib": peak_mib()}))
sys.exit(status)
"""
_NOBODY = {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}


@dataclass(frozen=True, slots=True)
class Budget:
    """A measured figure and the bound that it must keep."""

    name: str
    measured: float
    bound: float
    at_most: bool = False

    @property
    def holds(self) -> bool:
        """Whether it keeps the bound."""
        return self.measured <= self.bound if self.at_most else self.measured >= self.bound


def main() -> int:
    """Measure everything; 1 when a budget is not kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="far fewer people, for every commit")
    households, small, large = (100, 20_000, 60_000) if parser.parse_args().quick else (500, 100_000, 1_000_000)
    with tempfile.TemporaryDirectory() as scratch:
        figures = _write_phase(Path(scratch), households) | _dry_runs(Path(scratch), small, large)
    budgets = [
        Budget("write phase / bare BatchWriteItem loop", figures["write_ratio"], 0.8),
        Budget("dry run, people a second a core", figures["people_a_second_a_core"], 3_000),
        Budget("peak memory / that of far fewer people", figures["memory_ratio"], 1.3, at_most=True),
    ]
    for budget in budgets:
        sign, verdict = ("<=" if budget.at_most else ">="), ("ok" if budget.holds else "MISSED")
        print(f"{budget.name:<42} {budget.measured:>10,.2f}  {sign} {budget.bound:>8,.2f}  {verdict}")
    print(json.dumps(figures, indent=2))
    return 0 if all(budget.holds for budget in budgets) else 1


def _write_phase(scratch: Path, households: int) -> dict[str, float]:
    """Write the same items by a bare loop and by an import, by turns and into empty tables; medians count."""
    path = scratch / "write.jsonl"
    _generate(path, households)
    with closing(Staging()) as staging, Rejects([str(path)]) as rejects, _engine() as dynamodb:
        stage_files([path], staging, rejects)
        items = _items(staging)
        _timed(dynamodb, partial(_bare, items=items[: len(items) // 4]))  # the engine warms up
        turns = [
            (_timed(dynamodb, partial(_bare, items=items)), _timed(dynamodb, partial(_import, staging=staging)))
            for _ in range(_TURNS)
        ]
    return {
        "items": len(items),
        "bare_items_a_second": len(items) / median(bare for bare, _ in turns),
        "import_items_a_second": len(items) / median(imported for _, imported in turns),
        "write_ratio": median(bare / imported for bare, imported in turns),
    }


def _dry_runs(scratch: Path, *sizes: int) -> dict[str, float]:
    small, large = (_dry_run(scratch / f"{people}.jsonl", people) for people in sizes)
    return {
        "people": large["people"],
        "people_a_second_a_core": large["people"] / large["cpu_seconds"],
        "small_peak_mib": small["peak_mib"],
        "large_peak_mib": large["peak_mib"],
        "memory_ratio": large["peak_mib"] / small["peak_mib"],
    }


def _dry_run(path: Path, people: int) -> dict[str, float]:
    """Run `dci registry import FILE --dry-run` in a process of its own, and see what it took."""
    generated = _generate(path, round(people / _PEOPLE_A_HOUSEHOLD))
    command = [sys.executable, "-c", _MEASURED, "registry", "import", str(path), "--dry-run"]
    done = subprocess.run(command, env={**os.environ, "REGISTRY_TABLE": ""}, stdout=subprocess.PIPE, check=True)  # noqa: S603
    path.unlink()
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {"people": generated, **told}


def _generate(path: Path, households: int) -> int:
    with path.open("w", encoding="utf-8") as file:
        return generate.write(file, households, seed=1)["person"]


def _items(staging: Staging) -> list[Item]:
    """Return all items that an import writes."""
    items: list[Item] = []
    write_views(staging.views(), _SHARDS, _TODAY, items.extend, lambda _: None)
    return items


def _bare(dynamodb: DynamoDBClient, items: list[Item]) -> None:
    for chunk in chunks(items, BATCH):
        left: Any = {_TABLE: [{"PutRequest": {"Item": item}} for item in chunk]}
        while left:
            left = dynamodb.batch_write_item(RequestItems=left)["UnprocessedItems"]


def _import(dynamodb: DynamoDBClient, staging: Staging) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        write_views(staging.views(), _SHARDS, _TODAY, partial(write_all, dynamodb, _TABLE, pool), lambda _: None)


def _timed(dynamodb: DynamoDBClient, write: Callable[[DynamoDBClient], None]) -> float:
    create_tables(dynamodb, read_template(ROOT / "template.yaml").tables, {"RegistryTable": _TABLE})
    began = time.perf_counter()
    write(dynamodb)
    seconds = time.perf_counter() - began
    dynamodb.delete_table(TableName=_TABLE)
    return seconds


@contextmanager
def _engine() -> Iterator[DynamoDBClient]:
    jar = dynamodb_local.fetch(ROOT / ".local" / "dynamodb-local")
    with dynamodb_local.running(jar) as endpoint, environment({"AWS_ENDPOINT_URL_DYNAMODB": endpoint, **_NOBODY}):
        yield boto3.client("dynamodb")


if __name__ == "__main__":
    sys.exit(main())
