"""The cost of searches, and its growth with the registry: `make bench-search`.

Every registry of synthetic people (`BENCH_PEOPLE`) contains the same sixty additional people. Most queries find only
them, so that their cost shows the influence of all the others. Each size is imported into a table of its own on
DynamoDB Local, and searched in a process of its own, through everything behind the HTTP edge.
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
from contextlib import contextmanager
from functools import partial
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

from memory import peak_mib
from ministry_queries import MINISTRY_QUERIES, synchronous_sizes
from registry_engine import TABLE, running_engine
from report import options_of, write
from search_queries import MORE, PLANTED, QUERIES, Criteria, planted_people

from dci_cli.local.tables import create_tables
from dci_cli.registry.bulk import generate
from dci_cli.registry.inspect.read_meter import Cost, metered
from dci_cli.registry.support.json_lines import write_line
from dci_common.clients.model import Client
from dci_common.deadline import Deadline
from dci_common.edge.http import Request
from dci_common.registry.model.base import record_fields
from dci_common.runtime import Runtime, tune_gc
from dci_common.settings import Settings
from dci_common.spdci.envelope import SearchEnvelope
from dci_search.service import SearchService
from support.registries import tables

_AUDIT_TABLE = "audit"
_PEOPLE_A_HOUSEHOLD = 4.3
_PEOPLE, _QUICK_PEOPLE = "10000,50000,200000", "500,2500"
_TURNS, _QUICK_TURNS, _ENOUGH_SECONDS = 20, 2, 10
_PATIENCE_SECONDS = 900
_NETWORK_SECONDS = 0.02  # so that concurrent calls are recognised
_GROWTH = 1.2


def main() -> int:
    """Measure every size, and return 1 when an indexed query's calls or read units grow by more than a fifth."""
    parser = options_of(__doc__, f"{_QUICK_TURNS} turns, by default {_QUICK_PEOPLE} people")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(_measure_all(_QUICK_TURNS if options.quick else _TURNS)))
        return 0
    people = os.environ.get("BENCH_PEOPLE") or (_QUICK_PEOPLE if options.quick else _PEOPLE)
    sizes = [int(size) for size in people.split(",")]
    figures: dict[int, dict[str, Any]] = {}
    for size in sizes:
        figures[size] = _registry_of(size, *(["--quick"] if options.quick else []))
        print("\n".join(_table(size, figures[size])), end="\n\n", flush=True)
    grown = list(_growth(figures[sizes[0]], figures[sizes[-1]])) if len(sizes) > 1 else []
    print("\n".join([*(line for line, _ in grown), *_answered_at_once(figures)]))
    write(options.json, figures)
    return 0 if all(holds for _, holds in grown) else 1


def _registry_of(people: int, *options: str) -> dict[str, Any]:
    """Create a registry, and measure searches in it."""
    with tempfile.TemporaryDirectory() as scratch, running_engine() as dynamodb:
        names = {"RegistryTable": TABLE, "AuditTable": _AUDIT_TABLE}
        create_tables(dynamodb, tables(streams=False), names)
        path = Path(scratch) / "people.jsonl"
        with path.open("w", encoding="utf-8") as file:
            generate.write(file, max(1, round((people - PLANTED) / _PEOPLE_A_HOUSEHOLD)), seed=1)
            file.writelines(
                write_line(type(record).__name__.lower(), record_fields(record)) for record in planted_people()
            )
        _run("-m", "dci_cli", "registry", "import", "--no-audit", "--table", TABLE, str(path))
        measured: dict[str, Any] = json.loads(_run(__file__, "--measure", *options))
        return measured


