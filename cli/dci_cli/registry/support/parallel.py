"""Doing the same to many things at once, in order and without reading far ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")

THREADS = 8  # enough to keep one Python busy; it can not be busier


def chunks(things: Iterable[Given], size: int) -> Iterator[list[Given]]:
    """Cut into lists of `size`; the last may be shorter."""
    rest = iter(things)
    while chunk := list(islice(rest, size)):
        yield chunk


def in_parallel(
    pool: ThreadPoolExecutor, work: Callable[[Given], Made], things: Iterable[Given]
) -> Iterator[tuple[Given, Made]]:
    """Yield each thing with what `work` made of it, in order; two things a thread are under way at most."""
    waiting: deque[tuple[Given, Future[Made]]] = deque()
    for thing in things:
        waiting.append((thing, pool.submit(work, thing)))
        if len(waiting) >= 2 * THREADS:
            done, future = waiting.popleft()
            yield done, future.result()
    for done, future in waiting:
        yield done, future.result()
