"""What a deployment costs a month, and a million searches: `make cost`.

The units of requests and the size of people are counted, in the real handlers over a canned engine. The prices are
AWS's list prices without free tiers, taxes and discounts. What is assumed is named in the output.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from canned_aws import Call
from engine import as_in_lambda
from warm import Bench

from dci_common.aws.dynamodb import Item
from dci_common.exchange.audit_index import index_entries
from support.deployment import MONITORING, functions, of_type

REGION, AS_OF = "us-east-1", "2025-06"
PRICES = {  # in dollars
    "a million requests to the HTTP API": 1.00,
    "a million calls of functions": 0.20,
    "a GB-second of functions (arm64)": 0.0000133334,
    "a GB-second of a snapshot": 0.0000015046,
    "a million read units": 0.125,
    "a million write units": 0.625,
    "a GB-month of tables": 0.25,
    "a GB-month of point-in-time recovery": 0.20,
    "a GB of logs": 0.50,
    "a secret a month": 0.40,
    "a metric a month": 0.30,
    "a metric of an alarm a month": 0.10,
    "a dashboard a month": 3.00,
    "a million requests to queues": 0.40,
    "a GB of an import from S3": 0.15,
}
QUOTAS = {  # AWS's own, of the same month; those of tables and functions can be raised on request
    "read units a second of a partition": 3_000,
    "write units a second of a partition": 1_000,
    "write units a second of a table": 40_000,
    "write units a second of a new table": 4_000,
    "files of an import from S3": 50_000,
    "concurrent functions": 1_000,
}
# Assumed: a call takes this time, besides the CPU time of a request; and what a request writes into all logs.
MS_A_CALL, MS_OF_CPU, LOG_KB = 5, 5, 2
# Assumed: the metrics of a search; those of tokens, keys and health; and five outcomes.
METRICS = 9 + 3 * 5 + 5
# Assumed: Lambda asks an empty queue five times in 20 seconds; and the sweep takes this time each minute.
POLLS_A_MONTH, MS_OF_SWEEP = 5 * 730 * 3600 / 20, 100
MILLION, SECONDS_A_MONTH, INDEX_OVERHEAD = 1_000_000, 730 * 3600, 100


def write_units(calls: Iterable[Call]) -> int:
    """Return the units of the writes among calls, with those of the index of audit items."""
    units = 0
    for call in calls:
        if call.operation in {"UpdateItem", "DeleteItem"}:  # of counters, which are small
            units += 1
        elif call.operation == "PutItem":
            item = json.loads(call.body)["Item"]
            units += sum(-(-size(one) // 1024) for one in (item, *index_entries(item)))
    return units


def size(item: Item) -> int:
    """Return the bytes of an item: its names, and its values without their types."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: dict[str, Any]) -> int:
    ((_, content),) = value.items()
    match content:
        case dict():
            return 3 + size(content)
        case list():
            return 3 + sum(1 + _value_size(part) if isinstance(part, dict) else len(part) for part in content)
    return len(str(content).encode())


def entries(item: Item) -> Iterator[Item]:
    """Yield the index entries of an item: its keys, the key of one of its slots, and what each index projects."""
    for name in item:
        if name[0] == "x" and name[1:].isdigit():
            yield {key: item[key] for key in ("pk", "sk", "shard", name, "facets")}


def gigabytes(bench: Bench) -> float:
    """Return the GB of a million people with their households, memberships and index entries."""
    items = list(bench.registry())
    people: int = sum(item["sk"]["S"] == "RECORD" and item["pk"]["S"].startswith("PERSON#") for item in items)
    stored = (one for item in items for one in (item, *entries(item)))
    total: int = sum(size(one) + INDEX_OVERHEAD for one in stored)
    return total / people * MILLION / 1024**3


def searches(bench: Bench, kind: str, event: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield what a million such searches cost."""
    calls, read_units = bench.calls(bench.search, event)
    written = write_units(calls)
    memory = functions()["SearchFunction"]["MemorySize"] / 1024
    seconds = (MS_A_CALL * len(calls) + MS_OF_CPU) / 1000
    costs = {
        "a million requests to the HTTP API": 1.0,
        "a million calls of functions": 1.0,
        "a GB-second of functions (arm64)": MILLION * seconds * memory,
        "a million read units": read_units,
        "a million write units": written,
        "a GB of logs": LOG_KB * MILLION / 1024**2,
    }
    units = f"{len(calls)} calls, {read_units:,.0f} read units, {written} write units"
    yield f"a million searches {kind}: {units} each", sum(PRICES[name] * amount for name, amount in costs.items())


def monthly(bench: Bench) -> Iterator[tuple[str, float]]:
    """Yield what a deployment costs a month, without requests."""
    memory = sum(one["MemorySize"] for one in functions().values() if "SnapStart" in one) / 1024
    snapshots = memory * SECONDS_A_MONTH * PRICES["a GB-second of a snapshot"]
    yield f"snapshots of {memory:.1f} GB of functions", snapshots
    yield f"{METRICS} metrics", METRICS * PRICES["a metric a month"]
    alarms = of_type("AWS::CloudWatch::Alarm", MONITORING).values()
    watched = sum(sum("MetricStat" in one for one in alarm["Properties"].get("Metrics", ())) or 1 for alarm in alarms)
    yield f"{len(alarms)} alarms on {watched} metrics", watched * PRICES["a metric of an alarm a month"]
    yield "the dashboard", PRICES["a dashboard a month"]
    events = [event for function in functions().values() for event in function.get("Events", {}).values()]
    queues = sum(event["Type"] == "SQS" for event in events)
    polls = queues * POLLS_A_MONTH
    yield (
        f"{polls / MILLION:.1f} million receives from {queues} queues",
        _price("a million requests to queues", polls),
    )
    sweeps = 730 * 60
    seconds = sweeps * MS_OF_SWEEP / 1000 * functions()["DeliveryFunction"]["MemorySize"] / 1024
    calls = _price("a million calls of functions", sweeps)
    yield f"{sweeps:,} sweeps", calls + seconds * PRICES["a GB-second of functions (arm64)"]
    secrets = len(of_type("AWS::SecretsManager::Secret"))
    yield f"{secrets} secrets", secrets * PRICES["a secret a month"]
    stored = gigabytes(bench)
    kept = PRICES["a GB-month of tables"] + PRICES["a GB-month of point-in-time recovery"]
    yield f"a million people: {stored:.1f} GB of items and index entries", stored * kept


def _price(unit: str, count: float) -> float:
    """Return the price of a number of units that are sold by the million."""
    return PRICES[unit] * count / MILLION


def main() -> int:
    """Print the table of docs/operations.md."""
    with as_in_lambda():
        rows = _rows(Bench())
    print(f"| {REGION}, prices of {AS_OF} | dollars |\n|---|---|")
    print("\n".join(f"| {name} | {dollars:,.2f} |" for name, dollars in rows))
    return 0


def _rows(bench: Bench) -> list[tuple[str, float]]:
    months = list(monthly(bench))
    by_id, page = bench.search_event(bench.by_id(0)), bench.search_event(bench.born(20))
    return [
        *((f"{name}, a month", dollars) for name, dollars in months),
        ("**a month, without requests**", sum(dollars for _, dollars in months)),
        *searches(bench, "by id", by_id),
        *searches(bench, f"that match all of {len(bench.uins):,} people, a page of 20", page),
    ]


if __name__ == "__main__":
    sys.exit(main())
