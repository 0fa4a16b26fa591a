"""A source for a follower that is a service: something happens before each pass, and the last one is not made."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from support.memory_source import MemorySnapshot, MemorySource


def stays() -> None:
    """Change nothing."""


class ScriptedSource(MemorySource):
    """Runs a step before each snapshot; after the last one, asks the process to stop."""

    steps: list[Callable[[], None]]

    @contextmanager
    def snapshot(self) -> Iterator[MemorySnapshot]:
        if self.steps:
            self.steps.pop(0)()
            if not self.steps:
                os.kill(os.getpid(), signal.SIGTERM)
        with super().snapshot() as found:
            yield found


def of_steps(source: MemorySource, *steps: Callable[[], None]) -> ScriptedSource:
    """Return a source with the rows of another one, and these steps."""
    scripted = ScriptedSource(source.rows)
    scripted.steps = list(steps)
    return scripted
