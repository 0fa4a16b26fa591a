"""Search messages with one thing changed."""

from __future__ import annotations

from typing import Any

from support.events import body_of


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"  # in the names of tests


ABSENT: object = _Absent()  # as the new value: the member is removed


def changed(path: str, value: object) -> dict[str, Any]:
    """Return the event bank's search message with another value at a dotted path; numbers step into lists."""
    message: dict[str, Any] = body_of("search")
    *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
    place: Any = message
    for step in way:
        place = place[step]
    if value is ABSENT:
        place.pop(last, None)
    else:
        place[last] = value
    return message
