"""A DynamoDB client whose table has too little capacity: calls are throttled, batches are done in part."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

_CODES = ("ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded")
_NO_CALLS = {"exceptions", "meta", "can_paginate"}


class ThrottledClient:
    """Throttles calls at this rate, whatever retries there were, and leaves half of a batch undone as often.

    The answers to as many calls are lost: they took effect, and fail with an error of the server's.
    """

    def __init__(self, dynamodb: Any, draw: random.Random, rate: float) -> None:
        self._dynamodb, self._draw, self._rate = dynamodb, draw, rate
        self._lock = threading.RLock()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._dynamodb, name)
        return found if name in _NO_CALLS else self._throttled(name, found)

    def _throttled(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def throttled(**request: Any) -> Any:
            with self._lock:
                if self._happens():
                    raise _error(self._draw.choice(_CODES), name)
                answer = self._in_part(call, request) if name == "batch_write_item" else call(**request)
                if self._happens():
                    raise _error("InternalServerError", name)
                return answer

        return throttled

    def _in_part(self, call: Callable[..., Any], request: dict[str, Any]) -> Any:
        ((table, writes),) = request["RequestItems"].items()
        if len(writes) < 2 or not self._happens():
            return call(**request)
        half = len(writes) // 2
        answer = call(RequestItems={table: writes[:half]})
        left = [*answer["UnprocessedItems"].get(table, []), *writes[half:]]
        return {**answer, "UnprocessedItems": {table: left}}

    def _happens(self) -> bool:
        return self._draw.random() < self._rate


def _error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "Too many requests."}}, operation)
