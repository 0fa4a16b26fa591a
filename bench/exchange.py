"""Asynchronous exchange: its acknowledgement, and answers of many records: `make bench-exchange`.

An answer goes through the real functions, from its acknowledgement to its last callback, over a canned engine. Each
size runs in a process of its own, whose peak of memory is compared.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

from canned_aws import CannedAws
from cost import MILLION, PRICES
from endless import Endless
from engine import as_in_lambda
from floor import ROUNDS, compare
from memory import peak_mib
from report import Budget, options_of, report
from warm import VARIABLES, Bench

from dci_common.outbound.answers import HttpAnswer
from dci_common.runtime import LambdaHandler, Runtime
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


class Used(NamedTuple):
    """What an answer took: units of DynamoDB, calls of AWS, CPU seconds, and invocations of the function."""

    read_units: float = 0.0
    write_units: float = 0.0
    calls: int = 0
    seconds: float = 0.0
    invocations: int = 0


def acknowledged(bench: Bench, turns: int) -> float:
    """Return the CPU time of an acknowledgement as a ratio to that of a search by id, measured in turns."""
    runtime = Runtime(Settings.from_env(_VARIABLES))
    bench.aws.attach(runtime)
    exchange = exchange_app.create_app(runtime)
    sync = bench.search_event(bench.by_id(0))
    asked = {"query_type": "idtype-value", "query": {"type": "UIN", "value": bench.uins[0]}}
    asynchronous = bench.event("/registry/search", {}, asked)
    for app, event in ((exchange, asynchronous), (bench.search, sync)):
        bench.calls(app, event)
    return compare(lambda: exchange(asynchronous, None), lambda: bench.search(sync, None), turns // ROUNDS).ratio


def answer(people: int) -> dict[str, float]:
    """Answer a search that so many people match, and return what it took."""
    bench = Bench()
    items = [*bench.registry()]
    uin = bench.uins[0]
    person = next(item for item in items if f'"{uin}"' in item.get("body", {"S": ""})["S"])
    runtime = Runtime(Settings.from_env(_VARIABLES))
    with tempfile.TemporaryDirectory() as folder:
        aws = CannedAws(Endless(bench.engine, person, uin, people, f"{folder}/exchange"))
        aws.attach(runtime)
        receiver = Receiver(runtime.settings)
        deliver = delivery_app.create_app(runtime, lambda _: receiver)  # type: ignore[arg-type, return-value]
        header = {"sender_uri": "https://receiver.example.org/on-search"}
        asked = {"query_type": "predicate", "query": [_BORN]}
        exchange_app.create_app(runtime)(bench.event("/registry/search", header, asked), None)
        used = _deliver_all(aws, deliver)
    if receiver.records != people:
        raise SystemExit(f"{receiver.records} of {people} records were delivered.")
    return {
        "a second": people / used.seconds,
        "memory": peak_mib(),
        "dollars": MILLION / people * _dollars(used),
    }


def _deliver_all(aws: CannedAws, deliver: LambdaHandler) -> Used:
    """Call the delivery function with each message that is queued, until there is no more."""
    used, queued = Used(), [""]
    while queued:
        calls, counted = aws.count()
        queued = queued[1:] + counted["queued"]
        began = time.process_time()
        if queued:
            deliver({"Records": [{"messageId": "1", "body": queued[0]}]}, None)
        seconds = time.process_time() - began
        units = counted["read_units"], counted["write_units"]
        used = Used(*map(sum, zip(used, (*units, calls, seconds, int(bool(queued))), strict=True)))
    return used


def _dollars(used: Used) -> float:
    """Return what an answer costs: calls of AWS's wait 5 ms each, and each takes its turn."""
    memory: float = functions()["DeliveryFunction"]["MemorySize"] / 1024
    return (
        used.read_units / MILLION * PRICES["a million read units"]
        + used.write_units / MILLION * PRICES["a million write units"]
        + (used.seconds + 0.005 * used.calls) * memory * PRICES["a GB-second of functions (arm64)"]
        + used.invocations / MILLION * PRICES["a million calls of functions"]
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
    if options.people:
        with as_in_lambda():
            found = answer(options.people)
        print(json.dumps(found))
        return 0
    with as_in_lambda():
        ratio = acknowledged(Bench(), 45 if options.quick else 450)
    few, many = (_in_a_process(people) for people in (10_000, 40_000 if options.quick else MILLION))
    budgets = [
        Budget("an ACK's CPU, of a search by id's", ratio, None if options.quick else _MOST_OF_SEARCH),
        Budget("records delivered a CPU second", many["a second"]),
        Budget("memory of the larger answer, of 10,000 records'", many["memory"] / few["memory"], _MEMORY_GROWTH),
        Budget("a million records", many["dollars"], unit="USD"),
    ]
    return report(budgets, options.json)


if __name__ == "__main__":
    sys.exit(main())
