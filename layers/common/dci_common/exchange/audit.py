"""Audit records: which records each search disclosed to which client, written to AuditTable.

| pk | sk | carries |
|---|---|---|
| `DAY#<date>#<0 to 7>` | `<timestamp>#<random>#<part>` | client, ids of the message, query, purpose, `records` |

A search that was rejected with a sentence about how much there is has the code of the rejection as `rejected`. The
command line records what an operator changes in the same form: with `operator` and `command` instead of a client.

An operator who asks "who saw this person?" reads only the days of a period; a day has several partitions to take more
writes than one could. The search function may add items, and cannot read them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from dci_common.deadline import with_deadline
from dci_common.errors import Unavailable
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import is_shown
from dci_common.registry.storage.keys import record_pk
from dci_common.timestamps import day, timestamp

if TYPE_CHECKING:
    from datetime import date

    from dci_common.aws.dynamodb import Item
    from dci_common.clients.model import Client
    from dci_common.registry.catalogue.attributes import Disclosure
    from dci_common.registry.model.views import View
    from dci_common.runtime import Runtime
    from dci_common.spdci.search_items import SearchCriteria

PARTITIONS = 8
_PART_BYTES = 200_000  # of ids in one item, which DynamoDB takes up to 400 KB
_MAX_TEXT = 20_000  # characters stored of a query, and of a purpose
_DAY = 86_400


class MessageIds(NamedTuple):
    """The ids of a message that discloses something, or of the one that it answers."""

    correlation_id: str
    message_id: str
    transaction_id: str


class AuditLog:
    """Writes what one message discloses, in parallel with the rest of its work.

    The last item is written by the thread that waits for all of them, which has nothing else to do then.
    """

    def __init__(self, runtime: Runtime, threads: Executor, client: Client, ids: MessageIds) -> None:
        self._runtime = runtime
        self._threads = threads
        self._writes: list[Future[None]] = []
        self._last: Item | None = None  # is not being written yet
        self._items: dict[str, list[Item]] = {}  # by reference id
        self._message = {"client_id": client.client_id, **ids._asdict()}

    def record(self, reference_id: str, criteria: SearchCriteria, record_type: str, records: Iterable[str]) -> None:
        """Start writing that a search discloses these records, given by their keys; there may be none."""
        self._start(reference_id, self._parts(self._fields(reference_id, criteria, record_type), records))

    def record_probe(self, reference_id: str, criteria: SearchCriteria, record_type: str, reason: str) -> None:
        """Record that a search was rejected for a reason that tells how much there is; records are withheld."""
        if reference_id in self._items:
            self.mark_withheld(reference_id, rejected={"S": reason})
            return
        fields = self._fields(reference_id, criteria, record_type) | {"rejected": reason}
        self._start(reference_id, self._parts(fields, ()))

    def _fields(self, reference_id: str, criteria: SearchCriteria, record_type: str) -> dict[str, str]:
        return {
            **self._message,
            "reference_id": reference_id,
            "record_type": record_type,
            "query": _text({"query_type": criteria.query_type, "query": criteria.query}),
            "purpose": _purpose(criteria),
        }

    def _start(self, reference_id: str, items: list[Item]) -> None:
        self._items.setdefault(reference_id, []).extend(items)  # subscriptions of one id may be sent together
        for item in items:
            self.start_last()
            self._last = item

    def start_last(self) -> None:
        """Start writing the last item too, where something else is to be done meanwhile."""
        if self._last:
            self._writes.append(self._threads.submit(with_deadline(self._put), self._last))
            self._last = None

    def mark_withheld(self, reference_id: str, **more: Item) -> None:
        """Record that the records of a search were not sent after all; nothing happens if none were recorded."""
        for item in self._items.pop(reference_id, ()):
            self.wait()  # so that the write below is the last one
            item.pop("records", None)
            self._put({**item, **more, "withheld": {"BOOL": True}})

    def mark_all_withheld(self) -> None:
        """Record that nothing was sent after all, as far as that can be written."""
        with suppress(Unavailable, BotoCoreError, ClientError):
            for reference_id in list(self._items):
                self.mark_withheld(reference_id)

    def wait(self) -> None:
        """Wait until everything is written. Raises Unavailable when a write failed: nothing may be disclosed then."""
        try:
            if self._last:
                self._put(self._last)
                self._last = None
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
        self._runtime.dynamodb.put_item(TableName=self._runtime.settings.audit_table, Item=item)


def shown_members(kind: Kind, views: Iterable[View], disclosed: Disclosure, today: date) -> set[str]:
    """Return the ids of the people whom groups show as their members."""
    if kind is not Kind.GROUP or "household" not in disclosed:
        return set()
    return {entry["id"] for view in views for entry in view["members"] if is_shown(entry, today)}


def disclosed_records(
    kind: Kind, found: Iterable[View], disclosed: Disclosure, today: date, identified: Iterable[str] = ()
) -> Iterator[str]:
    """Yield the keys of the records that an answer discloses.

    They are the records found, those `identified` by what was asked for, even if another page is shown, and those
    included in them: a group's members, a person's households.
    """
    other, shown = (Kind.PERSON, "members") if kind is Kind.GROUP else (Kind.GROUP, "households")
    for record_id in identified:
        yield record_pk(kind, record_id)
    for view in found:
        yield record_pk(kind, view["id"])
        if "household" in disclosed:
            yield from (record_pk(other, entry["id"]) for entry in view[shown] if is_shown(entry, today))


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


def _purpose(criteria: SearchCriteria) -> str:
    """Return the purposes that consent and authorize state, as JSON; empty when they state none."""
    sent = {"consent": criteria.consent, "authorize": criteria.authorize}
    purposes = {name: value["purpose"] for name, value in sent.items() if value and value.get("purpose")}
    return _text(purposes) if purposes else ""


def _text(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))[:_MAX_TEXT]
