"""The clients function's routes, for administrators: each needs a token with the scope `clients.manage`."""

from __future__ import annotations

from collections.abc import Callable

from dci_clients.keys import list_keys, start_rotation
from dci_clients.wire import page_token, read_new_client, read_page
from dci_common.auth.bearer import BearerGate
from dci_common.auth.clients import ClientStore
from dci_common.auth.registration import client_view, register
from dci_common.auth.scopes import CLIENTS_MANAGE
from dci_common.http import Endpoint, Request, Resource, Response, application
from dci_common.runtime import LambdaHandler, Runtime, lambda_handler


def create_app(runtime: Runtime) -> LambdaHandler:
    """Build the function: `/clients` and `/keys`, and what is below them."""
    gate = BearerGate(runtime)
    store = ClientStore(runtime)

    def managed(endpoint: Endpoint) -> Endpoint:
        def admitted(request: Request) -> Response:
            gate.admit(request, CLIENTS_MANAGE)
            return endpoint(request)

        return admitted

    def create(request: Request) -> Response:
        client, secret = register(runtime, read_new_client(request.json_body()))
        location = {"Location": f"/clients/{client.client_id}"}
        return Response.of(201, {**client_view(client), "client_secret": secret}, location)

    def list_page(request: Request) -> Response:
        clients, following = store.page(*read_page(request.query))
        views = [client_view(client) for client in clients]
        return Response.of(200, {"clients": views, **({"next": page_token(following)} if following else {})})

    def show(request: Request) -> Response:
        return Response.of(200, client_view(store.get(_client_id(request))))

    def disable(request: Request) -> Response:
        return Response.of(200, client_view(store.set_status(_client_id(request), "disabled")))

    def enable(request: Request) -> Response:
        return Response.of(200, client_view(store.set_status(_client_id(request), "enabled")))

    def delete(request: Request) -> Response:
        store.delete(_client_id(request))
        return Response(204)

    return application(
        {
            "/clients": Resource({"GET": managed(list_page), "POST": managed(create)}),
            "/clients/{client_id}": Resource({"GET": managed(show), "DELETE": managed(delete)}),
            "/clients/{client_id}/disable": Resource({"POST": managed(disable)}),
            "/clients/{client_id}/enable": Resource({"POST": managed(enable)}),
            **_keys(runtime, managed),
        },
        runtime,
    )


def _keys(runtime: Runtime, managed: Callable[[Endpoint], Endpoint]) -> dict[str, Resource]:
    def keys(_: Request) -> Response:
        return Response.of(200, {"keys": list_keys(runtime)})

    def rotate(_: Request) -> Response:
        start_rotation(runtime)
        return Response.of(202, {"status": "started"}, {"Location": "/keys"})

    return {"/keys": Resource({"GET": managed(keys)}), "/keys/rotate": Resource({"POST": managed(rotate)})}


def _client_id(request: Request) -> str:
    return request.parameters.get("client_id", "")


handler = lambda_handler(create_app)
