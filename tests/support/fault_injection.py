"""Injects faults between a function and AWS: it is killed, calls are throttled, answers and messages are lost."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError

from dci_common.aws.retry import WITH_TOKEN
from dci_common.aws.services import MinimalDynamoDB, MinimalSecretsManager
from support.api import Api
from support.lost_answers import WRITES
from support.retry_pauses import NO_PAUSES


class Killed(BaseException):
    """The function's process has ended: nothing that it would still do happens."""


class FaultInjector:
    """Injects faults into one process. `kill_in` counts the calls until it is killed, before or after the last one.

    `throttled` and `lost` are how often a call is rejected, and how often the answer to a write is lost.
    """

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._lock = threading.RLock()
        self._known: dict[str, Any] = {}
        self.kill_in: int | None = None
        self.is_killed = False
        self.throttled = self.lost = 0.0
        self.secrets_are_away = False

    def attach(self, api: Api) -> None:
        """Inject faults into the functions of an API, which then make no pauses."""
        for name, service in {"dynamodb": MinimalDynamoDB, "secrets": MinimalSecretsManager}.items():
            client: Any = service(NO_PAUSES)
            vars(client.endpoint)["post"] = self._suffering(client.endpoint.post)
            vars(api.runtime)[name] = client
        api.runtime.retry = NO_PAUSES
        api.runtime.random_bytes = random.Random(self._draw.random()).randbytes

    def call(self, operation: str, body: bytes, send: Callable[[], Any]) -> Any:
        """Make a call, if nothing goes wrong."""
        with self._lock:
            if self.is_killed:
                raise Killed
            if self.kill_in is not None:
                self.kill_in -= 1
                if self.kill_in < 0:
                    self.is_killed = True
                    if self._draw.random() < 0.5:
                        send()
                    raise Killed
            if self._draw.random() < self.throttled:
                raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, operation)
            answer = self._once(operation, body, send)
            if operation in WRITES and self._draw.random() < self.lost:
                raise ConnectionClosedError(endpoint_url=operation)
            return answer

    def _once(self, operation: str, body: bytes, send: Callable[[], Any]) -> Any:
        """Make a call that AWS knows by its token, where it has one; moto does not."""
        token = json.loads(body).get("ClientRequestToken", "") if operation in WITH_TOKEN else ""
        if token not in self._known:
            answer = send()
            if token:
                self._known[token] = answer
            return answer
        return self._known[token]

    def _suffering(self, post: Callable[..., Any]) -> Callable[..., Any]:
        def suffer(target: str, content_type: str, body: bytes, deadline: Any) -> Any:
            operation = target.rpartition(".")[2]
            if self.secrets_are_away and operation == "GetSecretValue":
                raise EndpointConnectionError(endpoint_url="secretsmanager")
            return self.call(operation, body, lambda: post(target, content_type, body, deadline))

        return suffer


class BadQueues:
    """SQS at its worst: messages are lost, doubled, late, and in any order; `injector` is that of the sender."""

    def __init__(self, draw: random.Random, clock: Callable[[], float]) -> None:
        self._draw, self._clock = draw, clock
        self._messages: list[tuple[float, str]] = []
        self.injector = FaultInjector(draw)
        self.lost = self.doubled = 0.0
        self.latest = 0  # by how many seconds a message may be late

    def send_message(self, **request: Any) -> dict[str, Any]:
        """Add a message to a queue, or what becomes of it."""
        body = request["MessageBody"]
        self.injector.call("SendMessage", b"{}", lambda: self._add(body, request["DelaySeconds"]))
        return {"MessageId": "1"}

    def give_back(self, body: str) -> None:
        """Have a message be received again, by another process."""
        self._messages.append((self._clock(), body))

    def take(self) -> str | None:
        """Take any message that may be received now."""
        now = self._clock()
        ready = [message for message in self._messages if message[0] <= now]
        if not ready:
            return None
        chosen = self._draw.choice(ready)
        self._messages.remove(chosen)
        return chosen[1]

    def _add(self, body: str, delay: int) -> None:
        if self._draw.random() >= self.lost:
            for _ in range(2 if self._draw.random() < self.doubled else 1):
                self._messages.append((self._clock() + delay + self._draw.randint(0, self.latest), body))
