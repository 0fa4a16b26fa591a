"""DynamoDB and Secrets Manager embedded in this process: moto, made safe for threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from dci_cli.environment import environment


@contextmanager
def running() -> Iterator[None]:
    """Answer every AWS request of this process from memory, one at a time; nothing of the user's AWS set-up is used.

    moto loses updates when threads write at once, hence the lock; a request may make others (see rotation.py).
    """
    lock = threading.RLock()
    process = BotocoreStubber.process_request

    def one_at_a_time(stubber: BotocoreStubber, request: Any) -> Any:  # noqa: ANN401 - moto's own types
        with lock:
            return process(stubber, request)

    with environment(_isolated()), patch.object(BotocoreStubber, "process_request", one_at_a_time), mock_aws():
        yield


def _isolated() -> dict[str, str | None]:
    """Return what keeps botocore from the user's profile, credentials, region and endpoints."""
    return {
        **dict.fromkeys(name for name in os.environ if name.startswith("AWS_")),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
