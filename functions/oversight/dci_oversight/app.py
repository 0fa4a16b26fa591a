"""The oversight function's routes, and the permission that each of them needs of an operator.

A look of an operator is recorded in AuditTable before anything is read for it. Only the log is open to clients too.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dci_common.edge.administrators import AdministratorGate
from dci_common.edge.application import Endpoint, Resource, application
from dci_common.edge.http import Request, Response
from dci_common.operators.access import OperatorBearer
from dci_common.operators.roles import Permission
from dci_common.runtime import LambdaHandler, Runtime, lambda_handler
from dci_oversight.looks import Look

if TYPE_CHECKING:
    from dci_common.operators.operator import Operator

_THREADS = 20  # the partitions of a day are 8, and a phone number has up to 20 owners
Answer = Callable[[Request, Look], Response]


def create_app(runtime: Runtime) -> LambdaHandler:
    """Build the function: `/audit`, `/usage`, `/administration-log` and `/records`, and what is below them."""
    gate = AdministratorGate(runtime)
    threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="oversight")

    def sees(permission: Permission, answer: Answer) -> dict[str, Endpoint]:
        def endpoint(request: Request) -> Response:
            bearer = gate.bearer(request, permission)
            by: Operator | None = bearer.operator if isinstance(bearer, OperatorBearer) else None
            return answer(request, Look(runtime, request, by))

        return {"GET": endpoint}

    def audit(request: Request, look: Look) -> Response:
        from dci_oversight.audit_endpoints import AuditEndpoints  # noqa: PLC0415 - each route needs modules of its own

        return AuditEndpoints(runtime, threads).audit(request, look)

    def statement(request: Request, look: Look) -> Response:
        from dci_oversight.audit_endpoints import AuditEndpoints  # noqa: PLC0415 - as above

        return AuditEndpoints(runtime, threads).statement(request, look)

    def usage(request: Request, look: Look) -> Response:
        from dci_oversight.usage import usage  # noqa: PLC0415 - as above

        return usage(runtime, request, look)

    def log(request: Request, look: Look) -> Response:
        from dci_oversight.administration_log import administration_log  # noqa: PLC0415 - as above

        return administration_log(runtime, request, look)

    def record(request: Request, look: Look) -> Response:
        from dci_oversight.record_view import record  # noqa: PLC0415 - as above

        return record(runtime, request, look)

    routes = {
        "/audit": sees(Permission.AUDIT, audit),
        "/audit/statement": sees(Permission.AUDIT, statement),
        "/usage": sees(Permission.AUDIT, usage),
        "/administration-log": sees(Permission.LOG, log),
        "/records/{kind}/{id}": sees(Permission.VIEW_RECORDS, record),
    }
    return application({path: Resource(methods) for path, methods in routes.items()}, runtime)


handler = lambda_handler(create_app)
