"""Where the CPU time of a search by id and of a token goes: `.venv/bin/python bench/request_profile.py`.

A step is a few functions, without those of other steps that they call, and without the cost of timing them. The floor
is what compiled code takes for the same, called directly: to read and write JSON, to write a line, to sign, send and
receive calls, and to sign a token. Python's own function calls are counted too: these do not depend on the machine.
"""

from __future__ import annotations

import importlib
import io
import logging
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import quantiles
from types import FrameType
from typing import Any, TextIO

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from engine import as_in_lambda
from floor import Floor
from pydantic_core import from_json, to_json
from warm import Bench

_WARM, _TURNS, _COUNTED = 200, 2_000, 10
_REST, _CALLS, _LOG = "event, headers, dispatch and answer to Lambda", "calls of AWS", "log line, with its metrics"
_ENVELOPE, _RESPONSE, _TOKEN = "envelope is validated", "response is written", "token is made"
_SHARED = {
    _CALLS: ["dci_common.aws.client:MinimalClient.call"],
    _LOG: ["dci_common.edge.application:log_request"],
}
_SESSION = "dci_common.exchange.disclosure_session:"
_OF_SEARCH = {
    "token is checked": ["dci_search.app:BearerGate.authenticate"],
    _ENVELOPE: ["dci_search.app:read_envelope"],
    "sender, signature, items in turn": ["dci_search.app:SearchService.answer"],
    "query is compiled": ["dci_search.app:SearchService._compile"],
    "limits, beside the count": [
        f"{_SESSION}DisclosureSessions.open",
        f"{_SESSION}DisclosureSession.check_limits",
        f"{_SESSION}DisclosureSession.__exit__",
    ],
    "count of the request, in its own thread": ["dci_common.exchange.quota:Quotas._count"],
    "plan, lookup, and the record's body": ["dci_common.registry.execute.engine:SearchEngine.search"],
    "record is rendered": ["dci_search.app:SearchService._search"],
    "audit item is built": [f"{_SESSION}DisclosureSession.record_disclosure"],
    _RESPONSE: ["dci_search.service:served", "dci_search.service:Answer.add", "dci_search.service:message"],
    **_SHARED,
}
_OF_TOKEN = {
    "parameters and credentials are read": [
        "dci_token.endpoints:read_parameters",
        "dci_token.endpoints:read_credentials",
    ],
    "client is authenticated": ["dci_token.endpoints:Authenticator.authenticate"],
    _TOKEN: ["dci_token.endpoints:TokenService.issue"],
    **_SHARED,
}
Steps = Mapping[str, list[str]]
App = Callable[..., dict[str, Any]]


