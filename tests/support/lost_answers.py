"""AWS whose answer to one write is lost after the write had its effect."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from botocore.endpoint import Endpoint
from botocore.exceptions import ConnectionClosedError

from dci_cli.direct_writes import PatientEndpoint
from dci_common.aws.retry import WITH_TOKEN
from dci_common.aws.services import MinimalDynamoDB, MinimalSecretsManager, MinimalSQS
from support.retry_pauses import NO_PAUSES

if TYPE_CHECKING:
    from support.api import Api

WRITES = {
    *("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"),
    *("CreateSecret", "PutSecretValue", "DeleteSecret", "RotateSecret", "UpdateSecretVersionStage", "SendMessage"),
}


class LostAnswers:
    """Loses the answer to the write of number `lost`, counted from 0; `writes` are the operations that had an effect.

    Like AWS, and unlike moto, it knows the repetition of a request by its token, and repeats its first answer.
    """

    def __init__(self, lost: int) -> None:
        self._lost = lost
        self.writes: list[str] = []
        self._known: dict[tuple[str, str], Any] = {}
        self._lock = threading.RLock()

    @property
    def is_lost(self) -> bool:
        """Whether an answer was lost."""
        return len(self.writes) > self._lost

    def pass_on(self, operation: str, body: bytes, send: Callable[[], Any]) -> Any:
        """Send a request and return its answer, or raise ConnectionClosedError in place of it."""
        if operation not in WRITES:
            return send()
        token = json.loads(body).get("ClientRequestToken", "") if operation in WITH_TOKEN else ""
        with self._lock:
            if token and (operation, token) in self._known:
                return self._known[operation, token]
            answer = send()
            self.writes.append(operation)
            if token:
                self._known[operation, token] = answer
            if len(self.writes) == self._lost + 1:
                raise ConnectionClosedError(endpoint_url="x")
        return answer


@contextmanager
def functions_lose(api: Api, lost: int) -> Iterator[LostAnswers]:
    """Have the functions of an API lose the answer to a write."""
    answers = LostAnswers(lost)
    made = {"dynamodb": MinimalDynamoDB, "secrets": MinimalSecretsManager, "sqs": MinimalSQS}
    clients: dict[str, Any] = {name: service(NO_PAUSES) for name, service in made.items()}
    before = {name: getattr(api.runtime, name) for name in clients}
    for client in clients.values():
        _attach(client, answers)
    vars(api.runtime).update(clients)
    try:
        yield answers
    finally:
        vars(api.runtime).update(before)


def _attach(client: Any, answers: LostAnswers) -> None:
    post = client.endpoint.post

    def lossy_post(target: str, content_type: str, body: bytes, deadline: Any) -> Any:
        operation = target.rpartition(".")[2]
        return answers.pass_on(operation, body, lambda: post(target, content_type, body, deadline))

    vars(client.endpoint)["post"] = lossy_post


@contextmanager
def commands_lose(lost: int) -> Iterator[LostAnswers]:
    """Have the commands' clients lose the answer to a write: boto3's, which retry without pauses, and direct ones."""
    answers, respond = LostAnswers(lost), Endpoint._do_get_response  # type: ignore[attr-defined] # noqa: SLF001
    post = PatientEndpoint.post

    def lossy_respond(endpoint: Endpoint, request: Any, operation: Any, context: Any) -> Any:
        try:
            return answers.pass_on(
                operation.name, request.body, lambda: respond(endpoint, request, operation, context)
            )
        except ConnectionClosedError as error:
            return None, error

    def lossy_post(endpoint: PatientEndpoint, target: str, content_type: str, body: bytes, deadline: Any) -> Any:
        operation = target.rpartition(".")[2]
        return answers.pass_on(operation, body, lambda: post(endpoint, target, content_type, body, deadline))

    with (
        patch.object(PatientEndpoint, "post", lossy_post),
        patch.object(Endpoint, "_do_get_response", lossy_respond),
        patch("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0),
    ):
        yield answers
