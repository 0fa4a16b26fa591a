"""How far a long command is: rich's progress bar on a terminal, a plain line from time to time elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

_REDRAW_SECONDS, _REPORT_SECONDS = 0.2, 10.0
_HOUR, _MINUTE = 3600, 60


class Progress:
    """Reports on stderr how much of `total` is done, how fast, and how long the rest takes; at the end, a summary.

    `total` may have another unit than what is counted: the bytes of a file, for example, whose lines are counted.
    """

    def __init__(
        self,
        label: str,
        unit: str,
        total: int,
        *,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._label, self._unit, self._total = label, unit, total
        self._stream = stream or sys.stderr
        self._clock = clock
        self._bar = _bar(self._stream, label, total) if self._stream.isatty() else None
        self._interval = _REDRAW_SECONDS if self._bar else _REPORT_SECONDS
        self._started = self._reported = clock()
        self._done = self._count = 0

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Remove the bar, and write the summary unless the command failed."""
        if self._bar:
            self._bar.stop()
        if kind is None:
            seconds = self._clock() - self._started
            rate = f", {self._count / seconds:,.0f} a second" if seconds >= 1 else ""
            self._write(f"{self._label}: {self._count:,} {self._unit} in {_duration(seconds)}{rate}")

    def advance(self, done: int, count: int | None = None) -> None:
        """Add to what is done; `count` is the number of things, where `total` has another unit."""
        self._done += done
        self._count += done if count is None else count
        now = self._clock()
        if now - self._reported >= self._interval:
            self._reported = now
            self._report(now - self._started)

    def _report(self, seconds: float) -> None:
        rate = f"{self._count / seconds:,.0f} {self._unit} a second"
        if self._bar:
            self._bar.update(self._bar.task_ids[0], completed=self._done, rate=rate)
            return
        part = min(1.0, self._done / self._total) if self._total else 1.0
        left = seconds * (1 - part) / part if part else 0.0
        self._write(f"{self._label}: {part:.0%}, {rate}, {_duration(left)} left")

    def _write(self, line: str) -> None:
        self._stream.write(f"{line}\n")
        self._stream.flush()


def _bar(stream: TextIO, label: str, total: int) -> Bar:
    from rich.console import Console  # noqa: PLC0415 - imported when there is something to draw
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(file=stream),
        transient=True,
        redirect_stdout=False,  # which may hold the records that are exported
    )
    bar.add_task(label, total=total, rate="")
    return bar


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole >= _HOUR:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"
    if whole >= _MINUTE:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
    return f"{whole} s" if whole else f"{seconds:.1f} s"
