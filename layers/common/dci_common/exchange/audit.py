"""Audit records: which records each search disclosed to which client, written to AuditTable.

| pk | sk | carries |
|---|---|---|
| `DAY#<date>#<0 to 7>` | `<timestamp>#<random>#<part>` | client, route, message ids, query, purpose, `records` |
| the same | `<timestamp>#<random>#<part>#withheld` | client and `records`: they were not sent after all |

The first has `disclosed` too: what the client may see of a record. A search that was rejected with a sentence about
how much there is has the code of the rejection as `rejected`. The command line records what an operator changes in
the same form: with `operator` and `command` instead of a client. The oversight function records each look of an
operator: with `operator`, `operator_name`, `route`, `query` (the parameters) and `reason`.

A day has several partitions to take more writes than one could. Items are added, and never replaced. The functions
that disclose may write to the table, and cannot read it. `audit_index` finds the items of one record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, wait
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from dci_common.aws.new_item import put_new_item
from dci_common.deadline import with_deadline
from dci_common.errors import Unavailable
from dci_common.json_text import json_text
from dci_common.registries.social.disclosure import compact
from dci_common.timestamps import day, timestamp

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.clients.model import Client
    from dci_common.exchange.compiled_search import CompiledSearch
    from dci_common.registry.catalogue.attributes import Disclosure
    from dci_common.runtime import Runtime
    from dci_common.spdci.search_items import SearchCriteria, SearchItem

Route = Literal["sync/search", "search", "sync/txn/status", "txn/status", "notify"]

PARTITIONS = 8
WITHHELD = "withheld"
_PART_BYTES = 200_000  # of ids in one item, which DynamoDB takes up to 400 KB
_MAX_TEXT = 20_000  # characters stored of a query, and of a purpose
_DAY = 86_400
_KEPT = ("pk", "client_id", "records", "expires")  # what also says that records were withheld


class MessageIds(NamedTuple):
    """The ids of a message that discloses something, or of the one that it answers."""

    correlation_id: str
    message_id: str
    transaction_id: str


class AuditedSearch(NamedTuple):
    """A search of a message, as its audit record describes it; `disclosed` is what the client may see of a record."""

    reference_id: str
    criteria: SearchCriteria
    record_type: str
    disclosed: Disclosure


def audited_search(item: SearchItem, search: CompiledSearch) -> AuditedSearch:
    """Return an item of a message as its audit record describes it."""
    return AuditedSearch(item.reference_id, item.search_criteria, search.record_type.name, search.disclosure)


class AuditLog:
    """Writes what one message discloses, in parallel with the rest of its work.

    The last item is written by the thread that waits for all of them, which has nothing else to do then. `route` is
    where the answer goes to: the path under `/registry/` that was asked, or whose callback it is.
    """

    def __init__(self, runtime: Runtime, threads: Executor, client: Client, ids: MessageIds, route: Route) -> None:
        self._runtime = runtime
        self._threads = threads
        self._writes: list[Future[None]] = []
        self._last: Item | None = None  # is not being written yet
        self._items: dict[str, list[Item]] = {}  # by reference id
        self._message = {"client_id": client.client_id, "route": route, **ids._asdict()}

    def record(self, search: AuditedSearch, records: Iterable[str]) -> None:
        """Start writing that a search discloses these records, given by their keys; there may be none."""
        self._start(search.reference_id, self._parts(self._fields(search), records))

    def record_probe(self, search: AuditedSearch, reason: str) -> None:
        """Record that a search was rejected for a reason that reveals how much there is; records are withheld."""
        if search.reference_id in self._items:
            self.mark_withheld(search.reference_id, rejected={"S": reason})
            return
        self._start(search.reference_id, self._parts(self._fields(search) | {"rejected": reason}, ()))

    def _fields(self, search: AuditedSearch) -> dict[str, str]:
        criteria = search.criteria
        return {
            **self._message,
            "reference_id": search.reference_id,
            "record_type": search.record_type,
            "query": _text({"query_type": criteria.query_type, "query": criteria.query}),
            "purpose": _purpose(criteria),
            "disclosed": compact(search.disclosed),
        }

    def _start(self, reference_id: str, items: list[Item]) -> None:
        self._items.setdefault(reference_id, []).extend(items)  # subscriptions of one id may be sent together
        self._write(items)

    def _write(self, items: Iterable[Item]) -> None:
        for item in items:
            self.start_last()
            self._last = item

    def start_last(self) -> None:
        """Start writing the last item too, where something else is to be done meanwhile."""
        if self._last:
            self._writes.append(self._threads.submit(with_deadline(self._put), self._last))
            self._last = None

    def mark_withheld(self, reference_id: str, **more: Item) -> None:
        """Start writing that the records of a search were not sent after all, if they were recorded."""
        self._write(_withheld(item, more) for item in self._items.pop(reference_id, ()))

    def mark_all_withheld(self) -> None:
        """Record that nothing was sent after all, as far as that can be written."""
        for reference_id in list(self._items):
            self.mark_withheld(reference_id)
        with suppress(Unavailable):
            self.wait()

    def wait(self) -> None:
        """Wait until everything is written. Raises Unavailable when a write failed: nothing may be disclosed then."""
        last, self._last = self._last, None
        try:
            try:
                if last:
                    self._put(last)
            finally:
                if self._writes:
                    wait(self._writes)
            for write in self._writes:
                write.result()
        except (BotoCoreError, ClientError) as error:
            raise Unavailable("The disclosure cannot be recorded; try again shortly.", retry_after=5) from error

    def _parts(self, fields: dict[str, str], records: Iterable[str]) -> list[Item]:
        now = self._runtime.clock()
        pk, sk = audit_key(now, self._runtime.random_bytes(9))
        days = self._runtime.settings.audit_days
        common = {
            "pk": {"S": pk},
            **{name: {"S": value} for name, value in fields.items() if value},
            **({"expires": {"N": str(int(now) + days * _DAY)}} if days else {}),
        }
        return [
            {**common, "sk": {"S": f"{sk}#{part}"}, **({"records": {"SS": keys}} if keys else {})}
            for part, keys in enumerate(key_portions(dict.fromkeys(records)))
        ]

    def _put(self, item: Item) -> None:
        put_new_item(self._runtime, self._runtime.settings.audit_table, item)


def audit_key(now: float, random: bytes) -> tuple[str, str]:
    """Return the partition of audit items of a moment, and the beginning of their sort key, of 9 random bytes."""
    return f"DAY#{day(now)}#{random[0] % PARTITIONS}", f"{timestamp(now)}#{random[1:].hex()}"


def key_portions(records: Iterable[str]) -> Iterator[list[str]]:
    """Yield distinct keys of records in portions that fit into an item; one empty portion if there are no records."""
    chunk: list[str] = []
    size = 0
    for key in records:
        size += len(key.encode())
        if size > _PART_BYTES:
            yield chunk
            chunk, size = [], len(key.encode())
        chunk.append(key)
    yield chunk


def _withheld(item: Item, more: Item) -> Item:
    """Return the item that says that the records of another one were not sent."""
    kept: Item = {name: item[name] for name in _KEPT if name in item}
    return {**kept, "sk": {"S": f"{item['sk']['S']}#{WITHHELD}"}, WITHHELD: {"BOOL": True}, **more}


def _purpose(criteria: SearchCriteria) -> str:
    """Return the purposes that consent and authorize state, as JSON; empty when they state none."""
    sent = {"consent": criteria.consent, "authorize": criteria.authorize}
    if not any(sent.values()):
        return ""
    purposes = {name: value["purpose"] for name, value in sent.items() if value and value.get("purpose")}
    return _text(purposes) if purposes else ""


def _text(content: object) -> str:
    return json_text(content)[:_MAX_TEXT]
