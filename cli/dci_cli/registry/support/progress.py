"""How far a long command is: a bar on a terminal, now and then a plain line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

_BAR = 24  # characters
_REDRAW, _REPORT = 0.2, 10.0  # seconds between two pictures of the bar, and between two plain lines


class Progress:
    """Tells on stderr how much of `total` is done, how many things a second, and how long it will still take.

    `total` may be in another measure than the things counted: bytes of a file, say, whose lines are counted.
    """

    def __init__(
        self,
        label: str,
        things: str,
        total: int,
        *,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._label, self._things, self._total = label, things, total
        self._stream = stream or sys.stderr
        self._clock = clock
        self._is_terminal = self._stream.isatty()
        self._began = self._told = clock()
        self._done = self._count = 0

    def advance(self, done: int, count: int | None = None) -> None:
        """Add to what is done; `count` is the number of things, where `total` is in another measure."""
        self._done += done
        self._count += done if count is None else count
        now = self._clock()
        if now - self._told >= (_REDRAW if self._is_terminal else _REPORT):
            self._told = now
            self._tell(now)

    def finish(self) -> None:
        """Tell how much it was in all, and how long it took."""
        seconds = self._clock() - self._began
        rate = f", {self._count / seconds:,.0f} a second" if seconds >= 1 else ""
        self._write(f"{self._label}: {self._count:,} {self._things} in {_duration(seconds)}{rate}", last=True)

    def _tell(self, now: float) -> None:
        part = min(1.0, self._done / self._total) if self._total else 1.0
        seconds = now - self._began
        left = seconds * (1 - part) / part if part else 0.0
        filled = round(part * _BAR)
        bar = f" [{'#' * filled}{'.' * (_BAR - filled)}]" if self._is_terminal else ":"
        rate = self._count / seconds if seconds else 0.0
        self._write(
            f"{self._label}{bar} {part:.0%}, {rate:,.0f} {self._things} a second, {_duration(left)} left", last=False
        )

    def _write(self, text: str, *, last: bool) -> None:
        if self._is_terminal:
            self._stream.write(f"\r\x1b[K{text}" + ("\n" if last else ""))
        else:
            self._stream.write(f"{text}\n")
        self._stream.flush()


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole >= 3600:  # noqa: PLR2004 - an hour
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    if whole >= 60:  # noqa: PLR2004 - a minute
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole} s" if whole else f"{seconds:.1f} s"
