"""A search by id and a token, beside servers that would be written instead: `make bench-peers`.

CPU time of the process that answers, user and system, for a request. Each server answers a round of the same requests
in turn, so that a change of the machine's speed meets all. The peers' answers are compared with ours first.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from engine import NO_CREDENTIALS
from report import Budget, options_of, report

from peers import database
from peers.deployment import (
    AUTHLIB,
    AUTHLIB_MEMORY,
    FASTAPI,
    LAMBDA,
    OIDC,
    SERVE,
    TOKEN,
    TOKEN_SERVE,
    USUAL_FASTAPI,
    Registry,
    numbers,
)
from peers.equality import check_searches, check_tokens
from peers.servers import Request, Server, cpu_seconds

_ROUNDS, _TURNS = 9, 300
_QUICK_ROUNDS, _QUICK_TURNS = 3, 60
# What is compared with what, and the largest ratio.
_RATIOS = (
    (LAMBDA, FASTAPI, 0.7),
    (SERVE, FASTAPI, 1.0),
    (LAMBDA, USUAL_FASTAPI, None),
    (SERVE, USUAL_FASTAPI, None),
    (TOKEN, AUTHLIB, 0.7),
    (TOKEN, AUTHLIB_MEMORY, 0.7),
    (TOKEN, OIDC, None),
    (TOKEN_SERVE, AUTHLIB, None),
)


def main() -> int:
    """Compare, measure, and return 1 when a budget is exceeded."""
    options = options_of(__doc__, "fewer rounds").parse_args()
    rounds, turns = (_QUICK_ROUNDS, _QUICK_TURNS) if options.quick else (_ROUNDS, _TURNS)
    os.environ |= {**NO_CREDENTIALS, "POWERTOOLS_LOG_LEVEL": "ERROR"}  # of what the bench itself does to prepare
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers are stopped
    registry = Registry()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dci-peers-")))
        peers_database = stack.enter_context(database.running())
        registry.fill(peers_database)
        servers = registry.servers(peers_database, folder, stack)
        check_searches(
            registry, {name: servers[name] for name in (LAMBDA, SERVE, FASTAPI, USUAL_FASTAPI)}, peers_database
        )
        check_tokens(registry, {name: server for name, server in servers.items() if name.startswith("token")})
        measured = _measure(registry, servers, rounds, turns)
    budgets = [Budget(f"{name}, CPU", median(times), unit="ms") for name, times in measured.items()]
    budgets += [
        Budget(
            f"{ours}, of {peer.partition(', ')[2]}",
            _ratio(measured[ours], measured[peer]),
            None if options.quick else bound,
        )
        for ours, peer, bound in _RATIOS
    ]
    return report(budgets, options.json)


def _measure(registry: Registry, servers: dict[str, Server], rounds: int, turns: int) -> dict[str, list[float]]:
    """Return the CPU milliseconds of a request in each round, after one that is not counted."""
    measured: dict[str, list[float]] = {name: [] for name in servers}
    for number in range(rounds + 1):
        for name, server in servers.items():
            cpu = _cpu_ms(server, _requests(registry, name), turns)
            if number:
                measured[name].append(cpu)
    return measured


def _requests(registry: Registry, name: str) -> Callable[[int], Request]:
    return registry.search if name.startswith("search") else lambda _: registry.token()


def _cpu_ms(server: Server, request: Callable[[int], Request], turns: int) -> float:
    requests = [request(number) for number in numbers(turns)]
    began = cpu_seconds(server.pid)
    for one in requests:
        if (response := server.ask(one)).status != 200:  # noqa: PLR2004
            raise SystemExit(f"{one.path} was answered with {response.status}: {response.body[:300]}")
    return 1000 * (cpu_seconds(server.pid) - began) / turns


def _ratio(ours: list[float], peers: list[float]) -> float:
    return median(one / other for one, other in zip(ours, peers, strict=True))


if __name__ == "__main__":
    sys.exit(main())
