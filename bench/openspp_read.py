"""The speed and memory of reading OpenSPP's database: `make bench-openspp`.

A PostgreSQL of its own has an OpenSPP 17 of 100,000 and of 1,000,000 people, with two identifiers each, in households
of five. Its own CPU time is in no figure. The memory of the large one is compared with that of the small one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from memory import cpu_seconds, peak_mib
from report import Budget, options_of, report, speed

from dci_cli.registry.follow.openspp.options import Options
from dci_cli.registry.follow.openspp.source import OpenSpp
from dci_cli.registry.importer.file_reader import relaxed_gc
from support.openspp_database import OpenSppDatabase, create_templates
from support.postgres import Cluster, running

_PEOPLE_A_HOUSEHOLD = 5
_REGISTRANTS_A_SECOND = 10_000  # of CPU, on a machine whose slowness is 1
_SECONDS_OF_A_PASS = 15.0  # which finds nothing changed among a million people
_MORE_MEMORY = 1.2


def main() -> int:
    """Measure everything, and return 1 when a budget is exceeded; with an address, print a database's figures."""
    if len(sys.argv) > 1 and sys.argv[1].startswith("postgresql:"):
        print(json.dumps(_read(sys.argv[1])))
        return 0
    options = options_of(__doc__, "far fewer people").parse_args()
    sizes = (1_000, 5_000) if options.quick else (100_000, 1_000_000)
    with running("shared_buffers=256MB", "max_wal_size=4GB") as cluster:
        create_templates(cluster)
        small, large = (_figures(cluster, people) for people in sizes)
    slowness = speed()
    bound = None if options.quick else 1.0
    return report(
        [
            Budget(
                f"registrants read a second of CPU ({sizes[1]:,} people)",
                large["registrants"] / large["cpu_seconds"],
                bound and _REGISTRANTS_A_SECOND / slowness,
                at_most=False,
            ),
            Budget("people read a second of CPU", large["people"] / large["cpu_seconds"]),
            Budget("peak memory", large["peak_mib"], small["peak_mib"] * _MORE_MEMORY, unit="MiB"),
            Budget(
                "ids of all, and who was written: seconds", large["unchanged_seconds"], bound and _SECONDS_OF_A_PASS
            ),
        ],
        options.json,
    )


def _figures(cluster: Cluster, people: int) -> dict[str, float]:
    """Return the figures of a new database with so many people, which another process measures."""
    database = OpenSppDatabase.create(cluster, "openspp17")
    database.populate(people // _PEOPLE_A_HOUSEHOLD)
    database.sql("ANALYZE")
    url = cluster.url(database.name)
    done = subprocess.run(  # noqa: S603 - this program
        [sys.executable, __file__, url], check=True, capture_output=True, text=True, env=dict(os.environ)
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _read(url: str) -> dict[str, float]:
    with OpenSpp(url, Options(income="month")).snapshot() as snapshot, relaxed_gc():
        began = time.perf_counter()
        people = sum(1 for one in snapshot.identities() if one.kind == "PERSON")
        written = _count(snapshot.touched(datetime.now(UTC) + timedelta(days=1)))
        unchanged = time.perf_counter() - began
        before = cpu_seconds()
        registrants = _count(snapshot.records())
        return {
            "cpu_seconds": cpu_seconds() - before,
            "registrants": registrants,
            "people": people,
            "peak_mib": peak_mib(),
            "unchanged_seconds": unchanged if written == 0 else float("inf"),
        }


def _count(rows: Iterable[object]) -> int:
    return sum(1 for _ in rows)


if __name__ == "__main__":
    sys.exit(main())
