"""/openapi.json: current, whole, and true of what the API answers, whatever it is sent."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dci_cli.openapi.document import document
from support.admin_client import Admin
from support.api import Api, identified
from support.api_over_http import api_over_http
from support.events import ROOT, body_of, event, http_events
from support.example_counts import sampled, some
from support.exchanges import Queues, Receiver, change_client
from support.notification_scene import new_scene
from support.stored_exchanges import accepted
from support.stored_subscriptions import begun
from support.subscribe_messages import criteria, subscribe_item
from support.subscribing_partner import SubscribingPartner, codes

DOCUMENT = document()
PREFIX = "social"
METHODS = ("get", "post", "patch", "delete")
OPERATIONS = [(path, method) for path, item in DOCUMENT["paths"].items() for method in METHODS if method in item]
MESSAGES = {
    "/registry/sync/search": body_of("search"),
    "/registry/search": body_of("exchange_search"),
    "/registry/subscribe": body_of("subscribe"),
    "/registry/unsubscribe": body_of("unsubscribe"),
    "/registry/sync/txn/status": body_of("status"),
    "/registry/txn/status": body_of("exchange_status"),
}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


def test_the_description_is_current() -> None:
    """The file that is deployed is what the models make: `make openapi` writes it."""
    kept = (ROOT / "console" / "docs" / "openapi.json").read_text("utf-8")
    assert json.loads(kept) == DOCUMENT


def test_the_description_is_small(api: Api) -> None:
    """It is served without indentation, and what several operations have is in it once."""
    served = api.send(event("openapi")).content.decode()
    compact = json.dumps(DOCUMENT, separators=(",", ":"), ensure_ascii=False)
    assert len(served) < 1.01 * len(compact)
    assert len(served) < 230_000


def test_an_operation_has_only_errors_that_it_can_have() -> None:
    """A message has no If-Match and names nothing that could be missing; only one that is kept can conflict."""
    paths = DOCUMENT["paths"]
    found = {"404", "409", "412", "428"}
    assert not found & paths["/oauth2/client/token"]["post"]["responses"].keys()
    assert not found & paths["/registry/sync/search"]["post"]["responses"].keys()
    assert found & paths["/registry/search"]["post"]["responses"].keys() == {"409"}
    assert not {"412", "428"} & paths["/clients"]["get"]["responses"].keys()
    assert found <= paths["/clients/{client_id}"]["patch"]["responses"].keys()
    used = json.dumps([paths, DOCUMENT["webhooks"]])
    assert all(f'/{name}"' in used for name in DOCUMENT["components"]["responses"])


def test_the_description_is_served(api: Api) -> None:
    """Anybody may read it, and keep it as long as it is the same; compressed it is an eighth of its size."""
    reply = api.send(event("openapi", accept_encoding="gzip"))
    assert (reply.status, reply.json) == (200, DOCUMENT)
    assert (reply.headers["Content-Type"], reply.headers["Cache-Control"]) == ("application/json", "no-cache")
    assert len(base64.b64decode(reply.text)) < len(reply.content) / 8
    again = api.send(event("openapi", if_none_match=reply.headers["ETag"]))
    assert (again.status, again.text) == (304, "")
    plain = api.send(event("openapi"))
    assert ("Content-Encoding" in plain.headers, plain.json) == (False, DOCUMENT)


def test_the_description_has_every_route() -> None:
    """It has each method and path that the event bank has, but for those of files for browsers, which are no API."""
    bank = http_events().values()
    routes = {(each["routeKey"].split(" ")[-1], each["requestContext"]["http"]["method"].lower()) for each in bank}
    files = ("/console", "/docs")
    documented = {route for route in routes if route[0] not in {"$default", "/"} and not route[0].startswith(files)}
    assert documented == set(OPERATIONS)


@pytest.fixture(scope="module")
def api_served(new_api: Callable[..., Api]) -> Iterator[tuple[Api, str]]:
    """Serve an API."""
    api = new_api(route_prefix=PREFIX)
    with api_over_http(api) as url:
        yield api, url


@pytest.fixture(scope="module")
def waiting_api(new_api: Callable[..., Api]) -> Api:
    """Return an API over the same tables, where what widens a client's access waits for a second person."""
    return new_api(route_prefix=PREFIX, approvals="widening")


