"""Every route over HTTP, through Lambda's own containers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from support.api import Reply, identified
from support.deployment import functions, routes
from support.events import body_of
from support.exchanges import receiving
from support.message_signers import pair
from support.readme import check_transcript
from support.server_process import ServerProcess, eventually
from support.signature_peers import openspp2_accepts, openspp2_sign, timestamp
from support.signing_partner import published_pair

PATHS = sorted(path for path in routes() if path != "$default")
FOR_PEOPLE = ("/audit", "/audit/statement", "/usage", "/records/{kind}/{id}")  # alone
NEW_CLIENT = {"sender_id": "health.example.org", "scopes": ["registry.search"]}
INVALID_TOKEN = "The token is not valid: get one from this API's token endpoint."


def started(api: ServerProcess) -> int:
    """Return how many containers were made so far."""
    return api.log.read_text().count("SAM_CONTAINER_ID: ")


def test_a_cold_function_answers_like_a_warm_one(api: ServerProcess) -> None:
    """The first request makes a function's container, the second finds it there, and both are answered alike."""
    assert started(api) == 2  # the search function's, which answers for the API's health, and the delivery function's
    cold = api.send("GET", "/.well-known/jwks.json")
    warm = api.send("GET", "/.well-known/jwks.json")
    assert started(api) == 3
    assert (cold.status, cold.json) == (warm.status, warm.json)
    assert {key["kty"] for key in cold.json["keys"]} == {"EC", "OKP", "RSA"}  # of tokens, and of messages
    assert cold.headers["Cache-Control"] == "public, max-age=300"


def test_the_readme_holds_for_containers(folder: Path, api: ServerProcess) -> None:
    """A token and a search, pasted from the README, print what stands there."""
    assert api.credentials["base_url"] == api.base_url
    check_transcript(folder)


def test_an_asynchronous_search_is_called_back(api: ServerProcess, partner: dict[str, str]) -> None:
    """The exchange function's container acknowledges a search, and the delivery function's sends the answer."""
    message = body_of("exchange_search")
    message["message"]["search_request"] = [identified("UIN", "847951632")]
    with receiving("0.0.0.0") as receiver:  # noqa: S104 - containers call it at the bridge's address
        url = receiver.url.replace("127.0.0.1", "host.docker.internal")
        message["header"] |= {"message_id": str(uuid4()), "sender_uri": url}
        reply = api.send("POST", "/registry/search", message, **partner)
        assert (reply.status, reply.json["message"]["ack_status"]) == (200, "ACK")
        correlation_id = reply.json["message"]["correlation_id"]
        eventually(lambda: f"correlation_id={correlation_id} delivered" in api.log.read_text())
    (callback,) = receiver.received
    assert callback["message"]["correlation_id"] == correlation_id
    [record] = callback["message"]["search_response"][0]["data"]["reg_records"]
    assert record["identifier"][0]["identifier_value"] == "847951632"


def test_a_receiver_that_demands_openspp2_signatures_takes_the_callback(
    api: ServerProcess, admin: dict[str, str]
) -> None:
    """A signed search is called back with a signature that OpenSPP2's own verification accepts, or is rejected."""
    registered = {
        **NEW_CLIENT,
        "name": f"OpenSPP2 {uuid4()}",
        "disclosure": ["full"],
        "flags": {"signature": "required", "dialect": "openspp2", "asynchronous": True},
        "jwks": {"keys": [pair("EdDSA").jwk]},
        "callbacks": {"urls": ["http://host.docker.internal"]},
    }
    client = api.send("POST", "/clients", registered, **admin).json
    [key] = [key for key in api.send("GET", "/keys", None, **admin).json["keys"] if is_signing_now(key)]
    jwks = api.send("GET", "/.well-known/jwks.json").json["keys"]
    public = published_pair(next(each for each in jwks if each["kid"] == key["kid"]))
    message = body_of("exchange_search")
    message["message"]["search_request"] = [identified("UIN", "847951632")]
    with receiving("0.0.0.0") as receiver:  # noqa: S104 - containers call it at the bridge's address
        receiver.answer = lambda body: (200 if openspp2_accepts(public, json.dumps(body), time()) else 401, {})
        message["header"] |= {
            "message_id": str(uuid4()),
            "message_ts": timestamp(time()),
            "sender_id": registered["sender_id"],
            "receiver_id": "registry.example.org",
            "sender_uri": receiver.url.replace("127.0.0.1", "host.docker.internal"),
        }
        signature = openspp2_sign(pair("EdDSA"), message["header"], message["message"], time())
        who = bearer(api, client)
        assert api.send("POST", "/registry/search", message, **who).code == "err.signature.missing"
        reply = api.send("POST", "/registry/search", message | {"signature": signature}, **who)
        assert (reply.status, reply.json["message"]["ack_status"]) == (200, "ACK"), reply.text
        correlation_id = reply.json["message"]["correlation_id"]
        eventually(lambda: f"correlation_id={correlation_id} delivered" in api.log.read_text())
    assert len(receiver.received) == 1


