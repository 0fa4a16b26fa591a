"""DynamoDB, Secrets Manager and SQS in this process: moto, made safe for threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import botocore_stubber

from dci_cli.environment import environment, isolated
from dci_cli.local import moto_direct, moto_shortcuts
from dci_cli.local_server import REGION
from dci_common.aws.transport import Answer, Endpoint
from dci_common.deadline import Deadline

_AWS = ".amazonaws.com"
_USER_AGENT = f"region/{REGION}"  # moto finds the region of SQS nowhere else without a signature


@contextmanager
def running() -> Iterator[None]:
    """Respond to every AWS request of this process from memory, one at a time, without the user's AWS configuration.

    moto loses updates when threads write at once, hence the lock; a request may make others (see rotation.py).
    """
    lock = threading.RLock()
    post = Endpoint.post

    def one_at_a_time(stubber: BotocoreStubber, request: Any) -> Any:  # noqa: ANN401 - moto's own types
        with lock:
            return moto_direct.process(stubber, request)

    # moto replaces botocore, but not the functions' own client.
    def posted(endpoint: Endpoint, *request: Any) -> Answer:  # noqa: ANN401 - as Endpoint has it
        return (_answer if endpoint.url.endswith(_AWS) else post)(endpoint, *request)

    with (
        environment({**isolated(os.environ), "AWS_DEFAULT_REGION": REGION}),
        patch.object(BotocoreStubber, "process_request", one_at_a_time),
        patch.object(Endpoint, "post", posted),
        moto_shortcuts.shortcuts(),
        mock_aws(),
    ):
        yield


def ask(url: str, headers: dict[str, str], body: bytes) -> tuple[Answer, Mapping[str, str]]:
    """Send a request to the running engine, and return its response with the headers."""
    given: Any = HTTPHeaders.from_dict(headers)
    request = AWSPreparedRequest("POST", f"{url}/", given, body, stream_output=False)
    answered: Any = botocore_stubber.process_request(request)
    status, said, content = answered
    request_id = {name.lower(): value for name, value in said.items()}.get("x-amzn-requestid", "")
    return Answer(status, content.encode() if isinstance(content, str) else content, request_id), said


def _answer(endpoint: Endpoint, target: str, content_type: str, body: bytes, _: Deadline) -> Answer:
    headers = {"X-Amz-Target": target, "Content-Type": content_type, "User-Agent": _USER_AGENT}
    return ask(endpoint.url, headers, body)[0]
