"""Oversight in tests: an API over the tiny registry with an AuditTable of its own, and the people who ask it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dci_common.aws.dynamodb import Item
from dci_common.runtime import Runtime
from dci_common.timestamps import day, timestamp
from support.api import Api, Reply, identified
from support.audit_stream import audit_items, index, put
from support.events import event
from support.operator_provider import OpenIdProvider

STREAM = "arn:aws:dynamodb:eu-west-1:123456789012:table/audit/stream/2026-01-31T08:00:00.000"


@dataclass
class Oversight:
    """An API, its provider, and what people ask."""

    api: Api
    provider: OpenIdProvider

    @property
    def runtime(self) -> Runtime:
        """What the functions use."""
        return self.api.runtime

    def ask(self, name: str, *, role: str = "auditor", accept: str = "*/*", **query: Any) -> Reply:
        """Send an event of the bank as a person, with these parameters."""
        sent = event(name, token=self.provider.token(role), accept=accept)
        return self.api.send(sent | {"rawQueryString": urlencode(query)})

    def view(self, kind: str, record_id: str, *, role: str = "data-officer", reason: str = "A complaint") -> Reply:
        """Look at a record."""
        sent = event("record_view", token=self.provider.token(role)) | {
            "rawQueryString": urlencode({"reason": reason})
        }
        return self.api.send(sent | {"pathParameters": {"kind": kind, "id": record_id}})

    def saw(self, uin: str, client: str = "", **criteria: Any) -> None:
        """Have a client, or the usual partner, search for a person, and index what is recorded."""
        assert self.api.search(identified("UIN", uin, **criteria), token=client).status == 200
        index(self.runtime)

    def looks(self) -> list[Item]:
        """Return the looks of people that were recorded, the oldest first."""
        found = [item for item in audit_items(self.runtime) if "operator_name" in item]
        return sorted(found, key=lambda item: str(item["sk"]["S"]))

    def pages(self, name: str, member: str, **query: Any) -> Iterator[list[dict[str, Any]]]:
        """Yield all pages of a list."""
        following: dict[str, Any] = {}
        while True:
            reply = self.ask(name, **query, **following)
            assert reply.status == 200, reply
            yield reply.json[member]
            if "next" not in reply.json:
                return
            following = {"next": reply.json["next"]}


def disclosed(
    runtime: Runtime, moment: float, number: int, *keys: str, client_id: str = "health", **more: Item
) -> Item:
    """Put an audit item of a moment into the partition that its number has, and return it."""
    item = {
        "pk": {"S": f"DAY#{day(moment)}#{number % 8}"},
        "sk": {"S": f"{timestamp(moment)}#{number:016x}#0"},
        **({} if "operator" in more else {"client_id": {"S": client_id}}),
        **({"records": {"SS": list(keys)}} if keys else {}),
        **more,
    }
    put(runtime, item)
    return item


def withhold(runtime: Runtime, item: Item) -> None:
    """Put what says that the records of an item were not sent."""
    kept = {name: item[name] for name in ("pk", "client_id", "records") if name in item}
    put(runtime, kept | {"sk": {"S": f"{item['sk']['S']}#withheld"}, "withheld": {"BOOL": True}})


def rows(reply: Reply) -> list[dict[str, str]]:
    """Return the rows of CSV."""
    return list(csv.DictReader(io.StringIO(reply.text)))