def is_signing_now(key: dict[str, str]) -> bool:
    """Return whether a key that is listed signs openspp2's messages."""
    return key["state"] == "current" and key["kid"].endswith("|ed25519")


def bearer(api: ServerProcess, client: dict[str, str]) -> dict[str, str]:
    """Return the header with a new token of a client."""
    form = {"grant_type": "client_credentials", **{name: client[name] for name in ("client_id", "client_secret")}}
    reply = api.send("POST", "/oauth2/client/token", urlencode(form))
    return {"authorization": f"Bearer {reply.json['access_token']}"}


def test_every_route_is_answered(api: ServerProcess, partner: dict[str, str], admin: dict[str, str]) -> None:
    """Each path of the template is answered by its function; a client lives from its registration to its end."""
    served = {path for path, _ in _served(api, partner, admin)}
    assert served == set(PATHS)


def _served(api: ServerProcess, partner: dict[str, str], admin: dict[str, str]) -> Iterator[tuple[str, Reply]]:
    """Ask every path once at least, and yield the path as the template has it with the answer."""
    own = {name: api.credentials["admin"][name] for name in ("client_id", "client_secret")}
    about_a_token = urlencode({**own, "token": "none of ours"})
    requests: list[tuple[int, str, str, Any, dict[str, str]]] = [
        (200, "GET", "/health", None, {}),
        (200, "GET", "/openapi.json", None, {}),
        *((200, "GET", path, None, {}) for path in ("/console", "/console/{proxy+}")),
        *((200, "GET", path, None, {"Accept": "text/html"}) for path in ("/", "/docs", "/docs/{proxy+}")),
        (200, "GET", "/.well-known/jwks.json", None, {}),
        (200, "GET", "/.well-known/oauth-authorization-server", None, {}),
        (200, "POST", "/oauth2/client/introspect", about_a_token, {}),
        (200, "POST", "/oauth2/client/revoke", about_a_token, {}),
        (200, "POST", "/registry/sync/search", body_of("search"), partner),
        (200, "POST", "/registry/search", without_callback("exchange_search"), partner),
        (200, "POST", "/registry/txn/status", without_callback("exchange_status"), partner),
        (200, "POST", "/registry/sync/txn/status", without_callback("status"), partner),
        (201, "POST", "/clients", NEW_CLIENT | {"name": f"Ministry {uuid4()}"}, admin),
        *((200, "GET", f"/clients{path}", None, admin) for path in ("", "/log", "/deleted", "/preview")),
        (200, "GET", "/clients/{client_id}/usage", None, admin),
        (403, "POST", "/clients/{client_id}/redrive", None, admin),
        (403, "POST", "/clients/{client_id}/resume", None, admin),
        (200, "GET", "/overview", None, admin),
        (200, "GET", "/clients/{client_id}", None, admin),
        (200, "POST", "/clients/{client_id}/disable", None, admin),
        (200, "POST", "/clients/{client_id}/enable", None, admin),
        (201, "POST", "/clients/{client_id}/secrets", {}, admin),
        (200, "GET", "/clients/{client_id}/secrets", None, admin),
        (204, "DELETE", "/clients/{client_id}/secrets/{secret_id}", None, admin),
        (200, "POST", "/clients/{client_id}/revoke-tokens", None, admin),
        (200, "GET", "/clients/{client_id}/log", None, admin),
        (201, "POST", "/clients/{client_id}/handovers", {}, admin),
        (200, "GET", "/clients/{client_id}/handovers", None, admin),
        (204, "DELETE", "/clients/{client_id}/handovers/{handover_id}", None, admin),
        (200, "GET", "/handover", None, {}),
        (404, "POST", "/handover", {"link": "none of ours", "code": "0"}, {}),
        (200, "GET", "/handover/handover.js", None, {}),
        (204, "DELETE", "/clients/{client_id}", None, admin),
        (404, "GET", "/clients/{client_id}", None, admin),
        (200, "GET", "/keys", None, admin),
        (202, "POST", "/keys/rotate", None, admin),
        (202, "POST", "/keys/messages/rotate", None, admin),
        # Revoking would end the tokens of the other tests.
        *((403, "POST", f"/keys{keys}/revoke", None, partner) for keys in ("", "/messages")),
        (200, "GET", "/exchanges", None, admin),
        (200, "GET", "/exchanges/paused", None, admin),
        (404, "GET", "/exchanges/{correlation_id}", None, admin),
        (403, "POST", "/exchanges/{correlation_id}/redrive", None, admin),
        (404, "POST", "/exchanges/{correlation_id}/cancel", None, admin),
        (200, "POST", "/registry/subscribe", without_callback("subscribe"), partner),
        (200, "POST", "/registry/unsubscribe", without_callback("unsubscribe"), partner),
        (200, "GET", "/subscriptions", None, admin),
        (200, "GET", "/subscriptions/failing", None, admin),
        (404, "GET", "/subscriptions/{code}", None, admin),
        (404, "POST", "/subscriptions/{code}/cancel", None, admin),
        (200, "GET", "/approvals", None, admin),
        (404, "GET", "/approvals/{approval_id}", None, admin),
        *((403, "POST", f"/approvals/{{approval_id}}/{act}", None, admin) for act in ("approve", "reject")),
        (404, "POST", "/approvals/{approval_id}/withdraw", None, admin),
        (200, "GET", "/administration-log", None, admin),
        *((403, "GET", path, None, admin) for path in FOR_PEOPLE),
        (404, "POST", "/{prefix}/registry/subscribe", body_of("subscribe"), partner),  # no RoutePrefix is set
        (404, "POST", "/{prefix}/registry/unsubscribe", body_of("unsubscribe"), partner),
        (404, "POST", "/{prefix}/registry/sync/search", body_of("search"), partner),
        (404, "POST", "/{prefix}/registry/sync/txn/status", without_callback("status"), partner),
        (404, "POST", "/{prefix}/registry/search", without_callback("exchange_search"), partner),
        (404, "POST", "/{prefix}/registry/txn/status", without_callback("exchange_status"), partner),
    ]
    yield "/oauth2/client/token", api.token("partner")
    unknown = {name: str(uuid4()) for name in ("correlation_id", "code", "approval_id")}
    made = {"prefix": "social", "kind": "person", "id": "p0001", "proxy+": "index.html", **unknown}
    for status, method, path, body, who in requests:
        reply = api.send(method, path.format(**made), body, **who)
        assert reply.status == status, (method, path, reply)
        if status == 201:
            made |= {name: value for name, value in reply.json.items() if name.endswith("_id")}
        yield path, reply


