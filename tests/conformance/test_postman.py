"""examples/postman_collection.json: current, without secrets, and its requests are valid and answered."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from shutil import which
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dci_cli.openapi.document import document
from dci_cli.openapi.postman import collection
from support.api import SENDER, Api
from support.api_over_http import api_over_http
from support.documented_examples import ExampleSender
from support.events import ROOT
from support.exchanges import Queues

COLLECTION = collection()
DOCUMENT = document()
VARIABLES = {variable["key"] for variable in COLLECTION["variable"]}
MADE_BY_POSTMAN = {"$guid": "5f0c2d9e-6a1b-4c3d-8e7f-001122334455", "$isoTimestamp": "2026-03-01T09:30:00.000Z"}


def requests() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each request of the collection with its operation, such as `GET /health`."""
    for folder in COLLECTION["item"]:
        for item in folder["item"]:
            sent = item["request"]
            path = re.sub(r":(\w+)", r"{\1}", "/".join(["", *sent["url"]["path"]]))
            yield f"{sent['method']} {path}", sent


def filled(text: str) -> str:
    """Return a text with values for its variables; those for secrets are words in capitals."""
    values = {name: name.upper() for name in VARIABLES} | MADE_BY_POSTMAN | {"sender_id": SENDER}
    return re.sub(r"\{\{([$\w]+)\}\}", lambda found: values[found[1]], text)


def body_of(sent: dict[str, Any]) -> Any:
    """Return the body that Postman sends; None if there is none."""
    match sent.get("body"):
        case {"mode": "raw", "raw": raw}:
            return json.loads(filled(raw))
        case {"mode": "urlencoded", "urlencoded": pairs}:
            return {pair["key"]: filled(pair["value"]) for pair in pairs}
    return None


def test_the_collection_is_current() -> None:
    """The file is what `make openapi` makes of the document."""
    kept = (ROOT / "examples" / "postman_collection.json").read_text("utf-8")
    assert json.loads(kept) == COLLECTION


def test_variables_are_empty() -> None:
    """It carries no address and no credential: its user fills them in."""
    assert {variable["value"] for variable in COLLECTION["variable"]} == {""}
    used = set(re.findall(r"\{\{([$\w]+)\}\}", json.dumps(COLLECTION)))
    assert used <= VARIABLES | MADE_BY_POSTMAN.keys()
    for route, sent in requests():
        for name in ("client_secret", "client_assertion", "token"):
            body = sent.get("body", {})
            pairs = {pair["key"]: pair["value"] for pair in body.get("urlencoded", ())}
            assert re.fullmatch(r"\{\{\w+\}\}|", pairs.get(name, "")), route


def test_every_operation_has_a_request() -> None:
    """All of the document is there, but for the paths with a prefix, and the pages of a browser."""
    methods = ("get", "post", "patch", "delete")
    documented = {
        f"{method.upper()} {path}" for path, item in DOCUMENT["paths"].items() for method in methods & item.keys()
    }
    left_out = {route for route in documented if "/{prefix}" in route or route.startswith("GET /handover")}
    assert {route for route, _ in requests()} == documented - left_out


def test_requests_are_valid() -> None:
    """Each body is one that the document describes."""
    for route, sent in requests():
        method, path = route.split(" ")
        operation = DOCUMENT["paths"][path][method.lower()]
        body = body_of(sent)
        assert (body is not None) == ("requestBody" in operation), route
        if body is not None:
            schema = next(iter(operation["requestBody"]["content"].values()))["schema"]
            Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(body)


def run_script(url: str, path: str, **variables: object) -> dict[str, Any]:
    """Return the variables after the script that precedes a request."""
    return _run("prerequest", f"{url}{path}", {"base_url": url, **variables}, 0)


def _run(listens: str, url: str, variables: dict[str, object], code: int) -> dict[str, Any]:
    node = which("node")
    if node is None and os.environ.get("DCI_BUILT") != "1":
        pytest.skip("node is missing")
    assert node, "node is missing"
    (script,) = [event["script"]["exec"] for event in COLLECTION["event"] if event["listen"] == listens]
    runner = str(ROOT / "tests" / "support" / "postman_script.mjs")
    arguments = [node, runner, "\n".join(script), url, json.dumps(variables), f"{code}"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_script_gets_a_token(new_api: Callable[..., Api]) -> None:
    """Before a message it gets one, unless it has one that is good; before a request of a token it does nothing."""
    api = new_api()
    client, secret = api.client()
    named = {"client_id": client.client_id, "client_secret": secret}
    with api_over_http(api) as url:
        got = run_script(url, "/registry/sync/search", **named)
        assert (got["sent"], got["access_token"][:2]) == (1, "ey")
        assert 500_000 < got["token_expires"] - 1_000 * time.time() < 600_000
        again = {**named, "access_token": "good", "token_expires": got["token_expires"]}
        assert run_script(url, "/registry/sync/search", **again)["sent"] == 0
        assert run_script(url, "/registry/sync/search", **again | {"token_expires": 1})["sent"] == 1
        assert run_script(url, "/oauth2/client/token", **named)["sent"] == 0
        refused = run_script(url, "/registry/sync/search", **named | {"client_secret": "wrong"})
        assert "access_token" not in refused


def test_the_script_forgets_a_token_that_ended() -> None:
    """A token that was revoked, or that the registry rejects, is not sent again."""

    def left(path: str, code: int) -> dict[str, Any]:
        return _run("test", f"http://127.0.0.1{path}", {"access_token": "token"}, code)

    assert "access_token" in left("/registry/sync/search", 200)
    assert "access_token" not in left("/registry/sync/search", 401)
    assert "access_token" not in left("/oauth2/client/revoke", 200)


@pytest.fixture(scope="module")
def sender(new_api: Callable[..., Api]) -> ExampleSender:
    """Return who has what the words in capitals stand for."""
    queues = Queues()
    return ExampleSender(new_api(work_queue="work", delivery_queue="delivery", sqs=lambda _: queues))


def test_requests_with_a_body_are_answered(sender: ExampleSender) -> None:
    """Each succeeds, once the variables are filled in."""
    for route, sent in requests():
        body = body_of(sent)
        if body is not None:
            if "header" in body:
                body["header"]["message_id"] = f"{route} {json.dumps(body['message'])}"[:512]
            reply = sender.send(route, body)
            assert reply.status in {200, 201}, (route, reply.text)
