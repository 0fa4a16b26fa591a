"""Who saw whom: what each search disclosed, written to AuditTable before it leaves.

| pk | sk | carries |
|---|---|---|
| `DAY#<date>#<0 to 7>` | `<moment>#<random>#<part>` | client, ids of the message, query, purpose, `records` |

An operator who asks "who saw this person?" of a period reads the days of that period alone; a day has several
partitions so that it takes more writes than one would. The search function may put items here, and read none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from dci_common.errors import ServiceUnavailable
from dci_common.registry.catalogue.attributes import is_shown
from dci_common.registry.model.base import Kind
from dci_common.registry.storage.keys import record_pk
from dci_common.timestamps import day, timestamp

if TYPE_CHECKING:
    from datetime import date

    from dci_common.clients.store import Client
    from dci_common.registry.catalogue.disclosure import Disclosure
    from dci_common.registry.execute.engine import Found
    from dci_common.runtime import Runtime
    from dci_common.spdci.envelope import SearchCriteria, SearchEnvelope

PARTITIONS = 8
_PART_BYTES = 200_000  # of ids in one item, which DynamoDB takes up to 400 KB
_MAX_TEXT = 20_000  # characters kept of a query, and of a purpose
_DAY = 86_400
Item = dict[str, Any]


class Audit:
    """Writes what one message discloses; every part of it beside the work on the next."""

    def __init__(
        self, runtime: Runtime, threads: Executor, client: Client, envelope: SearchEnvelope, correlation_id: str
    ) -> None:
        self._runtime = runtime
        self._threads = threads
        self._writing: list[Future[None]] = []
        self._told: dict[str, list[Item]] = {}  # by reference id
        self._message = {
            "client_id": client.client_id,
            "correlation_id": correlation_id,
            "message_id": envelope.header.message_id,
            "transaction_id": envelope.message.transaction_id,
        }

    def tell(self, reference_id: str, criteria: SearchCriteria, record_type: str, records: Iterable[str]) -> None:
        """Begin to write that a search was served with these records, by their keys; there may be none."""
        facts = {
            **self._message,
            "reference_id": reference_id,
            "record_type": record_type,
            "query": _text({"query_type": criteria.query_type, "query": criteria.query}),
            "purpose": _purpose(criteria),
        }
        now, random = self._runtime.clock(), self._runtime.random_bytes(9)
        pk, sk = f"DAY#{day(now)}#{random[0] % PARTITIONS}", f"{timestamp(now)}#{random[1:].hex()}"
        days = self._runtime.settings.audit_days
        fields = {
            "pk": {"S": pk},
            **{name: {"S": value} for name, value in facts.items() if value},
            **({"expires": {"N": str(int(now) + days * _DAY)}} if days else {}),
        }
        items: list[Item] = [
            {**fields, "sk": {"S": f"{sk}#{part}"}, **({"records": {"SS": keys}} if keys else {})}
            for part, keys in enumerate(_parts(records))
        ]
        self._told[reference_id] = items
        self._writing += [self._threads.submit(self._put, item) for item in items]

    def withhold(self, reference_id: str) -> None:
        """Write, where it was told of a search, that its records did not leave after all."""
        for item in self._told.pop(reference_id, ()):
            self.wait()
            item.pop("records", None)
            self._put({**item, "withheld": {"BOOL": True}})

    def withhold_all(self) -> None:
        """Write that nothing left after all, as far as that can be written."""
        with suppress(ServiceUnavailable, BotoCoreError, ClientError):
            for reference_id in list(self._told):
                self.withhold(reference_id)

    def wait(self) -> None:
        """Wait until all is written. Raises ServiceUnavailable when it can not be: nothing may be disclosed then."""
        try:
            for written in self._writing:
                written.result()
        except (BotoCoreError, ClientError) as error:
            raise ServiceUnavailable(
                "The disclosure can not be recorded; try again shortly.", retry_after=5
            ) from error

    def _put(self, item: Item) -> None:
        self._runtime.dynamodb.put_item(TableName=self._runtime.settings.audit_table, Item=item)


def disclosed_records(kind: Kind, found: Found, disclosed: Disclosure, today: date) -> Iterator[str]:
    """Return the keys of the records that an answer tells of.

    Those found, those whose identifiers were asked for also where another page is shown, and what is shown with them:
    a group's members, a person's households.
    """
    other, shown = (Kind.PERSON, "members") if kind is Kind.GROUP else (Kind.GROUP, "households")
    for record_id in found.identified:
        yield record_pk(kind, record_id)
    for view in found.views:
        yield record_pk(kind, view["id"])
        if "household" in disclosed:
            yield from (record_pk(other, entry["id"]) for entry in view[shown] if is_shown(entry, today))


def _parts(records: Iterable[str]) -> Iterator[list[str]]:
    """Cut the records to what items hold; at least one item tells of a search."""
    part: list[str] = []
    size = 0
    for key in dict.fromkeys(records):
        size += len(key.encode())
        if size > _PART_BYTES:
            yield part
            part, size = [], len(key.encode())
        part.append(key)
    yield part


def _purpose(criteria: SearchCriteria) -> str:
    """Return the purposes that consent and authorize name, as JSON; empty when they name none."""
    sent = {"consent": criteria.consent, "authorize": criteria.authorize}
    purposes = {name: value["purpose"] for name, value in sent.items() if value and value.get("purpose")}
    return _text(purposes) if purposes else ""


def _text(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))[:_MAX_TEXT]
