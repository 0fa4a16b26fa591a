"""What the functions logged."""

from __future__ import annotations

import json
import logging
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
    """Collect the functions' log lines as they are written in a deployment."""
    logger = function_logs._logger()  # noqa: SLF001 - the one logger of the functions
    logs = Logs([])
    handler = logging.Handler()
    handler.setFormatter(logger.registered_formatter)
    handler.emit = lambda record: logs.lines.append(handler.format(record))  # type: ignore[method-assign]
    logger.addHandler(handler)
    yield logs
    logging.getLogger(logger.name).removeHandler(handler)
