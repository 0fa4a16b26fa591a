"""What the functions logged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dci_common import logs as function_logs


@dataclass
class Logs:
    """The log lines of a test, each as JSON text."""

    lines: list[str]

    def entries(self) -> list[dict[str, Any]]:
        """Return the lines as JSON."""
        return [json.loads(line) for line in self.lines]


@contextmanager
def collected() -> Iterator[Logs]:
    """Collect the functions' log lines, which are not written meanwhile."""
    logs, output = Logs([]), function_logs.output()
    before, output.write = output.write, logs.lines.append
    try:
        yield logs
    finally:
        output.write = before
