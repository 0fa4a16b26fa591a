"""A plug-in of pytest: the template's policies are enforced on every call to AWS that a function makes.

moto and DynamoDB Local allow every call. A call that the policy of the function's role denies fails here as it does
on AWS, and its test fails, whatever the function answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from dci_audit_index import app as audit_index_app
from dci_changes import app as changes_app
from dci_clients import app as clients_app
from dci_common.aws.client import MinimalClient
from dci_common.runtime import LambdaHandler, Runtime
from dci_common.settings import Settings
from dci_console import app as console_app
from dci_delivery import app as delivery_app
from dci_exchange import app as exchange_app
from dci_oversight import app as oversight_app
from dci_rotation import app as rotation_app
from dci_search import app as search_app
from dci_token import app as token_app
from support.iam import calls, is_allowed

CreateApp = Callable[[Runtime], LambdaHandler]
_MODULES: Mapping[str, Any] = {
    "TokenFunction": token_app,
    "SearchFunction": search_app,
    "ClientsFunction": clients_app,
    "ExchangeFunction": exchange_app,
    "DeliveryFunction": delivery_app,
    "ChangesFunction": changes_app,
    "AuditIndexFunction": audit_index_app,
    "OversightFunction": oversight_app,
    "ConsoleFunction": console_app,
    "RotationFunction": rotation_app,
}


@dataclass(frozen=True)
class _Role:
    """The role of a function at work, and the logical ids of its tables, queues and secrets."""

    function: str
    resources: Mapping[str, str]


_role: ContextVar[_Role | None] = ContextVar("role", default=None)
denials: list[str] = []


@pytest.fixture(scope="session", autouse=True)
def _policies() -> Iterator[None]:
    """Enforce the policies during the session."""
    with pytest.MonkeyPatch.context() as patch:
        for function, module in _MODULES.items():
            patch.setattr(module, "create_app", with_role(function, module.create_app))
        patch.setattr(MinimalClient, "call", _judged(MinimalClient.call))
        patch.setattr(BaseClient, "_make_api_call", _judged(vars(BaseClient)["_make_api_call"]))
        patch.setattr(ThreadPoolExecutor, "submit", _in_same_role(ThreadPoolExecutor.submit))
        yield


@pytest.fixture(autouse=True)
def _every_call_is_allowed() -> Iterator[None]:
    """See that no call was denied."""
    yield
    denied, denials[:] = list(denials), []
    assert denied == []


def with_role(function: str, create_app: CreateApp) -> CreateApp:
    """Return what creates the function's app so that it works in its role."""

    def create(runtime: Runtime) -> LambdaHandler:
        role = _Role(function, resources(runtime.settings))
        app = create_app(runtime)

        def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
            with _working(role):
                return app(event, context)

        return handler

    return create


def resources(settings: Settings) -> dict[str, str]:
    """Return the logical ids of tables, queues and secrets by their names; the last one of two with a name counts."""
    return {
        settings.exchange_table: "ExchangeTable",
        settings.audit_table: "AuditTable",
        settings.registry_table: "RegistryTable",
        settings.clients_table: "ClientsTable",
        settings.signing_keys_secret: "SigningKeys",
        settings.message_keys_secret: "MessageKeys",
        settings.cursor_secret: "CursorKey",
        settings.work_queue: "WorkQueue",
        settings.delivery_queue: "DeliveryQueue",
        settings.changes_queue: "ChangesQueue",
        settings.callback_secrets: "${AWS::StackName}/callbacks/*",
    }


@contextmanager
def _working(role: _Role | None) -> Iterator[None]:
    token = _role.set(role)
    try:
        yield
    finally:
        _role.reset(token)


def _judged(call: Callable[..., Any]) -> Callable[..., Any]:
    def judged(client: Any, operation: str, request: Any) -> Any:
        role = _role.get()
        if role is not None:
            _check(role, operation, request)
        return call(client, operation, request)

    return judged


def _check(role: _Role, operation: str, request: Any) -> None:
    """Raise the error with which AWS denies a call."""
    denied = [one for one in calls(operation, request, role.resources) if not is_allowed(role.function, one)]
    if denied:
        denials.extend(f"{role.function}: {one}" for one in denied)
        error: Any = {"Code": "AccessDeniedException", "Message": f"{role.function} may not {denied[0].action}"}
        raise ClientError({"Error": error}, operation)


def _in_same_role(submit: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `submit` whose threads work in the role of the thread that asks them."""

    def inheriting(executor: ThreadPoolExecutor, work: Callable[..., Any], /, *args: Any, **options: Any) -> Any:
        role = _role.get()

        def working(*args: Any, **options: Any) -> Any:
            with _working(role):
                return work(*args, **options)

        return submit(executor, working, *args, **options)

    return inheriting
