"""When a request must be answered, so that the caller gets an answer and not a timeout."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

# What rendering and writing the largest answer takes, and a last call to DynamoDB that is slow.
_ANSWERING_SECONDS = 4
# What it takes to log that a call failed, and to answer with an error.
_FAILING_SECONDS = 1


class Deadline(NamedTuple):
    """The second of `clock` at which the function is stopped; None where nothing stops it, as on a laptop."""

    at: float | None = None
    clock: Callable[[], float] = time.time

    @classmethod
    def of(cls, context: Any, clock: Callable[[], float] = time.time) -> Deadline:  # noqa: ANN401 - Lambda's own object
        """Return the deadline of an invocation: none where its context does not say when it is stopped."""
        remaining = getattr(context, "get_remaining_time_in_millis", None)
        return cls(clock() + remaining() / 1000 if remaining else None, clock)

    def left(self) -> float:
        """Return how many seconds reading may still take, which leaves time to render an answer."""
        return math.inf if self.at is None else self.at - _ANSWERING_SECONDS - self.clock()

    def call_seconds(self) -> float:
        """Return how many seconds a call to AWS may still take, which leaves time to answer with an error."""
        return math.inf if self.at is None else self.at - _FAILING_SECONDS - self.clock()

    def earlier(self, seconds: float) -> Deadline:
        """Return a deadline that leaves so many seconds for something else."""
        return self if self.at is None else self._replace(at=self.at - seconds)


_current: ContextVar[Deadline] = ContextVar("deadline", default=Deadline())  # noqa: B039 - it is immutable


def current_deadline() -> Deadline:
    """Return the deadline of what this thread does now."""
    return _current.get()


class calls_end_by:  # noqa: N801 - as contextlib's own, which it is like
    """Sets the deadline of all calls to AWS that this thread makes within the block.

    The operations of a client have AWS's own parameters and no others, so the deadline cannot be one of them.
    """

    __slots__ = ("_deadline", "_token")

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def __enter__(self) -> None:
        self._token = _current.set(self._deadline)

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


def with_deadline(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function with this thread's deadline, for an executor whose threads have none."""
    deadline = _current.get()

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        with calls_end_by(deadline):
            return function(*args, **kwargs)

    return call
