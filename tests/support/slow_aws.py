"""AWS that takes its time, by a clock that a test owns, and Lambda's context by the same clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ReadTimeoutError

from dci_common.aws.services import MinimalDynamoDB, MinimalSecretsManager, MinimalSQS
from dci_common.aws.transport import Endpoint
from support.retry_pauses import retry_with_sleep

if TYPE_CHECKING:
    from dci_common.deadline import Deadline
    from support.api import Api, Clock

READ_SECONDS = Endpoint.read_seconds  # the functions' own, whatever the engine of the tests is given
TIMEOUT = 29  # seconds, of every function
Seconds = Callable[[str, int], float]  # how long a call takes: its operation, and its number, counted from 0


class Context:
    """Lambda's context of an invocation that starts now, with the remaining time only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._end = clock() + TIMEOUT

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left of the function's time."""
        return int(1000 * (self._end - self._clock()))


@contextmanager
def slow_aws(api: Api, seconds: Seconds) -> Iterator[list[str]]:
    """Have the calls of an API's functions take time, in Lambda, and yield the operations that were called.

    A call that takes longer than its caller waits has its effect, but its answer comes too late.
    """
    calls: list[str] = []
    lock = threading.RLock()
    retry = retry_with_sleep(api.clock.advance)
    made = {"dynamodb": MinimalDynamoDB, "secrets": MinimalSecretsManager, "sqs": MinimalSQS}
    clients: dict[str, Any] = {name: service(retry) for name, service in made.items()}
    before = {name: getattr(api.runtime, name) for name in (*clients, "retry")}

    def attach(endpoint: Any) -> None:
        post = endpoint.post

        def slow_post(target: str, content_type: str, body: bytes, deadline: Deadline) -> Any:
            with lock:
                operation = target.rpartition(".")[2]
                took, waits = seconds(operation, len(calls)), min(READ_SECONDS, deadline.call_seconds())
                calls.append(operation)
                answer = post(target, content_type, body, deadline)
                api.clock.advance(min(took, waits))
                if took > waits:
                    raise ReadTimeoutError(endpoint_url="x")
                return answer

        vars(endpoint)["post"] = slow_post

    for client in clients.values():
        attach(client.endpoint)
    vars(api.runtime).update(clients, retry=retry)
    api.context = Context(api.clock)
    try:
        yield calls
    finally:
        vars(api.runtime).update(before)
        api.context = None
