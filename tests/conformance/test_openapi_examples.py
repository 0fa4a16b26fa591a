"""The examples of /openapi.json: each is answered as it says, and each operation is described.

`DCI_RECORD=1 .venv/bin/pytest -q tests/conformance/test_openapi_examples.py` records the answers of today, which
`make openapi` then writes into the document.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dci_cli.openapi.document import document
from dci_cli.openapi.examples import ANSWERS_FILE
from dci_cli.openapi.introduction import SECURITY_SCHEMES
from dci_cli.openapi.operations import TAGS
from dci_common.scopes import SCOPES
from support.api import Api
from support.documented_examples import ExampleSender, Sent
from support.exchanges import Queues

DOCUMENT = document()
METHODS = ("get", "post", "patch", "delete")
OPERATIONS = [item[method] for item in DOCUMENT["paths"].values() for method in METHODS if method in item]
NAMED = DOCUMENT["components"]["examples"]


@pytest.fixture(scope="module")
def sent(new_api: Callable[..., Api]) -> list[Sent]:
    """Send every example once."""
    queues = Queues()
    return ExampleSender(new_api(work_queue="work", delivery_queue="delivery", sqs=lambda _: queues)).send_all()


def validate(schema: dict[str, Any], value: Any) -> None:
    """Raise jsonschema.ValidationError for a value that a schema of the document does not describe."""
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(value)


def operation(route: str) -> dict[str, Any]:
    """Return an operation of the document."""
    method, path = route.split(" ")
    found: dict[str, Any] = DOCUMENT["paths"][path][method.lower()]
    return found


def response(described: dict[str, Any], status: int) -> dict[str, Any]:
    """Return the response of an operation with this status."""
    found: dict[str, Any] = described["responses"][str(status)]
    return DOCUMENT["components"]["responses"][found["$ref"].rpartition("/")[2]] if "$ref" in found else found


def test_every_example_is_answered_as_it_says(sent: list[Sent]) -> None:
    """Request and response have the status and the schemas of the document, and the answer is the one shown.

    A request that is rejected may have another schema: that is what it shows.
    """
    answers = {one.name: one.answer for one in sent if one.answer is not None}
    if os.environ.get("DCI_RECORD"):
        ANSWERS_FILE.write_text(f"{json.dumps(answers, indent=1, ensure_ascii=False)}\n", "utf-8")
    for one in sent:
        assert one.reply.status == one.example.status, (one.name, one.reply.text)
        described = operation(one.route)
        if one.example.body is not None:
            for media in described["requestBody"]["content"].values():
                if one.example.status < 400:
                    validate(media["schema"], one.example.body)
                assert {"$ref": f"#/components/examples/{one.name}"} in media["examples"].values()
        if one.answer is not None:
            for value in (one.reply.json, one.answer):
                validate(response(described, one.example.status)["content"]["application/json"]["schema"], value)
    assert json.loads(ANSWERS_FILE.read_text("utf-8")) == answers


def test_every_request_with_a_body_has_an_example() -> None:
    """Every operation that a page shows can be sent from it."""
    bodies = [one["requestBody"]["content"] for one in OPERATIONS if "requestBody" in one]
    assert all(media.get("examples") for content in bodies for media in content.values())


def test_examples_hold_no_secret() -> None:
    """Credentials are words in capitals, or recognisably made up."""
    text = json.dumps(NAMED)
    assert not re.search(r"ey[\w-]{10,}\.ey", text)
    assert set(re.findall(r"dcis_[\w-]{43}", text)) == {f"dcis_{'EXAMPLE':-<43}"}


def test_every_operation_is_described() -> None:
    """Each has an id of its own and a tag of the list, and its summary; every tag is used."""
    ids = [one["operationId"] for one in OPERATIONS]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[a-z][A-Za-z]+", name) for name in ids)
    used = [tag for one in OPERATIONS for tag in one["tags"]]
    assert {*used} == {tag["name"] for tag in DOCUMENT["tags"]} == {*TAGS}
    assert all(one["summary"] for one in OPERATIONS)


def test_what_partners_need_comes_first() -> None:
    """Tags of administration follow all others; no operation of a partner has one of them."""
    names = [tag["name"] for tag in DOCUMENT["tags"]]
    administrative = [name for name in names if name.startswith("Administration")]
    assert names[-len(administrative) :] == administrative
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in item:
                is_partners = path.startswith(("/registry", "/{prefix}", "/oauth2", "/.well-known", "/handover"))
                assert is_partners <= (item[method]["tags"][0] not in administrative)


def test_the_scopes_are_described() -> None:
    """The document names every scope, and says what it allows."""
    scopes = SECURITY_SCHEMES["token"]["flows"]["clientCredentials"]["scopes"]
    assert scopes.keys() == set(SCOPES)
    assert all(scopes.values())


def test_the_server_is_the_one_that_serves_the_document() -> None:
    """Addresses are relative, so that the document is true of every deployment."""
    assert [server["url"] for server in DOCUMENT["servers"]] == ["/"]
    assert "http" not in json.dumps([DOCUMENT["components"]["securitySchemes"], DOCUMENT["servers"]]).replace(
        '"type": "http"', ""
    )
