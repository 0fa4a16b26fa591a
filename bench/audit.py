"""What one person's history costs among 10,000 and among 1,000,000 disclosures: `make bench-audit`.

`dci audit` reads a table in memory, which counts read units as DynamoDB does. A search discloses 100 records; in both
tables the same ten searches have disclosed the same person. The index is made by the functions' own code.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, cast

from report import Budget, options_of, report

from dci_cli.audit.records import Period, Subject, read_records
from dci_cli.aws import OperatorRuntime
from dci_common.aws.dynamodb import Item
from dci_common.exchange.audit_index import index_entries
from dci_common.exchange.audit_pages import AuditPages, Span
from dci_common.settings import Settings
from dci_common.timestamps import day, timestamp

_SIZES, _QUICK_SIZES = (10_000, 1_000_000), (10_000, 100_000)
_A_SEARCH, _SEEN = 100, 10
_NOON = 1_772_366_400
_UNIT, _PAGE = 4096, 1024**2
_PERSON = "PERSON#p-seen"


class Table:
    """An AuditTable in memory, with what `dci audit` asks of DynamoDB; `units` are the read units so far."""

    def __init__(self, disclosures: int) -> None:
        self.units = 0.0
        self._lock = threading.Lock()  # days are read by several threads
        self._partitions: dict[str, dict[str, bytes]] = defaultdict(dict)
        for item in _audit_items(disclosures):
            for one in (item, *index_entries(item)):
                self._partitions[one["pk"]["S"]][one["sk"]["S"]] = json.dumps(one).encode()

    def describe_table(self, **_: object) -> Item:
        """Return a table whose stream is older than what is in it."""
        stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
        created = datetime.fromtimestamp(_NOON - 10 * 86_400, UTC)
        label = created.isoformat()
        return {"Table": {"StreamSpecification": stream, "LatestStreamLabel": label, "CreationDateTime": created}}

    def query(self, **request: Any) -> Item:  # noqa: ANN401 - the operation's parameters
        """Return a page of a partition, in the order of the sort keys, without what a filter leaves out."""
        values = {name: value["S"] for name, value in request["ExpressionAttributeValues"].items()}
        part = self._partitions.get(values[":pk"], {})
        keys = sorted(part)
        first = bisect_left(keys, values.get(":first", ""))
        if "ExclusiveStartKey" in request:
            first = bisect_right(keys, request["ExclusiveStartKey"]["sk"]["S"])
        asked = keys[first : bisect_right(keys, values.get(":last", "\uffff"))]
        if not request.get("ScanIndexForward", True):
            asked.reverse()
        sizes = itertools.accumulate(len(part[key]) for key in asked)
        read = [key for key, size in zip(asked, sizes, strict=False) if size <= _PAGE][: request.get("Limit")]
        self._count(max(1, -(-sum(len(part[key]) for key in read) // _UNIT)))
        items = [json.loads(part[key]) for key in read]
        if "FilterExpression" in request:
            items = [item for item in items if item.get("client_id", {}).get("S") == values[":value"]]
        is_all = len(read) == len(asked)
        return {"Items": items, "ScannedCount": len(read)} | (
            {} if is_all else {"LastEvaluatedKey": {"sk": {"S": read[-1]}}}
        )

    def batch_get_item(self, **request: Any) -> Item:  # noqa: ANN401 - the operation's parameters
        """Return items by their keys."""
        [(name, asked)] = request["RequestItems"].items()
        found = [self._partitions[key["pk"]["S"]][key["sk"]["S"]] for key in asked["Keys"]]
        self._count(sum(-(-len(one) // _UNIT) for one in found))
        return {"Responses": {name: [json.loads(one) for one in found]}}

    def _count(self, units: int) -> None:
        """Count units, of which an eventually consistent read takes half."""
        with self._lock:
            self.units += units / 2


def _audit_items(disclosures: int) -> Iterator[Item]:
    for number in range(disclosures // _A_SEARCH):
        moment = _NOON + number / 10
        people = [f"PERSON#p-{number:05}-{other:02}" for other in range(_A_SEARCH - 1)]
        people.append(_PERSON if number < _SEEN else f"PERSON#p-{number:05}-99")
        yield {
            "pk": {"S": f"DAY#{day(moment)}#{number % 8}"},
            "sk": {"S": f"{timestamp(moment)}#{number:016x}#0"},
            "client_id": {"S": "5b0c6a52-9d1e-4f0b-8f6e-1c2d3e4f5a6b"},
            "route": {"S": "sync/search"},
            "record_type": {"S": "SRPerson"},
            "disclosed": {"S": "standard"},
            "purpose": {"S": '{"consent":{"code":"benefit"}}'},
            "query": {"S": '{"query_type":"predicate","query":[]}'},
            "records": {"SS": people},
        }


def _units(table: Table, subject: Subject) -> float:
    """Return the read units of an audit, which shows as many records as there are."""
    runtime = OperatorRuntime(Settings(audit_table="audit"))
    vars(runtime)["dynamodb"] = cast("Any", table)
    before, period = table.units, Period(day(_NOON), day(_NOON + 2 * 86_400))
    found = read_records(runtime, "audit", period, subject)
    if found.unindexed or (subject.is_record and len(found.records) != _SEEN):
        raise SystemExit(f"The audit has {len(found.records)} records, and not {_SEEN}.")
    return table.units - before


def _units_of_page(table: Table) -> float:
    """Return the read units of a page of `GET /audit` about a person, which has all that there is."""
    runtime = OperatorRuntime(Settings(audit_table="audit"))
    vars(runtime)["dynamodb"] = cast("Any", table)
    before = table.units
    with ThreadPoolExecutor(1) as threads:
        page = AuditPages(runtime, threads).of_records([_PERSON], Span("0001", "9999"), 50)
    if len(page.items) != _SEEN or page.following:
        raise SystemExit(f"The page has {len(page.items)} records, and not {_SEEN}.")
    return table.units - before


def main() -> int:
    """Measure, and return 1 when a budget is exceeded."""
    options = options_of(__doc__, "the larger table has 100,000 disclosures").parse_args()
    person = Subject("contains(records, :value)", _PERSON, "", is_record=True)
    client = Subject("client_id = :value", "nobody", "")
    small, large = (Table(size) for size in (_QUICK_SIZES if options.quick else _SIZES))
    (few, few_of_all), (many, all_of_many) = (
        (_units(table, person), _units(table, client)) for table in (small, large)
    )
    page_of_few, page_of_many = map(_units_of_page, (small, large))
    names = [f"{size:,} disclosures" for size in (_QUICK_SIZES if options.quick else _SIZES)]
    return report(
        [
            Budget(f"one person's history, {names[0]}", few, unit="read units"),
            Budget(f"one person's history, {names[1]}", many, few, unit="read units"),
            Budget(f"a page of GET /audit, {names[0]}", page_of_few, unit="read units"),
            Budget(f"a page of GET /audit, {names[1]}", page_of_many, page_of_few, unit="read units"),
            Budget(f"all days, {names[0]}", few_of_all, unit="read units"),
            Budget(f"all days, {names[1]}", all_of_many, unit="read units"),
        ],
        options.json,
    )


if __name__ == "__main__":
    sys.exit(main())
