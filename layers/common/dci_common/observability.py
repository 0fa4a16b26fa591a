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


@cache
def _logger() -> Logger:
    return Logger()


def log_request(method: str, path: str, correlation_id: str, status: int, facts: Mapping[str, str | int]) -> None:
    """Write the one line of a request. `path` is the route, which holds no id."""
    _logger().info(
        "request",
        extra={"method": method, "route": path, "correlation_id": correlation_id, "status": status, **facts},
    )


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
