"""The cost of a cold function up to its first response: `make bench-cold`, after `make build`.

A new process of the functions' Python imports each handler from its built artifact, without any other code, and
handles one request; DynamoDB and Secrets Manager are canned behind a socket. The figures are the CPU and wall time
from the first import to the response, as ratios to those of the baseline (bench/baseline), which is measured in turns
with it, and the peak of the process's memory. The budgets are for CPU time: wall time includes what other processes
of the machine use.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from engine import NO_CREDENTIALS
from report import Budget, options_of, report
from warm import VARIABLES, Bench

ROOT = Path(__file__).resolve().parents[1]
_BUILD = ROOT / ".aws-sam" / "build"
_LAYER = _BUILD / "CommonLayer" / "python"
_BASELINE = ROOT / ".local" / "baseline"
_TURNS, _QUICK_TURNS = 25, 15
_MOST = {"token": 0.33, "search": 0.40, "clients": 0.50}  # CPU, of the baseline
_QUICK_SLACK = 1.1  # few turns, on a machine that does other work, vary by so much
_PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[.*?\])?==(\S+)")  # a line of a lock file
_PACKAGES = ("aws-lambda-powertools", "boto3", "botocore", "cryptography", "pydantic", "PyJWT")

_CALL = """
import time
began = time.perf_counter()
cpu = time.process_time()
import importlib, json, sys
sys.path[:0] = sys.argv[2:]
module, _, name = sys.argv[1].rpartition(".")
event = json.loads(sys.stdin.readline())
class Context:
    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "bench"
    def get_remaining_time_in_millis(self): return 29_000
answer = getattr(importlib.import_module(module), name)(event, Context())
took = [1000 * (time.process_time() - cpu), 1000 * (time.perf_counter() - began)]
if answer["statusCode"] != 200: sys.exit(str(answer))
with open("/proc/self/status") as status:  # getrusage has the peak of the process that started this one, too
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print(json.dumps([*took, peak / 1024]))
"""


@dataclass(frozen=True, slots=True)
class Handler:
    """A handler, the folders of its code, and its first request."""

    dotted: str
    paths: tuple[Path, ...]
    event: dict[str, Any]


class Start(NamedTuple):
    """What one cold start took: milliseconds of CPU and of wall time, and MiB of memory."""

    cpu: float
    wall: float
    memory: float


def main() -> int:
    """Measure, and return 1 when a budget is exceeded."""
    options = options_of(__doc__, f"{_QUICK_TURNS} turns, not {_TURNS}, and with byte code alone").parse_args()
    if not _BUILD.is_dir():
        raise SystemExit("There are no artifacts: run make build first.")
    _install_baseline()
    os.environ |= {**NO_CREDENTIALS, "POWERTOOLS_LOG_LEVEL": "ERROR"}
    with _served(Bench()) as (handlers, variables):
        turns = _QUICK_TURNS if options.quick else _TURNS
        found = _starts(handlers, variables, turns)
        slow = {} if options.quick else handlers
        sources = _starts(slow, variables, 3, "-X", "pycache_prefix=/nonexistent")
    slack = _QUICK_SLACK if options.quick else 1
    return report([*_budgets(found, slack), *_slower(sources, found)], options.json)


def _budgets(found: Mapping[str, list[Start]], slack: float) -> Iterator[Budget]:
    """Yield the figures; each ratio is the median of those of the turns."""
    base = found["baseline"]
    for name, starts in found.items():
        if starts is base:
            yield Budget("baseline, CPU", median(start.cpu for start in base), unit="ms")
            yield Budget("baseline, wall", median(start.wall for start in base), unit="ms")
        else:
            pairs = list(zip(starts, base, strict=True))
            cpu = median(start.cpu / other.cpu for start, other in pairs)
            yield Budget(f"{name}, CPU, of the baseline", cpu, _MOST[name] * slack)
            yield Budget(f"{name}, wall, of the baseline", median(start.wall / other.wall for start, other in pairs))
        yield Budget(f"{name}, peak of memory", median(start.memory for start in starts), unit="MiB")


def _slower(sources: Mapping[str, list[Start]], found: Mapping[str, list[Start]]) -> Iterator[Budget]:
    for name, starts in sources.items():
        ratio = median(start.cpu for start in starts) / median(start.cpu for start in found[name])
        yield Budget(f"{name}, without byte code, CPU", ratio, unit="times")


def _starts(
    handlers: Mapping[str, Handler], variables: Mapping[str, str], turns: int, *flags: str
) -> dict[str, list[Start]]:
    """Return each handler's cold starts; they are measured in turns, so that the load affects all alike."""
    starts: dict[str, list[Start]] = {name: [] for name in handlers}
    for _ in range(turns):
        for name, handler in handlers.items():
            starts[name].append(_start(handler, variables, flags))
    return starts


