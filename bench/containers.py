"""The throughput of real Lambda containers with concurrent clients: `make bench-e2e`, after `make build`.

`sam local` runs one container for each function, which handles one request at a time, with DynamoDB Local. 1, 4 and
16 clients search people by id, and each response is checked. Before that, as many clients request `/health` from the
same function, which measures Docker, `sam local` and HTTP. `sam local` waits for the container's report of each
request and misses that of very fast ones: these take a second longer, above all `/health` with one client.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode

from report import options_of, write

from dci_cli.local.demo import demo_population
from support.server_process import ServerProcess, sam_local

_CLIENTS = (1, 4, 16)
_REQUESTS, _QUICK_REQUESTS = 96, 16
_WARM = 5
_SENDER = "bench"
_CLIENT = {"name": "bench", "sender_id": _SENDER, "scopes": ["registry.search"], "disclosure": ["full"]}
_NO_LIMITS = {"requests_a_minute": 0, "records_a_day": 0}
_NOW = "2026-03-01T09:30:00Z"
_OK = 200

Send = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Load:
    """The result with a number of concurrent clients: requests a second, and milliseconds of a request."""

    clients: int
    asked: str
    requests: int
    throughput: float
    p50_ms: float
    p99_ms: float


def main() -> int:
    """Measure; a wrong response ends the measurement."""
    options = options_of(__doc__, f"{_QUICK_REQUESTS} requests each, not {_REQUESTS}").parse_args()
    with tempfile.TemporaryDirectory() as folder, sam_local(Path(folder)) as api:
        loads = list(_loads(api, _QUICK_REQUESTS if options.quick else _REQUESTS))
    rows = list(_rows(loads))
    print("\n".join(_table(rows)))
    write(options.json, rows)
    return 0


def _loads(api: ServerProcess, requests: int) -> Iterator[Load]:
    partner = _partner(api)
    people = [person.identifiers[0].identifier_value for person in demo_population().people]
    ways: dict[str, Send] = {
        "health": lambda _: _check_health(api),
        "search by id": lambda uin: _check_search(api, partner, uin),
    }
    for clients in _CLIENTS:
        for asked, send in ways.items():
            _load(clients, asked, send, people[:_WARM])
            yield _load(clients, asked, send, list(islice(cycle(people), requests)))


def _partner(api: ServerProcess) -> dict[str, str]:
    """Register a client without limits, and return the header of its requests."""
    made = api.send("POST", "/clients", _CLIENT | _NO_LIMITS, **api.authorization("admin")).json
    form = {"grant_type": "client_credentials", **{name: made[name] for name in ("client_id", "client_secret")}}
    token = api.send("POST", "/oauth2/client/token", urlencode(form)).json["access_token"]
    return {"Authorization": f"Bearer {token}"}


def _load(clients: int, asked: str, send: Send, uins: Iterable[str]) -> Load:
    def timed(uin: str) -> float:
        began = time.perf_counter()
        send(uin)
        return 1000 * (time.perf_counter() - began)

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as threads:
        took = list(threads.map(timed, uins))
    throughput = len(took) / (time.perf_counter() - began)
    p99 = quantiles(took, n=100, method="inclusive")[-1]
    return Load(clients, asked, len(took), throughput, median(took), p99)


def _check_health(api: ServerProcess) -> None:
    reply = api.send("GET", "/health")
    if reply.status != _OK:
        raise SystemExit(f"/health was answered with {reply.status}: {reply.text[:300]}")


def _check_search(api: ServerProcess, partner: dict[str, str], uin: str) -> None:
    """Search for a person, and check that the result is this person only."""
    reply = api.send("POST", "/registry/sync/search", _message(uin), **partner)
    if reply.status != _OK or reply.items[0]["reference_id"] != uin:
        raise SystemExit(f"the search for {uin} was answered with {reply.status}: {reply.text[:300]}")
    found = [uin in {one["identifier_value"] for one in person["identifier"]} for person in reply.records]
    if found != [True]:
        raise SystemExit(f"the search for {uin} found another person: {reply.text[:300]}")


def _message(uin: str) -> dict[str, Any]:
    criteria = {"query_type": "idtype-value", "query": {"type": "UIN", "value": uin}}
    item = {"reference_id": uin, "timestamp": _NOW, "search_criteria": criteria}
    header = {"message_id": uin, "message_ts": _NOW, "action": "search", "sender_id": _SENDER, "total_count": 1}
    return {"header": header, "message": {"transaction_id": uin, "search_request": [item]}}


def _rows(loads: Iterable[Load]) -> Iterator[dict[str, Any]]:
    """Compare each load with one client, and with as many clients that request `/health`."""
    of = {(load.clients, load.asked): load for load in loads}
    for load in of.values():
        alone, health = of[1, load.asked], of[load.clients, "health"]
        yield asdict(load) | {
            "throughput_to_one_client": load.throughput / alone.throughput,
            "p50_to_one_client": load.p50_ms / alone.p50_ms,
            "p99_to_one_client": load.p99_ms / alone.p99_ms,
            "throughput_to_health": load.throughput / health.throughput,
            "p50_to_health": load.p50_ms / health.p50_ms,
            "p99_to_health": load.p99_ms / health.p99_ms,
        }


def _table(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield f"{'':<30}{'':>30}{'to one client':>30}{'to /health':>30}"
    yield f"{'clients':>8} {'asked':<12}{'requests':>9}" + 3 * f"{'a second':>10}{'p50':>10}{'p99':>10}"
    for clients, asked, requests, *figures in (row.values() for row in rows):
        yield f"{clients:>8} {asked:<12}{requests:>9}" + "".join(f"{figure:>10.2f}" for figure in figures)


if __name__ == "__main__":
    sys.exit(main())
