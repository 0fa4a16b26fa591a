"""What goes wrong for the changes function: its calls to AWS fail, or kill it; and the queue of what failed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError


class Killed(BaseException):
    """The function's process has ended."""


class Faulty:
    """A client of AWS some of whose calls fail, or kill the function: before they take effect, or afterwards."""

    def __init__(self, client: Any, draw: random.Random) -> None:
        self._client, self._draw = client, draw
        self.rate = 0.0  # of calls that fail

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        return self._failing(name, found) if callable(found) and name != "exceptions" else found

    def _failing(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def fail(**request: Any) -> Any:
            fate = self._draw.random()
            if fate >= self.rate:
                return call(**request)
            if fate < self.rate / 2:
                call(**request)
            if fate % (self.rate / 2) < self.rate / 8:
                raise Killed
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, name)

        return fail


@dataclass
class Queue:
    """The queue of changes that could not be matched yet."""

    messages: list[str] = field(default_factory=list)

    def send_message(self, **request: Any) -> dict[str, Any]:
        """Add a message; that a channel is due is no change."""
        if request["QueueUrl"] == "changes":
            self.messages.append(request["MessageBody"])
        return {"MessageId": "1"}
