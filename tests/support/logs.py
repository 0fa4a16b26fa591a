"""What the functions logged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass
class Logs:
    """The log lines of a test, each as JSON text."""

    lines: list[str]

    def entries(self) -> list[dict[str, Any]]:
        """Return the lines as JSON."""
        return [json.loads(line) for line in self.lines]
