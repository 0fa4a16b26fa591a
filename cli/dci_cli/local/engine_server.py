"""moto's DynamoDB over HTTP, for the commands of this machine's user: a request must carry the server's own key."""

from __future__ import annotations

import base64
import hmac
import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from dci_cli.local import moto_engine
from dci_cli.local.gateway import Routes
from dci_cli.local.server import GatewayServer
from dci_cli.local_server import REGION, LocalEngine

_URL = f"https://dynamodb.{REGION}.amazonaws.com"
_OPERATION = "DynamoDB_20120810."
_JSON = "application/x-amz-json-1.0"
_SIGNED_BY = re.compile(r"AWS4-HMAC-SHA256 Credential=(\w+)/")
_BAD_REQUEST = 400  # DynamoDB's status for everything that it rejects


@contextmanager
def engine_over_http() -> Iterator[LocalEngine]:
    """Serve the running moto's DynamoDB on a free port of 127.0.0.1, to requests with a new random key.

    The key is the access key id of a request's signature. The signature itself is not verified: a caller with the key
    may do everything, and nothing is sent over a network.
    """
    key = secrets.token_hex(32)
    server = _EngineServer(0, Routes({"$default": partial(_respond, key)}))
    thread = threading.Thread(target=server.serve_forever, args=(0.1,))
    thread.start()
    try:
        yield LocalEngine(server.base_url, key)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _EngineServer(GatewayServer):
    max_body_bytes = 64 * 1024 * 1024  # a batch of 16 MB, whose characters are escaped
    logs_requests = False  # a command makes thousands


def _respond(key: str, event: dict[str, Any], _: object) -> dict[str, Any]:
    """Respond to the event of a request."""
    headers = event["headers"]
    signed_by = _SIGNED_BY.match(headers.get("authorization", ""))
    if not hmac.compare_digest(signed_by[1].encode() if signed_by else b"", key.encode()):
        return _rejected("UnrecognizedClientException", "The key of the request is not the local server's.")
    if not headers.get("x-amz-target", "").startswith(_OPERATION):
        return _rejected("UnknownOperationException", "The local server has DynamoDB's operations only.")
    sent = {"X-Amz-Target": headers["x-amz-target"], "Content-Type": _JSON}
    answer, _said = moto_engine.ask(_URL, sent, _body(event))
    return _response(answer.status, answer.body.decode())


def _body(event: dict[str, Any]) -> bytes:
    body: str = event.get("body", "")
    return base64.b64decode(body) if event["isBase64Encoded"] else body.encode()


def _rejected(code: str, message: str) -> dict[str, Any]:
    return _response(_BAD_REQUEST, json.dumps({"__type": code, "message": message}))


def _response(status: int, body: str) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"Content-Type": _JSON}, "body": body}
