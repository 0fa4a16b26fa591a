"""What a request costs: its calls to AWS, and the project's functions that it calls."""

from __future__ import annotations

import gc
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from botocore.client import BaseClient

from dci_common.aws.client import MinimalClient
from support.events import ROOT

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

_OURS = tuple(str(ROOT / folder) + "/" for folder in ("layers", "functions"))


@contextmanager
def aws_calls(runtime: Runtime) -> Iterator[list[str]]:
    """Collect the AWS operations that are called, each with the tables or the secret that it names."""
    calls: list[str] = []

    def note(operation: str, parameters: Any) -> None:
        asked = str(parameters)
        calls.append(" ".join([operation, *(name for name in _names(runtime) if name in asked)]))

    with hooked(runtime, note):
        yield calls


@contextmanager
def hooked(runtime: Runtime, hook: Callable[..., Any]) -> Iterator[None]:
    """Call the hook with the operation and its parameters before each AWS call, which raises what the hook raises."""
    clients: tuple[Any, ...] = (runtime.dynamodb, runtime.secrets, runtime.sqs, runtime.cloudwatch)
    with ExitStack() as hooks:
        for client in clients:
            if not isinstance(client, MinimalClient | BaseClient):
                continue  # a test's own queues
            hooks.enter_context((_hooked if isinstance(client, MinimalClient) else _hooked_botocore)(client, hook))
        yield


@contextmanager
def _hooked(client: Any, hook: Callable[..., Any]) -> Iterator[None]:
    call = client.call

    def hooked_call(operation: str, request: Any) -> Any:
        hook(operation, request)
        return call(operation, request)

    vars(client)["call"] = hooked_call
    try:
        yield
    finally:
        del vars(client)["call"]


@contextmanager
def _hooked_botocore(client: Any, hook: Callable[..., Any]) -> Iterator[None]:
    def before(params: Any, model: Any, **_: Any) -> None:
        hook(model.name, params)

    client.meta.events.register_first("before-parameter-build", before)
    try:
        yield
    finally:
        client.meta.events.unregister("before-parameter-build", before)


def _names(runtime: Runtime) -> tuple[str, ...]:
    settings = runtime.settings
    return (
        settings.clients_table,
        settings.registry_table,
        settings.exchange_table,
        settings.audit_table,
        settings.signing_keys_secret,
        settings.message_keys_secret,
        *filter(None, (settings.work_queue, settings.delivery_queue)),
    )


def steps(work: Callable[[], object]) -> list[str]:
    """Run the work, and return the project's functions that it called, in their order.

    Generators are left out: they are called again for each thing they yield. What others left is not collected
    meanwhile, which would call functions of ours that close connections.
    """
    called: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(_OURS) and not code.co_flags & inspect.CO_GENERATOR:
            called.append(f"{Path(code.co_filename).stem}.{code.co_name}")

    is_collected = gc.isenabled()
    gc.disable()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
        if is_collected:
            gc.enable()
    return called
