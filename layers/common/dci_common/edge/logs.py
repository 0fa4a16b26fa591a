"""Structured log lines: what happened, never what was in it.

No line carries a value from a record or a message, a token or a secret; an exception is told by its type and
the places it passed, since its text may quote any of these.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

LogFields = dict[str, str | int | float]
_NAMESPACE = "DCI"
_BAD_REQUEST, _SERVER_ERROR = 400, 500
# What CloudWatch makes metrics of (its embedded metric format), where a line has it.
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
}


@cache
def _logger() -> Logger:
    return Logger()


def log_request(line: LogFields, now: float) -> None:
    """Write the one line of a request, which is its metrics too; `now` is in epoch seconds.

    `line` has the `route`, which holds no id, the `status`, and the `outcome`: `ok`, or the code of the error.
    """
    counts = {
        "requests": 1,
        "refused": int(_BAD_REQUEST <= int(line["status"]) < _SERVER_ERROR),
        "failed": int(int(line["status"]) >= _SERVER_ERROR),
    }
    metrics = [{"Name": name, "Unit": unit} for name, unit in _UNITS.items() if name in line or name in counts]
    by_outcome = {"Namespace": _NAMESPACE, "Dimensions": [["outcome"]], "Metrics": [metrics[0]]}
    by_route = {"Namespace": _NAMESPACE, "Dimensions": [["route"]], "Metrics": metrics}
    emf = {"Timestamp": int(now * 1000), "CloudWatchMetrics": [by_route, by_outcome]}
    _logger().info("request", extra={**line, **counts, "_aws": emf})


def log_failure(error: BaseException, correlation_id: str) -> None:
    """Write what failed and where."""
    frames = traceback.extract_tb(error.__traceback__)
    response: Mapping[str, Any] = getattr(error, "response", None) or {}  # a timeout of botocore's has None
    _logger().error(
        "failure",
        extra={
            "exception_type": type(error).__name__,
            "aws_error": response.get("Error", {}).get("Code", ""),
            "frames": [f"{frame.name}:{frame.lineno}" for frame in frames],
            "correlation_id": correlation_id,
        },
    )


def log_rotation(step: str, token: str) -> None:
    """Write that a step of a rotation is done; `token` is the name of its version, no secret."""
    _logger().info("rotation", extra={"step": step, "correlation_id": token})
