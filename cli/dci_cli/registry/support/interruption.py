"""Commands that take long: Ctrl-C ends them with a sentence that says how to go on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def interruptible(how_to_go_on: str | Callable[[], str]) -> Iterator[None]:
    """Print how to go on when the user interrupts the command, which then ends with the status 130."""
    try:
        yield
    except KeyboardInterrupt:
        text = how_to_go_on if isinstance(how_to_go_on, str) else how_to_go_on()
        print(f"dci: Interrupted. {text}", file=sys.stderr)
        raise