def without_callback(name: str) -> Any:
    """Return a new message whose answer waits for a status request."""
    message = body_of(name)
    message["header"].pop("sender_uri", None)
    return message | {"header": message["header"] | {"message_id": str(uuid4())}}


@pytest.mark.parametrize("path", [path for path in PATHS if "{prefix}" not in path])
def test_another_method_is_rejected(api: ServerProcess, path: str) -> None:
    """A path is rejected another method by our own answer, which names those that it takes."""
    names = ("client_id", "secret_id", "handover_id", "approval_id", "correlation_id", "code", "kind", "id", "proxy+")
    unknown = dict.fromkeys(names, "none")
    reply = api.send("PUT", path.format(**unknown), {})
    assert (reply.status, reply.headers["Content-Type"]) == (405, "application/json")
    assert reply.headers["Allow"] in {"GET", "POST", "GET, POST", "GET, HEAD", "DELETE", "DELETE, GET, PATCH"}
    code = reply.json["error"] if path.startswith("/oauth2/") else reply.code
    assert code in {"invalid_request", "err.request.bad"}


@pytest.mark.parametrize("path", ["/", "/no/such/path", "/registry", "/clients/x/y/z", "/.well-known/no-such-thing"])
def test_an_unknown_path_is_rejected(api: ServerProcess, path: str) -> None:
    """An unknown path is rejected with the API's own answer."""
    reply = api.send("GET", path)
    assert (reply.status, reply.code) == (404, "err.request.not_found")
    assert reply.json["message"]["ack_status"] == "ERR"
    assert reply.headers["Cache-Control"] == "no-store"


def test_a_rejected_request_gets_www_authenticate(api: ServerProcess, partner: dict[str, str]) -> None:
    """`WWW-Authenticate` arrives under its own name, with each of its challenges."""
    search = body_of("search")
    nobody = "grant_type=client_credentials&client_id=nobody&client_secret=nothing"
    refused = [
        api.send("POST", "/registry/sync/search", search),
        api.send("POST", "/registry/sync/search", search, Authorization="Bearer x"),
        api.send("GET", "/clients", **partner),
        api.send("POST", "/oauth2/client/token", nobody),
    ]
    assert [(reply.status, reply.headers["WWW-Authenticate"]) for reply in refused] == [
        (401, "Bearer"),
        (401, f'Bearer error="invalid_token", error_description="{INVALID_TOKEN}"'),
        (403, 'Bearer error="insufficient_scope", scope="clients.read"'),
        (401, 'Basic realm="token"'),
    ]


def test_another_content_type_is_rejected(api: ServerProcess, partner: dict[str, str]) -> None:
    """A form sent to the search is 415: its body arrives whole and is not read as JSON."""
    assert api.send("POST", "/registry/sync/search", "query=x", **partner).status == 415


def test_a_function_is_started_once(api: ServerProcess) -> None:
    """After all these requests each function still has its one container."""
    assert started(api) <= len(functions())
