"""Deadlines: what time is left, and which calls they apply to."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dci_common.deadline import Deadline, calls_end_by, current_deadline, with_deadline
from support.api import Clock


class Context:
    """Lambda's context, with 29 seconds left."""

    def get_remaining_time_in_millis(self) -> int:
        """Return what Lambda returns."""
        return 29_000


def test_reading_ends_before_calls_do() -> None:
    """Reading leaves time to render an answer, and a call leaves time to answer with an error."""
    clock = Clock()
    deadline = Deadline.of(Context(), clock)
    assert 0 < deadline.left() < deadline.call_seconds() < 29
    clock.advance(29)
    assert deadline.call_seconds() < 0


def test_nothing_ends_without_a_context() -> None:
    """On a laptop no invocation is stopped."""
    for context in (None, object()):
        deadline = Deadline.of(context)
        assert deadline.left() == deadline.call_seconds() == math.inf


def test_a_deadline_applies_to_the_block() -> None:
    """A deadline within another one holds until its block ends, also by an error."""
    outer, inner = Deadline(1), Deadline(2)
    with calls_end_by(outer):
        try:
            with calls_end_by(inner):
                assert current_deadline() is inner
                raise KeyError
        except KeyError:
            assert current_deadline() is outer
    assert current_deadline() == Deadline()


def test_a_thread_of_a_pool_takes_the_deadline_along() -> None:
    """A function that is handed to another thread keeps the deadline of the request, and leaves none behind."""

    def seen(*arguments: Any) -> tuple[Any, ...]:
        return (*arguments, current_deadline())

    with ThreadPoolExecutor(1) as pool:
        with calls_end_by(Deadline(1)):
            assert pool.submit(with_deadline(seen), "x").result() == ("x", Deadline(1))
            assert pool.submit(seen).result() == (Deadline(),)
        assert pool.submit(with_deadline(seen)).result() == (Deadline(),)
