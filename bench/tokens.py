"""The cost of a token in a warm function: `make bench-token`.

Tokens are requested through the real handler, with each method of authentication. Engines and CPU time are those of
warm.py.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from statistics import median
from typing import get_args
from urllib.parse import urlencode

import jwt
from engine import NO_CREDENTIALS, Engine, recorded
from report import Budget, options_of, report, speed
from warm import event_of

from dci_common.clients.registration import NewClient, register
from dci_common.oauth.assertions import TYPE
from dci_common.oauth.key_ring import KeyRing, SigningKey, generate
from dci_common.oauth.public_key_store import KeyUse, PublicKeySet, write_public_keys
from dci_common.runtime import Event, Runtime
from dci_common.settings import Algorithm, Settings
from dci_token.app import create_app

_TURNS, _QUICK_TURNS, _WARM = 500, 30, 50
_MAX_CPU_MS = 3.0
_ISSUER = "https://registry.example.org"
_SETTINGS = Settings(clients_table="clients", exchange_table="exchange", signing_keys_secret="keys", issuer=_ISSUER)  # noqa: S106
_CALLS = {"client_secret_basic": 2, "client_secret_post": 2, "JSON": 2, "private_key_jwt": 3}

MakeEvent = Callable[[], Event]


def main() -> int:
    """Measure every method of authentication with both signing algorithms; return 1 when one exceeds its budget."""
    options = options_of(__doc__, "fewer turns").parse_args()
    os.environ |= {**NO_CREDENTIALS, "POWERTOOLS_LOG_LEVEL": "ERROR"}  # without a log line for each request
    turns, most = (_QUICK_TURNS, None) if options.quick else (_TURNS, _MAX_CPU_MS)
    found = [(algorithm, *measured) for algorithm in get_args(Algorithm) for measured in _measure(algorithm, turns)]
    slowness = speed()
    budgets = [
        Budget(f"{algorithm}, {way}, CPU", cpu_ms / slowness, most, unit="ms") for algorithm, way, cpu_ms, _ in found
    ]
    budgets += [Budget(f"{algorithm}, {way}, calls", calls, _CALLS[way]) for algorithm, way, _, calls in found]
    return report([*budgets, Budget("this machine's slowness", slowness)], options.json)


def _measure(algorithm: Algorithm, turns: int) -> Iterator[tuple[str, float, int]]:
    """Yield each method with its median CPU milliseconds, and its calls."""
    runtime, key = Runtime(_SETTINGS), generate("ES256")
    ring = KeyRing(next=(generate(algorithm),), current=(generate(algorithm),))
    fields = {"name": "bench", "sender_id": "bench", "scopes": ["registry.search"], "jwks": {"keys": [key.public]}}
    written = recorded(runtime)
    write_public_keys(runtime, PublicKeySet(KeyUse.TOKENS).with_states(ring.public_keys(), int(time.time())))
    client, secret = register(runtime, NewClient.model_validate(fields))
    runtime, engine = Runtime(_SETTINGS), Engine(written, {"keys": ring.to_secret()})
    engine.stand_in(runtime)
    app = create_app(runtime)
    for way, make in _ways(client.client_id, secret, key).items():
        cpu = []
        for _ in range(_WARM + turns):
            event = make()
            engine.calls.clear()
            began = time.process_time()
            status = app(event, None)["statusCode"]
            cpu.append(1000 * (time.process_time() - began))
            if status != 200:  # noqa: PLR2004
                raise SystemExit(f"{way} was answered with {status}.")
        yield way, median(cpu[_WARM:]), len(engine.calls)


def _ways(client_id: str, secret: str, key: SigningKey) -> dict[str, MakeEvent]:
    credentials = {"client_id": client_id, "client_secret": secret}
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    grant = {"grant_type": "client_credentials"}
    return {
        "client_secret_basic": lambda: _event(grant, authorization=f"Basic {basic}"),
        "client_secret_post": lambda: _event(grant | credentials),
        "JSON": lambda: event_of("/oauth2/client/token", json.dumps(grant | credentials), "application/json"),
        "private_key_jwt": lambda: _event(
            grant | {"client_assertion_type": TYPE, "client_assertion": _assertion(client_id, key)}
        ),
    }


def _assertion(client_id: str, key: SigningKey) -> str:
    claims = {"iss": client_id, "sub": client_id, "aud": _ISSUER, "exp": int(time.time()) + 60}
    return jwt.encode(claims | {"jti": uuid.uuid4().hex}, key.private_key, key.alg, {"kid": key.kid})


def _event(parameters: dict[str, str], authorization: str = "") -> Event:
    event = event_of("/oauth2/client/token", urlencode(parameters), "application/x-www-form-urlencoded")
    event["headers"] |= {"authorization": authorization} if authorization else {}
    return event


if __name__ == "__main__":
    sys.exit(main())
