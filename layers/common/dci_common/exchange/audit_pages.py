"""Pages of AuditTable, the newest first: of the index by record, or of whole days.

Several partitions are read at once, each from its newest item on. What is older than the point down to which all of
them were read is left to the next page, so that pages are in order and miss nothing. A position is the sort key of
the last item of a page, without a mark that it was withheld.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from dci_common.deadline import current_deadline, with_deadline
from dci_common.exchange.audit import PARTITIONS, WITHHELD
from dci_common.exchange.audit_index import AUDITED, index_pk, merged
from dci_common.exchange.audit_records import whole_items
from dci_common.json_text import json_text
from dci_common.printable import has_part

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.runtime import Runtime

AFTER = "~"  # sorts after all that continues a sort key
_MAX_AT_ONCE = 100  # entries of a record, where a page is short
_MAX_ROUNDS = 40  # reads of all partitions of a day, for one page
_MAX_SCANNED = 20_000  # items, for one page
_MAX_BYTES = 5_000_000  # of the items of a page in an answer, which has 6 MB at most
_SECONDS = 8  # that must be left to read on
Kind = Literal["disclosure", "look", "change"]
_CONDITIONS: dict[Kind, str] = {
    "disclosure": "attribute_exists(#client_id)",
    "look": "attribute_exists(#operator) AND attribute_exists(#route)",
    "change": "attribute_exists(#command)",
}
_NAMES = ("client_id", "operator", "route", "command")


class Span(NamedTuple):
    """The sort keys from `first` to `last`, both included; those from `before` on were on an earlier page."""

    first: str
    last: str
    before: str = ""

    @property
    def end(self) -> str:
        """The last sort key to be read, which may be that of the page before."""
        return min(self.last, self.before) if self.before else self.last


class Filter(NamedTuple):
    """Which items of a period are wanted: those of all members that are not empty.

    `operator` is a part of the operator's id or name, in any case, and `route` where an operator looked: with it
    alone, disclosures would be found, but not the marks that they were withheld.
    """

    client_id: str = ""
    kind: Kind | None = None
    route: str = ""
    operator: str = ""

    def options(self) -> dict[str, Any]:
        """Return the filter of a query, as far as DynamoDB can apply it; empty for all items."""
        equal = {name: value for name in ("client_id", "route") if (value := getattr(self, name))}
        conditions = [f"#{name} = :{name}" for name in equal]
        conditions += [_CONDITIONS[self.kind]] if self.kind else []
        conditions += ["attribute_exists(#operator)"] if self.operator or self.route else []
        if not conditions:
            return {}
        text = " AND ".join(conditions)
        return {
            "FilterExpression": text,
            "ExpressionAttributeNames": {f"#{name}": name for name in _NAMES if f"#{name}" in text},
            "ExpressionAttributeValues": {f":{name}": {"S": value} for name, value in equal.items()},
        }

    def has(self, item: Item) -> bool:
        """Return whether an item that DynamoDB has found is wanted."""
        texts = (item.get(name, {"S": ""})["S"] for name in ("operator", "operator_name"))
        return not self.operator or any(has_part(text, self.operator) for text in texts)


class Page(NamedTuple):
    """Audit items, the newest first, and the position after which the next page begins; empty on the last one."""

    items: list[Item]
    following: str


class _Part(NamedTuple):
    """What was read of some partitions: all items from `frontier` on; empty if there are no older ones."""

    items: list[Item]
    frontier: str
    scanned: int


class AuditPages:
    """Reads pages, with the threads of an executor."""

    def __init__(self, runtime: Runtime, threads: Executor) -> None:
        self._runtime = runtime
        self._threads = threads
        self._table = runtime.settings.audit_table

    def of_records(self, records: Sequence[str], span: Span, limit: int, *, whole: bool = True) -> Page:
        """Return a page of who saw or changed some records, by their keys; what was withheld is left out.

        Without `whole` the items are the entries of the index, which have neither a query nor the other records.
        """
        pks = [index_pk(key) for key in records]
        found: list[Item] = []
        most = limit + 1
        while True:
            part = self._read(pks, span, {"Limit": most})
            unique = {(entry["item"]["S"], entry["sk"]["S"]): entry for entry in part.items if WITHHELD not in entry}
            found += unique.values()
            if len(found) >= limit or not part.frontier or current_deadline().left() < _SECONDS:
                break
            span, most = span._replace(before=part.frontier), _MAX_AT_ONCE  # there is much that was withheld
        entries, position = _cut(found, limit, part.frontier)
        if not whole:
            return Page(entries, position)
        return Page(*_fitting(whole_items(self._runtime, self._table, entries), position))

    def of_days(self, span: Span, limit: int, wanted: Filter) -> Page:
        """Return a page of what was recorded and is wanted. It may be short, or empty, while others follow."""
        options = wanted.options() or {"Limit": limit // 4 + 10}
        found: list[Item] = []
        rounds = scanned = 0
        for day in _days(span):
            has_more = True
            while has_more:
                part = self._read([f"{AUDITED}{day}#{number}" for number in range(PARTITIONS)], span, options)
                found += filter(wanted.has, part.items)
                rounds, scanned, has_more = rounds + 1, scanned + part.scanned, bool(part.frontier)
                span = span._replace(before=part.frontier or str(day))
                over = rounds >= _MAX_ROUNDS or scanned >= _MAX_SCANNED or current_deadline().left() < _SECONDS
                if over or len(found) >= limit:
                    is_last = not has_more and str(day) <= span.first
                    return Page(*_fitting(*_cut(found, limit, "" if is_last else span.before)))
        return Page(*_fitting(found, ""))

    def _read(self, pks: Sequence[str], span: Span, options: dict[str, Any]) -> _Part:
        """Read the newest items of some partitions, and return those that are newer than all that was not read."""
        values = {":first": {"S": span.first}, ":last": {"S": span.end}}

        def read(pk: str) -> Any:  # noqa: ANN401 - the answer of DynamoDB
            given = options.get("ExpressionAttributeValues", {})
            return self._runtime.dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                ScanIndexForward=False,
                **options | {"ExpressionAttributeValues": {":pk": {"S": pk}, **values, **given}},
            )

        if span.first > span.end:
            return _Part([], "", 0)
        answers = list(self._threads.map(with_deadline(read), pks))
        frontier = max(map(_frontier, answers), default="")
        items = merged(item for answer in answers for item in answer["Items"])
        kept = [item for item in items if item["sk"]["S"] >= frontier and not item["sk"]["S"] >= span.before > ""]
        newest_first = sorted(kept, key=lambda item: str(item["sk"]["S"]), reverse=True)
        return _Part(newest_first, frontier, sum(answer["ScannedCount"] for answer in answers))


def _frontier(answer: Any) -> str:  # noqa: ANN401 - the answer of DynamoDB
    """Return from where on a partition was read; an item without the mark that it was withheld follows the mark."""
    last = answer.get("LastEvaluatedKey")
    if not last:
        return ""
    sk = str(last["sk"]["S"])
    return sk.removesuffix(f"#{WITHHELD}") + AFTER if sk.endswith(f"#{WITHHELD}") else sk


def _days(span: Span) -> Iterator[date]:
    """Yield the days of a span, the last one first."""
    day, first = date.fromisoformat(span.end[:10]), date.fromisoformat(span.first[:10])
    while day >= first:
        yield day
        if day == date.min:
            return
        day -= timedelta(days=1)


def _cut(items: list[Item], limit: int, following: str) -> tuple[list[Item], str]:
    """Return the first items, and where the next ones begin."""
    return (items[:limit], str(items[limit - 1]["sk"]["S"])) if len(items) > limit else (items, following)


def _fitting(items: list[Item], following: str) -> tuple[list[Item], str]:
    """Return the items that fit into an answer, at least one, and where the next ones begin."""
    size = 0
    for number, item in enumerate(items):
        size += len(json.dumps(json_text(item)))  # as Lambda returns it: JSON in JSON, with escapes
        if size > _MAX_BYTES and number:
            return items[:number], str(items[number - 1]["sk"]["S"])
    return items, following
