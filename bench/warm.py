"""The cost of a request in a warm function: CPU, calls to DynamoDB, read units and memory: `make bench-warm`.

Requests go through the real handlers, which call a canned engine in another process over real sockets, and write
their log lines to a file. So the CPU time includes all but TLS and Lambda's own runtime. It is divided by the
machine's speed relative to the reference machine, for which the budgets in milliseconds were set. The floor is
measured beside it: what the same calls cost at least (floor.py).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from canned_aws import Call, CannedAws
from engine import Engine, as_in_lambda, recorded
from floor import ROUNDS, Floor, compare
from memory import peak_mib
from pydantic import BaseModel
from report import Budget, options_of, report, speed

from dci_cli.synthetic.population import population
from dci_common.clients.registration import NewClient, register
from dci_common.oauth.key_ring import KeyRing, generate
from dci_common.oauth.public_key_store import KeyUse, PublicKeySet, write_public_keys
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.records import Group, Membership, Person
from dci_common.registry.model.views import views
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import all_items, settings_item
from dci_common.runtime import Runtime, tune_gc
from dci_common.settings import Settings
from dci_search import app as search_app
from dci_token import app as token_app

SHARDS = 4
_HOUSEHOLDS = 1_200
_WARM = 2  # requests before the measurement
_ISSUER = "https://registry.example.org"
VARIABLES = {
    "CLIENTS_TABLE": "clients",
    "REGISTRY_TABLE": "registry",
    "EXCHANGE_TABLE": "exchange",
    "AUDIT_TABLE": "audit",
    "SIGNING_KEYS_SECRET": "keys",
    "CURSOR_SECRET": "cursor",
    "ISSUER": _ISSUER,
    "STACK_NAME": "dci",
}
_BORN = {
    "seq_num": 1,
    "expression1": {"attribute_name": "birth_date", "operator": "ge", "attribute_value": "1900-01-01"},
}
Criteria = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """A request's CPU milliseconds and those of its floor, the ratio of the two, its calls and its read units."""

    cpu_ms: float
    floor_ms: float
    ratio: float
    calls: int
    read_units: float


