"""What a function uses of its environment: settings, AWS clients, time and randomness. Tests replace any of them."""

from __future__ import annotations

import gc
import os
import random
import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dci_common.aws.retry import Retry
from dci_common.aws.services import MinimalCloudWatch, MinimalDynamoDB, MinimalSecretsManager, MinimalSQS
from dci_common.aws.signing import session
from dci_common.aws.transport import tls_context
from dci_common.settings import Settings

if TYPE_CHECKING:
    from dci_common.aws.protocol import SQS, CloudWatch, DynamoDB, SecretsManager

Event = dict[str, Any]
LambdaHandler = Callable[[Event, Any], dict[str, Any]]

_GC_THRESHOLD = 20_000  # objects made between two collections
_RETRY = Retry(time.sleep, random.uniform)


class Runtime:
    """The environment of a function. A client is created at its first use, and then kept.

    `clock` returns epoch seconds, `retry` makes the pauses between attempts of all kinds, `dynamodb`, `secrets`,
    `sqs` and `cloudwatch` create the clients.
    """

    def __init__(  # noqa: PLR0913 - everything that a test may replace
        self,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.time,
        random_bytes: Callable[[int], bytes] = os.urandom,
        retry: Retry = _RETRY,
        dynamodb: Callable[[Retry], DynamoDB] = MinimalDynamoDB,
        secrets: Callable[[Retry], SecretsManager] = MinimalSecretsManager,
        sqs: Callable[[Retry], SQS] = MinimalSQS,
        cloudwatch: Callable[[Retry], CloudWatch] = MinimalCloudWatch,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.random_bytes = random_bytes
        self.retry = retry
        self._new_dynamodb = dynamodb
        self._new_secrets = secrets
        self._new_sqs = sqs
        self._new_cloudwatch = cloudwatch

    @cached_property
    def dynamodb(self) -> DynamoDB:
        """The client of DynamoDB."""
        return self._new_dynamodb(self.retry)

    @cached_property
    def secrets(self) -> SecretsManager:
        """The client of Secrets Manager."""
        return self._new_secrets(self.retry)

    @cached_property
    def sqs(self) -> SQS:
        """The client of SQS."""
        return self._new_sqs(self.retry)

    @cached_property
    def cloudwatch(self) -> CloudWatch:
        """The client of CloudWatch."""
        return self._new_cloudwatch(self.retry)

    def prepare(self) -> None:
        """Create the clients now, and import all that they may need, without a call to AWS."""
        _ = self.dynamodb, self.secrets, tls_context(), session()
        if self.settings.work_queue or self.settings.delivery_queue:
            _ = self.sqs


def tune_gc() -> None:
    """Exclude what lives as long as the function from garbage collection, and collect the rest rarely.

    A search makes many objects and no reference cycles. With Python's own thresholds, collections take a fifth of the
    time of a large answer. In a function, collection has been off since its first import (see dci_common).
    """
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD, 50, 1_000)
    gc.enable()


def lambda_handler(create_app: Callable[[Runtime], LambdaHandler]) -> LambdaHandler:
    """Return a module's `handler`, which builds the app from the environment at the first event, not at import.

    With SnapStart the app is built before the snapshot, with its clients and all its imports, but AWS is not called.
    After a restore a new app replaces it, without the old one's caches and with random numbers of its own.
    """
    runtime: Runtime | None = None
    app: LambdaHandler | None = None

    def build() -> LambdaHandler:
        nonlocal runtime, app
        runtime = runtime or Runtime(Settings.from_env(os.environ))
        app = create_app(runtime)
        tune_gc()
        return app

    def warm() -> None:
        build()
        if runtime:
            runtime.prepare()

    def restored() -> None:
        random.seed()  # for pauses between attempts; keys and ids come from the operating system
        build()

    def handler(event: Event, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own object
        return (app or build())(event, context)

    _on_snapshot(warm, restored)
    return handler


def _on_snapshot(before: Callable[[], None], after: Callable[[], None]) -> None:
    try:
        import snapshot_restore_py  # noqa: PLC0415 - only Lambda's own Python has it
    except ModuleNotFoundError:
        return
    snapshot_restore_py.register_before_snapshot(before)
    snapshot_restore_py.register_after_restore(after)
