"""What a function is given: settings, AWS clients, the clock and randomness. Tests give others."""

from __future__ import annotations

import gc
import os
import random
import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dci_common.aws import client
from dci_common.aws.signing import session
from dci_common.aws.transport import trust
from dci_common.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

Event = dict[str, Any]
LambdaHandler = Callable[[Event, Any], dict[str, Any]]

_OBJECTS = 20_000  # made before the collector looks for cycles


class Runtime:
    """The outside world as one function sees it. Clients are made when first used, then kept."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.time,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.random_bytes = random_bytes

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """The DynamoDB client."""
        return client.dynamodb()

    @cached_property
    def secrets(self) -> SecretsManagerClient:
        """The Secrets Manager client."""
        return client.secrets_manager()

    def prepare(self) -> None:
        """Make the clients now, with all that they may import, and ask nothing of AWS."""
        _ = self.dynamodb, self.secrets, trust(), session()


def tune_gc() -> None:
    """Spare the garbage collector all that lives as long as the function does, and most of its visits.

    A search makes many objects and no cycles: collecting as often as Python does is a fifth of a large answer's cost.
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS, 50, 1_000)


def lambda_handler(create_app: Callable[[Runtime], LambdaHandler]) -> LambdaHandler:
    """Make a module's `handler`: the app is built from the environment at the first event, not at import.

    With SnapStart it is built before the snapshot, with its clients and all its imports, but nothing is asked of AWS.
    After a restore another takes its place, which remembers nothing, and the copies of the snapshot part ways.
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
        random.seed()  # pauses between attempts are drawn from it; keys and ids come from the kernel
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
