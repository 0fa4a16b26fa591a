"""A DynamoDB client of a process that is killed at a call: nothing that it would do after that happens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

_NO_CALLS = {"exceptions", "meta", "can_paginate"}


class Killed(BaseException):
    """The process has ended."""


class KilledClient:
    """Kills at the call with this number, before or after it took effect. `calls` counts."""

    def __init__(self, dynamodb: Any, at: int, *, before: bool) -> None:
        self._dynamodb, self._at, self._before = dynamodb, at, before
        self._lock = threading.RLock()
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._dynamodb, name)
        return found if name in _NO_CALLS else self._counted(found)

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(**request: Any) -> Any:
            with self._lock:
                self.calls += 1
                number = self.calls
            if number > self._at or (number == self._at and self._before):
                raise Killed
            answer = call(**request)
            if number == self._at:
                raise Killed
            return answer

        return counted

    @property
    def is_killed(self) -> bool:
        """Whether the process has ended."""
        return self.calls >= self._at