class Profile:
    """The microseconds, or the function calls, of each step since the last time; all threads have their own stack."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self.is_counting = False
        self._local = threading.local()
        self._inside = self._around = 0.0
        self._inside, self._around = self._cost()

    def of(self, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that does the same, as a step or a part of one."""

        def run(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - as the function has them
            stack: list[list[Any]] = self._local.__dict__.setdefault("stack", [])
            stack.append([step, 0.0])
            if self.is_counting and len(stack) == 1:
                sys.setprofile(self._count)
            began = time.thread_time()
            try:
                return function(*args, **options)
            finally:
                took = 1_000_000 * (time.thread_time() - began) - self._inside
                self.spent[step] += took - stack.pop()[1]
                if stack:
                    stack[-1][1] += took + self._inside + self._around
                elif self.is_counting:
                    sys.setprofile(None)

        return run

    def _count(self, frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename != __file__:
            self.calls[self._local.stack[-1][0]] += 1

    def _cost(self) -> tuple[float, float]:
        """Return what it costs to time a function: of its own time, and beside it."""
        nothing, turns = self.of("", lambda: None), 10_000
        began = time.thread_time()
        for _ in range(turns):
            nothing()
        whole, inside = 1_000_000 * (time.thread_time() - began) / turns, self.spent.pop("") / turns
        return inside, whole - inside


@contextmanager
def _profiled(profile: Profile, steps: Steps) -> Iterator[None]:
    """Replace the functions of all steps within the block."""
    replaced = []
    for step, names in steps.items():
        for name in names:
            module, _, path = name.partition(":")
            *owners, attribute = path.split(".")
            owner = importlib.import_module(module)
            for one in owners:
                owner = getattr(owner, one)
            replaced.append((owner, attribute, getattr(owner, attribute)))
            setattr(owner, attribute, profile.of(step, getattr(owner, attribute)))
    try:
        yield
    finally:
        for owner, attribute, function in replaced:
            setattr(owner, attribute, function)


def _report(
    name: str, app: App, event: dict[str, Any], steps: Steps, floor: Mapping[str, float], out: TextIO
) -> None:
    """Print a line for each step."""
    profile = Profile()
    spent: defaultdict[str, list[float]] = defaultdict(list)
    with _profiled(profile, steps):
        run = profile.of(_REST, app)
        for turn in range(_WARM + _TURNS + _COUNTED):
            profile.is_counting = turn >= _WARM + _TURNS
            profile.spent.clear()
            run(event, None)
            for step, one in profile.spent.items():
                spent[step].append(one)
    found = {step: _typical(spent[step][_WARM : _WARM + _TURNS]) for step in (_REST, *steps)}
    rows = [(step, cpu, profile.calls[step] // _COUNTED, floor.get(step)) for step, cpu in found.items()]
    rows.append(("together", sum(found.values()), profile.calls.total() // _COUNTED, sum(floor.values())))
    print(f"{name:<50} {'us':>6} {'calls':>6} {'floor':>6}", file=out)
    for step, cpu, calls, least in rows:
        print(f"{step:<50} {cpu:>6.0f} {calls:>6} {'' if least is None else f'{least:.0f}':>6}", file=out, flush=True)


def _floor(bench: Bench, app: App, event: dict[str, Any]) -> dict[str, float]:
    """Return the microseconds of compiled code for what any request does: its calls, and its log line."""
    calls, _ = bench.calls(app, event)
    (handler,) = (one for one in logging.getLogger("dci").handlers if isinstance(one, logging.StreamHandler))
    lines = io.StringIO()
    stdout = handler.setStream(lines)
    assert stdout is not None  # noqa: S101 - it had another one
    app(event, None)
    handler.setStream(stdout)
    line = from_json(lines.getvalue())
    return {
        _CALLS: _cpu(Floor(bench.aws.address, calls)),
        _LOG: _cpu(lambda: stdout.write(to_json(line).decode())),
    }


def _cpu(work: Callable[[], object]) -> float:
    """Return the microseconds of CPU of one turn."""
    spent = []
    for _ in range(_TURNS):
        began = time.thread_time()
        work()
        spent.append(1_000_000 * (time.thread_time() - began))
    return _typical(spent)


def _typical(turns: list[float]) -> float:
    """Return the tenth percentile: other processes of the machine disturb those turns least."""
    return quantiles(turns, n=10)[0]


def main() -> None:
    """Print both tables."""
    out = sys.stdout
    with as_in_lambda():
        bench = Bench()
        event = bench.search_event(bench.by_id(0))
        body, answer = event["body"].encode(), from_json(bench.search(event, None)["body"])
        of_search = {
            _ENVELOPE: _cpu(lambda: from_json(body)),
            _RESPONSE: _cpu(lambda: to_json(answer)),
            **_floor(bench, bench.search, event),
        }
        _report("a search by id", bench.search, event, _OF_SEARCH, of_search, out)
        key, claims = ec.generate_private_key(ec.SECP256R1()), b"c" * 400
        of_token = {
            _TOKEN: _cpu(lambda: key.sign(claims, ec.ECDSA(hashes.SHA256()))),
            **_floor(bench, bench.token, bench.token_event()),
        }
        _report("a token", bench.token, bench.token_event(), _OF_TOKEN, of_token, out)


if __name__ == "__main__":
    main()
