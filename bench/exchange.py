"""Asynchronous exchange: its acknowledgement, and answers of many records: `make bench-exchange`.

An answer goes through the real functions, from its acknowledgement to its last callback, over a canned engine. Each
size runs in a process of its own, whose peak of memory is compared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from statistics import median

from cost import MILLION, PRICES
from endless import Endless
from engine import NO_CREDENTIALS
from memory import peak_mib
from report import Budget, options_of, report
from warm import VARIABLES, Bench

from dci_common.outbound.answers import HttpAnswer
from dci_common.runtime import Runtime
from dci_common.settings import Settings
from dci_delivery import app as delivery_app
from dci_exchange import app as exchange_app
from support.deployment import functions

_MOST_OF_SEARCH = 0.6
_MEMORY_GROWTH = 1.1
_VARIABLES = {**VARIABLES, "WORK_QUEUE": "work", "DELIVERY_QUEUE": "delivery", "RECORDS_A_DAY": "0"}
_BORN = {
    "seq_num": 1,
    "expression1": {"attribute_name": "birth_date", "operator": "ge", "attribute_value": "1900-01-01"},
}


class Receiver:
    """Takes all that it is sent, and sees that each record comes once, in its order."""

    def __init__(self, _: Settings) -> None:
        self.records = 0

    def post(self, _url: str, body: bytes, _headers: dict[str, str]) -> HttpAnswer:
        """Take a callback."""
        for item in json.loads(body)["message"]["search_response"]:
            for record in item["data"]["reg_records"]:
                uin = next(one["identifier_value"] for one in record["identifier"] if one["identifier_type"] == "UIN")
                if uin != f"p{self.records:09}":
                    raise SystemExit(f"Record {self.records} is {uin}.")
                self.records += 1
        return HttpAnswer(200, None, b"{}")


def acknowledged(bench: Bench, turns: int) -> float:
    """Return the CPU time of an acknowledgement as a ratio to that of a search by id, measured in turns."""
    runtime = Runtime(Settings.from_env(_VARIABLES))
    bench.engine.stand_in(runtime)
    runtime.sqs.endpoint = bench.engine  # type: ignore[attr-defined] # the functions' own client
    exchange = exchange_app.create_app(runtime)
    sync = bench.search_event(bench.by_id(0))
    asked = {"query_type": "idtype-value", "query": {"type": "UIN", "value": bench.uins[0]}}
    asynchronous = bench.event("/registry/search", {}, asked)
    rounds = [
        (bench.measure(exchange, asynchronous, turns), bench.measure(bench.search, sync, turns)) for _ in range(9)
    ]
    ratios: list[float] = [ack.cpu_ms / search.cpu_ms for ack, search in rounds]
    return median(ratios)


def answer(people: int) -> dict[str, float]:
    """Answer a search that so many people match, and return what it took."""
    bench = Bench()
    items = [*bench.registry()]
    uin = bench.uins[0]
    person = next(item for item in items if f'"{uin}"' in item.get("body", {"S": ""})["S"])
    runtime = Runtime(Settings.from_env(_VARIABLES))
    with tempfile.TemporaryDirectory() as folder:
        endless = Endless(bench.engine, person, uin, people, f"{folder}/exchange")
        endless.stand_in(runtime)
        receiver = Receiver(runtime.settings)
        deliver = delivery_app.create_app(runtime, lambda _: receiver)  # type: ignore[arg-type, return-value]
        header = {"sender_uri": "https://receiver.example.org/on-search"}
        asked = {"query_type": "predicate", "query": [_BORN]}
        exchange_app.create_app(runtime)(bench.event("/registry/search", header, asked), None)
        began, invocations = time.process_time(), 0
        while endless.queued:
            records = [{"messageId": "1", "body": endless.queued.pop(0)}]
            deliver({"Records": records}, None)
            invocations += 1
        seconds = time.process_time() - began - endless.seconds
    if receiver.records != people:
        raise SystemExit(f"{receiver.records} of {people} records were delivered.")
    return {
        "a second": people / seconds,
        "memory": peak_mib(),
        "dollars": MILLION / people * _dollars(endless, seconds, invocations),
    }


def _dollars(endless: Endless, seconds: float, invocations: int) -> float:
    """Return what an answer costs: calls of AWS's wait 5 ms each, and each takes its turn."""
    memory: float = functions()["DeliveryFunction"]["MemorySize"] / 1024
    return (
        endless.read_units / MILLION * PRICES["a million read units"]
        + endless.write_units / MILLION * PRICES["a million write units"]
        + (seconds + 0.005 * endless.calls) * memory * PRICES["a GB-second of functions (arm64)"]
        + invocations / MILLION * PRICES["a million calls of functions"]
    )


def _in_a_process(people: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--people", str(people)]
    finished = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - this file
    found: dict[str, float] = json.loads(finished.stdout)
    return found


def main() -> int:
    """Measure, and return 1 when a budget is exceeded."""
    parser = options_of(__doc__, "fewer records and turns")
    parser.add_argument("--people", type=int, help="only answer a search that so many people match")
    options = parser.parse_args()
    os.environ |= {**NO_CREDENTIALS, "POWERTOOLS_LOG_LEVEL": "ERROR"}
    if options.people:
        print(json.dumps(answer(options.people)))
        return 0
    ratio = acknowledged(Bench(), 20 if options.quick else 200)
    few, many = (_in_a_process(people) for people in (10_000, 40_000 if options.quick else MILLION))
    budgets = [
        Budget("an ACK's CPU, of a search by id's", ratio, _MOST_OF_SEARCH),
        Budget("records delivered a CPU second", many["a second"]),
        Budget("memory of the larger answer, of 10,000 records'", many["memory"] / few["memory"], _MEMORY_GROWTH),
        Budget("a million records", many["dollars"], unit="USD"),
    ]
    return report(budgets, options.json)


if __name__ == "__main__":
    sys.exit(main())