def _run(*arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    return done.stdout


def _measure_all(turns: int) -> dict[str, Any]:
    runtime = Runtime(
        Settings(
            registry_table=TABLE,
            audit_table=_AUDIT_TABLE,
            cursor_secret="none",  # noqa: S106 - a name
            max_examined=10_000_000,
            requests_a_minute=0,
            records_a_day=0,
        )
    )
    vars(runtime)["secrets"] = _Secrets()
    # DynamoDB Local is slower than DynamoDB.
    engine: Any = runtime.dynamodb
    engine.endpoint.read_seconds = _PATIENCE_SECONDS
    service = SearchService(runtime)
    tune_gc()
    queries = {name: criteria for name, (_, criteria) in QUERIES.items()} | MORE
    found = {name: _measure(runtime, service, criteria, turns) for name, criteria in queries.items()}
    for name, criteria in MINISTRY_QUERIES.items():
        with _counted(runtime) as counts:
            found[name] = _measure(runtime, service, criteria, 1)
        times_asked = 2
        counted = sum(counts) // times_asked
        found[name] |= {"counted": counted, "read": found[name]["examined"] - counted}
    return {"queries": found, "peak_mib": peak_mib()}


@contextmanager
def _counted(runtime: Runtime) -> Iterator[list[int]]:
    """Collect how many entries queries count to compare paths: at most a number of them, which are not returned."""
    client, counts = runtime.dynamodb, list[int]()

    class Counting:
        def __getattr__(self, name: str) -> Callable[..., Any]:
            return partial(self._call, name)

        def _call(self, name: str, **request: Any) -> Any:  # noqa: ANN401 - the operation's own
            answer = getattr(client, name)(**request)
            if request.get("Select") == "COUNT" and "Limit" in request:
                counts.append(answer["ScannedCount"])
            return answer

    vars(runtime)["dynamodb"] = Counting()
    try:
        yield counts
    finally:
        vars(runtime)["dynamodb"] = client


class _Secrets:
    """Returns the key of the cursors."""

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803 - Secrets Manager's own name
        return {"SecretString": SecretId}


def _measure(runtime: Runtime, service: SearchService, criteria: Criteria, most: int) -> dict[str, Any]:
    envelope = SearchEnvelope.model_validate(_message(criteria))

    def ask() -> tuple[dict[str, Any], int]:
        request = _request()
        text = service.answer(envelope, request, _CLIENT)
        (item,) = json.loads(text)["message"]["search_response"]
        if item["status"] != "succ":
            raise SystemExit(f"{criteria} was rejected: {item['status_reason_message']}")
        return dict(item), int(request.log_fields["examined"])

    # The registry's settings are read once a minute: by this search, and not by the measured one.
    service.answer(SearchEnvelope.model_validate(_message(QUERIES["by id"][1])), _request(), _CLIENT)
    with metered(runtime, delay=_NETWORK_SECONDS) as calls:
        item, examined = ask()
    turns = [_timed(service, envelope)]
    while len(turns) < most and sum(wall for wall, _ in turns) < _ENOUGH_SECONDS:
        turns.append(_timed(service, envelope))
    cost = Cost.of(calls)
    seconds = sorted(wall for wall, _ in turns)
    return {
        "matched": item["pagination"]["total_count"],
        "returned": len(item["data"]["reg_records"]),
        "p50_ms": 1000 * median(seconds),
        "p95_ms": 1000 * seconds[ceil(0.95 * len(seconds)) - 1],
        "cpu_ms": 1000 * median(cpu for _, cpu in turns),
        "serial_round_trips": cost.in_a_row,
        "calls": cost.calls,
        "examined": examined,
        "entries": cost.entries,
        "items": cost.items,
        "read_units": cost.units,
    }


def _timed(service: SearchService, envelope: SearchEnvelope) -> tuple[float, float]:
    """Return the seconds and the CPU seconds of a search."""
    wall, cpu = time.perf_counter(), time.process_time()
    service.answer(envelope, _request(), _CLIENT)
    return time.perf_counter() - wall, time.process_time() - cpu


def _request() -> Request:
    """Return the HTTP request of a message, whose body is read already."""
    return Request("POST", "/registry/sync/search", {}, "", {}, b"", "bench", "", "", Deadline(), {})


def _message(criteria: Criteria) -> dict[str, Any]:
    now = "2026-03-01T09:30:00Z"
    item = {"reference_id": "1", "timestamp": now, "search_criteria": criteria}
    header = {"message_id": "1", "message_ts": now, "action": "search", "sender_id": "bench", "total_count": 1}
    return {"header": header, "message": {"transaction_id": "1", "search_request": [item]}}


_CLIENT = Client(
    client_id="bench",
    name="bench",
    sender_id="bench",
    scopes=("registry.search",),
    token_lifetime=600,
    disclosure=("full",),
    openspp17=False,
    signature="unsigned",
    status="enabled",
    created="",
    updated="",
    version=1,
)
_COLUMNS = ("matched", "p50_ms", "p95_ms", "cpu_ms", "serial_round_trips", "calls", "entries", "read_units")
_HEADERS = ("matched", "p50 ms", "p95 ms", "CPU ms", "in a row", "calls", "entries", "units")


def _table(size: int, found: dict[str, Any]) -> Iterator[str]:
    yield f"{size:,} people; the process took {found['peak_mib']:,.0f} MiB at most"
    yield f"{'':<44}{'indexed':>8}" + "".join(f"{header:>10}" for header in _HEADERS)
    for name, measured in found["queries"].items():
        indexed = "" if name in MINISTRY_QUERIES else "yes" if QUERIES.get(name, (True,))[0] else "no"
        cells = [measured[column] for column in _COLUMNS]
        written = (f"{cell:>10,.1f}" if isinstance(cell, float) else f"{cell:>10,}" for cell in cells)
        yield f"{name:<44}{indexed:>8}{''.join(written)}"


def _answered_at_once(figures: dict[int, dict[str, Any]]) -> Iterator[str]:
    """Show up to which size of a registry a function answers each query of the ministries."""
    yield f"\nWith MaxExamined {Settings().max_examined:,}, in the largest registry and up to which size:"
    for name, read, people in synchronous_sizes(figures):
        yield f"{name:<44} {read:>10,} read, up to {people:>12,} people"


def _growth(small: dict[str, Any], large: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Compare two sizes: an indexed query with the same matches must cost the same."""
    for name, (is_indexed, _) in QUERIES.items():
        one, other = small["queries"][name], large["queries"][name]
        trips = other["serial_round_trips"] / one["serial_round_trips"]
        units = other["read_units"] / one["read_units"]
        is_bound = is_indexed and one["matched"] == other["matched"]
        holds = not is_bound or max(trips, units) <= _GROWTH
        verdict = ("ok" if holds else "MISSED") if is_bound else "may grow"
        yield f"{name:<30} round trips x {trips:,.2f}, read units x {units:,.2f}  {verdict}", holds


if __name__ == "__main__":
    sys.exit(main())
