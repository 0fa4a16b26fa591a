"""The search function's routes, and the 404 of every path that has no route."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from dci_common.edge.application import Resource, application
from dci_common.edge.bearer import BearerGate
from dci_common.edge.http import Request, Response
from dci_common.runtime import LambdaHandler, Runtime, lambda_handler
from dci_common.scopes import REGISTRY_SEARCH, REGISTRY_STATUS
from dci_common.signatures.policy import is_answered_signed
from dci_common.spdci.envelope import SearchEnvelope, read_envelope
from dci_common.spdci.url_page import with_url_page
from dci_search.response import search_error, status_error
from dci_search.service import SearchService

if TYPE_CHECKING:
    from dci_search.status import StatusService


def create_app(runtime: Runtime) -> LambdaHandler:
    """Build the function: the sync search and status, and `/health`."""
    gate = BearerGate(runtime)
    service = SearchService(runtime)

    @cache
    def status() -> StatusService:
        from dci_search.status import StatusService  # noqa: PLC0415 - few functions are asked for a status

        return StatusService(runtime)

    def search(request: Request) -> Response:
        client = gate.authenticate(request, REGISTRY_SEARCH)
        envelope = read_envelope(SearchEnvelope, request.json_body())
        if client.openspp17:
            signed = is_answered_signed(client, envelope.signature)
            envelope = with_url_page(envelope, request.query, is_signed=signed)
        return Response(200, service.answer(envelope, request, client))

    def txn_status(request: Request) -> Response:
        client = gate.authenticate(request, REGISTRY_STATUS)
        return Response(200, status().answer(request, client))

    def health(_: Request) -> Response:
        return Response.of(200, {"status": "ok"})

    return application(
        {
            "/registry/sync/search": Resource({"POST": search}, search_error),
            "/registry/sync/txn/status": Resource({"POST": txn_status}, status_error),
            "/health": Resource({"GET": health}),
        },
        runtime,
        prefix=runtime.settings.route_prefix,
    )


handler = lambda_handler(create_app)