class Bench:
    """Functions with a canned registry, and a client with its token."""

    def __init__(self) -> None:
        self.runtime = Runtime(Settings.from_env(VARIABLES))
        ring = KeyRing(next=(generate("ES256"),), current=(generate("ES256"),))
        written = recorded(self.runtime)
        write_public_keys(self.runtime, PublicKeySet(KeyUse.TOKENS).with_states(ring.public_keys(), int(time.time())))
        asked = {
            "name": "b",
            "sender_id": "b",
            "scopes": ["registry.search", "clients.manage"],
            "disclosure": ["full"],
            "flags": {"asynchronous": True},
            "callbacks": {"urls": ["https://receiver.example.org"]},
        }
        self.client, self.secret = register(self.runtime, NewClient.model_validate(asked))
        self.uins: list[str] = []
        self.runtime = Runtime(Settings.from_env(VARIABLES))
        self.engine = Engine([*written, *self.registry()], {"keys": ring.to_secret(), "cursor": "c"})
        self.aws = CannedAws(self.engine)
        self.aws.attach(self.runtime)
        self.token, self.search = (app.create_app(self.runtime) for app in (token_app, search_app))
        tune_gc()
        self.bearer = json.loads(self.token(self.token_event(), None)["body"])["access_token"]

    def registry(self) -> Iterator[dict[str, Any]]:
        """Yield the items of a registry of households, and note the UINs."""
        kinds: dict[str, type[BaseModel]] = {"person": Person, "group": Group, "membership": Membership}
        made: dict[str, list[Any]] = {name: [] for name in kinds}
        for name, fields in population(_HOUSEHOLDS, seed=1):
            made[name].append(kinds[name].model_validate(fields))
        self.uins = [
            identifier.identifier_value
            for person in made["person"]
            for identifier in person.identifiers
            if identifier.identifier_type == "UIN"
        ]
        yield settings_item(SHARDS, {"UIN"}, set())
        indexing = Indexing(SOCIAL_CATALOGUE, SHARDS, datetime.now(UTC).date())
        for kind, view in views(made["person"], made["group"], made["membership"]):
            yield from all_items(indexing, kind, view)

    def token_event(self) -> dict[str, Any]:
        """Return a token request."""
        form = {"grant_type": "client_credentials", "client_id": self.client.client_id, "client_secret": self.secret}
        return event_of("/oauth2/client/token", urlencode(form), "application/x-www-form-urlencoded")

    def client_event(self) -> dict[str, Any]:
        """Return an administrator's request."""
        event = event_of("/clients/{client_id}", "", "application/json")
        event["requestContext"]["http"]["method"] = "GET"
        event["headers"]["authorization"] = f"Bearer {self.bearer}"
        return {**event, "pathParameters": {"client_id": self.client.client_id}}

    def search_event(self, *criteria: Criteria, bearer: str = "") -> dict[str, Any]:
        """Return a search message."""
        return self.event("/registry/sync/search", {}, *criteria, bearer=bearer)

    def event(self, path: str, changes: dict[str, Any], *criteria: Criteria, bearer: str = "") -> dict[str, Any]:
        """Return a search message to a path, with changes to its header."""
        now = "2026-03-01T09:30:00Z"
        items = [
            {"reference_id": str(number), "timestamp": now, "search_criteria": one}
            for number, one in enumerate(criteria)
        ]
        header = {"message_id": "1", "message_ts": now, "action": "search", "sender_id": "b", "total_count": 1}
        message = {"header": header | changes, "message": {"transaction_id": "1", "search_request": items}}
        event = event_of(path, json.dumps(message), "application/json")
        event["headers"]["authorization"] = f"Bearer {bearer or self.bearer}"
        return event

    def by_id(self, number: int) -> Criteria:
        """Return a search for a person by identifier."""
        return {
            "query_type": "idtype-value",
            "query": {"type": "UIN", "value": self.uins[number]},
            "pagination": _page(1),
        }

    def born(self, size: int) -> Criteria:
        """Return a search for all people with a birth date, by pages."""
        return {"query_type": "predicate", "query": [_BORN], "pagination": _page(size)}

    def rejected_event(self) -> dict[str, Any]:
        """Return a search with a token that was altered."""
        head, claims, signature = self.bearer.split(".")
        return self.search_event(self.by_id(0), bearer=f"{head}.{claims}.{signature[::-1]}")

    def measure(self, app: Callable[..., Any], event: dict[str, Any], turns: int, status: int = 200) -> Measured:
        """Handle the same request repeatedly, in alternating rounds with the floor of its calls."""
        calls, read_units = self.calls(app, event, status)
        compared = compare(lambda: app(event, None), Floor(self.aws.address, calls), max(1, turns // ROUNDS))
        return Measured(*compared, len(calls), read_units)

    def calls(self, app: Callable[..., Any], event: dict[str, Any], status: int = 200) -> tuple[list[Call], float]:
        """Handle a request in a warm function, and return its calls and read units."""
        for _ in range(_WARM):
            answer = app(event, None)
            if answer["statusCode"] != status or (status == HTTPStatus.OK and '"rjct"' in answer["body"]):
                raise SystemExit(f"answered with {answer['statusCode']}: {answer['body'][:300]}")
        self.aws.take()
        app(event, None)
        calls, counted = self.aws.take()
        return calls, counted["read_units"]


def _page(size: int) -> dict[str, int]:
    return {"page_size": size, "page_number": 1}


def event_of(path: str, body: str, content_type: str) -> dict[str, Any]:
    """Return the event of a POST."""
    return {
        "routeKey": f"ANY {path}",
        "rawPath": path,
        "headers": {"content-type": content_type},
        "requestContext": {
            "requestId": "JKJaXmPLvHcESHA=",
            "domainName": "",
            "http": {"method": "POST", "sourceIp": "203.0.113.7"},
        },
        "body": body,
        "isBase64Encoded": False,
    }


def main() -> int:
    """Measure, and return 1 when a budget is exceeded."""
    options = options_of(__doc__, "fewer turns").parse_args()
    with as_in_lambda():
        bench, few, many = Bench(), *((9, 54) if options.quick else (18, 450))
        idle = peak_mib()
        large = bench.measure(bench.search, bench.search_event(bench.born(2000)), few)
        growth = peak_mib() - idle
        found = {
            "token": bench.measure(bench.token, bench.token_event(), many),
            "search by id": bench.measure(bench.search, bench.search_event(bench.by_id(0)), many),
            "search, a page of 20": bench.measure(bench.search, bench.search_event(bench.born(20)), many),
            "search, 100 items by id": bench.measure(
                bench.search, bench.search_event(*map(bench.by_id, range(100))), few
            ),
            "a rejected token": bench.measure(bench.search, bench.rejected_event(), many, 401),
            "search, a page of 2,000": large,
        }
        slowness = speed()
    return report(
        [
            *_budgets(found, slowness, is_quick=options.quick),
            Budget("memory above idle", growth, _MEMORY_MIB, unit="MiB"),
            Budget("this machine's slowness", slowness),
        ],
        options.json,
    )


def _budgets(found: dict[str, Measured], slowness: float, *, is_quick: bool) -> Iterator[Budget]:
    bounds, ratios = ({}, {}) if is_quick else (_CPU_MS, _RATIOS)
    for name, one in found.items():
        yield Budget(f"{name}, CPU", one.cpu_ms / slowness, bounds.get(name), unit="ms")
    for name, one in found.items():
        if one.calls:
            yield Budget(f"{name}, CPU of the floor", one.floor_ms / slowness, unit="ms")
            yield Budget(f"{name}, of the floor", one.ratio, ratios.get(name))
    for name, one in found.items():
        yield Budget(f"{name}, calls", one.calls, _CALLS.get(name))
    for name, one in found.items():
        yield Budget(f"{name}, read units", one.read_units)


_CPU_MS = {"token": 3.0, "search by id": 4.0, "a rejected token": 0.5, "search, a page of 2,000": 250.0}
_RATIOS = {"search by id": 4.0}
_CALLS = {"token": 2, "search by id": 4, "a rejected token": 0}
_MEMORY_MIB = 60.0

if __name__ == "__main__":
    sys.exit(main())
