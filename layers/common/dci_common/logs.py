"""Structured log lines: what happened, never the content of a message.

No line carries a value from a record or a message, a token or a secret. An exception is logged by its type and the
code that it passed through, because its text may quote any of these.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from pydantic_core import to_json

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


def _json(line: object) -> str:
    return to_json(line, fallback=str).decode()


@cache
def _logger() -> Logger:
    # What no line shows is not looked for, as Python's guide to logging suggests: threads, processes, and the place,
    # which is always in this module. It would be half of the time of a line.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001 - which the guide names
    return Logger(location=None, json_serializer=_json, json_deserializer=str)


@cache
def _metrics_logger() -> Logger:
    return Logger(child=True, level="INFO")  # writes like the other, at any level of that one


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
        _logger().info("request", extra={**line, **counts})
        return
    metrics = [{"Name": name, "Unit": unit} for name, unit in _UNITS.items() if name in line or name in counts]
    by_outcome = {"Namespace": _NAMESPACE, "Dimensions": [["stack", "outcome"]], "Metrics": [metrics[0]]}
    by_route = {"Namespace": _NAMESPACE, "Dimensions": [["stack", "route"]], "Metrics": metrics}
    emf = {"Timestamp": int(now * 1000), "CloudWatchMetrics": [by_route, by_outcome]}
    if _logger().log_level > logging.INFO:
        line = {name: value for name, value in line.items() if name in _UNITS or name in {"route", "outcome"}}
    _metrics_logger().info("request", extra={**line, **counts, "stack": stack, "_aws": emf})


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
        _logger().info(event, extra=line)
        return
    metrics = [{"Name": name, "Unit": _UNITS[name]} for name in line if name in _UNITS]
    by_route = {"Namespace": _NAMESPACE, "Dimensions": [["stack", "route"]], "Metrics": metrics}
    emf = {"Timestamp": int(now * 1000), "CloudWatchMetrics": [by_route]}
    _metrics_logger().info(event, extra={**line, "stack": stack, "_aws": emf})


def log_failure(error: BaseException, correlation_id: str) -> None:
    """Write the type of an unexpected error and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    response: Mapping[str, Any] = getattr(error, "response", None) or {}  # None in botocore's timeouts
    _logger().error(
        "failure",
        extra={
            "exception_type": type(error).__name__,
            "aws_error": response.get("Error", {}).get("Code", ""),
            "aws_request_id": response.get("ResponseMetadata", {}).get("RequestId", ""),
            "frames": [f"{frame.name}:{frame.lineno}" for frame in frames],
            "correlation_id": correlation_id,
        },
    )


def log_rotation(step: str, token: str) -> None:
    """Write that a step of a rotation is done; `token` names the secret's version and is no secret itself."""
    _logger().info("rotation", extra={"step": step, "correlation_id": token})


def log_key_set_unavailable(client_id: str, reason: str) -> None:
    """Write why the keys that a client publishes could not be fetched."""
    _logger().warning("key set unavailable", extra={"client_id": client_id, "reason": reason})


def log_subscription_rejected(code: str, reason: str) -> None:
    """Write that a subscription matches no change, because its client may not ask for what it asks for any more."""
    _logger().warning("subscription rejected", extra={"subscription_code": code, "reason": reason})
