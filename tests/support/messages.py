"""Search messages with one thing changed."""

from __future__ import annotations

import copy
from typing import Any

from support.events import body_of


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"  # in the names of tests


ABSENT: object = _Absent()  # as the new value: the member is removed


def changed(path: str, value: object) -> dict[str, Any]:
    """Return the event bank's search message with another value at a dotted path; numbers step into lists."""
    return replaced(body_of("search"), path, value)


def replaced(message: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Return a copy of a message with another value at a dotted path; numbers step into lists."""
    made = copy.deepcopy(message)
    *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
    place: Any = made
    for step in way:
        place = place[step]
    if value is ABSENT:
        place.pop(last, None)
    else:
        place[last] = value
    return made
