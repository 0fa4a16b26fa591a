"""A call to AWS's JSON protocol, without botocore's clients.

Importing botocore's clients and making them takes a third of a typical function's cold start. DynamoDB, Secrets
Manager and SQS speak one protocol, JSON over `POST /`, of which this is all that the functions need. Errors are
botocore's, but that an error of SQS has the code of this protocol, and in botocore that of an older one.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic_core import from_json, to_json

from dci_common.aws.retry import WITH_TOKEN, Backoff, Retry, may_repeat
from dci_common.aws.transport import Answer, Endpoint
from dci_common.deadline import Deadline, current_deadline

_OK = 200
_BACKOFF = Backoff(attempts=3, first=0.5, longest=1)


class DeadlineExceeded(BotoCoreError):
    """A call was not made, because no time is left for it."""

    fmt = "No time is left to call {operation}."


class MinimalClient:
    """Calls the operations of one service; `target` and `content_type` are the headers that it wants.

    `errors` has the classes of the errors that are caught by their class, by AWS's code.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        retry: Retry,
        target: str,
        content_type: str,
        errors: Mapping[str, type[ClientError]],
    ) -> None:
        self.endpoint = endpoint
        self._retry = retry
        self._target = target
        self._content_type = content_type
        self._errors = errors

    def call(self, operation: str, request: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the operation's own answer
        """Call an operation by AWS's name, and again as the retry policy allows within the deadline.

        Raises ClientError when the service rejects the call, and BotoCoreError when it does not answer.
        """
        if operation in WITH_TOKEN:
            request = {"ClientRequestToken": str(uuid.uuid4()), **request}
        body = to_json(request)
        deadline = current_deadline()
        for attempt in itertools.count(1):
            try:
                return self._attempt(operation, body, deadline)
            except (BotoCoreError, ClientError) as error:
                if not may_repeat(error, operation, request):
                    raise
                if not self._retry.pause(_BACKOFF, attempt):
                    raise
        raise AssertionError

    def _attempt(self, operation: str, body: bytes, deadline: Deadline) -> Any:  # noqa: ANN401 - the operation's own answer
        if deadline.call_seconds() <= 0:
            raise DeadlineExceeded(operation=operation)
        answer = self.endpoint.post(f"{self._target}.{operation}", self._content_type, body, deadline)
        try:
            content = from_json(answer.body)
        except ValueError:  # the service itself did not write it
            content = None
        is_object = isinstance(content, dict)
        if answer.status == _OK and is_object:
            return content
        raise self._error(operation, answer, content if is_object else {})

    def _error(self, operation: str, answer: Answer, content: dict[str, Any]) -> ClientError:
        code = str(content.pop("__type", answer.status)).rpartition("#")[2]
        error = {"Code": code, "Message": str(content.pop("message", content.pop("Message", "")))}
        metadata = {"RequestId": answer.request_id, "HTTPStatusCode": answer.status}
        response: Any = {**content, "Error": error, "ResponseMetadata": metadata}
        return self._errors.get(code, ClientError)(response, operation)
