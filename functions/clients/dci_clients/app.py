"""The clients function's routes: `clients.read` or `clients.manage` lets read, the latter alone change."""

from __future__ import annotations

from collections.abc import Callable

from dci_clients.key_endpoints import Keys
from dci_clients.messages import read_caller
from dci_clients.read_endpoints import Reading
from dci_clients.write_endpoints import Changing
from dci_common.clients.administration import Caller
from dci_common.edge.bearer import BearerGate
from dci_common.edge.http import Endpoint, Request, Resource, Response, application
from dci_common.oauth.scopes import CLIENTS_MANAGE, CLIENTS_READ
from dci_common.runtime import LambdaHandler, Runtime, lambda_handler

Change = Callable[[Request, Caller], Response]


def create_app(runtime: Runtime) -> LambdaHandler:
    """Build the function: `/clients` and `/keys`, and what is below them."""
    gate = BearerGate(runtime)
    reading = Reading(runtime)
    changing = Changing(runtime)
    keys = Keys(runtime)

    def open_to(endpoint: Endpoint) -> Endpoint:
        def admitted(request: Request) -> Response:
            gate.admit(request, CLIENTS_READ, CLIENTS_MANAGE)
            return endpoint(request)

        return admitted

    def managed(change: Change) -> Endpoint:
        def admitted(request: Request) -> Response:
            return change(request, read_caller(request, gate.admit(request, CLIENTS_MANAGE).client_id))

        return admitted

    client = "/clients/{client_id}"
    return application(
        {
            "/clients": Resource({"GET": open_to(reading.clients), "POST": managed(changing.create)}),
            client: Resource(
                {
                    "GET": open_to(reading.client),
                    "PATCH": managed(changing.update),
                    "DELETE": managed(changing.delete),
                }
            ),
            f"{client}/disable": Resource({"POST": managed(changing.disable)}),
            f"{client}/enable": Resource({"POST": managed(changing.enable)}),
            f"{client}/revoke-tokens": Resource({"POST": managed(changing.revoke_tokens)}),
            f"{client}/secrets": Resource({"GET": open_to(reading.secrets), "POST": managed(changing.add_secret)}),
            f"{client}/secrets/{{secret_id}}": Resource({"DELETE": managed(changing.delete_secret)}),
            f"{client}/log": Resource({"GET": open_to(reading.log)}),
            "/keys": Resource({"GET": open_to(keys.published)}),
            "/keys/rotate": Resource({"POST": managed(keys.rotate)}),
        },
        runtime,
    )


handler = lambda_handler(create_app)
