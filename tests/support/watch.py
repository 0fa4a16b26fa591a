"""Watching what a request costs: its calls to AWS, and the functions of ours that it goes through."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from support.events import ROOT

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

_OURS = tuple(str(ROOT / folder) + "/" for folder in ("layers", "functions"))


@contextmanager
def aws_calls(runtime: Runtime) -> Iterator[list[str]]:
    """Collect the operations asked of AWS, each with the tables or the secret it names."""
    calls: list[str] = []

    def note(operation: str, parameters: Any) -> None:
        asked = str(parameters)
        calls.append(" ".join([operation, *(name for name in _names(runtime) if name in asked)]))

    with hooked(runtime, note):
        yield calls


@contextmanager
def hooked(runtime: Runtime, hook: Callable[..., Any]) -> Iterator[None]:
    """Call the hook with the operation and its parameters before every AWS call: what it raises, the call raises."""
    clients: tuple[Any, ...] = (runtime.dynamodb, runtime.secrets)
    for client in clients:
        vars(client)["call"] = partial(_after, hook, client.call)
    yield
    for client in clients:
        del vars(client)["call"]


def _after(hook: Callable[..., Any], call: Callable[..., Any], operation: str, **parameters: Any) -> Any:
    hook(operation, parameters)
    return call(operation, **parameters)


def _names(runtime: Runtime) -> tuple[str, ...]:
    settings = runtime.settings
    return (
        settings.clients_table,
        settings.registry_table,
        settings.exchange_table,
        settings.audit_table,
        settings.signing_keys_secret,
    )


def steps(work: Callable[[], object]) -> list[str]:
    """Run the work, and return the functions of ours that it called, in their order.

    Generators are left out: they are called again for each thing they yield.
    """
    called: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(_OURS) and not code.co_flags & inspect.CO_GENERATOR:
            called.append(f"{Path(code.co_filename).stem}.{code.co_name}")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return called
