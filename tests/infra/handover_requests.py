"""The requests of handovers, as managers and officers make them."""

from __future__ import annotations

from collections.abc import Iterator

from dci_common.runtime import Event
from support.api import Api
from support.events import event


def handovers(api: Api, admin: str, path: dict[str, str]) -> Iterator[tuple[int, Event]]:
    """Yield each request about a client, by the token of an administrator, with the status of its answer."""
    for secret in api.send(event("secrets_list", token=admin) | {"pathParameters": path}).json["secrets"][1:]:
        yield 204, event("secret_delete", token=admin) | {"pathParameters": path | {"secret_id": secret["secret_id"]}}
    create = event("handovers_create", token=admin) | {"pathParameters": path}
    yield 201, create
    first, second = (api.send(create).json for _ in range(2))
    yield 200, event("handovers_list", token=admin) | {"pathParameters": path}
    named = {"pathParameters": path | {"handover_id": first["handover_id"]}}
    yield 204, event("handover_withdraw", token=admin) | named
    yield 200, event("handover_page")
    yield 200, event("handover_script")
    yield 404, event("handover_form")
    yield 403, event("handover_json", body={"link": second["link"], "code": "wrong"})
    yield 200, event("handover_json", body={"link": second["link"], "code": second["code"]})