def _start(handler: Handler, variables: Mapping[str, str], flags: tuple[str, ...]) -> Start:
    command = [_python(), *flags, "-I", "-S", "-B", "-c", _CALL, handler.dotted, *map(str, handler.paths)]
    done = subprocess.run(  # noqa: S603 - a fixed command
        command, env=dict(variables), input=json.dumps(handler.event), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{handler.dotted} failed:\n{done.stderr}")
    return Start(*json.loads(done.stdout.splitlines()[-1]))


def _python() -> str:
    return subprocess.check_output([ROOT / "scripts" / "python313"], text=True).strip()  # noqa: S603 - a fixed command


def _install_baseline() -> None:
    """Install the baseline's dependencies in the functions' versions, and compile them as the layer is compiled."""
    pins = (_PIN.match(line) for line in (ROOT / "requirements/run.txt").read_text().splitlines())
    names = set(map(str.lower, _PACKAGES))
    wanted = [f"{pin[1]}=={pin[2]}" for pin in pins if pin and pin[1].lower() in names]
    stamp = _BASELINE / "made"
    if not stamp.is_file() or stamp.read_text() != " ".join(wanted):
        shutil.rmtree(_BASELINE, ignore_errors=True)
        uv: list[str | Path] = [
            ROOT / "scripts" / "uv",
            "pip",
            "install",
            "-q",
            "--python",
            _python(),
            "--target",
            _BASELINE,
        ]
        subprocess.run([*uv, *wanted, "aws-xray-sdk"], check=True)  # noqa: S603 - a fixed command
        stamp.write_text(" ".join(wanted))
    shutil.copytree(ROOT / "bench" / "baseline", _BASELINE / "baseline", dirs_exist_ok=True)
    compile_ = [_python(), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(_BASELINE)]
    subprocess.run(compile_, check=True)  # noqa: S603 - a fixed command


@contextmanager
def _served(bench: Bench) -> Iterator[tuple[dict[str, Handler], dict[str, str]]]:
    """Serve the bench's engine at a socket, and say what is asked of whom."""

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # otherwise each response waits 40 ms for an acknowledgement
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = bench.engine.answer(self.headers["X-Amz-Target"].rpartition(".")[2], body)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Write no log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        search = bench.search_event(bench.by_id(0))
        yield (
            _handlers(bench, search),
            {
                **NO_CREDENTIALS,
                **VARIABLES,
                "AWS_ENDPOINT_URL_DYNAMODB": url,
                "AWS_ENDPOINT_URL_SECRETS_MANAGER": url,
                "POWERTOOLS_LOG_LEVEL": "ERROR",
                "POWERTOOLS_SERVICE_NAME": "dci",
                "POWERTOOLS_TRACE_DISABLED": "true",
                "PYDANTIC_DISABLE_PLUGINS": "__all__",
                "AWS_LAMBDA_FUNCTION_NAME": "bench",
            },
        )
        server.shutdown()


def _handlers(bench: Bench, search: dict[str, Any]) -> dict[str, Handler]:
    return {
        "baseline": Handler("baseline.app.handler", (_BASELINE,), _as_gateway(search)),
        "token": Handler("dci_token.app.handler", (_BUILD / "TokenFunction", _LAYER), bench.token_event()),
        "search": Handler("dci_search.app.handler", (_BUILD / "SearchFunction", _LAYER), search),
        "clients": Handler("dci_clients.app.handler", (_BUILD / "ClientsFunction", _LAYER), bench.client_event()),
    }


def _as_gateway(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event with the members that the baseline's resolver reads."""
    context = event["requestContext"]
    http = {**context["http"], "path": event["rawPath"]}
    return {
        **event,
        "version": "2.0",
        "requestContext": {**context, "http": http, "stage": "$default", "requestId": "1"},
    }


if __name__ == "__main__":
    sys.exit(main())
