"""A registry of 1 to 100 million people, from counted units: `make scale` prints the tables of docs/scale.md.

The size of people, the units of their import and of a search are counted in the code of this checkout, as in cost.py,
which has the prices and AWS's quotas. What is assumed is named below, and in docs/scale.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

from cost import (
    AS_OF,
    INDEX_OVERHEAD,
    MILLION,
    MS_A_CALL,
    MS_OF_CPU,
    PRICES,
    QUOTAS,
    REGION,
    SECONDS_A_MONTH,
    entries,
    monthly,
    searches,
    size,
)
from engine import as_in_lambda
from warm import Bench

from dci_cli.registry.bulk.s3_files import FILE_BYTES
from dci_cli.registry.importer.target import shards_for
from dci_common.settings import Settings
from support.deployment import template

SIZES = (1, 10, 50, 100)  # million people
PEOPLE_A_CPU_SECOND = 1_600  # of an import by item, on one core, as docs/performance.md measured it
SEARCHES_A_PERSON, PEAK = 1, 10  # assumed: searches by id a month; the busiest hour, of the average
_KB, _GB = 1024, 1024**3
_READ = 2 * 4 * _KB  # bytes of index entries that a read unit reads: these reads are eventually consistent
_DEFAULTS = Settings()


class Counted(NamedTuple):
    """What was counted: of one person with their part of a household, of the index entries, and of a search by id."""

    stored_bytes: float
    file_bytes: float
    write_units: float
    entry_bytes: float
    entry_units: float
    search_seconds: float
    search_dollars: float
    idle_dollars: float


def count(bench: Bench) -> Counted:
    """Count the units of a small registry, and of one search by id."""
    items = list(bench.registry())
    people = sum(item["sk"]["S"] == "RECORD" and item["pk"]["S"].startswith("PERSON#") for item in items)
    of_people = [entry for item in items if item["pk"]["S"].startswith("PERSON#") for entry in entries(item)]
    indexed = [entry for item in items for entry in entries(item)]
    event = bench.search_event(bench.by_id(0))
    calls, _ = bench.calls(bench.search, event)
    ((_, dollars),) = searches(bench, "by id", event)
    *without_registry, _ = monthly(bench)
    return Counted(
        stored_bytes=sum(size(item) + INDEX_OVERHEAD for item in [*items, *indexed]) / people,
        file_bytes=sum(len(json.dumps({"Item": item})) + 1 for item in items) / people,
        write_units=sum(-(-size(item) // _KB) for item in [*items, *indexed]) / people,
        entry_bytes=sum(map(size, of_people)) / len(of_people),
        entry_units=sum(-(-size(entry) // _KB) for entry in of_people) / len(of_people),
        search_seconds=(MS_A_CALL * len(calls) + MS_OF_CPU) / 1000,
        search_dollars=dollars / MILLION,
        idle_dollars=sum(dollars for _, dollars in without_registry),
    )


Row = tuple[str, str, Callable[[float], str]]


def rows(counted: Counted) -> Iterator[Row]:
    """Yield the rows of the first table: a name, its formula, and the figure for a number of people."""
    kept = PRICES["a GB-month of tables"] + PRICES["a GB-month of point-in-time recovery"]
    partition = QUOTAS["read units a second of a partition"]
    scan = _DEFAULTS.max_examined * counted.entry_bytes / _READ

    def stored(people: float) -> float:
        return people * counted.stored_bytes / _GB

    def monthly_searches(people: float) -> float:
        return people * SEARCHES_A_PERSON * counted.search_dollars

    def busiest(people: float) -> float:
        return people * SEARCHES_A_PERSON / SECONDS_A_MONTH * PEAK

    written, files = counted.write_units, counted.file_bytes / _GB
    yield "index shards", "`shards_for`", lambda people: f"{shards_for(int(people))}"
    yield "people in a shard", "people / shards", lambda people: f"{people / shards_for(int(people)):,.0f}"
    yield "GB stored", f"people × {counted.stored_bytes:,.0f} bytes", lambda people: f"{stored(people):,.0f}"
    yield "dollars a month for them", f"GB × {kept:.2f}", lambda people: f"{stored(people) * kept:,.0f}"
    yield (
        "hours of CPU of an import by item",
        f"people / {PEOPLE_A_CPU_SECOND:,} a second",
        lambda people: f"{people / PEOPLE_A_CPU_SECOND / 3600:,.1f}",
    )
    yield (
        "hours at least by item, at the table's quota",
        f"people × {written:.1f} write units / {QUOTAS['write units a second of a table']:,}",
        lambda people: f"{people * written / QUOTAS['write units a second of a table'] / 3600:,.1f}",
    )
    yield (
        "dollars of an import by item",
        f"million write units × {PRICES['a million write units']}",
        lambda people: f"{people * written / MILLION * PRICES['a million write units']:,.0f}",
    )
    yield (
        "dollars of an import from S3",
        f"people × {counted.file_bytes:,.0f} bytes × {PRICES['a GB of an import from S3']} a GB",
        lambda people: f"{people * files * PRICES['a GB of an import from S3']:,.0f}",
    )
    yield (
        "searches a second in the busiest hour",
        f"people × {SEARCHES_A_PERSON} × {PEAK} / {SECONDS_A_MONTH:,} seconds",
        lambda people: f"{busiest(people):,.1f}",
    )
    yield (
        "functions at once, then",
        f"searches a second × {counted.search_seconds:.3f} seconds",
        lambda people: f"{busiest(people) * counted.search_seconds:,.1f}",
    )
    yield (
        "dollars a month for these searches",
        f"million searches × {counted.search_dollars * MILLION:.2f}",
        lambda people: f"{monthly_searches(people):,.0f}",
    )
    yield (
        "**dollars a month in all**",
        f"{counted.idle_dollars:,.0f} + stored + searches",
        lambda people: f"**{counted.idle_dollars + stored(people) * kept + monthly_searches(people):,.0f}**",
    )
    yield (
        "part of the people that a sync range may match",
        f"`MaxExamined` {_DEFAULTS.max_examined:,} / people",
        lambda people: f"{100 * _DEFAULTS.max_examined / people:,.1f} %",
    )
    yield (
        "such ranges a second, until partitions are full",
        f"shards × {partition:,} / {scan:,.0f} read units",
        lambda people: f"{shards_for(int(people)) * partition / scan:,.1f}",
    )
    yield (
        "people written a second, until partitions are full",
        f"shards × {QUOTAS['write units a second of a partition']:,} / {counted.entry_units:.1f} write units",
        lambda people: (
            f"{shards_for(int(people)) * QUOTAS['write units a second of a partition'] / counted.entry_units:,.0f}"
        ),
    )


def limits(counted: Counted) -> list[tuple[float, str, str]]:
    """Return each limit with the number of people at which it is met, and what to change; the first one first."""
    rate = int(template()["Parameters"]["ThrottlingRate"]["Default"])
    a_person = SEARCHES_A_PERSON / SECONDS_A_MONTH * PEAK  # searches a second in the busiest hour
    files = QUOTAS["files of an import from S3"]
    written = counted.write_units / QUOTAS["write units a second of a table"] / 3600
    functions = QUOTAS["concurrent functions"]
    return sorted(
        [
            (
                _DEFAULTS.max_examined,
                f"`MaxExamined`: a sync search examines {_DEFAULTS.max_examined:,} entries",
                "ask for less, or asynchronously",
            ),
            (rate / a_person, f"`ThrottlingRate`: {rate} requests a second", "raise it and `ThrottlingBurst`"),
            (
                _DEFAULTS.max_examined_async,
                f"`MaxExaminedAsync`: an item examines {_DEFAULTS.max_examined_async:,} entries",
                "raise it, for searches without an index",
            ),
            (
                8 * 3600 * PEOPLE_A_CPU_SECOND,
                "an import by item takes 8 hours of one core",
                "nothing: plan for its time, which grows with the people",
            ),
            (
                8 / written,
                "an import by item takes 8 hours at the table's quota",
                "`dci registry create-from-s3`, whose import has no such quota; or ask AWS to raise it",
            ),
            (
                functions / counted.search_seconds / a_person,
                f"{functions:,} functions run at once",
                "ask AWS to raise the quota",
            ),
            (files * FILE_BYTES / counted.file_bytes, f"an import from S3 has {files:,} files", "raise `FILE_BYTES`"),
        ]
    )


def lines(counted: Counted) -> Iterator[str]:
    """Yield the lines of both tables."""
    yield f"| {REGION}, prices of {AS_OF} | formula | {' | '.join(f'{millions} million' for millions in SIZES)} |"
    yield "|---|---|" + "---|" * len(SIZES)
    for name, formula, figure in rows(counted):
        yield f"| {name} | {formula} | {' | '.join(figure(millions * MILLION) for millions in SIZES)} |"
    yield ""
    yield "| millions of people | limit that is met | what to change |\n|---|---|---|"
    for people, limit, change in limits(counted):
        yield f"| {people / MILLION:,.1f} | {limit} | {change} |"


def main() -> int:
    """Print the tables of docs/scale.md."""
    with as_in_lambda():
        counted = count(Bench())
    print("\n".join(lines(counted)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
