"""Work on many items at once, in order and without reading far ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Set
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

Given = TypeVar("Given")
Result = TypeVar("Result")

THREADS = 8  # as many as one Python process can keep busy


@contextmanager
def threads() -> Iterator[ThreadPoolExecutor]:
    """Return a pool of threads; at the end, what they have begun is finished, and the rest is dropped."""
    pool = ThreadPoolExecutor(THREADS)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


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


def in_parallel_apart(
    pool: ThreadPoolExecutor,
    work: Callable[[Given], Result],
    items: Iterable[Given],
    keys_of: Callable[[Given], Set[str]],
) -> Iterator[Result]:
    """Yield the results of `work` as they come; items that share a key are not in progress at the same time."""
    running: dict[Future[Result], Set[str]] = {}
    for item in items:
        keys = keys_of(item)
        while len(running) >= THREADS or not all(keys.isdisjoint(others) for others in running.values()):
            yield from _finished(running)
        running[pool.submit(work, item)] = keys
    while running:
        yield from _finished(running)


def _finished(running: dict[Future[Result], Set[str]]) -> Iterator[Result]:
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        del running[future]
        yield future.result()
