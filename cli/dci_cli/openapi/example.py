"""What an example of a request is."""

from __future__ import annotations

from typing import Any, NamedTuple


class Example(NamedTuple):
    """A request by its name, the status of its answer, and its body; None where the operation has no body."""

    name: str
    status: int
    summary: str
    body: Any = None
