"""Structured log lines: what happened, never the content of a message.

No line carries a value from a record or a message, a token or a secret. An exception is logged by its type and the
code that it passed through, because its text may quote any of these.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pydantic_core import to_json

from dci_common.timestamps import timestamp

LogFields = dict[str, str | int | float]
_NAMESPACE = "DCI"
_BAD_REQUEST, _SERVER_ERROR = 400, 500
# CloudWatch makes a metric of each of these fields that a line has (its embedded metric format).
_UNITS = {
    "requests": "Count",
    "refused": "Count",
    "failed": "Count",
    "latency": "Milliseconds",
    "cold_start": "Count",
    "examined": "Count",
    "matched": "Count",
    "records": "Count",
    "read_units": "Count",
    "deliveries": "Count",
    "deliveries_failed": "Count",
    "deliveries_dead": "Count",
    "items_failed": "Count",
}


# Those of the parameter LogLevel, the least first.
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def _to_stdout(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


class Output:
    """Where lines go, and the least level of those that are written. Lambda passes stdout on to CloudWatch."""

    def __init__(self, level: str, write: Callable[[str], None] = _to_stdout) -> None:
        self.level = level
        self.write = write

    def has(self, level: str) -> bool:
        """Return whether lines of a level are written."""
        return _LEVELS.index(level) >= _LEVELS.index(self.level)

    def add(self, level: str, message: str, fields: Mapping[str, Any]) -> None:
        """Write a line, whatever its level."""
        line = {"level": level, "message": message, "timestamp": timestamp(time.time()), "service": "dci", **fields}
        self.write(to_json(line, fallback=str).decode() + "\n")


@cache
def output() -> Output:
    """Return where this process writes its lines, from LOG_LEVEL; a level that is not known is INFO."""
    level = os.environ.get("LOG_LEVEL", "").upper()
    return Output(level if level in _LEVELS else "INFO")


def _write(level: str, message: str, fields: Mapping[str, Any]) -> None:
    if output().has(level):
        output().add(level, message, fields)


@cache
def _metrics(*names: str) -> list[dict[str, str]]:
    return [{"Name": name, "Unit": _UNITS[name]} for name in names]


def log_request(line: LogFields, stack: str, now: float) -> None:
    """Write the one line of a request, which carries its metrics too; `now` is in epoch seconds.

    `line` has the `route` as a template, without ids, the `status`, and the `outcome`: `ok`, or the error's code.
    A log level above INFO leaves only the metrics. Without a `stack`, to which they belong, there are no metrics.
    """
    status = int(line["status"])
    counts = {
        "requests": 1,
        "refused": int(_BAD_REQUEST <= status < _SERVER_ERROR),
        "failed": int(status >= _SERVER_ERROR),
    }
    if not stack:
        _write("INFO", "request", {**line, **counts})
        return
    metrics = _metrics(*[name for name in _UNITS if name in line or name in counts])
    by_outcome = {"Namespace": _NAMESPACE, "Dimensions": [["stack", "outcome"]], "Metrics": _metrics("requests")}
    by_route = {"Namespace": _NAMESPACE, "Dimensions": [["stack", "route"]], "Metrics": metrics}
    emf = {"Timestamp": int(now * 1000), "CloudWatchMetrics": [by_route, by_outcome]}
    if not output().has("INFO"):
        line = {name: value for name, value in line.items() if name in _UNITS or name in {"route", "outcome"}}
    output().add("INFO", "request", {**line, **counts, "stack": stack, "_aws": emf})


def log_attempt(result: str, latency: int, stack: str, now: float) -> None:
    """Write what came of an attempt to deliver, which took so many milliseconds."""
    counts = {"deliveries": 1, "deliveries_failed": int(result != "delivered"), "latency": latency}
    _log_metrics("attempt", {"route": "delivery", "outcome": result, **counts}, stack, now)


def log_exchange_end(state: str, stack: str, now: float) -> None:
    """Write that a delivery has ended in a state."""
    counts = {"deliveries_dead": int(state in {"dead", "refused"})}
    _log_metrics("exchange", {"route": "delivery", "outcome": state, **counts}, stack, now)


def log_item_failed(stack: str, now: float) -> None:
    """Write that an item of an asynchronous message could not be answered, though nothing is wrong with it."""
    _log_metrics("item", {"route": "delivery", "outcome": "failed", "items_failed": 1}, stack, now)


def _log_metrics(event: str, line: LogFields, stack: str, now: float) -> None:
    if not stack:
        _write("INFO", event, line)
        return
    metrics = _metrics(*[name for name in line if name in _UNITS])
    by_route = {"Namespace": _NAMESPACE, "Dimensions": [["stack", "route"]], "Metrics": metrics}
    emf = {"Timestamp": int(now * 1000), "CloudWatchMetrics": [by_route]}
    output().add("INFO", event, {**line, "stack": stack, "_aws": emf})


def log_failure(error: BaseException, correlation_id: str) -> None:
    """Write the type of an unexpected error and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    response: Mapping[str, Any] = getattr(error, "response", None) or {}  # None in botocore's timeouts
    _write(
        "ERROR",
        "failure",
        {
            "exception_type": type(error).__name__,
            "aws_error": response.get("Error", {}).get("Code", ""),
            "aws_request_id": response.get("ResponseMetadata", {}).get("RequestId", ""),
            "frames": [f"{frame.name}:{frame.lineno}" for frame in frames],
            "correlation_id": correlation_id,
        },
    )


def log_rotation(step: str, token: str) -> None:
    """Write that a step of a rotation is done; `token` names the secret's version and is no secret itself."""
    _write("INFO", "rotation", {"step": step, "correlation_id": token})


def log_key_set_unavailable(client_id: str, reason: str) -> None:
    """Write why the keys that a client publishes could not be fetched."""
    _write("WARNING", "key set unavailable", {"client_id": client_id, "reason": reason})


def log_subscription_rejected(code: str, reason: str) -> None:
    """Write that a subscription matches no change, because its client may not ask for what it asks for any more."""
    _write("WARNING", "subscription rejected", {"subscription_code": code, "reason": reason})
