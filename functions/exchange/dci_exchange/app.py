"""The asynchronous paths of the registry: messages that are acknowledged now and answered later."""

from __future__ import annotations

from dci_common.edge.application import Resource, application
from dci_common.edge.bearer import BearerGate
from dci_common.edge.http import Request, Response
from dci_common.runtime import LambdaHandler, Runtime, lambda_handler
from dci_common.scopes import REGISTRY_SEARCH, REGISTRY_STATUS, REGISTRY_SUBSCRIBE
from dci_exchange.service import ExchangeService


def create_app(runtime: Runtime) -> LambdaHandler:
    """Build the function: the paths of `/registry` that are not under `/registry/sync`."""
    gate = BearerGate(runtime)
    service = ExchangeService(runtime)

    def search(request: Request) -> Response:
        client = gate.authenticate(request, REGISTRY_SEARCH)
        return Response.of(200, service.search(request, client))

    def subscribe(request: Request) -> Response:
        client = gate.authenticate(request, REGISTRY_SUBSCRIBE)
        return Response.of(200, service.subscribe(request, client))

    def unsubscribe(request: Request) -> Response:
        client = gate.authenticate(request, REGISTRY_SUBSCRIBE)
        return Response.of(200, service.unsubscribe(request, client))

    def txn_status(request: Request) -> Response:
        client = gate.authenticate(request, REGISTRY_STATUS)
        return Response.of(200, service.txn_status(request, client))

    return application(
        {
            "/registry/search": Resource({"POST": search}),
            "/registry/subscribe": Resource({"POST": subscribe}),
            "/registry/unsubscribe": Resource({"POST": unsubscribe}),
            "/registry/txn/status": Resource({"POST": txn_status}),
        },
        runtime,
        prefix=runtime.settings.route_prefix,
    )


handler = lambda_handler(create_app)
