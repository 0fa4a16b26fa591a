"""An operator at the terminal that answers prompts on stdin."""

from __future__ import annotations

import io
from collections.abc import Callable


def nothing() -> None:
    """Do nothing before the answer."""


class Operator:
    """A stdin with an answer; `meanwhile` is called between the question and the answer."""

    def __init__(self, answer: str, meanwhile: Callable[[], object] = nothing) -> None:
        self._lines = io.StringIO(answer)
        self._meanwhile = meanwhile

    def isatty(self) -> bool:
        """Return whether this is a terminal: answers are piped in."""
        return False

    def readline(self) -> str:
        """Return the next line of the answer."""
        self._meanwhile()
        return self._lines.readline()

    def read(self) -> str:
        """Return all that is piped in."""
        return self._lines.read()
