"""What a token costs a warm function: `make bench-token`.

Each way of authentication is asked for tokens through the real handler. The engines are stubs behind botocore, which
still writes, signs and reads its messages: so the CPU time has all but the network and TLS.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
import uuid
from collections.abc import Callable
from statistics import median, quantiles
from types import SimpleNamespace
from typing import Any, get_args
from urllib.parse import urlencode

import jwt
from botocore.awsrequest import AWSResponse

from dci_common.auth.assertions import TYPE
from dci_common.auth.keys import KeyRing, SigningKey, generate
from dci_common.auth.registration import NewClient, register
from dci_common.runtime import Event, Runtime
from dci_common.settings import Algorithm, Settings
from dci_token.app import create_app

_TURNS, _WARM = 500, 50
_MAX_CPU_MS = 3.0
_ISSUER = "https://registry.example.org"
_SETTINGS = Settings(clients_table="clients", exchange_table="exchange", signing_keys_secret="keys", issuer=_ISSUER)  # noqa: S106
_NOBODY = {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
_WRITES = {"client_secret_basic": 1, "client_secret_post": 1, "JSON": 1, "private_key_jwt": 2}

MakeEvent = Callable[[], Event]


class Engine:
    """DynamoDB and Secrets Manager as far as a token needs them: items by key, without conditions."""

    def __init__(self, runtime: Runtime, ring: KeyRing) -> None:
        self.calls: list[str] = []
        self._ring = ring.to_secret()
        self._items: dict[str, Any] = {}
        send: Any = self._send
        for client in (runtime.dynamodb, runtime.secrets):
            client.meta.events.register("before-send", send)

    def _send(self, request: Any, **_: Any) -> AWSResponse:  # noqa: ANN401 - botocore's own
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        self.calls.append(operation)
        content = json.dumps(self._answer(operation, json.loads(request.body))).encode()
        headers: Any = {"Content-Type": "application/x-amz-json-1.0"}
        raw: Any = SimpleNamespace(stream=lambda *_, **__: iter([content]))
        return AWSResponse(request.url, 200, headers, raw)

    def _answer(self, operation: str, asked: Any) -> dict[str, Any]:  # noqa: ANN401 - any operation's parameters
        match operation:
            case "GetSecretValue":
                return {"SecretString": self._ring}
            case "TransactWriteItems":
                items = [action["Put"]["Item"] for action in asked["TransactItems"] if "Put" in action]
                self._items |= {_key(item): item for item in items}
            case "BatchGetItem":
                [(table, request)] = asked["RequestItems"].items()
                keys = map(_key, request["Keys"])
                return {"Responses": {table: [self._items[key] for key in keys if key in self._items]}}
        return {}


def _key(item: Any) -> str:  # noqa: ANN401 - an item in DynamoDB's own JSON
    return f"{item['pk']['S']} {item['sk']['S']}"


def main() -> int:
    """Measure every way of authentication under both signing algorithms; 1 when one costs more than it may."""
    os.environ.update(_NOBODY)
    os.environ["POWERTOOLS_LOG_LEVEL"] = "ERROR"  # else a log line a request is printed between the figures
    print(f"{'signed with':<14}{'authentication':<22}{'CPU ms':>8}{'p95':>8}   calls")
    held = [_measure(algorithm) for algorithm in get_args(Algorithm)]
    return 0 if all(held) else 1


def _measure(algorithm: Algorithm) -> bool:
    runtime = Runtime(_SETTINGS)
    engine = Engine(runtime, KeyRing.new(algorithm))
    key = generate("ES256")
    fields = {"name": "bench", "sender_id": "bench", "scopes": ["registry.search"], "jwks": {"keys": [key.public]}}
    client, secret = register(runtime, NewClient.model_validate(fields))
    app, holds = create_app(runtime), True
    for name, make in _ways(client.client_id, secret, key).items():
        cpu = []
        for _ in range(_WARM + _TURNS):
            event = make()
            engine.calls.clear()
            started = time.process_time()
            status = app(event, None)["statusCode"]
            cpu.append(1000 * (time.process_time() - started))
            if status != 200:  # noqa: PLR2004
                raise SystemExit(f"{name} was answered with {status}.")
        warm = cpu[_WARM:]
        holds &= median(warm) <= _MAX_CPU_MS and len(engine.calls) == 1 + _WRITES[name]
        figures = f"{median(warm):>8.2f}{quantiles(warm, n=20)[-1]:>8.2f}"
        print(f"{algorithm:<14}{name:<22}{figures}   {', '.join(engine.calls)}")
    return holds


def _ways(client_id: str, secret: str, key: SigningKey) -> dict[str, MakeEvent]:
    credentials = {"client_id": client_id, "client_secret": secret}
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    grant = {"grant_type": "client_credentials"}
    return {
        "client_secret_basic": lambda: _event(grant, authorization=f"Basic {basic}"),
        "client_secret_post": lambda: _event(grant | credentials),
        "JSON": lambda: _event(grant | credentials, **{"content-type": "application/json"}),
        "private_key_jwt": lambda: _event(
            grant | {"client_assertion_type": TYPE, "client_assertion": _assertion(client_id, key)}
        ),
    }


def _assertion(client_id: str, key: SigningKey) -> str:
    claims = {"iss": client_id, "sub": client_id, "aud": _ISSUER, "exp": int(time.time()) + 60}
    return jwt.encode(claims | {"jti": uuid.uuid4().hex}, key.private_key, key.alg, {"kid": key.kid})


def _event(parameters: dict[str, str], **headers: str) -> Event:
    content_type = headers.setdefault("content-type", "application/x-www-form-urlencoded")
    path = "/oauth2/client/token"
    return {
        "routeKey": f"ANY {path}",
        "rawPath": path,
        "headers": headers,
        "requestContext": {"domainName": "", "http": {"method": "POST", "sourceIp": "203.0.113.7"}},
        "body": json.dumps(parameters) if content_type == "application/json" else urlencode(parameters),
        "isBase64Encoded": False,
    }


if __name__ == "__main__":
    sys.exit(main())
