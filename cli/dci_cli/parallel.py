"""Work on many items at once, in order and without reading far ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Given = TypeVar("Given")
Result = TypeVar("Result")

THREADS = 8  # as many as one Python process can keep busy


def chunks(items: Iterable[Given], size: int) -> Iterator[list[Given]]:
    """Split into lists of `size`; the last may be shorter."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def in_parallel(
    pool: ThreadPoolExecutor, work: Callable[[Given], Result], items: Iterable[Given]
) -> Iterator[tuple[Given, Result]]:
    """Yield each item with the result of `work`, in order; at most two items a thread are in progress."""
    waiting: deque[tuple[Given, Future[Result]]] = deque()
    for item in items:
        waiting.append((item, pool.submit(work, item)))
        if len(waiting) >= 2 * THREADS:
            done, future = waiting.popleft()
            yield done, future.result()
    for done, future in waiting:
        yield done, future.result()
