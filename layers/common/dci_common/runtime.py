"""What a function is given: settings, AWS clients, the clock and randomness. Tests give others."""

from __future__ import annotations

import gc
import os
import random
import threading
import time
from collections.abc import Callable
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config

from dci_common.dynamo import read_plainly
from dci_common.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

Event = dict[str, Any]
LambdaHandler = Callable[[Event, Any], dict[str, Any]]

# A Lambda call must fail in time to still answer; a search opens one connection a shard (16 at most).
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    max_pool_connections=32,
    retries={"mode": "standard", "total_max_attempts": 3},
    parameter_validation=False,  # DynamoDB validates as well, and it costs a tenth of a search
)

_OBJECTS = 20_000  # made before the collector looks for cycles

_making_client = threading.Lock()  # a session is not safe to use from two threads at once


@cache
def _session() -> botocore.session.Session:
    """Return the one session. It is botocore's: importing boto3 would take a tenth of a cold start."""
    return botocore.session.get_session()


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
        """The DynamoDB client; `AWS_ENDPOINT_URL_DYNAMODB` points it at a local engine."""
        with _making_client:
            return read_plainly(cast("DynamoDBClient", _session().create_client("dynamodb", config=_CONFIG)))

    @cached_property
    def secrets(self) -> SecretsManagerClient:
        """The Secrets Manager client; `AWS_ENDPOINT_URL_SECRETS_MANAGER` points it at a local engine."""
        with _making_client:
            return cast("SecretsManagerClient", _session().create_client("secretsmanager", config=_CONFIG))

    def make_clients(self) -> None:
        """Make the clients now, which asks nothing of AWS."""
        _ = self.dynamodb, self.secrets


def settle_memory() -> None:
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
        settle_memory()
        return app

    def warm() -> None:
        build()
        if runtime:
            runtime.make_clients()

    def restored() -> None:
        random.seed()  # botocore's pauses between attempts are drawn from it; keys and ids come from the kernel
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