@pytest.fixture(scope="module")
def partner_token(api_served: tuple[Api, str]) -> str:
    """Return the token of a partner that may send every message, as often as it likes."""
    scopes = ("registry.search", "registry.subscribe", "registry.status")
    return api_served[0].token_of(scopes=scopes, flags={"asynchronous": True}, open_exchanges=0)


def test_callbacks_are_described_and_sent_so(exchange_api: tuple[Api, Queues], receiver: Receiver) -> None:
    """What a partner is called back with has the shape that the description has for it."""
    partner = SubscribingPartner(*exchange_api, receiver)
    rejected = subscribe_item("r-2", subscribe_criteria=criteria(reg_event_type="NewFarmer", frequency="daily"))
    (code,) = codes(partner.begun(subscribe_item(), rejected))
    partner.ended(code)
    partner.search(identified("UIN", "847951632"), identified("NO_SUCH_TYPE", "1"))
    message = partner.message(name="exchange_status")
    message["message"]["txnstatus_request"]["attribute_value"] = "t-1"
    partner.send(message, "exchange_status")
    partner.work()
    described = {
        "/registry/search": "on-search",
        "/registry/subscribe": "on-subscribe",
        "/registry/unsubscribe": "on-unsubscribe",
        "/registry/txn/status": "txn-on-status",
    }
    for path, name in described.items():
        (sent,) = [each for each in receiver.received if each["header"]["action"] == name]
        (operation,) = DOCUMENT["paths"][path]["post"]["callbacks"][name].values()
        schema = operation["post"]["requestBody"]["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(sent)


@pytest.mark.parametrize("form", ["object", "list"])
def test_notifications_are_described_and_sent_so(new_api: Callable[..., Api], form: str) -> None:
    """What a subscribed partner is notified with has the shape that the description has for it."""
    with new_scene(new_api) as scene:
        change_client(scene.partner, callbacks={"notify_records": form})
        scene.notify(scene.subscribed())
        (sent,) = scene.receiver.received
    operation = DOCUMENT["webhooks"]["notify"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(sent)


@pytest.mark.parametrize(
    ("path", "method"), sampled(OPERATIONS, 8), ids=[f"{method} {path}" for path, method in OPERATIONS]
)
def test_responses_match_the_description(
    api_served: tuple[Api, str], waiting_api: Api, partner_token: str, path: str, method: str
) -> None:
    """Every response to any input has a documented status, type and shape, and is no server error."""
    api, url = api_served
    admin = Admin(api, ("clients.manage", "clients.read"))
    token = partner_token if "/registry/" in path else admin.token
    authorization = {"Authorization": f"Bearer {token}"} if not path.startswith("/oauth2") else {}
    client_id = admin.create().json["client_id"]
    secret_id = admin.secrets(client_id)[0]["secret_id"]
    ended = int(api.runtime.clock())
    exchange = accepted(api.runtime, client_id, state="answered", due=None, ended=ended)
    known_parameters = {
        "client_id": client_id,
        "secret_id": secret_id,
        "correlation_id": exchange.correlation_id,
        "code": begun(api.runtime, client_id).code,
        "handover_id": admin.send("handovers_create", client_id, body={}).json["handover_id"],
        "approval_id": Admin(waiting_api).update(client_id, "*", token_lifetime=1_200).json["approval_id"],
        "kind": "person",
        "id": "p0001",
        "prefix": PREFIX,
    }
    operation: Any = schemathesis.openapi.from_dict(DOCUMENT)[path][method]

    @settings(max_examples=some(1 / 8), suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), known=st.booleans(), current=st.booleans())
    def answers(case: Any, *, known: bool, current: bool) -> None:
        if known:
            case.path_parameters = {name: known_parameters[name] for name in case.path_parameters or {}}
        if current and method == "patch":
            case.headers = {**(case.headers or {}), "If-Match": "*"}
        if current and "/registry/" in path:  # whose items are read only in a good envelope
            sent = MESSAGES[path.removeprefix("/{prefix}")]
            header = sent["header"] | {"message_id": case.body["header"]["message_id"], "sender_uri": ""}
            case.body = sent | {"header": header, "message": case.body["message"]}
        case.call_and_validate(base_url=url, headers=authorization, checks=CHECKS)

    answers()
